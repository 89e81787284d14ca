"""`mtc engine`: backup and restore of the cluster that it runs in."""

from typing import Annotated

import typer

from mtc.cli import _options

SECTION = "Install and run"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def engine(
        *,
        kubeconfig: _options.Kubeconfig = None,
        context: _options.Context = None,
        namespace: _options.Namespace = _options.TOOLKIT,
        image: Annotated[str, typer.Option(envvar="MTC_IMAGE", help="Image of the container that holds restored pods back.")] = "mtc",
        concurrency: Annotated[
            int, typer.Option(min=1, envvar="MTC_ENGINE_CONCURRENCY", help="Backups, and Restores, that run side by side.")
        ] = 20,
    ) -> None:
        """Run the backup and restore engine of one cluster: reconciles the velero.io objects."""
        from mtc.cli import _serve
        from mtc.operator import engine as operator

        _serve.run(
            "engine",
            kubeconfig,
            context,
            lambda cluster: operator.run(cluster, namespace=namespace, helper_image=image, concurrency=concurrency),
        )
