"""What the demo prints: headings, lines with times, tables; in colour on a terminal, plain everywhere else.

Everything goes to stdout. On a terminal one line is transient: it shows what goes on now, and the next line replaces it.
"""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TextIO

_CLEAR = "\r\x1b[2K"
_GAP = "  "


class Ink(StrEnum):
    """Colours, as terminals number them."""

    plain = ""
    bold = "1"
    dim = "2"
    red = "31"
    green = "32"
    yellow = "33"
    cyan = "36"


class Screen:
    """Prints lines.

    Args:
        out: where to.
        environment: NO_COLOR, when not empty, and TERM=dumb turn colours off.
        clock: seconds that only grow.
    """

    def __init__(self, out: TextIO | None = None, *, environment: Mapping[str, str] = os.environ) -> None:
        self._out = out or sys.stdout
        self._is_terminal = self._out.isatty() and environment.get("TERM") != "dumb"
        self._is_coloured = self._is_terminal and not environment.get("NO_COLOR")
        self._has_transient = False
        self._width = _width(environment)
        self.started = time.monotonic()

    def ink(self, text: str, colour: Ink) -> str:
        """The text in a colour, where there are colours."""
        return f"\x1b[{colour.value}m{text}\x1b[0m" if self._is_coloured and colour.value else text

    def line(self, text: str = "", *, colour: Ink = Ink.plain) -> None:
        """One line."""
        self._clear()
        print(self.ink(text, colour), file=self._out, flush=True)

    def heading(self, number: int, text: str) -> None:
        """The title of a step, with the time since the start."""
        self.line()
        self.line(f"{number}. {text}  [{format_s(time.monotonic() - self.started)}]", colour=Ink.bold)

    def note(self, text: str) -> None:
        """A line below a heading."""
        self.line(f"   {text}")

    def good(self, text: str) -> None:
        """A line that says that something is as it has to be."""
        self.line(f"   {self.ink('ok', Ink.green)}  {text}")

    def bad(self, text: str) -> None:
        """A line that says that something is not."""
        self.line(f"   {self.ink('NO', Ink.red)}  {text}")

    def transient(self, text: str) -> None:
        """What goes on now; only terminals show it."""
        if self._is_terminal:
            self._clear()
            self._out.write(self.ink(text[: self._width], Ink.dim))
            self._out.flush()
            self._has_transient = True

    def table(self, rows: Sequence[Sequence[str]], *, verdicts: Sequence[bool] | None = None) -> None:
        """Rows below each other, the first one as title.

        Args:
            rows: as many cells in each.
            verdicts: for each row after the first whether it is good, which is shown at its end.
        """
        for number, text in enumerate(aligned(rows)):
            if number == 0 or verdicts is None:
                self.line(f"   {text}", colour=Ink.dim if number == 0 else Ink.plain)
            else:
                good = verdicts[number - 1]
                self.line(f"   {text}{_GAP}{self.ink('ok' if good else 'NO', Ink.green if good else Ink.red)}")

    def _clear(self) -> None:
        if self._has_transient:
            self._out.write(_CLEAR)
            self._has_transient = False


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines with columns of one width; cells that are numbers stand at the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [_GAP.join(_cell(text, width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cell(text: str, width: int) -> str:
    is_number = bool(text) and text.replace(",", "").replace(".", "").isdigit()
    return text.rjust(width) if is_number else text.ljust(width)


def format_s(seconds: float) -> str:
    """A duration: `4.2 s`, or `2 min 05 s` from two minutes on."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


def format_size(size_bytes: float) -> str:
    """A size in MiB."""
    return f"{size_bytes / 1024 / 1024:,.1f} MiB"


def _width(environment: Mapping[str, str]) -> int:
    columns = environment.get("COLUMNS", "")
    if columns.isdigit():
        return int(columns)
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 80
