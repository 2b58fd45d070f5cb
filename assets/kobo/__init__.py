"""Survey rounds from KoBoToolbox: pulled completely, read by the form they were asked with, turned into
checked tables.
"""
