"""The settings of an operation's sources: who sends what, and how it is fetched and read.

Belongs here: the types below `sources` in `operation.yml`. Does not belong here: everything else of an operation, and
loading it (`settings.py`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

# An account is a folder of the inbox, an address the mailbox of a role.
Account = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Address = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class Setting(BaseModel):
    """Base of every setting: unknown keys are refused, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ClusterSource(Setting):
    """Cluster workbooks: the column maps we understand and the day of the next month on which they are due."""

    column_maps: list[str] = Field(min_length=1)
    months_in_a_file: dict[str, Annotated[int, Field(ge=1, le=12)]] = Field(
        default={}, description="by column map: how many months one file may hold; 1 for a map that is not named"
    )
    due_day: int = Field(ge=1, le=28)
    release_share: float = Field(ge=0, le=1, description="share of clusters that must have reported")


class DisplacementSource(Setting):
    """Government displacement figures, weekly."""

    column_map: str
    senders: list[Account] = Field(min_length=1)


class HsmAsset(Setting):
    """One KoBo form and the survey rounds it carries."""

    uid: str
    rounds: list[str] = Field(min_length=1)
    renames: str | None = None


class HsmSource(Setting):
    """Humanitarian situation monitoring from KoBo."""

    assets: list[HsmAsset] = Field(min_length=1)
    round_question: str
    on_hold: Literal["keep_flagged", "exclude"]
    largest_drop: float = Field(ge=0, le=1, description="share of rows that may vanish between two pulls")
    senders: list[Account] = Field(default=[], description="accounts that may send cleaning logs")
    cleaning_log: str | None = Field(default=None, description="column map of the cleaning log")

    @model_validator(mode="after")
    def _log_has_a_map(self) -> HsmSource:
        if bool(self.senders) != bool(self.cleaning_log):
            raise ValueError("senders and cleaning_log belong together: who sends the log, how its columns are called")
        return self


class RegisterConnection(Setting):
    """Read-only SQL access to a register. Its address and password are the environment's (`.env.example`)."""

    table: str = Field(description="the table or, better, the view to read: `name` or `schema.name`")
    key: str = Field(description="its unique column, by which it is read in order")
    modified: str | None = Field(default=None, description="its column with the time of a record's last change")
    chunk_rows: int = Field(default=10_000, ge=100, le=200_000)
    late_days: int = Field(default=7, ge=0, description="so long after its day an extract may still be read")


class RegisterSystem(Setting):
    """One register (ANR, proGres …): who sends its extracts, in which columns, and where it can be read."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    column_map: str
    code_lists: str | None = None
    senders: list[Account] = []
    connection: RegisterConnection | None = None

    @property
    def account(self) -> str:
        """Under which name its connection delivers; no folder of the inbox."""
        return f"sql-{self.name}"


class RegisterSource(Setting):
    """Registration databases. `none` means that this office holds no individual records: only counts come in."""

    custody: Literal["none", "owner"] = "none"
    never_ingest: list[str] = []
    systems: list[RegisterSystem] = Field(min_length=1)

    def system_of(self, sender: str) -> RegisterSystem | None:
        """The register an account delivers from."""
        return next((one for one in self.systems if sender in (*one.senders, one.account)), None)


class CodSource(Setting):
    """Who may send common operational datasets and the needs workbook."""

    senders: list[Account] = Field(min_length=1)


class Sources(Setting):
    """The sources this operation has; one that is absent is not in its graph's sensors."""

    clusters: ClusterSource | None = None
    displacement: DisplacementSource | None = None
    hsm: HsmSource | None = None
    register_extracts: RegisterSource | None = None
    cods: CodSource | None = None
    needs: CodSource | None = None
