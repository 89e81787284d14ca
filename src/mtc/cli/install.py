"""`mtc install`: puts the toolkit on a cluster."""

from typing import Annotated

import typer

from mtc.cli import _options

SECTION = "Install and run"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def install(
        *,
        image: Annotated[str, typer.Option(envvar="MTC_IMAGE", help="Image of the toolkit, as the cluster's nodes pull it.")],
        kubeconfig: _options.Kubeconfig = None,
        context: _options.Context = None,
        host: Annotated[bool, typer.Option("--host", help="This cluster runs the controller and holds plans and migrations.")] = False,
        namespace: _options.Namespace = _options.TOOLKIT,
        pods_path: Annotated[str, typer.Option(help="The kubelet's folder of pods on the nodes.")] = "/var/lib/kubelet/pods",
        least_privilege: Annotated[
            bool, typer.Option("--least-privilege", help="Give the controller just the rights that migrations need, not cluster-admin.")
        ] = False,
    ) -> None:
        """Install the toolkit on a cluster, or update it: definitions, rights, engine, node agents, and with --host the controller.

        Waits until everything runs and says what it waits for. Running it again changes only what differs.
        """
        import asyncio

        from mtc.install import run
        from mtc.kube import access, client

        async def work() -> None:
            async with client.Client(access.default(kubeconfig, context=context), name=context or "cluster") as cluster:
                changed = await run.install(
                    cluster,
                    image=image,
                    host=host,
                    namespace=namespace,
                    pods_path=pods_path,
                    tell=typer.echo,
                    least_privilege=least_privilege,
                )
            typer.echo(f"Installed; {changed or 'no'} object{'s' if changed != 1 else ''} changed.")
            if not host:
                typer.echo(
                    f"A token for the MigCluster of this cluster: kubectl -n {namespace} create token migration-controller --duration=720h"
                )

        asyncio.run(work())
