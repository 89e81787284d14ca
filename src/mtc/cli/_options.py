"""Options that are the same for every verb that has them: one name, one meaning, one text."""

import enum
from dataclasses import dataclass
from typing import Annotated

import typer

from mtc.api import names

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
