"""`mtc engine`: backup and restore of the cluster that it runs in."""

from typing import Annotated

import typer


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def engine(
        *,
        kubeconfig: Annotated[str | None, typer.Option(help="Kubeconfig file; in a pod its service account is used.")] = None,
        context: Annotated[str | None, typer.Option(help="Context of the kubeconfig.")] = None,
        namespace: Annotated[
            str, typer.Option("--namespace", "-n", envvar="MTC_NAMESPACE", help="Where the velero.io objects are.")
        ] = "openshift-migration",
        image: Annotated[str, typer.Option(envvar="MTC_IMAGE", help="Image of the container that holds restored pods back.")] = "mtc",
    ) -> None:
        """Run the backup and restore engine of one cluster: reconciles the velero.io objects."""
        from mtc.cli import _serve
        from mtc.operator import engine as operator

        _serve.run("engine", kubeconfig, context, lambda cluster: operator.run(cluster, namespace=namespace, helper_image=image))
