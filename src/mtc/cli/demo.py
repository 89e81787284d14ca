"""`mtc demo`: two real clusters, a shop with data, its migration, and the proof of it."""

from typing import Annotated

import typer

SECTION = "Install and run"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command()
    def demo(name: Annotated[str, typer.Option("--name", help="Name of the lab: several can run beside each other.")] = "default") -> None:
        """Migrate a shop with data between two clusters on this machine, and prove that it is the same.

        Starts the lab unless it runs, and leaves it running. Exits with 0 only when every proof holds. Set NO_COLOR for plain text.
        """
        import asyncio

        from mtc.lab.demo import run

        asyncio.run(run.demo(name))
