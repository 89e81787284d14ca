"""`mtc tree`: the chain of a plan or migration over all clusters."""

import enum
from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _look

if TYPE_CHECKING:
    from mtc.look.sites import Sites
    from mtc.look.tree import Node

SECTION = "See what there is"


class Form(enum.StrEnum):
    """How the tree is shown."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def tree(
        name: Annotated[str, typer.Argument(help="Name of a MigPlan, MigMigration, Backup or Restore.")],
        *,
        output: Annotated[Form, typer.Option("--output", "-o", help="Form of the output.")] = Form.TEXT,
        archive: _look.Archive = None,
        kubeconfig: _look.Kubeconfig = None,
        context: _look.Context = None,
        namespace: _look.Namespace = _look.TOOLKIT,
    ) -> None:
        """Show what a plan or migration has made on which cluster: phase, age, duration, and the broken branch marked.

        Plan, migrations, Backups with the volumes they copy, Restores with theirs, stage pods, hooks with their Jobs and pods.
        """
        from mtc.look import branches
        from mtc.look import tree as chain

        async def work(sites: "Sites") -> "Node":
            root = await chain.of(sites, name, namespace=namespace)
            if output is Form.TEXT:
                for line in branches.lines(root, now=sites.now, width=_look.width()):
                    typer.echo(line)
            else:
                typer.echo(_look.dump(root.to_dict(), output.value))
            return root

        _look.run(work, kubeconfig=kubeconfig, context=context, namespace=namespace, archive=archive)
