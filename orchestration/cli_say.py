"""How `imu` answers: the same facts as tables for people or as JSON for programs, and failures in words.

Belongs here: printing. Does not belong here: finding anything out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from orchestration.failures import ImuError

if TYPE_CHECKING:
    from rich.console import Console, Group

PROBLEMS, WRONG_USE, CANNOT_RUN = 1, 2, 3
_WIDE = 200  # columns where nobody looks: a pipe or a file, in which a cut line would be a lost one


def _remember(context: typer.Context, given: bool) -> bool:
    """`--json` may stand before the command or after it, and is known before the command can fail."""
    root = context.find_root()
    root.obj = bool(root.obj) or given
    return given


AsJson = Annotated[
    bool, typer.Option("--json", help="Answer in JSON, for programs.", is_eager=True, callback=_remember)
]


class Commands(TyperGroup):
    """The commands, whose failures end in a sentence and an exit code instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what the platform can explain becomes exit code 3."""
        try:
            return super().invoke(ctx)
        except ImuError as failure:
            if wants_json(ctx):
                typer.echo(as_text({"error": str(failure), "trying_again_helps": failure.retry_helps}))
            typer.echo(str(failure), err=True)
            raise typer.Exit(CANNOT_RUN) from failure


def wants_json(context: typer.Context) -> bool:
    """Whether a program asked."""
    return bool(context.find_root().obj)


def answer(context: typer.Context, content: Any, show: Callable[[Console], None]) -> None:
    """Give an answer the way it was asked for."""
    if wants_json(context):
        typer.echo(as_text(content))
    else:
        show(console())


def as_text(content: Any) -> str:
    """JSON as it is printed."""
    return json.dumps(content, ensure_ascii=False, indent=1, default=str)


def console() -> Console:
    """A console as wide as the window; wide enough for anything where there is none."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Group:
    """A table. What comes from files is shown as it is: square brackets are no markup."""
    from rich import box
    from rich.console import Group
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
    # Not the table's own title, which is folded to the width of the table.
    return Group(Text(title, style="bold"), made) if title else Group(made)


def wrong_use(words: str) -> typer.Exit:
    """Say what is wrong with the way a command was called; raise the result."""
    typer.echo(words, err=True)
    return typer.Exit(WRONG_USE)
