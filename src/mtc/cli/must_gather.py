"""`mtc must-gather`: an archive of all clusters for whoever shall help, without secrets."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _look, _options

if TYPE_CHECKING:
    from mtc.look.sites import Sites

SECTION = "See what there is"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command("must-gather")
    def must_gather(
        *,
        output: Annotated[
            Path | None, typer.Option("--output", "-o", help="A folder, or a file that ends with .tar.gz; else must-gather-TIME.tar.gz.")
        ] = None,
        since: Annotated[
            str, typer.Option(callback=_options.duration, help="Only log lines and Events of this last time, such as 6h or 1h30m.")
        ] = "",
        essential: Annotated[bool, typer.Option("--essential", help="Only what explanations need: smaller, and quicker.")] = False,
        cluster: Annotated[
            str | None,
            typer.Option(help="Only this cluster, by the name of its MigCluster; of the host then neither applications nor logs."),
        ] = None,
        kubeconfig: _look.Kubeconfig = None,
        context: _look.Context = None,
        namespace: _look.Namespace = _look.TOOLKIT,
    ) -> None:
        """Gather objects and logs of all clusters into one archive, with a summary that opens in a browser from disk.

        Contents of Secrets are left out. Their values, and what looks like a password, token or key, are masked in everything
        else, and the archive is searched for them once more before it is there. Exits with 3 when something could not be read.
        """
        from datetime import UTC, datetime

        from mtc.api import durations
        from mtc.gather import run

        now = datetime.now(UTC)
        target = output or Path(f"must-gather-{now:%Y%m%d-%H%M%S}.tar.gz")
        wish = run.Wish(target, namespace, now - durations.parse(since) if since else None, essential, cluster or "")

        async def work(sites: "Sites") -> None:
            if cluster is not None:
                _look.only(sites, cluster)
            outcome = await run.gather(sites, wish, tell=lambda text: typer.echo(f"mtc: {text}", err=True))
            masked = sum(outcome.masked.values())
            typer.echo(f"{outcome.path}: {outcome.files} files, {outcome.size_bytes / 1e6:.1f} MB; {masked} texts masked")

        _look.run(work, kubeconfig=kubeconfig, context=context, namespace=namespace)
