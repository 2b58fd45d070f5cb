"""The columns of the canonical table, by kind: our names for what every template calls differently.

Belongs here: the names. Not here: headings (column_maps.py), how a cell is read (activities.py).
"""

from __future__ import annotations

FIGURES = (
    "targeted", "reached", "reached_new", "girls", "boys", "women", "men", "older_women", "older_men",
    "with_disability",
)  # fmt: skip
SADD = ("girls", "boys", "women", "men", "older_women", "older_men")
DATES = ("start_date", "end_date")
CODES = {1: "adm1_code", 2: "adm2_code", 3: "adm3_code"}
NAMES = {1: "adm1_name", 2: "adm2_name", 3: "adm3_name", 4: "settlement"}
TEXTS = ("org", "impl_org", "donor", "sector", "activity", "status", "population_group", "remarks")
MONTH, YEAR = "reporting_month", "reporting_year"
MARK = "mark"  # a cross in a matrix: somebody is there, and no more is said
KNOWN = frozenset({MONTH, YEAR, MARK, *TEXTS, *CODES.values(), *NAMES.values(), *DATES, *FIGURES})
