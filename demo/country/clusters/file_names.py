"""How people name their files: the month often, "FINAL" before the last version, brackets after it.

Belongs here: names only. The folder (sender) says which cluster a file is from; the month that counts is in the sheet.
"""

from random import Random

from demo.country.clusters import office
from demo.country.clusters.spelling import typed_month

_PATTERNS = (
    "5W {nick} {english} FINAL",
    "{nick}_5W_{iso}",
    "5W_{nick}_{english}_v2 clean",
    "{nick} 5W reporting {dots} (approved)",
    "5W {nick} {local}",
    "Copy of 5W {nick} {short}",
    "{nick} 5W {english} new",
)
_OTHER = {
    ("FSC", "2025-02"): ("FSL partners new new", "no_month_in_file_name"),
    ("TEL", "2025-03"): ("ETC 5W latest", "no_month_in_file_name"),
    ("HEA", "2025-05"): ("Health 5W sent 07.06.2025", "date_in_file_name"),
    ("CCM", "2025-08"): ("CCCM matrix", "no_month_in_file_name"),
}


def regular(cluster: str, month: str, seed: int) -> str:
    """The name of a cluster's file of a month, without extension."""
    if (cluster, month) in _OTHER:
        return _OTHER[cluster, month][0]
    pattern = Random(f"{seed}/name/{cluster}/{month}").choice(_PATTERNS)
    styles = {style: typed_month(month, style) for style in ("english", "iso", "dots", "local", "short")}
    return pattern.format(nick=office.NICKNAMES[cluster], **styles)


def oddity(cluster: str, month: str) -> str | None:
    """What is odd about the name, if it is: it must not lead astray."""
    return _OTHER[cluster, month][1] if (cluster, month) in _OTHER else None


def first_try(cluster: str, month: str) -> str:
    """The name of a file that will be refused; it says plainly which month it means."""
    return f"5W {office.NICKNAMES[cluster]} {typed_month(month, 'english')} draft"


def direct(org_name: str, month: str) -> str:
    """The name an NGO gives a file it sends by itself."""
    return f"{org_name} 5W {typed_month(month, 'english')}"


def corrected(name: str, version: int) -> str:
    """The name of a corrected version.

    >>> corrected("5W WASH March 2025 FINAL", 2) '5W WASH March 2025 FINAL(2)'
    """
    return f"{name}({version})" if name.endswith("FINAL") else f"{name} corrected v{version}"


def again(name: str) -> str:
    """What a browser calls the second download of a file."""
    return f"{name} (1)"
