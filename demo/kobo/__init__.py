"""A KoBoToolbox server for the demo and the tests: the real one's dialect, on loopback, with faults on
demand.

Nothing here is imported by the platform.
"""
