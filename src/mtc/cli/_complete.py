"""What may come next on a command line: verbs, options, words of an option, and names of objects on the clusters.

The answer is the one that kubectl expects of a plug-in's completion program: a line for each possibility, with a tab before its meaning, and
at the end a colon with the sum of directives. Shells are given scripts that understand it (`mtc completion`).
"""

import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mtc.cli import _surface, _verbs

if TYPE_CHECKING:
    from mtc.cli._options import Way

#: Directives of cobra, from which kubectl takes them: files are no possibilities.
_NO_FILES, _FILES = 4, 0
#: What an argument of a verb names, where it is an object.
_PLANS_AND_RUNS, _KINDS = "plans and runs", "kinds"
_OBJECTS = {
    "stage": "migplan",
    "cutover": "migplan",
    "migrate-state": "migplan",
    "convert": "migplan",
    "rollback": _PLANS_AND_RUNS,
    "cancel": _PLANS_AND_RUNS,
    "retry": _PLANS_AND_RUNS,
    "status": _PLANS_AND_RUNS,
    "tree": _PLANS_AND_RUNS,
    "logs": _PLANS_AND_RUNS,
    "explain": _PLANS_AND_RUNS,
    "get": _KINDS,
    "describe": _KINDS,
    "cluster": "migcluster",
    "storage": "migstorage",
    "plan": "migplan",
    "backup": "backup",
    "restore": "restore",
    "schedule": "schedules",
    "bsl": "bsl",
}
_CREATES = frozenset({"add", "create"})
_LOOK_S = 3.0


def main() -> None:
    """The program `kubectl_complete-mtc`: the words after `kubectl mtc` are its arguments, the last one is what is being typed."""
    print_answer(sys.argv[1:])


def print_answer(words: Sequence[str]) -> None:
    """Prints the possibilities for the last of the words."""
    found, directive = answer(words)
    for word, meaning in found:
        print(f"{word}\t{meaning}" if meaning else word)
    print(f":{directive}")


def answer(words: Sequence[str]) -> tuple[list[tuple[str, str]], int]:
    """The possibilities with their meanings, and the directive.

    Args:
        words: after the name of the program; the last one is what is being typed, "" before its first letter.
    """
    before, typed = list(words[:-1]), words[-1] if words else ""
    if not before:
        return _starting(typed, ((verb.name, verb.meaning) for verb in _verbs.every())), _NO_FILES
    try:
        command, rest = _command(before)
    except _verbs.UnknownVerb:
        return [], _NO_FILES
    if command.commands:
        return _starting(typed, ((each.words[-1], each.summary) for each in command.commands)), _NO_FILES
    awaited = next((one for one in command.options if one.value and rest and rest[-1] in one.names), None)
    if awaited is not None:
        return _values(awaited, typed, before)
    if typed.startswith("-"):
        names = ((name, one.help) for one in command.options for name in one.names if name.startswith("--"))
        return _starting(typed, names), _NO_FILES
    return _starting(typed, ((name, "") for name in _objects(before, _arguments(rest, command.options)))), _NO_FILES


def _command(words: Sequence[str]) -> tuple[_surface.Command, list[str]]:
    """The command that words lead to, and what follows it."""
    command = _surface.of(_verbs.find(words[0]))
    rest = list(words[1:])
    while rest and (found := next((each for each in command.commands if each.words[-1] == rest[0]), None)) is not None:
        command = found
        rest.pop(0)
    return command, rest


def _values(option: _surface.Parameter, typed: str, words: Sequence[str]) -> tuple[list[tuple[str, str]], int]:
    if option.choices:
        return _starting(typed, ((choice, "") for choice in option.choices)), _NO_FILES
    kinds = {
        "--cluster": "migcluster",
        "--source": "migcluster",
        "--target": "migcluster",
        "--storage": "migstorage",
        "--from-backup": "backup",
    }
    if kind := kinds.get(option.names[0]):
        return _starting(typed, ((name, "") for name in _named(kind, words))), _NO_FILES
    is_file = option.value == "FILE" or option.names[0].endswith("-file") or option.names[0] in {"--kubeconfig", "--cacert"}
    return [], _FILES if is_file else _NO_FILES


def _arguments(words: Sequence[str], options: Sequence[_surface.Parameter]) -> list[str]:
    """The words that are no options and no values of options."""
    takes = {name for one in options if one.value for name in one.names}
    found: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in takes:
            skip = True
        elif not word.startswith("-"):
            found.append(word)
    return found


def _objects(words: Sequence[str], given: Sequence[str]) -> list[str]:
    kind = _OBJECTS.get(words[0])
    if kind is None or (len(words) > 1 and words[1] in _CREATES):
        return []
    if kind == _KINDS:
        if given:
            return _named(given[0], words) if len(given) == 1 else []
        from mtc.look import kinds

        return [*(one.short or one.type.kind.lower() for one in kinds.KINDS), "all"]
    if given and words[0] not in {"backup", "restore", "schedule", "bsl"}:
        return []
    found = ["migplan", "migmigration"] if kind == _PLANS_AND_RUNS else [kind]
    return [name for each in found for name in _named(each, words) if name not in given]


def _named(word: str, words: Sequence[str]) -> list[str]:
    """Names of the objects of a kind on the host cluster; none when it does not answer at once: a person is typing."""
    import asyncio

    from mtc.errors import MtcError
    from mtc.kube import access, client, resources
    from mtc.look import kinds

    way = _way(words)

    async def look() -> list[str]:
        kind = resources.SCHEDULES if word == "schedules" else kinds.parse(word).type
        async with asyncio.timeout(_LOOK_S), client.Client(access.default(way.kubeconfig, context=way.context)) as host:
            return [item["metadata"]["name"] for item in await host.list_all(kind, namespace=way.namespace)]

    try:
        return sorted(asyncio.run(look()))
    except (MtcError, TimeoutError):
        return []


def _way(words: Sequence[str]) -> "Way":
    """The way to the cluster that has been typed so far."""
    from mtc.cli._options import TOOLKIT, Way

    found = {"--kubeconfig": "", "--context": "", "--namespace": "", "-n": ""}
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, sign, value = word.partition("=")
        if name in found:
            found[name] = value if sign else following
    namespace = found["--namespace"] or found["-n"] or os.environ.get("MTC_NAMESPACE") or TOOLKIT
    return Way(found["--kubeconfig"] or None, found["--context"] or None, namespace)


def _starting(typed: str, found: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(word, meaning) for word, meaning in found if word.startswith(typed)]
