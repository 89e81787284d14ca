"""Shows a run until it ends: a live view on a terminal, a line for each change elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from mtc.words import _

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from mtc.act.endings import Ending
    from mtc.act.plans import Meant
    from mtc.api.migration.migmigration import MigMigration
    from mtc.look.following import Seen
    from mtc.look.sites import Sites

#: Where nothing tells how wide the output may be.
_WIDTH = 100


async def follow(sites: "Sites", meant: "Meant", name: str, *, namespace: str, timeout_s: float | None, quiet: bool = False) -> "Seen":
    """The run at its end.

    Args:
        sites: the clusters.
        meant: its plan.
        name: of the run.
        namespace: of the toolkit.
        timeout_s: how long to wait, None for as long as it takes.
        quiet: show nothing; a program reads the output.

    Raises:
        TimedOut: it has not ended in time.
        Interrupted: somebody does not want to wait any longer.
    """
    import asyncio
    from contextlib import aclosing

    from mtc.act import endings, errors
    from mtc.act.following import interruptible
    from mtc.look import following

    plan = meant.plan.spec
    source, target = (reference.name or "" if reference else "" for reference in (plan.src_mig_cluster_ref, plan.dest_mig_cluster_ref))
    show = _silent if quiet else _live if sys.stdout.isatty() else _lines
    is_canceled = False

    def goes_on() -> str:
        text = _("MigMigration {name} goes on in the cluster. `mtc status {name}` follows it again.").format(name=name)
        return text if is_canceled else text + " " + _("`mtc cancel {name}` cancels it.").format(name=name)

    try:
        with interruptible(goes_on), show() as tell:
            async with (
                asyncio.timeout(timeout_s),
                aclosing(following.follow(sites, name, namespace=namespace, source=source, target=target)) as news,
            ):
                async for seen in news:
                    tell(seen)
                    is_canceled = seen.run.spec.canceled
                    if endings.of(seen.run) is not None:
                        return seen
    except TimeoutError as error:
        length = f"{timeout_s:g}"
        msg = f"MigMigration {name} has not ended within {length} s. It goes on; `mtc status {name}` shows how it goes."
        raise errors.TimedOut(msg) from error
    raise errors.TimedOut(f"MigMigration {name} cannot be followed any longer. `mtc status {name}` tries again.")


def tell_end(run: "MigMigration", ending: "Ending") -> None:
    """Prints how a run has ended, why, and what its application needs now."""
    from mtc.look import telling

    typer.echo(f"MigMigration {run.name}: {ending.state}")
    for text in ending.why:
        typer.echo(f"  {text}")
    if run.status.dry_run is not None:
        for text in telling.report(run.status.dry_run):
            typer.echo(text)
    elif ending.code == 1 and (advice := run.status.rollback) is not None:
        plan = run.spec.mig_plan_ref.name if run.spec.mig_plan_ref else ""
        word = _("A rollback is needed.") if advice.state == "required" else _("No rollback is needed.")
        typer.echo(f"{word} {advice.message}")
        if advice.state == "required":
            typer.echo(_("`mtc rollback {plan}` does it.").format(plan=plan))
    if ending.state == "Failed" and not run.is_dry_run:
        typer.echo(_("`mtc tree {name}` shows the broken branch, `mtc logs {name} --level warning` what was logged.").format(name=run.name))


def console() -> "Console":
    """A console that keeps within 100 columns where nobody says how wide the output is."""
    from rich.console import Console

    # Off a terminal a width of its own, so that the same text comes out everywhere.
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=_WIDTH)


@contextmanager
def _silent() -> Iterator[Callable[["Seen"], None]]:
    yield lambda _seen: None


@contextmanager
def _lines() -> Iterator[Callable[["Seen"], None]]:
    from datetime import UTC, datetime

    from mtc.act import endings
    from mtc.look import telling

    teller = telling.Teller()

    def tell(seen: "Seen") -> None:
        for line in teller.lines(seen, warnings=endings.warnings(seen.run), now=datetime.now(UTC)):
            typer.echo(line)

    yield tell


@contextmanager
def _live() -> Iterator[Callable[["Seen"], None]]:
    from rich.live import Live

    # The view is drawn when there is news and each second: nothing else changes what it shows.
    with Live(console=console(), auto_refresh=False, vertical_overflow="visible") as live:
        yield lambda seen: live.update(rendered(seen), refresh=True)


def rendered(seen: "Seen") -> "RenderableType":
    """What a run looks like now."""
    from datetime import UTC, datetime

    from mtc.act import endings
    from mtc.cli import _live as view

    return view.view(seen, state=endings.state(seen.run), warnings=endings.warnings(seen.run), now=datetime.now(UTC))
