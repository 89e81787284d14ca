"""How a run goes, as a person follows it: steps, volumes with their figures, warnings. Pure views over its status.

Figures come from `status.pipeline[].figures`; where a run has none, those of its PodVolumeBackups and PodVolumeRestores take their place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mtc.api.figures import ItemFigures, StepFigures
from mtc.api.migration.migmigration import MigMigration, Step
from mtc.kube.client import Object
from mtc.words import N_

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_THOUSAND = 1024


@dataclass(frozen=True)
class Amount:
    """How much of something is done.

    Attributes:
        done, total: bytes; None where nobody knows.
        rate: bytes a second, None where nothing moves or nobody knows.
        eta_s: seconds until the end, None where nobody knows.
    """

    done: int | None
    total: int | None
    rate: int | None = None
    eta_s: int | None = None

    @property
    def share(self) -> float | None:
        """From 0 to 1, None as long as the total is not known."""
        if not self.total or self.done is None:
            return None
        return min(1.0, self.done / self.total)

    def text(self) -> str:
        """For instance `1.2 GiB of 2.5 GiB, 31.0 MiB/s, 42s left`."""
        if self.done is None and self.total is None:
            return ""
        parts = [size(self.done or 0) + (f" of {size(self.total)}" if self.total is not None else "")]
        if self.rate:
            parts.append(f"{size(self.rate)}/s")
        if self.eta_s is not None:
            parts.append(f"{length(self.eta_s)} left")
        return ", ".join(parts)


@dataclass(frozen=True)
class Volume:
    """The copy of one volume in one direction.

    Attributes:
        name: namespace/claim, or namespace/pod and volume where no claim is known.
        way: `backup` or `restore`, or what else works on it.
        state: Waiting, Running, Completed, Failed and so on.
        amount: how much of it is done.
    """

    name: str
    way: str
    state: str
    amount: Amount


def steps(run: MigMigration) -> list[Step]:
    """The steps of the run, in their order."""
    return list(run.status.pipeline)


def step_state(step: Step) -> str:
    """One word for a step, in English; it is shown with `_`."""
    if step.skipped:
        return N_("skipped")
    if step.failed:
        return N_("failed")
    if step.completed:
        return N_("done")
    return N_("running") if step.started else N_("waiting")


def took_s(step: Step, now: datetime) -> float | None:
    """For how long a step has been at work."""
    return ((step.completed or now) - step.started).total_seconds() if step.started else None


def volumes(run: MigMigration, copies: Iterable[Object] = ()) -> list[Volume]:
    """The copies of volumes of a run.

    Args:
        run: the run.
        copies: its PodVolumeBackups and PodVolumeRestores, for runs whose status has no figures of them.
    """
    found = [
        _of_figures(item, step.figures) for step in run.status.pipeline if step.figures for item in step.figures.items if _moves_data(item)
    ]
    return found or [_of_copy(item) for item in copies]


def together(found: Sequence[Volume]) -> Amount | None:
    """All volumes that are at work in one; None without any."""
    if not found:
        return None
    amounts = [volume.amount for volume in found]
    known = all(amount.total is not None for amount in amounts)
    done, rate = sum(amount.done or 0 for amount in amounts), sum(amount.rate or 0 for amount in amounts) or None
    total = sum(amount.total or 0 for amount in amounts) if known else None
    eta_s = int((total - done) / rate) if rate and total is not None and total > done else None
    return Amount(done, total, rate, eta_s)


def size(count: int) -> str:
    """Bytes for people: `0 B`, `1.5 GiB`."""
    value, unit = float(count), 0
    while value >= _THOUSAND and unit < len(_UNITS) - 1:
        value, unit = value / _THOUSAND, unit + 1
    return f"{int(value)} {_UNITS[unit]}" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def length(seconds: float) -> str:
    """A length of time for people: `42s`, `3m20s`."""
    from datetime import timedelta

    from mtc.look import spans

    return spans.text(timedelta(seconds=seconds))


def _moves_data(item: ItemFigures) -> bool:
    return item.kind in {"PodVolumeBackup", "PodVolumeRestore", "DirectVolumeMigrationProgress"}


def _of_figures(item: ItemFigures, step: StepFigures | None) -> Volume:
    name = item.claim or (f"{item.pod} {item.volume}" if item.pod else item.name)
    total = item.bytes_total if item.bytes_total or item.bytes_done else None
    ways = {"PodVolumeBackup": "backup", "PodVolumeRestore": "restore"}
    is_alone = step is not None and len(step.items) == 1
    eta_s = item.eta_seconds if item.eta_seconds is not None else (step.total.eta_seconds if step is not None and is_alone else None)
    return Volume(name, ways.get(item.kind, item.kind), str(item.state), Amount(item.bytes_done, total, item.bytes_per_second, eta_s))


def _of_copy(item: Object) -> Volume:
    spec: dict[str, Any] = item.get("spec") or {}
    status: dict[str, Any] = item.get("status") or {}
    pod, progress = spec.get("pod") or {}, status.get("progress") or {}
    total = progress.get("totalBytes")
    done = progress.get("bytesDone")
    state = {"": "Waiting", "New": "Waiting", "InProgress": "Running"}.get(str(status.get("phase") or ""), str(status.get("phase") or ""))
    way = "backup" if item.get("kind") == "PodVolumeBackup" else "restore"
    return Volume(f"{pod.get('namespace')}/{pod.get('name')} {spec.get('volume')}", way, state, Amount(done, total or None))
