"""Reference pages of docs/reference, written from what the program itself goes by: `python -m mtc.api.reference DIR`.

One module a page, each with `PAGE`; the folder is scanned. A page is a pure function from the code to Markdown, so that
`--check` can tell whether the committed pages are still true. Pages that people write may stand beside them.
"""

import functools
import importlib
import pkgutil
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mtc.api.generated import Generated

_WIDTH = 120
#: The first line of every page, by which pages that nobody writes any more are found.
MARK = "<!-- Written by `make reference`: change the code that it is written from, not this page. -->"


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        name: its file.
        text: gives the Markdown, without the mark.
    """

    name: str
    text: Callable[[], str]


@functools.cache
def files() -> Mapping[str, str]:
    """Return name and text of every page, always the same for the same code."""
    pages = (found.name for found in pkgutil.iter_modules(__path__) if found.name != "__main__")
    modules = (importlib.import_module(f"{__name__}.{page}") for page in pages)
    return {module.PAGE.name: f"{MARK}\n\n{module.PAGE.text()}" for module in modules}


def wrapped(text: str, *, indent: str = "") -> str:
    """Return a paragraph in lines of a readable length; lines after the first begin with the indent."""
    return textwrap.fill(text, width=_WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _marked(folder: Path) -> list[Path]:
    """Return the pages of a folder that carry the mark; people write others."""
    return [path for path in folder.glob("*.md") if path.read_text(encoding="utf-8").startswith(MARK)]


GENERATED = Generated(module="mtc.api.reference", what="the reference pages", files=files, left=_marked)
