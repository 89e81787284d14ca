"""Options that are the same for every verb that has them: one name, one meaning, one text."""

import enum
from dataclasses import dataclass
from typing import Annotated

import typer

from mtc.api import names
from mtc.words import _

Kubeconfig = Annotated[
    str | None, typer.Option(help="Kubeconfig file of the cluster; else KUBECONFIG, else ~/.kube/config, else the pod's account.")
]
Context = Annotated[str | None, typer.Option(help="Context of the kubeconfig.")]
Namespace = Annotated[str, typer.Option("--namespace", "-n", envvar="MTC_NAMESPACE", help="Where the toolkit is.")]
Cluster = Annotated[str | None, typer.Option(help="Only this cluster, by the name of its MigCluster.")]
TOOLKIT = names.MIGRATION_NAMESPACE


class Data(enum.StrEnum):
    """How something that a program may read is shown."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


def duration(text: str) -> str:
    """What was typed, when it is a length of time; looked at before anything is done. Raises typer.BadParameter."""
    from mtc.api import durations

    try:
        is_past = bool(text) and durations.parse(text).total_seconds() < 0
    except durations.InvalidDuration as error:
        raise typer.BadParameter(str(error)) from error
    if is_past:
        raise typer.BadParameter(_("{text} is less than nothing; write for example `90s` or `2h`").format(text=repr(text)))
    return text


@dataclass(frozen=True)
class Way:
    """The way to the host cluster, as it was typed.

    Attributes:
        kubeconfig: file.
        context: of the kubeconfig.
        namespace: of the toolkit.
    """

    kubeconfig: str | None
    context: str | None
    namespace: str
