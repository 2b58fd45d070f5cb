"""The look of a file: header forms, titles, extra sheets, date cells, file type. All of it must be read unharmed.

Belongs here: which looks exist and which file wears which. Does not belong here: how a look is laid out (headers.py,
layout.py) or written (writing.py).
"""

from dataclasses import dataclass
from random import Random

ENCODINGS = {"xlsx": "utf-8", "csv_bom": "utf-8", "csv_latin1": "latin-1", "csv_cp1251": "cp1251"}
_ONE_ROW = ("plain", "group_header", "homoglyph_header")
_TWO_LANGUAGES = ("two_header_rows", "split_header", "header_newline")  # need the bilingual template
_EXTRAS = (
    "hidden_lookup_sheet",
    "hidden_old_copy",
    "several_sheets",
    "blank_formatted_rows",
    "blank_row_inside",
    "totals_row",
)


@dataclass(frozen=True)
class Dress:
    """One look. Each field that is not its default is one thing a reader must see through."""

    header: str = "plain"
    titles: bool = False
    hxl: str = ""  # "" | hxl_row | spaced_hxl_row
    extras: tuple[str, ...] = ()
    dates: str = "date_cells"  # date_cells | serial_dates | text_dates
    file: str = "xlsx"
    absent: tuple[str, ...] = ()  # optional columns the file doesn't have

    @property
    def encoding(self) -> str:
        """The file's encoding; a workbook has all letters."""
        return ENCODINGS[self.file]

    def kinds(self) -> list[str]:
        """What must be seen through, by name; the harmless lines of the answer key."""
        found = [self.header] if self.header != "plain" else []
        found += ["title_rows"] if self.titles else []
        found += [self.hxl] if self.hxl else []
        found += [self.dates] if self.dates != "date_cells" else []
        found += [self.file] if self.file != "xlsx" else []
        return found + list(self.extras) + [f"absent_{column}" for column in self.absent]


# The first two months of the small demo show every look; WSH, HEA, PRO use template v2, FSC v1.
_FIRST = {
    ("WSH", "2025-01"): Dress("two_header_rows", True, "hxl_row", ("hidden_lookup_sheet", "totals_row")),
    ("HEA", "2025-01"): Dress("split_header", True, extras=("blank_formatted_rows",), dates="serial_dates"),
    ("FSC", "2025-01"): Dress("group_header", extras=("several_sheets", "totals_row"), absent=("impl_org",)),
    ("PRO", "2025-01"): Dress("header_newline", False, "spaced_hxl_row", ("blank_row_inside", "blank_formatted_rows")),
    ("WSH", "2025-02"): Dress(hxl="hxl_row", dates="text_dates", file="csv_bom"),
    ("HEA", "2025-02"): Dress("homoglyph_header", True, "", ("hidden_old_copy", "several_sheets"), "text_dates"),
    ("FSC", "2025-02"): Dress(dates="text_dates", file="csv_latin1"),
    ("WSH", "2025-03"): Dress("group_header", True, extras=("totals_row", "blank_formatted_rows")),
    ("HEA", "2025-03"): Dress(dates="text_dates", file="csv_cp1251"),
    ("PRO", "2025-03"): Dress("split_header", extras=("hidden_lookup_sheet",), absent=("donor", "settlement")),
}


def dress_of(cluster: str, month: str, template: str, language: str, seed: int) -> Dress:
    """The look of a cluster's file of a month."""
    if (cluster, month) in _FIRST:
        return _FIRST[cluster, month]
    rng = Random(f"{seed}/dress/{cluster}/{month}")
    if rng.random() < 0.14:
        old = {"fr": "csv_latin1", "uk": "csv_cp1251"}.get(language, "csv_bom")
        return Dress(file=rng.choice((old, "csv_bom")), dates="text_dates", hxl=rng.choice(("", "hxl_row")))
    return Dress(
        header=rng.choice(_ONE_ROW + (_TWO_LANGUAGES if template == "v2" else ())),
        titles=rng.random() < 0.5,
        hxl=rng.choice(("", "", "hxl_row", "spaced_hxl_row")),
        extras=tuple(sorted(rng.sample(_EXTRAS, rng.randint(0, 3)))),
        dates=rng.choice(("date_cells", "date_cells", "serial_dates", "text_dates")),
        absent=(rng.choice(("impl_org", "donor", "settlement")),) if rng.random() < 0.1 else (),
    )
