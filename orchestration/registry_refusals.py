"""What a register's database means when it refuses: words an officer can act on, without any of its own.

Belongs here: telling its refusals apart by state and kind. Does not belong here: asking it (`registry_source.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.failures import ImuError, NotThere, Permanent, Transient


def in_words(cause: Exception, name: str, table: str) -> ImuError:
    """What the database meant, without its words."""
    import sqlalchemy.exc as sa_exc

    if isinstance(cause, sa_exc.NoSuchTableError):
        return NotThere(_TABLE.format(name=name, table=table))
    original = getattr(cause, "orig", None)
    state = str(getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or "")
    told = str(original).lower()
    for kind, states, words, message in _MEANINGS:
        if state.startswith(states) or (not state and any(word in told for word in words)):
            return kind(message.format(name=name, table=table, variable=f"IMU_REGISTER_{name.upper()}"))
    if isinstance(cause, sa_exc.OperationalError | sa_exc.InterfaceError):
        return Transient(_LINE.format(name=name, table=table, variable=f"IMU_REGISTER_{name.upper()}"))
    return Permanent(
        f"The database of register {name} refused a question about {table} ({type(cause).__name__}, state "
        f"{state or 'unknown'}; its own words may quote data and are withheld). Ask its administrator what the state "
        f"means; trying again does not help."
    )


_TABLE = (
    "Register {name} has no table or view {table}, or hides it from this role. Correct `table` in operation.yml, or "
    "have SELECT on it granted; trying again does not help."
)
_LINE = (
    "The database of register {name} did not answer, or the line broke. Nothing is lost: what was read stays sealed "
    "and the next attempt goes on from there. Check the line and {variable}_URL if it does not pass."
)
_MEANINGS: Sequence[tuple[type[ImuError], tuple[str, ...], tuple[str, ...], str]] = (
    (
        Permanent,
        ("28",),
        ("password authentication failed", "no password supplied", "access denied", "ora-01017", "pg_hba"),
        "The database of register {name} does not let this account in. Set {variable}_PASSWORD and the account in "
        "{variable}_URL anew; trying again with the same ones may lock the account.",
    ),
    (
        Permanent,
        ("3D",),
        ('" does not exist', "unknown database"),
        "The database or account named in {variable}_URL does not exist on the server of register {name}. Correct "
        "it; trying again does not help.",
    ),
    (
        Permanent,
        ("42501",),
        ("permission denied",),
        "The account for register {name} may not read {table}. Have SELECT on it (and USAGE on its schema) granted, "
        "and nothing else; trying again does not help.",
    ),
    (NotThere, ("42P01", "3F"), ("no such table",), _TABLE),
    (
        NotThere,
        ("42703",),
        ("no such column",),
        "The table {table} of register {name} lacks a column it had a moment ago. Look at what was changed there.",
    ),
    (
        Permanent,
        ("25006",),
        ("attempt to write a readonly", "read-only transaction", "read only transaction"),
        "Something tried to write to register {name}; its database refused, as it was told to. This is a fault of "
        "the platform: please report it.",
    ),
    (Transient, ("08", "57P", "53", "40001"), (), _LINE),
)
