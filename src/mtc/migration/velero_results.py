"""The errors and warnings of a Backup or Restore, object by object, from the results file in the bucket."""

import gzip
import zlib
from typing import Literal

import orjson

from mtc import store
from mtc.engine import errors as engine_errors
from mtc.engine import layout, locations
from mtc.kube import errors as kube_errors
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import velero_crs
from mtc.migration.scope import Scope
from mtc.migration.velero_crs import Role
from mtc.store import errors as store_errors

#: A condition is read by people; whoever needs more has the command beside it.
_MOST = 10


Section = Literal["errors", "warnings"]


async def read(scope: Scope, role: Role, item: Object, section: Section) -> list[str]:
    """The first errors or warnings, one sentence each; empty when the file cannot be read, which is no reason to stop."""
    cluster, name = velero_crs.cluster_of(scope, role), item["metadata"]["name"]
    files = layout.BackupFiles(name) if role.kind == resources.BACKUPS else layout.RestoreFiles(name)
    try:
        location = await velero_crs.plan_location(scope, cluster, resources.BACKUP_STORAGE_LOCATIONS)
        bucket = store.open_location(await locations.read(cluster, location))
        data = await bucket.get(files.part("results.gz"))
    except (velero_crs.LocationMissing, engine_errors.EngineError, store_errors.StoreError, kube_errors.KubeError) as error:
        scope.log.warning("results not readable", object=name, error=str(error))
        return []
    return parse(data, section)


def parse(data: bytes, section: Section = "errors") -> list[str]:
    """The errors or warnings in a results file, at most ten and then how many more there are."""
    try:
        content = orjson.loads(gzip.decompress(data))
    except (OSError, EOFError, zlib.error, orjson.JSONDecodeError):
        return []
    found = content.get(section) or {}
    lines = [*(found.get("velero") or []), *(found.get("cluster") or [])]
    for namespace, entries in sorted((found.get("namespaces") or {}).items()):
        lines.extend(f"{namespace}: {entry.strip()}" for entry in entries)
    shown = [line.strip() for line in lines[:_MOST]]
    return [*shown, f"and {len(lines) - _MOST} more"] if len(lines) > _MOST else shown
