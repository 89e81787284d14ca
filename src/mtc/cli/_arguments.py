"""What is told from the command line before a verb is known: where its connection options stand, and who reads the output."""

from collections.abc import Sequence

#: Options that kubectl takes in any place, before the verb too.
_CONNECTION = ("--kubeconfig", "--context", "--namespace")
_SHORT = "-n"
_JSON = (" -o json ", " -ojson ", " --output json ")
_LANGUAGE = "--lang"
END = "--"


def language(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """The language that `--lang` asks for in any place, None without it, and the arguments without that option."""
    before = list(arguments[: arguments.index(END)] if END in arguments else arguments)
    after = list(arguments[len(before) :])
    for at, word in enumerate(before):
        if word == _LANGUAGE and at + 1 < len(before):
            return before[at + 1], [*before[:at], *before[at + 2 :], *after]
        if word.startswith(f"{_LANGUAGE}="):
            return word.partition("=")[2], [*before[:at], *before[at + 1 :], *after]
    return None, list(arguments)


def hoisted(arguments: Sequence[str]) -> list[str]:
    """The arguments with connection options that stand before the verb put behind it, where each verb takes them."""
    left, moved = list(arguments), []
    while left and (count := _connection(left)):
        moved += left[:count]
        left = left[count:]
    at = left.index(END) if END in left else len(left)
    return [*left[:at], *moved, *left[at:]]


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether a program reads the output: an error may come before the arguments are parsed."""
    before = arguments[: arguments.index(END)] if END in arguments else arguments
    joined = f" {' '.join(before).replace('=', ' ')} "
    return any(form in joined for form in _JSON)


def _connection(arguments: Sequence[str]) -> int:
    """How many of the first arguments are one connection option with its value."""
    first = arguments[0]
    if first in {*_CONNECTION, _SHORT}:
        return min(2, len(arguments))
    if first.startswith(tuple(f"{option}=" for option in _CONNECTION)) or (first.startswith(_SHORT) and not first.startswith("--")):
        return 1
    return 0
