"""`mtc controller`: clusters, storage, plans and migrations, on the host cluster."""

import os
from typing import Annotated

import typer


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def controller(
        *,
        kubeconfig: Annotated[str | None, typer.Option(help="Kubeconfig file; in a pod its service account is used.")] = None,
        context: Annotated[str | None, typer.Option(help="Context of the kubeconfig.")] = None,
        namespace: Annotated[
            str, typer.Option("--namespace", "-n", envvar="MTC_NAMESPACE", help="Where the Mig* objects are.")
        ] = "openshift-migration",
    ) -> None:
        """Run the controller of the host cluster: reconciles MigCluster, MigStorage, MigPlan and MigMigration."""
        from mtc.cli import _serve
        from mtc.migration.settings import Live
        from mtc.operator import controller as operator

        settings = Live(os.environ)
        _serve.run("controller", kubeconfig, context, lambda host: operator.run(host, namespace=namespace, settings=settings))
