"""Makes the Backups of a Schedule when they are due.

A Backup is made once for each time that has come, however often the engine is killed: one that was made since then counts,
even where the status does not tell of it. Times that passed while nobody was there are made up for by one Backup. As long
as one of a Schedule's Backups has not ended, whatever its phase, no other is made. Where the API server takes no Backup, an Event
of the Schedule says why.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from mtc.api import base, names
from mtc.api.velero.backup import Backup
from mtc.engine import cron, events
from mtc.engine.backup.lifecycle import FINISHED
from mtc.engine.errors import EngineError
from mtc.engine.stopping import DELETING
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.telemetry import logs

#: The end of a Backup wakes its Schedule, where the name is short enough to stand in a label; this is for the others.
_BUSY_S = 60.0
#: Clocks are set, and a loop's timers do not follow them.
_LONGEST_S = 3600.0
#: How often a Backup that the API server refused is tried again.
_REFUSED_S = 60.0
_LONGEST_NAME = 253
#: What stands behind the name of the Schedule in the name of a Backup.
_TIME, _TIME_LENGTH = "-%Y%m%d%H%M%S", 15
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class NameTooLong(EngineError):
    """The Backups of a Schedule would have names that are too long."""

    reason = "NameTooLong"


class Schedules:
    """Steps the Schedules of one cluster.

    Args:
        cluster: the cluster.
        clock: gives the time, aware.
    """

    def __init__(self, cluster: Client, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._cluster, self._clock = cluster, clock
        self._log = logs.get(cluster=cluster.name)
        #: The refusal that the Schedule of this UID was told of last.
        self._refused: dict[str, str] = {}

    async def step(self, namespace: str, name: str) -> float | None:
        """Makes the Backup that is due; the seconds until the next look."""
        kind = resources.SCHEDULES
        schedule = await self._cluster.find(kind, name, namespace=namespace)
        if schedule is None or schedule["metadata"].get("deletionTimestamp"):
            return None
        spec, status, now = schedule["spec"], schedule.get("status") or {}, self._clock().replace(microsecond=0)
        try:
            _check_name(name)
            due = cron.after(str(spec.get("schedule") or ""), _last(schedule))
        except (cron.InvalidCron, NameTooLong) as error:
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
            name = f"{meta['name']}{now:{_TIME}}"
            try:
                await self._cluster.create(resources.BACKUPS, backup_of(schedule, name))
            except errors.AlreadyExists:
                self._log.info("backup of this second exists", schedule=meta["name"], backup=name)
            except (errors.BadRequest, errors.Forbidden, errors.Invalid) as error:
                await self._refuse(schedule, name, error)
                return _REFUSED_S
            else:
                self._refused.pop(meta["uid"], None)
                self._log.info("backup is due", schedule=meta["name"], backup=name)
            made = base.format_time(now)
        await self._tell(schedule, {"lastBackup": made})
        return None

    async def _refuse(self, schedule: Object, name: str, error: errors.ApiError) -> None:
        """Says once why a Backup was not taken."""
        meta = schedule["metadata"]
        self._log.error("backup refused", schedule=meta["name"], backup=name, error=str(error))
        # The name of the Backup has the time in it.
        reason = str(error).replace(name, meta["name"])
        if self._refused.get(meta["uid"]) == reason:
            return
        self._refused[meta["uid"]] = reason
        text = f"Backup {meta['namespace']}/{name} could not be made, and is tried again every minute: {error}"
        await events.warn(self._cluster, resources.SCHEDULES, schedule, reason="BackupRefused", message=text, now=self._clock())

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


def _check_name(name: str) -> None:
    longest = _LONGEST_NAME - _TIME_LENGTH
    if len(name) > longest:
        msg = (
            f"The name of the Schedule has {len(name)} characters. With the time that its Backups have in their names they would be longer "
            f"than the {_LONGEST_NAME} that Kubernetes allows. Make a Schedule with a name of at most {longest} characters in its place."
        )
        raise NameTooLong(msg)


def _last(schedule: Object) -> datetime:
    """The time after which the next Backup is due."""
    status = schedule.get("status") or {}
    begun = datetime.fromisoformat(status.get("lastBackup") or schedule["metadata"]["creationTimestamp"])
    skipped = status.get("lastSkipped")
    return max(begun, datetime.fromisoformat(skipped)) if skipped else begun
