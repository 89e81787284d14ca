"""Makes the Backups of a Schedule when they are due.

A Backup is made once for each time that has come, however often the engine is killed: one that was made since then counts,
even where the status does not tell of it. Times that passed while nobody was there are made up for by one Backup. As long
as one of a Schedule's Backups has not ended, whatever its phase, no other is made.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from mtc.api import base, names
from mtc.api.velero.backup import Backup
from mtc.engine import cron
from mtc.engine.backup.lifecycle import FINISHED
from mtc.engine.stopping import DELETING
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.telemetry import logs

#: The end of a Backup wakes its Schedule, where the name is short enough to stand in a label; this is for the others.
_BUSY_S = 60.0
#: Clocks are set, and a loop's timers do not follow them.
_LONGEST_S = 3600.0
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Schedules:
    """Steps the Schedules of one cluster.

    Args:
        cluster: the cluster.
        clock: gives the time, aware.
    """

    def __init__(self, cluster: Client, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._cluster, self._clock = cluster, clock
        self._log = logs.get(cluster=cluster.name)

    async def step(self, namespace: str, name: str) -> float | None:
        """Makes the Backup that is due; the seconds until the next look."""
        kind = resources.SCHEDULES
        schedule = await self._cluster.find(kind, name, namespace=namespace)
        if schedule is None or schedule["metadata"].get("deletionTimestamp"):
            return None
        spec, status, now = schedule["spec"], schedule.get("status") or {}, self._clock().replace(microsecond=0)
        try:
            due = cron.after(str(spec.get("schedule") or ""), _last(schedule))
        except cron.InvalidCron as error:
            await self._tell(schedule, {"phase": "FailedValidation", "validationErrors": [str(error)]})
            return None
        if status.get("phase") != "Enabled" or status.get("validationErrors"):
            await self._tell(schedule, {"phase": "Enabled", "validationErrors": None})
        if spec.get("skipImmediately"):
            skipped = {"spec": {"skipImmediately": False}, "status": {"lastSkipped": base.format_time(now)}}
            await self._cluster.patch(kind, name, skipped, namespace=namespace)
            return None
        if spec.get("paused"):
            return None
        if now < due:
            return min((due - self._clock()).total_seconds() + 0.05, _LONGEST_S)
        return await self._make(schedule, due, now)

    async def _make(self, schedule: Object, due: datetime, now: datetime) -> float | None:
        meta = schedule["metadata"]
        selector = f"{names.SCHEDULE_NAME}={names.label_value(meta['name'])}"
        known = await self._cluster.list_all(resources.BACKUPS, namespace=meta["namespace"], label_selector=selector)
        if any((item.get("status") or {}).get("phase") not in FINISHED | {DELETING} for item in known):
            return _BUSY_S
        made = max((item["metadata"]["creationTimestamp"] for item in known), default="")
        if not made or datetime.fromisoformat(made) < due:
            name = f"{meta['name']}-{now:%Y%m%d%H%M%S}"
            try:
                await self._cluster.create(resources.BACKUPS, backup_of(schedule, name))
            except errors.AlreadyExists:
                self._log.info("backup of this second exists", schedule=meta["name"], backup=name)
            else:
                self._log.info("backup is due", schedule=meta["name"], backup=name)
            made = base.format_time(now)
        await self._tell(schedule, {"lastBackup": made})
        return None

    async def _tell(self, schedule: Object, news: Object) -> None:
        """Writes what is new in the status; its change leads to the next step."""
        before = schedule.get("status") or {}
        if any(before.get(key) != value for key, value in news.items()):
            meta = schedule["metadata"]
            await self._cluster.patch(resources.SCHEDULES, meta["name"], {"status": news}, namespace=meta["namespace"])


def backup_of(schedule: Object, name: str) -> Object:
    """The Backup of a Schedule.

    Args:
        schedule: the Schedule.
        name: of the Backup.
    """
    meta, template = schedule["metadata"], schedule["spec"].get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or meta.get("labels") or {}
    notes = {key: value for key, value in (meta.get("annotations") or {}).items() if key != _APPLIED}
    made: Object = {
        "name": name,
        "namespace": meta["namespace"],
        "labels": {**labels, names.SCHEDULE_NAME: names.label_value(meta["name"])},
        "annotations": notes,
    }
    if schedule["spec"].get("useOwnerReferencesInBackup"):
        kind = resources.SCHEDULES
        owner = {"apiVersion": kind.api_version, "kind": kind.kind, "name": meta["name"], "uid": meta["uid"], "controller": True}
        made["ownerReferences"] = [owner]
    return {"apiVersion": Backup.KIND.api_version, "kind": Backup.KIND.kind, "metadata": made, "spec": dict(template)}


def _last(schedule: Object) -> datetime:
    """The time after which the next Backup is due."""
    status = schedule.get("status") or {}
    begun = datetime.fromisoformat(status.get("lastBackup") or schedule["metadata"]["creationTimestamp"])
    skipped = status.get("lastSkipped")
    return max(begun, datetime.fromisoformat(skipped)) if skipped else begun
