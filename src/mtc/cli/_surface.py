"""The command line as data: verbs with their arguments and options, for completion, man pages and the reference page."""

import enum
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mtc.cli import _verbs

_METAVARS = {int: "N", "Path": "FILE"}


@dataclass(frozen=True)
class Parameter:
    """An argument or an option.

    Attributes:
        names: as they are typed; of an argument its name.
        value: a word for what follows it; "" for one that is a flag.
        choices: the words that may follow it; empty where any may.
        help: what it is for.
        default: what holds without it; "" where there is nothing to say.
        variable: the environment variable that holds instead; "" without one.
        is_required: whether it must be given.
        is_repeated: whether it may be given again.
    """

    names: tuple[str, ...]
    value: str
    choices: tuple[str, ...]
    help: str
    default: str
    variable: str
    is_required: bool
    is_repeated: bool


@dataclass(frozen=True)
class Command:
    """A verb, or one of a group.

    Attributes:
        words: as they are typed, without the program.
        summary: what it does, in a sentence or two.
        text: what else there is to say.
        arguments, options: what follows it.
        commands: of a group.
    """

    words: tuple[str, ...]
    summary: str
    text: str
    arguments: tuple[Parameter, ...]
    options: tuple[Parameter, ...]
    commands: tuple["Command", ...]

    def every(self) -> Iterator["Command"]:
        """It and those below it."""
        yield self
        for command in self.commands:
            yield from command.every()


def of(verb: _verbs.Verb) -> Command:
    """The verb."""
    import typer

    from mtc.cli import main

    top: Any = typer.main.get_command(main.build([verb]))
    return _command((verb.name,), top.commands[verb.name])


def _command(words: tuple[str, ...], found: Any) -> Command:
    paragraphs = [" ".join(part.split()) for part in (found.help or "").split("\n\n")]
    params = [(param.param_type_name, _parameter(param)) for param in found.params if param.name != "help"]
    below = getattr(found, "commands", None) or {}
    return Command(
        words,
        paragraphs[0],
        "\n\n".join(paragraphs[1:]),
        tuple(param for kind, param in params if kind == "argument"),
        tuple(param for kind, param in params if kind == "option"),
        tuple(_command((*words, name), each) for name, each in below.items()),
    )


def _parameter(param: Any) -> Parameter:
    annotation = param.type_descriptor.annotation
    if typing.get_origin(annotation) is list:
        (annotation,) = typing.get_args(annotation)
    is_flag = bool(getattr(param, "is_flag", False))
    is_choice = isinstance(annotation, type) and issubclass(annotation, enum.Enum)
    names = (*param.opts, *param.secondary_opts) if param.param_type_name == "option" else (param.name,)
    return Parameter(
        names,
        "" if is_flag else _METAVARS.get(annotation, _METAVARS.get(getattr(annotation, "__name__", ""), "TEXT")),
        tuple(str(each.value) for each in annotation) if is_choice else (),
        " ".join((param.help or "").split()),
        _default(param.default, is_flag=is_flag, param=param),
        str(param.envvar or ""),
        bool(param.required),
        bool(param.multiple) or param.nargs == -1,
    )


def _default(value: Any, *, is_flag: bool, param: Any) -> str:
    if value is None or callable(value):
        return ""
    if is_flag:
        return next(iter(param.opts if value else param.secondary_opts), "").lstrip("-") if param.secondary_opts else ""
    return str(value.value if isinstance(value, enum.Enum) else value)
