"""Which verbs there are, told from the files of this folder without importing them: that is what keeps `mtc --help` quick.

A verb is a file: `get.py` is `mtc get`, `node_agent.py` is `mtc node-agent`. The first line of its docstring says what it is for, and a
line `SECTION = "..."` below which heading it is listed.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mtc.errors import MtcError
from mtc.words import _

#: Headings of the list of verbs, in their order.
SEE, ACT, DECLARE, ENGINE, INSTALL = "See what there is", "Migrate", "Declare", "Engine alone", "Install and run"
_SECTIONS = (SEE, DECLARE, ACT, ENGINE, INSTALL)
_OTHERS = "More"
_FIRST_LINE = re.compile(r'\A"""`mtc [^`]+`: (.+?)\.?(?:""")?$', re.MULTILINE)
_SECTION = re.compile(r'^SECTION = "(.+)"$', re.MULTILINE)
_FOLDER = Path(__file__).parent


class UnknownVerb(MtcError):
    """There is no such verb."""

    reason = "Usage"
    exit_code = 2


@dataclass(frozen=True)
class Verb:
    """A verb, or a group of verbs.

    Attributes:
        name: as it is typed.
        module: its file, without `.py`.
        section: the heading below which it is listed.
        meaning: what it is for, in a line.
    """

    name: str
    module: str
    section: str
    meaning: str


def every() -> list[Verb]:
    """All verbs, by section and name."""
    found = [_read(path) for path in _FOLDER.glob("*.py") if path.stem != "main" and not path.stem.startswith("_")]
    order = [*_SECTIONS, _OTHERS]
    return sorted(found, key=lambda verb: (order.index(verb.section), verb.name))


def find(name: str) -> Verb:
    """The verb of that name. Raises UnknownVerb, which names the one that is spelled most alike."""
    path = _FOLDER / f"{name.replace('-', '_')}.py"
    if "_" not in name and name != "main" and name.replace("-", "").isalnum() and path.is_file():
        return _read(path)
    near = difflib.get_close_matches(name, [verb.name for verb in every()], n=1)
    hint = _(" Did you mean {words}?").format(words=near[0]) if near else ""
    raise UnknownVerb(_("There is no verb {name}.{hint} `mtc --help` lists all verbs.").format(name=repr(name), hint=hint))


def listing(verbs: Iterable[Verb]) -> list[str]:
    """The verbs below their headings."""
    lines: list[str] = []
    section = ""
    for verb in verbs:
        if verb.section != section:
            section = verb.section
            lines += ["", f"{_(section)}:"]
        lines.append(f"  {verb.name:<14} {_(sentence(verb.meaning))}")
    return lines


def sentence(meaning: str) -> str:
    """What a verb is for, as it is listed."""
    return meaning[0].upper() + meaning[1:]


def _read(path: Path) -> Verb:
    text = path.read_text(encoding="utf-8")
    meaning, section = _FIRST_LINE.search(text), _SECTION.search(text)
    chosen = section[1] if section and section[1] in _SECTIONS else _OTHERS
    return Verb(path.stem.replace("_", "-"), path.stem, chosen, meaning[1] if meaning else path.stem)
