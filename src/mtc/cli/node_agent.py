"""`mtc node-agent`: volume data of the pods of one node."""

from pathlib import Path
from typing import Annotated

import typer

from mtc.cli import _options

SECTION = "Install and run"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command("node-agent")
    def node_agent(
        *,
        node_name: Annotated[str, typer.Option(envvar="NODE_NAME", help="The node whose pods' volumes are moved.")],
        host_pods: Annotated[Path, typer.Option(help="The kubelet's folder of pods, as this process sees it.")] = Path("/host_pods"),
        kubeconfig: _options.Kubeconfig = None,
        context: _options.Context = None,
        namespace: _options.Namespace = _options.TOOLKIT,
        concurrency: Annotated[int, typer.Option(min=1, help="Volumes that are moved at the same time.")] = 4,
    ) -> None:
        """Run the node agent: copies volumes of pods of one node to object storage and back."""
        from mtc.cli import _serve
        from mtc.engine import repositories
        from mtc.operator import node_agent as operator

        mover = repositories.default_mover()
        _serve.run(
            "node-agent",
            kubeconfig,
            context,
            lambda cluster: operator.run(
                cluster, namespace=namespace, node=node_name, pods_folder=host_pods, concurrency=concurrency, mover=mover
            ),
        )
