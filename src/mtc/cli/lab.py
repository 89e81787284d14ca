"""`mtc lab`: two real Kubernetes clusters, an S3 server and a registry on this machine."""

import dataclasses
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

SECTION = "Install and run"

app = typer.Typer(name="lab", help="Two real Kubernetes clusters with S3 and registry on this machine.", no_args_is_help=True)

_Name = Annotated[str, typer.Option("--name", help="Name of the lab: several can run beside each other.")]


class Output(StrEnum):
    """How `status` prints."""

    table = "table"
    json = "json"


@app.command()
def up(name: _Name = "default") -> None:
    """Start the lab, or heal it; builds and installs what is missing first."""
    import asyncio

    from mtc.lab import up as verb

    asyncio.run(verb.up(name))


@app.command()
def down(name: _Name = "default") -> None:
    """Remove the lab with everything in it."""
    import asyncio

    from mtc.lab import down as verb

    asyncio.run(verb.down(name))


@app.command()
def status(
    name: _Name = "default",
    output: Annotated[Output, typer.Option("-o", "--output", help="Table for people, JSON for programs.")] = Output.table,
) -> None:
    """Show what of the lab runs, and where; exit code 1 unless all of it is ready."""
    import asyncio

    from mtc.lab import status as verb

    found = asyncio.run(verb.components(name))
    if output is Output.json:
        typer.echo(json.dumps([dataclasses.asdict(component) for component in found], indent=1))
    else:
        from rich import box, console, table

        shown = table.Table("CLUSTER", "COMPONENT", "PID", "READY", "ADDRESS", box=box.SIMPLE_HEAD)
        for component in found:
            pid = "-" if component.pid is None else str(component.pid)
            shown.add_row(component.cluster, component.name, pid, "yes" if component.is_ready else "no", component.address)
        console.Console().print(shown)
    if not all(component.is_ready for component in found):
        raise typer.Exit(1)


@app.command()
def env(name: _Name = "default") -> None:
    """Print the lab's variables: eval "$(mtc lab env)"."""
    from mtc.lab import environment, errors, state

    values = environment.read(state.require(name))
    if values is None:
        raise errors.LabNotFound(f"The lab {name} has not been ready yet: start it with `mtc lab up --name {name}`.")
    typer.echo(environment.as_exports(values), nl=False)


@app.command()
def load(
    path: Annotated[Path, typer.Argument(help="Folder with a Dockerfile, or an image archive (docker or OCI).")],
    image_name: Annotated[str, typer.Option("--name", help="What to call the image, e.g. shop:v2.")],
    lab_name: Annotated[str, typer.Option("--lab", help="Name of the lab.")] = "default",
) -> None:
    """Give both clusters an image, and print the reference to use in manifests."""
    import asyncio

    from mtc.lab import load as verb

    typer.echo(asyncio.run(verb.load(lab_name, path, name=image_name)))
