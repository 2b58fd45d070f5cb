"""Who sends what when: the fixed story of the year's deliveries, month by month.

Belongs here: the tables of missing, late, refused, repeated and corrected files. The seed moves days and figures, not
this story, so that a guide can tell it. Does not belong here: making the files (reports.py, bad_files.py).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

# Nothing ever arrives for these months.
MISSING = frozenset(
    {("PRO", "2025-02"), ("ERY", "2025-04"), ("LOG", "2025-06"), ("LOG", "2025-07"), ("TEL", "2025-08")}
)

# Two focal points oversleep the reform of 1 July and type with the old list of places.
OLD_CODES = frozenset({("HEA", "2025-07"), ("SHL", "2025-07")})

# The file arrives long after the 12th.
LATE = {
    ("HEA", "2025-01"): date(2025, 2, 24),
    ("PRO-MIN", "2025-02"): date(2025, 3, 27),
    ("LOG", "2025-05"): date(2025, 7, 9),
    ("EDU", "2025-09"): date(2025, 10, 29),
}

# A first file that must be refused as a whole; the good one follows two days later.
FIRST_TRIES = {
    ("PRO", "2025-01"): "month_before",
    ("FSC", "2025-01"): "unknown_template",
    ("WSH", "2025-02"): "truncated",
    ("HEA", "2025-02"): "phone_in_remarks",
    ("PRO", "2025-03"): "email_in_remarks",
    ("SHL", "2025-03"): "document_in_remarks",
    ("HEA", "2025-04"): "column_missing",
    ("CCM", "2025-05"): "web_page",
    ("WSH", "2025-05"): "two_months",
    ("PRO-CPN", "2025-06"): "column_unknown",
    ("PRO-GBV", "2025-06"): "name_in_remarks",
    ("FSC", "2025-08"): "email_in_remarks",
    ("SHL", "2025-09"): "password",
    ("ERY", "2025-09"): "wrong_year",
    ("NUT", "2025-10"): "unknown_template",
    ("PRO-CPN", "2025-10"): "phone_in_settlement",
    ("EDU", "2025-11"): "empty_file",
    ("TEL", "2025-11"): "month_before",
}
NEVER_MENDED = frozenset({("NUT", "2025-10")})  # refused, and nobody sent another one

# The same bytes once more, so many days later, under another name.
REPEATED = {("WSH", "2025-01"): 1, ("EDU", "2025-02"): 70, ("HEA", "2025-04"): 2, ("SHL", "2025-07"): 1}


@dataclass(frozen=True)
class Correction:
    """A corrected version of a month's file, the second or a later one."""

    cluster: str
    month: str
    sent: date


CORRECTIONS = (
    Correction("FSC", "2025-01", date(2025, 2, 18)),
    Correction("WSH", "2025-01", date(2025, 3, 18)),
    Correction("NUT", "2025-04", date(2025, 5, 20)),
    Correction("SHL", "2025-05", date(2025, 6, 17)),
    Correction("SHL", "2025-05", date(2025, 6, 26)),
    Correction("EDU", "2025-03", date(2025, 7, 22)),  # after the reform, rightly with the codes of March
    Correction("HEA", "2025-06", date(2025, 9, 5)),
    Correction("PRO-MIN", "2025-08", date(2025, 9, 16)),
    Correction("WSH", "2025-10", date(2025, 12, 11)),
)


@dataclass(frozen=True)
class Direct:
    """An NGO that sends its own file to the office instead of to its cluster."""

    cluster: str
    month: str
    sender: str
    org: str
    sent: date


DIRECT = (
    Direct("HEA", "2025-02", "ngo-medical-caravan", "ORG-029", date(2025, 3, 7)),
    Direct("PRO-CPN", "2025-05", "ngo-bright-shore", "ORG-027", date(2025, 6, 6)),
    Direct("WSH", "2025-09", "ngo-clean-spring", "ORG-034", date(2025, 10, 8)),
)


def first_day(cluster: str, month: str, seed: int) -> date:
    """The day a cluster first sends something for a month: from the 3rd to the 12th of the next one, unless late."""
    if (cluster, month) in LATE:
        return LATE[cluster, month]
    after = date(int(month[:4]), int(month[5:7]), 28) + timedelta(days=4)
    latest = 10 if (cluster, month) in FIRST_TRIES else 12
    return after.replace(day=Random(f"{seed}/day/{cluster}/{month}").randint(3, latest))


def good_day(cluster: str, month: str, seed: int) -> date:
    """The day the first acceptable file arrives."""
    return first_day(cluster, month, seed) + timedelta(days=2 if (cluster, month) in FIRST_TRIES else 0)
