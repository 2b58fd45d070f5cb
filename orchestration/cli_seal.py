"""`imu seal …` and `imu lake …`: the office's keys and the lake they open, for the person who answers for both.

Belongs here: making keys, giving them to the keyring or to paper, and proving that they fit. Does not belong here: what
keys do (`seal.py`), how they are renewed (`rotation.py`).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli_say import PROBLEMS, AsJson, Commands, answer, wants_json
from orchestration.failures import Permanent, Transient, WrongKey

if TYPE_CHECKING:
    from orchestration import seal
    from orchestration.lake import Lake

seal_app = typer.Typer(cls=Commands, no_args_is_help=True, help="The office's keys: make, keep, prove, renew.")
lake_app = typer.Typer(cls=Commands, no_args_is_help=True, help="The lake as a whole.")

IntoKeyring = Annotated[bool, typer.Option("--keyring", help="Keep them in this computer's keyring.")]
SheetFile = Annotated[str, typer.Option("--sheet", help="The recovery sheet, typed into a file; '-' to type it here.")]


@seal_app.command("new")
def new(context: typer.Context, keyring: IntoKeyring = False, as_json: AsJson = False) -> None:
    """Make the two keys of a new lake; shown once, or put into the keyring unseen."""
    from orchestration import seal

    keys = seal.Keys(seal.new_key(), seal.new_key())
    if keyring:
        _refuse_to_overwrite()
        seal.keep_in_keyring(os.environ, keys)
        content = {"kept": "keyring", **_fingerprints(keys)}
        answer(context, content, lambda c: c.print("Kept in the keyring. Now: `imu seal recovery FILE`."))
        return
    _show(context, _lines(keys))
    typer.echo("Set both in the environment of the service, then: `imu seal recovery FILE`.", err=True)


@seal_app.command("recovery")
def recovery_sheet(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Where to write the sheet: a USB stick, a folder of your own.")],
    as_json: AsJson = False,
) -> None:
    """Write the recovery sheet for the safe of the head of office; print it, then delete the file."""
    from orchestration import seal

    keys = seal.load_keys(os.environ)
    lake = _lake(keys)
    if lake.key_file.exists():
        lake.open()  # a sheet that does not open the lake is worse than none
    _write_sheet(file, keys, lake)
    told = f"Written to {file}. Print it, put it into the safe, and delete the file."
    answer(context, {"file": str(file), **_fingerprints(keys)}, lambda c: c.print(told, markup=False))


@seal_app.command("check")
def check(
    context: typer.Context,
    sheet: Annotated[str | None, typer.Option("--sheet", help="Prove a typed sheet instead; '-' to type it.")] = None,
    deep: Annotated[bool, typer.Option("--deep", help="Read every arrival to its end as well; takes longer.")] = False,
    as_json: AsJson = False,
) -> None:
    """Prove that the keys at hand, or those of a sheet, open this lake and the key of each arrival in it."""
    from orchestration import rotation, seal, sealed_zone

    keys = _read_sheet(sheet) if sheet else seal.load_keys(os.environ)
    lake = _existing(_lake(keys))
    try:
        zones, arrivals = rotation.count_that_open(lake.open())
    except WrongKey as failure:
        typer.echo(str(failure), err=True)
        answer(context, {"opens": False, "why": str(failure)}, _silent)
        raise typer.Exit(PROBLEMS) from failure
    content = {"opens": True, "zones": zones, "arrivals": arrivals, **_fingerprints(keys)}
    damaged = list(sealed_zone.damaged_arrivals(lake)) if deep else []
    content |= {"damaged": damaged} if deep else {}
    told = [f"The keys fit: they open {zones} zones and the keys of {arrivals} arrivals.", *damaged]
    if not deep:
        told.append("What is sealed was not read; `imu seal check --deep` reads every arrival to its end.")
    elif not damaged:
        told.append(f"All {arrivals} arrivals were read to their end and are as they came.")
    answer(context, content, lambda c: c.print("\n".join(told), markup=False))
    if damaged:
        raise typer.Exit(PROBLEMS)


@seal_app.command("restore")
def restore(
    context: typer.Context,
    sheet: SheetFile,
    environment: Annotated[bool, typer.Option("--environment", help="Show them as lines for the environment.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the keys of a recovery sheet back, once they are proved to open the lake: into the keyring, or shown."""
    from orchestration import seal

    keys = _read_sheet(sheet)
    lake = _lake(keys)
    if lake.key_file.exists():
        lake.open()
    if environment:
        _show(context, _lines(keys))
        return
    if not lake.key_file.exists():
        _refuse_to_overwrite()
    seal.keep_in_keyring(os.environ, keys)
    proved = "they open the lake" if lake.key_file.exists() else "there is no lake yet to prove them on"
    told = f"Kept in the keyring; {proved}.{_shadow(keys)}"
    answer(context, _fingerprints(keys), lambda c: c.print(told))


