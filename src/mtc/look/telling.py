"""What a run does, told line by line as it changes, for output that is no terminal; and its end, for both. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from mtc.api import dry_run
from mtc.api.dry_run import DryRunReport
from mtc.look import progress
from mtc.look.following import Seen
from mtc.words import _, ngettext

#: The amount of data is told whenever another tenth is done.
_TENTHS = 10
_SHOWN = 20


@dataclass
class Teller:
    """Remembers what has been told."""

    _steps: dict[str, tuple[str, str]] = field(default_factory=dict)
    _said: set[str] = field(default_factory=set)
    _tenths: int = 0

    def lines(self, seen: Seen, *, warnings: list[str], now: datetime) -> Iterator[str]:
        """What is new since the last call.

        Args:
            seen: what the run looks like.
            warnings: what it warns of.
            now: the time, for how long something took.
        """
        clock = now.astimezone().strftime("%H:%M:%S")
        for text in self._moves(seen, now):
            yield f"{clock}  {text}"
        for text in [*warnings, *seen.troubles]:
            if text not in self._said:
                self._said.add(text)
                yield f"{clock}  " + _("warning: {text}").format(text=text)

    def _moves(self, seen: Seen, now: datetime) -> Iterator[str]:
        for step in progress.steps(seen.run):
            state = progress.step_state(step)
            if self._steps.get(step.name, ("waiting", "")) == (state, step.phase or ""):
                continue
            self._steps[step.name] = state, step.phase or ""
            took = progress.took_s(step, now)
            if state == "running":
                yield f"{step.name}: {step.phase or ''} {step.message or ''}".rstrip()
            elif state in {"done", "failed"} and took is not None:
                yield f"{step.name}: {_(state)}, " + _("took {time}").format(time=progress.length(took))
        amount = progress.together(progress.volumes(seen.run, seen.copies))
        if amount is not None and amount.share is not None:
            tenths = int(amount.share * _TENTHS)
            if tenths > self._tenths:
                self._tenths = tenths
                yield _("volumes: {share}%, {amount}").format(share=int(amount.share * 100), amount=amount.text())


def report(found: DryRunReport) -> Iterator[str]:
    """What a dry run has found out."""
    yield ngettext("It would go through {count} phase.", "It would go through {count} phases.", len(found.phases)).format(
        count=len(found.phases)
    )
    counts = found.objects
    named = {
        dry_run.CREATE: counts.create,
        dry_run.CHANGE: counts.change,
        dry_run.SKIP: counts.skip,
        dry_run.DELETE: counts.delete,
        dry_run.REFUSED: counts.refused,
        dry_run.UNCHECKED: counts.unchecked,
    }
    yield _("Objects in the target: {counts}").format(counts=", ".join(f"{count} {word}" for word, count in named.items() if count) or "0")
    for item in found.notable[:_SHOWN]:
        where = f"{item.namespace}/{item.name}" if item.namespace else item.name
        yield f"  {item.action} {item.kind} {where}" + (f": {item.message}" if item.message else "")
    if len(found.notable) > _SHOWN:
        yield "  " + _("and {count} more").format(count=len(found.notable) - _SHOWN)
    if found.volumes:
        text = ngettext("Volumes: {count}, {size} to copy", "Volumes: {count}, {size} to copy", len(found.volumes))
        yield text.format(count=len(found.volumes), size=progress.size(found.total_bytes))
    if (estimate := found.estimate) is not None:
        whole, still = progress.length(estimate.total_seconds), progress.length(estimate.downtime_seconds)
        yield _("It would take about {whole}; the application would stand still for about {still} ({basis}).").format(
            whole=whole, still=still, basis=estimate.basis
        )
    parts = (
        (_("In the way"), found.conflicts),
        (_("Missing rights"), found.missing_rights),
        (_("Warnings"), found.warnings),
        (_("Remarks"), found.remarks),
    )
    for title, entries in parts:
        if entries:
            yield f"{title}:"
            yield from (f"  {entry}" for entry in entries)
    if found.report:
        yield _("All objects are listed in ConfigMap {name}.").format(name=found.report)
