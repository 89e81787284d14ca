"""Log lines of finished Backups and Restores, from the bucket: they are there when the pods are gone."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from mtc.engine import layout
from mtc.engine.errors import EngineError
from mtc.kube import errors as kube_errors
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.look.lines import Line, Wanted, logfmt, moment_of
from mtc.look.sites import Site, Sites
from mtc.store.errors import ObjectNotFound, StoreError

_AT_ONCE = 6
_DEADLINE_S = 10.0
_ENGINE, _BUCKET = "engine", "bucket"
_ENDED = frozenset({"Completed", "PartiallyFailed", "Failed"})
#: A line stands in the bucket with whole seconds, and its time is taken a moment after that of the process's log.
_SAME = timedelta(seconds=1.5)


async def of_sites(sites: Sites, wanted: Wanted, *, namespace: str) -> list[list[Line]]:
    """The lines about the subject, a list for each Backup and Restore. What cannot be read is told in `sites.troubles`."""
    if wanted.subject is None or (wanted.components and _ENGINE not in wanted.components):
        return []
    places = asyncio.Semaphore(_AT_ONCE)
    listed = await sites.each(lambda site: _runs(site, namespace))
    backups = {item["metadata"]["name"]: item for _, items in listed for item in items if item["kind"] == resources.BACKUPS.kind}
    # The engine of the target makes a copy of a Backup that it finds in the bucket: the older one is where it ran.
    found: dict[tuple[str, str], tuple[Site, Object]] = {}
    for site, items in listed:
        for item in items:
            key = (item["kind"], item["metadata"]["name"])
            if wanted.subject.has(key[1]) and (key not in found or _age(item) < _age(found[key][1])):
                found[key] = (site, item)

    async def one(site: Site, item: Object) -> list[Line]:
        async with places:
            return await _lines(site, item, backups, sites)

    read = await asyncio.gather(*(one(site, item) for site, item in found.values() if _has_ended(item)))
    since = datetime.now(UTC) - timedelta(seconds=wanted.since_s) if wanted.since_s else None
    return [[line for line in lines if wanted.has(line) and not _is_older(line, since)] for lines in read]


def not_shown(stored: Iterable[Line], shown: Iterable[Line]) -> Iterator[Line]:
    """Those of the stored lines that the logs of pods do not have."""
    times: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for line in shown:
        if line.fields is not None and line.time:
            times[line.cluster, str(line.fields.get("event"))].append(datetime.fromisoformat(line.time))
    for line in stored:
        moment = datetime.fromisoformat(line.time)
        known = times.get((line.cluster, str((line.fields or {}).get("event"))), [])
        if not any(abs(moment - time) <= _SAME for time in known):
            yield line


async def _runs(site: Site, namespace: str) -> list[Object]:
    return [item for kind in (resources.BACKUPS, resources.RESTORES) for item in await site.client.list_all(kind, namespace=namespace)]


async def _lines(site: Site, item: Object, backups: dict[str, Object], sites: Sites) -> list[Line]:
    name, kind = str(item["metadata"]["name"]), str(item["kind"])
    is_backup = kind == resources.BACKUPS.kind
    backup = item if is_backup else backups.get(str((item.get("spec") or {}).get("backupName") or ""), {})
    files = layout.BackupFiles(name) if is_backup else layout.RestoreFiles(name)
    place = str((backup.get("spec") or {}).get("storageLocation") or "")
    try:
        async with asyncio.timeout(_DEADLINE_S):
            location = await site.client.find(resources.BACKUP_STORAGE_LOCATIONS, place, namespace=item["metadata"]["namespace"])
            data = await site.file(location, files.part("logs.gz")) if location else b""
    except ObjectNotFound:
        return []
    except (StoreError, EngineError, kube_errors.KubeError) as error:
        sites.troubles.append(f"cluster {site.name}: log of {kind} {name}: {error}")
        return []
    except TimeoutError:
        sites.troubles.append(f"cluster {site.name}: log of {kind} {name}: the bucket did not answer within {_DEADLINE_S:.0f} seconds.")
        return []
    found = []
    for raw in data.decode(errors="replace").splitlines():
        fields = logfmt(raw)
        if fields is not None and (time := moment_of(fields["time"])):
            found.append(Line(time, site.name, _BUCKET, raw, {"component": _ENGINE, **fields, kind.lower(): name}))
    return sorted(found, key=lambda line: line.time)


def _has_ended(item: Object) -> bool:
    return (item.get("status") or {}).get("phase") in _ENDED


def _age(item: Object) -> str:
    return str(item["metadata"].get("creationTimestamp") or "")


def _is_older(line: Line, since: datetime | None) -> bool:
    return since is not None and datetime.fromisoformat(line.time) < since
