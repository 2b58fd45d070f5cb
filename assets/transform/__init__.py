"""Rooms 3 to 5: the dbt project seen from Dagster, and what dbt reads."""
