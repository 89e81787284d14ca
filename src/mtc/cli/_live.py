"""The live view of a run for a terminal."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from mtc.look import progress
from mtc.words import _

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from mtc.look.following import Seen

#: More volumes than fit on a screen are counted only; those at work come first.
_VOLUMES = 12
_ORDER = {"Running": 0, "Failed": 1, "PartiallyFailed": 1, "Waiting": 2}
_STYLES = {"done": "green", "running": "bold", "failed": "bold red", "skipped": "dim", "waiting": "dim"}
_MARKS = {"done": "✓", "running": "▶", "failed": "✗", "skipped": "-", "waiting": "·"}


def view(seen: "Seen", *, state: str, warnings: Sequence[str], now: datetime) -> "RenderableType":
    """What a run looks like: its steps, its volumes, what it warns of."""
    from rich.console import Group
    from rich.text import Text

    run = seen.run
    plan = run.spec.mig_plan_ref.name if run.spec.mig_plan_ref else ""
    began = run.status.start_timestamp
    since = f"  {progress.length((now - began).total_seconds())}" if began and state in {"Running", "Waiting"} else ""
    head = f"MigMigration {run.name}  " + _("plan {plan}").format(plan=plan) + f"  {run.status.itinerary or ''}  {state}{since}"
    parts: list[RenderableType] = [Text(head, style="bold", overflow="fold"), _steps(seen, now)]
    if found := progress.volumes(run, seen.copies):
        parts.append(_volumes(found))
    parts += [Text(_("warning: {text}").format(text=text), style="yellow", overflow="fold") for text in [*warnings, *seen.troubles]]
    return Group(*parts)


def _steps(seen: "Seen", now: datetime) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(ratio=1, overflow="fold")
    for step in progress.steps(seen.run):
        state = progress.step_state(step)
        took = progress.took_s(step, now)
        message = f"{step.phase}: {step.message or ''}" if state == "running" and step.phase else ""
        cells = (_MARKS[state], step.name, progress.length(took) if took is not None else "", message)
        table.add_row(*(Text(cell, style=_STYLES[state]) for cell in cells))
    return table


def _volumes(found: Sequence[progress.Volume]) -> "Table":
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="ellipsis", max_width=44)
    table.add_column(no_wrap=True)
    table.add_column(width=20)
    table.add_column(ratio=1, overflow="ellipsis", no_wrap=True)
    shown = sorted(found, key=lambda volume: (_ORDER.get(volume.state, 3), volume.name))
    for volume in shown[:_VOLUMES]:
        share = 1.0 if volume.state == "Completed" else volume.amount.share
        pulse = share is None and volume.state == "Running"
        bar = ProgressBar(total=1.0, completed=share or 0.0, pulse=pulse, width=20)
        text = volume.amount.text() if volume.state == "Running" else f"{volume.state} {volume.amount.text()}"
        table.add_row(Text(volume.name), volume.way, bar, Text(text))
    if len(shown) > 1 and (whole := progress.together(found)) is not None:
        bar = ProgressBar(total=1.0, completed=whole.share or 0.0, width=20)
        table.add_row(_("{count} volumes").format(count=len(shown)), "", bar, Text(whole.text()))
    return table
