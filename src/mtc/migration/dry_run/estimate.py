"""How long a migration would take: amounts divided by the rates that earlier runs had on these clusters. Pure.

    preparation + objects backed up + [volumes backed up + volumes restored + objects restored]

What stands in brackets is downtime where the application is stopped for it. Where nothing was measured, a rate is assumed that
small clusters reach, and the result says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from mtc.api.dry_run import ASSUMED, MEASURED, Estimate
from mtc.api.migration.migmigration import MigMigration
from mtc.kube.client import Object
from mtc.migration import progress

#: What restic does on two cores with an S3 server next to it, and what the engine writes there; measured by the benchmarks, rounded down.
_BYTES_S = 30_000_000
_OBJECTS_S = 100
#: Preparation, stage pods and the waits of Kubernetes; a small application in the lab takes about this.
_FIXED_S = 20
_STOPPED_FIXED_S = 15
#: A small object says nothing about rates: its time is start-up.
_LEAST_BYTES = 1_000_000
_LEAST_OBJECTS = 20
_LEAST_S = 1.0


@dataclass(frozen=True)
class Rate:
    """What was done in which time.

    Attributes:
        amount: bytes or objects.
        seconds: of work.
        runs: how many objects were measured.
    """

    amount: int = 0
    seconds: float = 0.0
    runs: int = 0

    def per_second(self, assumed: int) -> float:
        """The rate, the assumed one where nothing was measured."""
        return self.amount / self.seconds if self.runs else float(assumed)


def of_volumes(items: Iterable[Object]) -> Rate:
    """The rate of PodVolumeBackups or PodVolumeRestores: all bytes over all seconds of those that were not tiny."""
    return _rate((item, int(((item.get("status") or {}).get("progress") or {}).get("bytesDone") or 0)) for item in items)


def of_objects(items: Iterable[Object], key: str) -> Rate:
    """The rate of Backups or Restores; those that carried volumes are slower than objects are, so they are left out by the caller."""
    counted = ((item, int(((item.get("status") or {}).get("progress") or {}).get(key) or 0)) for item in items)
    return _rate(counted, least=_LEAST_OBJECTS)


def _rate(counted: Iterable[tuple[Object, int]], *, least: int = _LEAST_BYTES) -> Rate:
    amount, seconds, runs = 0, 0.0, 0
    for item, done in counted:
        status = item.get("status") or {}
        start, end = progress.parse_time(status.get("startTimestamp")), progress.parse_time(status.get("completionTimestamp"))
        if status.get("phase") != "Completed" or done < least or start is None or end is None:
            continue
        # Times have whole seconds: what took less took up to one.
        amount, seconds, runs = amount + done, seconds + max(_LEAST_S, (end - start).total_seconds()), runs + 1
    return Rate(amount, seconds, runs)


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """What there is to do, and how fast it went.

    Attributes:
        volume_bytes: bytes of volumes to copy.
        objects: objects to back up.
        created: objects to restore.
        stops: whether the application is stopped.
        saved, brought: rates of volumes.
        stored, restored: rates of objects.
        fixed_s: what earlier runs took for everything else, empty where there was none.
    """

    volume_bytes: int
    objects: int
    created: int
    stops: bool
    saved: Rate
    brought: Rate
    stored: Rate
    restored: Rate
    fixed_s: Sequence[float] = ()


def fixed_of(runs: Iterable[MigMigration]) -> list[float]:
    """Seconds that each earlier run of the plan which succeeded took beside Backups and Restores."""
    found = []
    for run in runs:
        if run.has_succeeded and not run.spec.rollback:
            steps = [step for step in run.status.pipeline if step.started and step.completed and step.name in {"Prepare", "Cleanup"}]
            found.append(
                sum(((step.completed - step.started) for step in steps if step.completed and step.started), timedelta()).total_seconds()
            )
    return found


def estimate(of: Amounts) -> Estimate:
    """Total time and downtime."""
    saved, brought = of.saved.per_second(_BYTES_S), of.brought.per_second(_BYTES_S)
    stored, restored = of.stored.per_second(_OBJECTS_S), of.restored.per_second(_OBJECTS_S)
    volumes_s = of.volume_bytes / saved + of.volume_bytes / brought
    restore_s = of.created / restored
    fixed_s = sorted(of.fixed_s)[len(of.fixed_s) // 2] if of.fixed_s else _FIXED_S
    down_s = volumes_s + restore_s + _STOPPED_FIXED_S
    rates = {"volumes saved": of.saved, "volumes restored": of.brought, "objects stored": of.stored, "objects restored": of.restored}
    needed = [rate for name, rate in rates.items() if of.volume_bytes or "volumes" not in name]
    parts = [f"{name}: {_told(rate)}" for name, rate in rates.items()]
    return Estimate(
        total_seconds=round(fixed_s + of.objects / stored + down_s),
        downtime_seconds=round(down_s) if of.stops else 0,
        volume_bytes_per_second=round(min(saved, brought)),
        objects_per_second=round(min(stored, restored)),
        basis=MEASURED if all(rate.runs for rate in needed) else ASSUMED,
        message=(
            f"Rates: {', '.join(parts)}. Other steps: {f'{len(of.fixed_s)} earlier runs of the plan' if of.fixed_s else 'assumed'}. "
            "Volumes are reckoned one after the other and as if none of their content was there yet; hooks, image pulls and the "
            "time that pods need to become ready are not in it."
        ),
    )


def _told(rate: Rate) -> str:
    return f"measured on {rate.runs} of earlier runs" if rate.runs else "assumed"
