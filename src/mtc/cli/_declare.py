"""What the verbs that declare clusters, storage and plans share: questions, dry runs, waiting for the controller."""

import enum
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _act, _look, _options
from mtc.words import _

if TYPE_CHECKING:
    from mtc.kube.client import Client, Object
    from mtc.kube.resources import ResourceType

DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be made, and make nothing.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the controller has looked at it, and tell what it found.")]
Timeout = Annotated[str, typer.Option(callback=_options.duration, help="Wait no longer than this; then exit with 4. 0 is for ever.")]
SecretNamespace = Annotated[str | None, typer.Option(help="Namespace of the Secret; else that of the toolkit.")]
UseSecret = Annotated[str | None, typer.Option("--secret", help="Use this Secret, which is there already, instead of making one.")]
CaFile = Annotated[str | None, typer.Option(help="File with the PEM certificates that its certificate is checked against.")]
Insecure = Annotated[bool, typer.Option("--insecure", help="Do not check its certificate.")]


class Form(enum.StrEnum):
    """How what would be made is printed."""

    YAML = "yaml"
    JSON = "json"


Output = Annotated[Form, typer.Option("--output", "-o", help="Form of what --dry-run prints, and of errors.")]


def can_ask() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def wanted(value: str | None, option: str, question: str, *, choices: Sequence[str] = (), hidden: bool = False, default: str = "") -> str:
    """The value, or what the person answers where it is missing. Raises typer.BadParameter where nobody can be asked."""
    if value:
        return value
    if not can_ask():
        hint = f" Known are: {', '.join(choices)}." if choices else ""
        raise typer.BadParameter(_("is missing, and nobody can be asked here.") + hint, param_hint=option)
    if choices:
        for number, choice in enumerate(choices, 1):
            typer.echo(f"  {number}  {choice}", err=True)
    while True:
        answer: str = typer.prompt(question, hide_input=hidden, default=default or None, err=True)
        if choices and answer.isdecimal() and 1 <= int(answer) <= len(choices):
            return choices[int(answer) - 1]
        if answer.strip() and (not choices or answer in choices):
            return answer.strip()


def print_manifests(items: Iterable["Object"], form: Form) -> None:
    """What would be made, as it is given to kubectl. Secrets are not printed: how to make one is told on stderr."""
    shown = []
    for item in items:
        if item["kind"] == "Secret":
            meta, keys = item["metadata"], " ".join(f"--from-file={key}=FILE" for key in item["data"])
            typer.echo(
                _("Not printed, because it holds secrets: kubectl -n {namespace} create secret generic {name} {keys}").format(
                    namespace=meta["namespace"], name=meta["name"], keys=keys
                ),
                err=True,
            )
        else:
            shown.append(item)
    if form is Form.JSON:
        typer.echo(_look.dump(shown[0] if len(shown) == 1 else {"apiVersion": "v1", "kind": "List", "items": shown}, "json"))
    else:
        typer.echo("\n---\n".join(_look.dump(item, "yaml") for item in shown))


async def settled(host: "Client", kind: "ResourceType", name: str, *, namespace: str, timeout_s: float | None) -> int:
    """Waits until the controller has looked at a declaration and prints what it found; the exit code."""
    from mtc.act import settle
    from mtc.act.following import interruptible

    def goes_on() -> str:
        text = _(
            "{kind} {name} stays declared, and the controller goes on looking at it. `mtc describe {kinds} {name}` shows what it finds."
        )
        return text.format(kind=kind.kind, name=name, kinds=kind.kind.lower())

    with interruptible(goes_on):
        found = await settle.wait(host, kind, name, namespace=namespace, timeout_s=timeout_s)
    head = _("{kind} {name} is ready.") if found.is_ready else _("{kind} {name} is not ready:")
    lines = [head.format(kind=kind.kind, name=name), *found.lines()]
    # What is wrong is an error, and errors are on stderr.
    _act.tell(lines, quiet=not found.is_ready)
    return found.code


async def declared(
    host: "Client", kind: "ResourceType", name: str, items: "Sequence[Object]", *, namespace: str, wait: bool, timeout_s: float | None
) -> int:
    """Makes or changes a declaration and its Secret, and waits for the controller where that is wanted; the exit code."""
    from mtc.act import secrets

    for item in items:
        if item["kind"] == "Secret":
            await secrets.write(host, item)
        else:
            # Looked at anew even where only the Secret has changed: what is known of it would be told otherwise.
            await host.apply(kind, item | {"spec": item["spec"] | {"refresh": True}})
    typer.echo(_("{kind} {name} is declared.").format(kind=kind.kind, name=name))
    return await settled(host, kind, name, namespace=namespace, timeout_s=timeout_s) if wait else 0


async def checked(host: "Client", kind: "ResourceType", name: str, *, namespace: str, timeout_s: float | None) -> int:
    """As `settled`, after the controller was asked to look again."""
    from mtc.act import settle

    await settle.refresh(host, kind, name, namespace=namespace)
    return await settled(host, kind, name, namespace=namespace, timeout_s=timeout_s)


def seconds(timeout: str) -> float | None:
    """The time-out as it was typed, None for ever. Raises InvalidDuration."""
    return _act.Terms(wait=True, timeout=timeout, yes=True, output=_act.Form.TEXT).timeout_s
