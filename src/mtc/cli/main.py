"""The command `mtc`: finds its verbs in this folder and turns errors into exit codes.

A module of this folder that has `app`, a `typer.Typer` with a name, is a group of verbs; one that has `register`, a function that takes the
top-level app, adds a verb. Only the module of the verb that was asked for is imported, and modules import what is heavy inside their verbs.

Exit codes, the same for all verbs: 0 done, 1 failed, 2 wrong use, 3 finished with warnings, 4 waiting timed out, 5 no access, 6 unreachable,
130 interrupted.
"""

import gc
import importlib
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mtc import __version__, errors
from mtc.cli import _arguments, _verbs
from mtc.words import N_, _, use

if TYPE_CHECKING:
    import typer

FAILED, USAGE, INTERRUPTED = 1, 2, 130
#: So many new objects of Python are made before those that nothing refers to any more are looked for.
_COLLECTED_AFTER = 100_000
#: The word with which the shells' scripts ask what may come next.
COMPLETE = "__complete"
MEANING = N_("Migration Toolkit for Containers: moves applications between Kubernetes and OpenShift clusters.")
#: The name under which kubectl and oc find us.
_PLUGINS = {"kubectl-mtc": "kubectl mtc", "oc-mtc": "oc mtc"}


def main() -> None:
    """Run the command; never returns."""
    # Modules stay until the end: to look for garbage among what they are made of, again and again, would be a sixth of the start.
    gc.set_threshold(_COLLECTED_AFTER)
    program = Path(sys.argv[0]).name
    sys.exit(run(sys.argv[1:], program=_PLUGINS.get(program, "mtc")))


def run(arguments: Sequence[str], *, program: str = "mtc") -> int:
    """Run the command; the exit code."""
    language, spoken = _arguments.language(arguments)
    use(language)
    words = _arguments.hoisted(spoken)
    try:
        code = _run(words, program)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough of it. What is still buffered must not be tried once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (errors.MtcError, KeyboardInterrupt, BaseExceptionGroup) as error:
        return _told(error, as_json=_arguments.wants_json(words))
    return code


def build(verbs: Iterable[_verbs.Verb] | None = None) -> "typer.Typer":
    """The command with the given verbs, else with all of the folder."""
    import typer

    top = typer.Typer(
        name="mtc",
        help=MEANING,
        no_args_is_help=True,
        add_completion=False,
        # Plain help: importing rich to draw boxes around it takes longer than all the rest.
        rich_markup_mode=None,
        # Tracebacks with local variables would show secrets.
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @top.callback()
    def options() -> None:
        # A callback makes typer keep the name of a verb that is the only one.
        pass

    for verb in _verbs.every() if verbs is None else verbs:
        module = importlib.import_module(f"mtc.cli.{verb.module}")
        if group := getattr(module, "app", None):
            top.add_typer(group)
        if register := getattr(module, "register", None):
            register(top)
    return top


def _run(words: list[str], program: str) -> int:
    if words and words[0] == COMPLETE:
        from mtc.cli import _complete

        _complete.print_answer(words[1:])
        return 0
    if not words or words[0] in {"-h", "--help", "help"}:
        print("\n".join(_help(program)))
        return 0
    if words[0] == "--version":
        print(__version__)
        return 0
    if words[0].startswith("-"):
        text = _("There is no option {option} before a verb. `mtc --help` lists all verbs.")
        raise _verbs.UnknownVerb(text.format(option=words[0].partition("=")[0]))
    return _verb(words, program)


def _verb(words: list[str], program: str) -> int:
    import typer

    from mtc.cli import _translated

    command = typer.main.get_command(build([_verbs.find(words[0])]))
    _translated.help_of(command)
    try:
        # Without its own handling of errors, so that all of them are told in one way.
        result = command.main(words, prog_name=program, standalone_mode=False)
    except typer.Abort:
        return INTERRUPTED
    except typer.TyperException as error:
        return _misused(error, as_json=_arguments.wants_json(words))
    return result if isinstance(result, int) else 0


def _help(program: str) -> list[str]:
    head = [_("Usage: {program} VERB [ARGUMENTS] [OPTIONS]").format(program=program), "", _(MEANING)]
    tail = [
        _("Every verb takes -h. Those that talk to clusters take --kubeconfig, --context and -n/--namespace as kubectl does."),
        _("Texts are English or Japanese, as LANG or --lang says."),
        _(
            "Exit codes: 0 done, 1 failed, 2 wrong use, 3 finished with warnings, 4 waiting timed out, 5 no access,\n"
            "6 unreachable, 130 interrupted."
        ),
    ]
    return [*head, *_verbs.listing(_verbs.every()), "", *tail]


def _misused(error: "typer.TyperException", *, as_json: bool) -> int:
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    if context is not None and context.command_path:
        hint = _("`{command} --help` shows how it is used.").format(command=context.command_path)
        # The library that converts values puts its own words before those that say what is wrong.
        message = message.rstrip().replace("Value error, ", "")
        message = f"{message}{'' if message.endswith(('.', '?', '!')) else '.'} {hint}"
    _tell("Usage", message, as_json=as_json)
    return int(getattr(error, "exit_code", USAGE))


def _told(error: BaseException, *, as_json: bool) -> int:
    """Print what is meant for a person; the exit code. What is not meant for one is a defect and is raised again."""
    leaves = _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    if any(isinstance(leaf, KeyboardInterrupt) for leaf in leaves):
        return INTERRUPTED
    expected = [leaf for leaf in leaves if isinstance(leaf, errors.MtcError)]
    if len(expected) < len(leaves):
        raise error
    for leaf in expected:
        _tell(leaf.reason, str(leaf), as_json=as_json)
    return expected[0].exit_code


def _tell(reason: str, message: str, *, as_json: bool) -> None:
    text = json.dumps({"error": {"reason": reason, "message": message}}, ensure_ascii=False) if as_json else f"mtc: {message}"
    print(text, file=sys.stderr)


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The exceptions themselves; task groups wrap those of their tasks, one group in another."""
    return [leaf for error in group.exceptions for leaf in (_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])]
