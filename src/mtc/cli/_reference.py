"""The reference page of the command line and its man pages: `python -m mtc.cli._reference [--check] DIR` writes them from the code."""

import functools
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from mtc.api.generated import Generated
from mtc.cli import _surface, _verbs
from mtc.cli._surface import Command, Parameter
from mtc.cli.main import MEANING

MARK = "<!-- Written by `make reference`: change the code that it is written from, not this page. -->"
_MAN_MARK = '.\\" Written by `make reference`: change the code that it is written from, not this page.'
CODES = (
    (0, "done"),
    (1, "failed, or there is no such object"),
    (2, "wrong use"),
    (3, "finished with warnings"),
    (4, "waiting timed out; what was waited for may still happen"),
    (5, "no access: no kubeconfig, or a refused token or right"),
    (6, "the cluster does not answer"),
    (130, "interrupted"),
)
#: These stand behind every verb that talks to clusters; they are described once.
_SHARED = ("--kubeconfig", "--context", "--namespace")
_WIDTH = 120
_ESCAPES = str.maketrans({"\\": "\\e", "-": "\\-"})


@functools.cache
def files() -> Mapping[str, str]:
    """Name and text of every page."""
    commands = [(verb, _surface.of(verb)) for verb in _verbs.every()]
    pages = {f"man/mtc-{verb.name}.1": _man(verb, command) for verb, command in commands}
    return {"README.md": _page(commands), "man/mtc.1": _man_of_all(commands), **pages}


def _page(commands: list[tuple[_verbs.Verb, Command]]) -> str:
    lines = [MARK, "", "# The command line", "", MEANING, ""]
    lines += [
        "Exit codes, the same for all verbs:",
        "",
        "| code | meaning |",
        "|---|---|",
        *(f"| {code} | {text} |" for code, text in CODES),
        "",
    ]
    lines += ['Errors are on stderr; with `-o json` as `{"error": {"reason": ..., "message": ...}}`. Verbs that talk to clusters take', ""]
    shared = next(command for verb, command in commands if verb.name == "get")
    lines += [*_table(param for param in shared.options if set(param.names) & {*_SHARED}), ""]
    section = ""
    for verb, command in commands:
        if verb.section != section:
            section = verb.section
            lines += [f"## {section}", ""]
        for each in command.every():
            lines += _entry(each)
    return "\n".join(lines).rstrip() + "\n"


def _entry(command: Command) -> Iterator[str]:
    yield f"### mtc {' '.join(command.words)}"
    yield ""
    if not command.commands:
        yield f"    {_usage(command)}"
        yield ""
    for part in (command.summary, *command.text.split("\n\n")):
        if part:
            yield textwrap.fill(part, _WIDTH, break_long_words=False, break_on_hyphens=False)
            yield ""
    own = [*command.arguments, *(param for param in command.options if not set(param.names) & {*_SHARED})]
    if own:
        yield from _table(own)
        yield ""


def _usage(command: Command) -> str:
    arguments = [_bracketed(param) for param in command.arguments]
    return " ".join(["mtc", *command.words, *arguments, *(["[OPTIONS]"] if command.options else [])])


def _bracketed(param: Parameter) -> str:
    name = param.names[0].upper() + ("..." if param.is_repeated else "")
    return name if param.is_required else f"[{name}]"


def _table(params: Iterable[Parameter]) -> Iterator[str]:
    yield "| | | |"
    yield "|---|---|---|"
    for param in params:
        names = ", ".join(f"`{name}`" for name in param.names)
        cells = [names if param.names[0].startswith("-") else _bracketed(param), _values(param), _told(param)]
        yield "| " + " | ".join(cell.replace("|", "&#124;") for cell in cells) + " |"


def _values(param: Parameter) -> str:
    return ", ".join(param.choices) or (param.value if param.names[0].startswith("-") else "")


def _told(param: Parameter) -> str:
    more = [f"Default: {param.default}." if param.default else "", f"Variable: {param.variable}." if param.variable else ""]
    more.append("Needed." if param.is_required and param.names[0].startswith("-") else "")
    return " ".join(part for part in (param.help, *more) if part)


def _man(verb: _verbs.Verb, command: Command) -> str:
    lines = [_MAN_MARK, f'.TH MTC-{verb.name.upper()} 1 "" "" "mtc"', ".SH NAME", _escaped(f"mtc-{verb.name} - {verb.meaning}")]
    lines += [".SH SYNOPSIS"]
    for each in command.every():
        if not each.commands:
            lines += [f".B {_escaped(' '.join(['mtc', *each.words]))}", _escaped(_usage(each).split(" ", len(each.words) + 1)[-1]), ".br"]
    lines.append(".SH DESCRIPTION")
    for each in command.every():
        if each.words != command.words:
            lines.append(f".SS {_escaped('mtc ' + ' '.join(each.words))}")
        for part in (each.summary, *each.text.split("\n\n")):
            lines += [_escaped(part), ".PP"] if part else []
        for param in (*each.arguments, *each.options):
            head = ", ".join(param.names) if param.names[0].startswith("-") else _bracketed(param)
            values = (
                f" {'|'.join(param.choices) or param.value}" if param.names[0].startswith("-") and (param.choices or param.value) else ""
            )
            lines += [".TP", f"\\fB{_escaped(head)}\\fR{_escaped(values)}", _escaped(_told(param)) or "\\&"]
    lines += [*_man_codes(), ".SH SEE ALSO", _escaped("mtc(1)")]
    return "\n".join(lines) + "\n"


def _man_of_all(commands: list[tuple[_verbs.Verb, Command]]) -> str:
    lines = [_MAN_MARK, '.TH MTC 1 "" "" "mtc"', ".SH NAME", _escaped("mtc - moves applications between Kubernetes and OpenShift clusters")]
    lines += [".SH SYNOPSIS", ".B mtc", "VERB [ARGUMENTS] [OPTIONS]", ".SH DESCRIPTION", _escaped(MEANING)]
    section = ""
    for verb, _ in commands:
        if verb.section != section:
            section = verb.section
            lines.append(f".SS {_escaped(section)}")
        lines += [".TP", f"\\fB{_escaped(verb.name)}\\fR", _escaped(f"{verb.meaning}; see mtc-{verb.name}(1)")]
    return "\n".join([*lines, *_man_codes()]) + "\n"


def _man_codes() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    for code, text in CODES:
        yield from (".TP", f"\\fB{code}\\fR", _escaped(text))


def _escaped(text: str) -> str:
    escaped = "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in text.translate(_ESCAPES))
    # A line that begins with one of these would be a command.
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


def _written(folder: Path) -> list[Path]:
    """What an earlier version of the code may have written into a folder."""
    return [*folder.glob("*.md"), *folder.glob("man/*.1")]


GENERATED = Generated(
    module="mtc.cli._reference", what="the reference page and the man pages of the command line", files=files, left=_written
)

if __name__ == "__main__":
    sys.exit(GENERATED.main())
