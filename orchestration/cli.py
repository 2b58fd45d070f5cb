"""`imu`: the platform from a terminal, for officers, analysts and administrators.

Belongs here: the list of commands and their words. Does not belong here: doing anything; each command calls one
function elsewhere, imported when it is needed, so that `imu --help` answers at once.

Exit codes: 0 ok, 1 found problems, 2 wrong use, 3 cannot run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_say import PROBLEMS, AsJson, Commands, answer, console, table, wants_json, wrong_use
from orchestration.cli_seal import lake_app, seal_app

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they show local variables, and one of those may be a key
    help="An information management unit's data platform. Exit codes: 0 ok, 1 problems, 2 wrong use, 3 cannot run.",
)
app.add_typer(seal_app, name="seal")
app.add_typer(lake_app, name="lake")


@app.callback()
def root(context: typer.Context, as_json: AsJson = False) -> None:
    """Take what holds for every command."""


@app.command()
def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Is everything here that the platform needs, and if not, how is it mended?"""
    from dataclasses import asdict

    from orchestration.doctor import examine
    from orchestration.office import Office

    answers = examine(Office())
    rows = [("yes" if one.well else "NO", one.question, one.words) for one in answers]
    content = {"well": all(one.well for one in answers), "answers": [asdict(one) for one in answers]}
    answer(context, content, lambda c: c.print(table("", ("well", "question", "found"), rows)))
    if not content["well"]:
        raise typer.Exit(PROBLEMS)


@app.command()
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """What arrived, what became of it, what is held and why, who owes what. Needs no keys."""
    from orchestration import cli_status

    found = cli_status.gather(cli_status.FrontDesk())
    answer(context, found.to_json(), lambda c: cli_status.show(found, c))
    if found.problems:
        raise typer.Exit(PROBLEMS)


@app.command()
def run(
    context: typer.Context,
    button: Annotated[str | None, typer.Argument(help="A button's name, or 'models' for all tables.")] = None,
    partition: Annotated[str | None, typer.Option(help="For example 2025-03, or WSH|2025-03.")] = None,
    as_json: AsJson = False,
) -> None:
    """Press one of the buttons of the Dagster page; without a name, list them."""
    from dataclasses import asdict

    from orchestration import cli_run
    from orchestration.office import Office

    if button is None:
        found = cli_run.Desk(Office()).buttons()
        rows = [(one.name, one.what, _example(one.partitions)) for one in found]
        columns = ("button", "what it does", "partition")
        answer(context, [asdict(one) for one in found], lambda c: c.print(table("", columns, rows)))
        return
    cli_run.require_home()
    desk = cli_run.Desk(Office())
    try:
        pressed = desk.find(button, partition)
    except cli_run.WrongButtonError as failure:
        raise wrong_use(str(failure)) from failure
    outcome = desk.press(pressed, partition)
    answer(context, asdict(outcome), lambda c: cli_run.show(outcome, c))
    if not outcome.success:
        raise typer.Exit(PROBLEMS)


def _example(partitions: tuple[str, ...]) -> str:
    return f"{partitions[0]} … {partitions[-1]}" if partitions else ""


@app.command()
def query(
    context: typer.Context,
    sql: Annotated[str | None, typer.Argument(help="A question in SQL; without one, ask as many as you like.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Answer in CSV, for spreadsheets.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask the analysts' database, read-only. It holds no personal data."""
    from orchestration import cli_query
    from orchestration.lake import Lake
    from orchestration.settings import read_environment

    with cli_query.opened(Lake(read_environment().lake).analyst) as connection:
        if sql is None:
            cli_query.converse(connection, console())
            return
        try:
            rows = cli_query.ask(connection, sql)
        except cli_query.QueryError as failure:
            raise wrong_use(str(failure)) from failure
    if as_csv and not wants_json(context):
        typer.echo(rows.to_csv(), nl=False)
    else:
        answer(context, rows.to_json(), rows.show)


@app.command()
def check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A cluster workbook.", show_default=False)],
    cluster: Annotated[str, typer.Option(help="The cluster's code, for example WSH.")],
    month: Annotated[str, typer.Option(help="The month it reports, for example 2025-03.")],
    out: Annotated[Path | None, typer.Option(help="A folder for the page and the coloured workbook.")] = None,
    as_json: AsJson = False,
) -> None:
    """What would become of a cluster workbook if it were sent? Nothing is taken."""
    from orchestration import cli_check
    from orchestration.cluster_month import WrongChoiceError
    from orchestration.office import Office

    office = Office()
    try:
        preview = cli_check.check(office, file, cluster, month)
    except WrongChoiceError as failure:
        raise wrong_use(str(failure)) from failure
    written = cli_check.write(office, preview, out) if out else []
    answer(context, preview.to_json(), lambda c: cli_check.show(preview, written, c))
    if not preview.is_well:
        raise typer.Exit(PROBLEMS)


@app.command()
def template(
    context: typer.Context,
    cluster: Annotated[str, typer.Argument(help="The cluster's code, for example WSH.")],
    month: Annotated[str, typer.Option(help="The month it is for, for example 2025-03.")],
    out: Annotated[Path | None, typer.Option(help="The file; without one, it is written here.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the workbook a cluster's partners fill in: lists in the cells, mistakes coloured as they are made."""
    from orchestration import cli_template
    from orchestration.cluster_month import WrongChoiceError
    from orchestration.office import Office

    office = Office()
    try:
        written = cli_template.write(office, cluster, month, out)
    except WrongChoiceError as failure:
        raise wrong_use(str(failure)) from failure
    answer(context, {"file": str(written)}, lambda c: c.print(f"Written: {written}", markup=False))


@app.command()
def validate(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="An operation; without one, that of IMU_OPERATION.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check an operation's folder: settings, calendar, products, sensitivity and tables, all problems at once."""
    from dataclasses import asdict

    from orchestration.settings import known_operations, read_environment
    from orchestration.validation import problems

    environment = read_environment()
    name = name or environment.operation
    if not (environment.operations / name).is_dir():
        known = ", ".join(known_operations(environment.operations)) or "none yet"
        raise wrong_use(f"No operation '{name}'. There are: {known}.")
    found = problems(environment.operations / name)
    words = "\n".join([f"{len(found)} problem(s) in {name}", *map(str, found)]) if found else f"{name}: all is well"
    content = {"operation": name, "problems": [asdict(one) for one in found]}
    answer(context, content, lambda c: c.print(words, markup=False))
    if found:
        raise typer.Exit(PROBLEMS)


@app.command("new-operation")
def new_operation(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its folder: small letters, digits and underscores.")],
    iso3: Annotated[str, typer.Option(help="The country's ISO 3166 code of three letters.")],
    iso2: Annotated[str | None, typer.Option(help="Its code of two letters, with which P-codes begin.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the folder of a new country: commented, complete, and valid as it stands."""
    from datetime import date

    from orchestration import skeleton
    from orchestration.settings import read_environment

    try:
        country = skeleton.country(name, iso3, iso2)
    except ValueError as failure:
        raise wrong_use(str(failure)) from failure
    environment = read_environment()
    folder = environment.operations / name
    files = skeleton.write(country, folder, environment.today or date.today())  # noqa: DTZ011 - a month
    told = f"Written: {len(files)} files in {folder}. Next: docs/new-country.md, `imu validate {name}` after each step."
    content = {"folder": str(folder), "files": files}
    answer(context, content, lambda c: c.print(told, markup=False))


def main() -> None:
    """The entry point of the `imu` command."""
    app()


if __name__ == "__main__":
    main()
