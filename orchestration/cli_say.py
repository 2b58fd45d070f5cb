"""How `imu` answers: the same facts as tables for people or as JSON for programs, and failures in words.

Belongs here: printing. Does not belong here: finding anything out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from orchestration.failures import ImuError

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.table import Table
    from rich.text import Text

PROBLEMS, WRONG_USE, CANNOT_RUN = 1, 2, 3
_WIDE = 200  # columns where nobody looks: a pipe or a file, in which a cut line would be a lost one
_SENTENCE = 28  # narrower than this, a sentence is a column of single words


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

    return Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False, emoji=False)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Listing:
    """A table where it fits the window, one block a row where it does not."""
    return Listing(title, tuple(columns), [tuple("" if cell is None else str(cell) for cell in row) for row in rows])


@dataclass(frozen=True)
class Listing:
    """Rows to be shown as they are: square brackets are no markup, `:warning:` is no picture, no word is cut."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Any]:
        """Called by rich, which knows how wide the window is."""
        from rich.text import Text

        if self.title:
            yield Text(self.title, style="bold")
        widths = fitting(self.columns, self.rows, options.max_width)
        if widths is None:
            yield from self._blocks()
        else:
            yield self._table(widths)

    def _table(self, widths: Sequence[int]) -> Table:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        for column, width in zip(self.columns, widths, strict=True):
            made.add_column(Text(column), width=width)
        for row in self.rows:
            made.add_row(*map(Text, row))
        return made

    def _blocks(self) -> Iterator[Text]:
        from rich.text import Text

        for row in self.rows:
            lines = (f"{column}: {cell}" for column, cell in zip(self.columns, row, strict=True))
            yield Text("\n".join(lines) + "\n")


def fitting(columns: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """How wide each column must be so that no word is cut and no short cell folded; None where there is no room.

    Only sentences may go over several lines, and only between words.
    """
    room -= 2 * (len(columns) - 1)
    most = [max(map(_longest_line, [name, *cells])) for name, cells in _by_column(columns, rows)]
    least = [
        max(_longest_word(name), *(_least(cell) for cell in cells), 1) for name, cells in _by_column(columns, rows)
    ]
    spare = room - sum(least)
    if spare < 0:
        return None
    for at in sorted(range(len(most)), key=lambda at: most[at] - least[at]):
        more = min(most[at] - least[at], spare)
        least[at], spare = least[at] + more, spare - more
    return least


def _by_column(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[tuple[str, list[str]]]:
    return ((name, [row[at] for row in rows]) for at, name in enumerate(columns))


def _least(cell: str) -> int:
    return max(_longest_word(cell), min(_longest_line(cell), _SENTENCE))


def _longest_word(text: str) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, text.split()), default=0)


def _longest_line(text: str) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, text.splitlines()), default=0)


def wrong_use(words: str) -> typer.Exit:
    """Say what is wrong with the way a command was called; raise the result."""
    typer.echo(words, err=True)
    return typer.Exit(WRONG_USE)
