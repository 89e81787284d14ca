"""`mtc demo`: two real clusters, a shop with data, its migration, and the proof of it."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mtc.kube.client import Client

SECTION = "Install and run"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def demo(name: Annotated[str, typer.Option("--name", help="Name of the lab: several can run beside each other.")] = "default") -> None:
        """Migrate a shop with data between two clusters on this machine, and prove that it is the same.

        Starts the lab unless it runs, and leaves it running. Exits with 0 only when every proof holds; a migration that does not
        end well is explained. Set NO_COLOR for plain text.
        """
        import asyncio

        from mtc.lab.demo import run

        asyncio.run(run.demo(name, _explain))


async def _explain(host: "Client", namespace: str, migration: str) -> None:
    """Shows what `mtc explain` shows about a migration."""
    from mtc.cli import explain
    from mtc.look import sites

    async with sites.opened(host, namespace) as found:
        await explain.explained(found, migration, namespace=namespace)
