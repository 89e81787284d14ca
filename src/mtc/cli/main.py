"""The command `mtc`: finds its verbs in this folder and turns errors into exit codes.

A module of this folder that has `app`, a `typer.Typer` with a name, is a group of verbs; one that has `register`, a function that takes the
top-level app, adds verbs without a group. Modules import what is heavy inside their verbs, so that `mtc --help` stays quick.
"""

import importlib
import json
import sys
from pathlib import Path

import typer

from mtc import __version__, errors

_INTERRUPTED = 130


def build() -> typer.Typer:
    """The command with all verbs of the folder."""
    top = typer.Typer(
        name="mtc",
        help="Migration Toolkit for Containers: moves applications between Kubernetes and OpenShift clusters.",
        no_args_is_help=True,
        add_completion=False,
        # Plain help: importing rich to draw boxes around it takes longer than all the rest.
        rich_markup_mode=None,
        # Tracebacks with local variables would show secrets.
        pretty_exceptions_enable=False,
    )

    @top.callback(invoke_without_command=True)
    def options(*, version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
        if version:
            typer.echo(__version__)
            raise typer.Exit

    for found in sorted(Path(__file__).parent.glob("*.py")):
        if found.stem == "main" or found.stem.startswith("_"):
            continue
        module = importlib.import_module(f"mtc.cli.{found.stem}")
        if group := getattr(module, "app", None):
            top.add_typer(group)
        if register := getattr(module, "register", None):
            register(top)
    return top


def main() -> None:
    """Run the command; never returns."""
    try:
        build()()
    except (errors.MtcError, KeyboardInterrupt, BaseExceptionGroup) as error:
        sys.exit(_told(error))


def _told(error: BaseException) -> int:
    """Print what is meant for a person; the exit code. What is not meant for one is a defect and is raised again."""
    leaves = _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    if any(isinstance(leaf, KeyboardInterrupt) for leaf in leaves):
        return _INTERRUPTED
    expected = [leaf for leaf in leaves if isinstance(leaf, errors.MtcError)]
    if len(expected) < len(leaves):
        raise error
    for leaf in expected:
        text = json.dumps({"error": {"reason": leaf.reason, "message": str(leaf)}}) if _wants_json(sys.argv) else f"mtc: {leaf}"
        print(text, file=sys.stderr)  # noqa: T201 - the one place where errors reach a person
    return expected[0].exit_code


def _wants_json(arguments: list[str]) -> bool:
    """Whether a program reads the output: told from the arguments, because an error may come before they are parsed."""
    joined = " ".join(arguments).replace("=", " ")
    return any(form in f"{joined} " for form in (" -o json ", " -ojson ", " --output json "))


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The exceptions themselves; task groups wrap those of their tasks, one group in another."""
    return [leaf for error in group.exceptions for leaf in (_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])]
