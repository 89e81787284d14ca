"""`mtc describe`: one object with its conditions explained and its events."""

from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _look

if TYPE_CHECKING:
    from mtc.look.sites import Sites

SECTION = "See what there is"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def describe(
        kind: Annotated[str, typer.Argument(help="Kind, such as migplan, migration, backup or pvr.")],
        name: Annotated[str, typer.Argument(help="Name of the object.")],
        *,
        cluster: _look.Cluster = None,
        archive: _look.Archive = None,
        kubeconfig: _look.Kubeconfig = None,
        context: _look.Context = None,
        namespace: _look.Namespace = _look.TOOLKIT,
    ) -> None:
        """Describe one object: conditions first, each with its meaning and what to do, then all fields, then its events.

        An object that several clusters have, such as the target's copy of a Backup, is described once for each.
        """
        from mtc.look import describe as descriptions
        from mtc.look import kinds

        chosen = kinds.parse(kind)

        async def work(sites: "Sites") -> None:
            found = await sites.with_kind(chosen.type).each(lambda site: descriptions.read(site, chosen.type, name, namespace=namespace))
            described = [item for _, item in found if item is not None]
            if not described:
                raise kinds.missing([chosen], name, sites.where(namespace))
            for number, item in enumerate(described):
                if number:
                    typer.echo("")
                for line in descriptions.lines(item, now=sites.now):
                    typer.echo(line)

        _look.run(work, kubeconfig=kubeconfig, context=context, namespace=namespace, cluster=cluster, archive=archive)
