"""`mtc controller`: clusters, storage, plans and migrations, on the host cluster."""

import os

import typer

from mtc.cli import _options

SECTION = "Install and run"
#: Where metrics are told; unset on a person's machine.
_METRICS_PORT = "MTC_METRICS_PORT"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def controller(
        *,
        kubeconfig: _options.Kubeconfig = None,
        context: _options.Context = None,
        namespace: _options.Namespace = _options.TOOLKIT,
    ) -> None:
        """Run the controller of the host cluster: reconciles MigCluster, MigStorage, MigPlan and MigMigration."""
        from mtc.cli import _serve
        from mtc.migration.settings import Live
        from mtc.operator import controller as operator

        settings, port = Live(os.environ), _serve.port(_METRICS_PORT)
        _serve.run(
            "controller", kubeconfig, context, lambda host: operator.run(host, namespace=namespace, settings=settings, metrics_port=port)
        )