@seal_app.command("rotate")
def rotate(
    context: typer.Context,
    sheet: Annotated[Path, typer.Option("--sheet", help="Where to write the new recovery sheet first.")],
    keyring: IntoKeyring = False,
    as_json: AsJson = False,
) -> None:
    """Renew the seal key: a colleague left, or the old key was seen. Data stays as it is, its keys are rewrapped."""
    from orchestration import rotation, seal

    keys = seal.load_keys(os.environ)
    lake = _existing(_lake(keys)).open()
    renewed = seal.Keys(seal.new_key(), keys.pseudonym)
    # First the paper: from the moment the lake takes the new key until it is kept somewhere, only the sheet has it.
    _write_sheet(sheet, renewed, lake)
    try:
        arrivals = rotation.rotate(lake, renewed.seal)
    except Transient:
        sheet.expanduser().unlink()  # nothing was begun, so the sheet opens nothing
        raise
    if keyring:
        seal.keep_in_keyring(os.environ, renewed)
    kept = {} if keyring else {seal.SEAL_KEY: seal.encode_key(renewed.seal)}
    if wants_json(context):
        answer(context, {"arrivals": arrivals, "sheet": str(sheet), **_fingerprints(renewed), **kept}, _silent)
        return
    _show(context, kept)
    typer.echo(
        f"The keys of {arrivals} arrivals are wrapped anew; the old seal key opens nothing any more. The new sheet is "
        f"in {sheet}: print it, destroy the old one, delete the file. Restart Dagster with the new key."
        f"{_shadow(renewed) if keyring else ''}",
        err=True,
    )


@lake_app.command("migrate")
def migrate(context: typer.Context, as_json: AsJson = False) -> None:
    """Bring the lake to the format of this software; keeps a copy of the key file."""
    from orchestration import migrations
    from orchestration.lake import FORMAT

    done = migrations.migrate(_lake(None))
    told = "\n".join(done) if done else f"Nothing to do: the lake has format {FORMAT}, which this software works with."
    answer(context, {"format": FORMAT, "done": done}, lambda c: c.print(told, markup=False))


def _lake(keys: seal.Keys | None) -> Lake:
    from orchestration import identity
    from orchestration.lake import Lake
    from orchestration.settings import read_environment

    environment = read_environment()
    identity.require_same(environment.lake, environment.operation)
    return Lake(environment.lake, keys, environment.operation)


def _existing(lake: Lake) -> Lake:
    from orchestration import identity

    identity.require_lake(lake.root)
    return lake


def _lines(keys: seal.Keys) -> dict[str, str]:
    from orchestration import seal

    return {seal.SEAL_KEY: seal.encode_key(keys.seal), seal.PSEUDONYM_KEY: seal.encode_key(keys.pseudonym)}


def _show(context: typer.Context, lines: dict[str, str]) -> None:
    """The one place where keys are printed, because they were asked for."""
    if wants_json(context):
        answer(context, lines, _silent)
    else:
        for name, value in lines.items():
            typer.echo(f"{name}={value}")


def _silent(_console: object) -> None:
    """For answers that are only given in JSON."""


def _shadow(keys: seal.Keys) -> str:
    """The environment is looked at before the keyring: an old key there would hide the new one."""

    hidden = [name for name, text in _lines(keys).items() if os.environ.get(name) not in {None, "", text}]
    return (
        f" Take {' and '.join(hidden)} out of the environment: what stands there hides the keyring." if hidden else ""
    )


def _fingerprints(keys: seal.Keys) -> dict[str, str]:
    from orchestration import seal

    return {"seal": seal.fingerprint(keys.seal), "pseudonym": seal.fingerprint(keys.pseudonym)}


def _refuse_to_overwrite() -> None:
    """Keys that are replaced in the keyring are lost, and with them what they sealed."""
    from orchestration import seal

    if not seal.in_keyring(os.environ):
        return
    raise Permanent(
        "The keyring holds keys of this operation already, and without them its data is lost. To renew the seal key: "
        "`imu seal rotate`. To start a new operation: set IMU_OPERATION to its name first."
    )


def _write_sheet(file: Path, keys: seal.Keys, lake: Lake) -> None:
    """The sheet is the keys in the clear: never where backups, colleagues or git would take it along."""
    from orchestration import recovery
    from orchestration.settings import REPO, read_environment

    target = file.expanduser().resolve()
    for place, words in ((REPO, "the project's folder"), (lake.root.resolve(), "the lake")):
        if target.is_relative_to(place):
            raise Permanent(f"{file} lies in {words}, where it would be copied along. Choose a USB stick, for example.")
    text = recovery.write(read_environment().operation, keys).text
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as cause:
        raise Permanent(
            f"{file} exists already and was left as it is: it may be the only sheet. Name another."
        ) from cause
    except OSError as cause:
        raise Permanent(f"{file} cannot be written here ({cause.strerror}). Choose another place.") from cause
    with os.fdopen(handle, "w", encoding="utf-8") as sheet:
        sheet.write(text)
        sheet.flush()
        os.fsync(handle)


def _read_sheet(name: str) -> seal.Keys:
    from orchestration import recovery

    if name == "-":
        typer.echo("Type the lines S1 to S4 and P1 to P4, then press Ctrl-D on a line of its own.", err=True)
        return recovery.read(sys.stdin.read())
    try:
        return recovery.read(Path(name).expanduser().read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as cause:
        raise Permanent(f"The sheet {name} cannot be read: {type(cause).__name__}.") from cause
