"""Repositories of volume data: one for each source namespace and BackupStorageLocation, with a BackupRepository as its record.

`ensure` is for those who need one: it makes the record and waits for the verdict. `Repositories.step` is the other side: it
makes the repository itself, tells whether it opens, and prunes it once a week. The password is one Secret of the cluster,
with Velero's well-known default, because whoever shares the bucket must open the same repositories.
"""

import asyncio
import base64
import functools
import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mtc.api import base, durations, names
from mtc.engine import locations
from mtc.engine.errors import EngineError
from mtc.kube import errors, resources, watch
from mtc.kube.client import Client, Object
from mtc.movers import errors as mover_errors
from mtc.movers.volumes.port import Repository, VolumeMover
from mtc.movers.volumes.restic import Restic
from mtc.store import errors as store_errors
from mtc.telemetry import logs

TYPE = "restic"
NEW, READY, NOT_READY = "New", "Ready", "NotReady"
#: Velero's own default for restic.
MAINTENANCE_FREQUENCY = "168h0m0s"
#: Velero's constant: repositories that it made open only with this, unless somebody chose another one.
DEFAULT_PASSWORD = b"static-passw0rd"
#: Velero's limit for waiting for a repository.
_TIMEOUT_S = 600.0
#: A repository that is not ready is tried again this often by itself, and at once when somebody needs it.
_RETRY_S = 300.0
_KEPT_MAINTENANCE = 3


class RepositoryTrouble(EngineError):
    """The repository of a namespace's volume data cannot be used."""

    reason = "RepositoryNotReady"


def default_mover() -> Restic:
    """Restic as the image has it; MTC_RESTIC and MTC_RESTIC_CACHE name another program and cache folder."""
    cache = os.environ.get("MTC_RESTIC_CACHE") or str(Path(tempfile.gettempdir()) / "mtc-restic-cache")
    return Restic(program=os.environ.get("MTC_RESTIC") or "restic", cache=Path(cache))


async def ensure(cluster: Client, *, namespace: str, volume_namespace: str, location: str, timeout_s: float = _TIMEOUT_S) -> str:
    """The restic identifier of the repository, once it is ready.

    Args:
        cluster: where the engine runs.
        namespace: of the engine's objects.
        volume_namespace: whose volumes the repository holds.
        location: name of the BackupStorageLocation.
        timeout_s: how long to wait for it.

    Raises:
        RepositoryTrouble: it cannot be used, with the reason, or nobody looked after it in time.
    """
    labels = _labels(volume_namespace, location)
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    name = await _find_or_create(cluster, namespace, volume_namespace, location, selector)
    what = f"BackupRepository {namespace}/{name} on cluster {cluster.name}"
    watched: Any = watch.watch(cluster, resources.BACKUP_REPOSITORIES, namespace=namespace, label_selector=selector)
    try:
        async with asyncio.timeout(timeout_s), aclosing(watched) as events:
            async for event in events:
                if event.type not in {"ADDED", "MODIFIED"} or event.object["metadata"]["name"] != name:
                    continue
                spec, status = event.object.get("spec") or {}, event.object.get("status") or {}
                if status.get("phase") == READY and spec.get("resticIdentifier"):
                    return str(spec["resticIdentifier"])
                if status.get("phase") == NOT_READY:
                    msg = f"{what} is not ready: {status.get('message') or 'no message'}"
                    raise RepositoryTrouble(msg)
    except TimeoutError as error:
        msg = f"{what} was not ready after {timeout_s:g} s. Does the engine (Deployment {names.VELERO_NAME}) run there?"
        raise RepositoryTrouble(msg) from error
    raise RepositoryTrouble(f"{what} can no longer be watched.")


async def request(cluster: Client, *, namespace: str, volume_namespace: str, location: str) -> None:
    """Has a repository made ready that will be needed soon, without waiting for it. Raises RepositoryTrouble and KubeError."""
    selector = ",".join(f"{key}={value}" for key, value in _labels(volume_namespace, location).items())
    await _find_or_create(cluster, namespace, volume_namespace, location, selector)


async def read(cluster: Client, *, namespace: str, volume_namespace: str, location: str) -> Repository:
    """The repository with location, credential and password. Raises EngineError and KubeError."""
    bsl = await locations.find(cluster, namespace, location)
    return Repository(
        location=await locations.read(cluster, bsl),
        volume_namespace=volume_namespace,
        password=await password(cluster, namespace),
        is_read_only=(bsl.get("spec") or {}).get("accessMode") == "ReadOnly",
    )


async def password(cluster: Client, namespace: str) -> bytes:
    """The password of all repositories of the cluster; the Secret is made with Velero's default where it is missing."""
    where = f"Secret {namespace}/{names.REPOSITORY_PASSWORD_SECRET} on cluster {cluster.name}"
    secret = await cluster.find(resources.SECRETS, names.REPOSITORY_PASSWORD_SECRET, namespace=namespace)
    if secret is None:
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "Opaque",
            "metadata": {"name": names.REPOSITORY_PASSWORD_SECRET, "namespace": namespace, "labels": {names.COMPONENT: names.VELERO_NAME}},
            "data": {names.REPOSITORY_PASSWORD_KEY: base64.b64encode(DEFAULT_PASSWORD).decode("ascii")},
        }
        try:
            secret = await cluster.create(resources.SECRETS, body)
        except errors.AlreadyExists:
            secret = await cluster.get(resources.SECRETS, names.REPOSITORY_PASSWORD_SECRET, namespace=namespace)
    encoded = (secret.get("data") or {}).get(names.REPOSITORY_PASSWORD_KEY)
    if not encoded:
        msg = f"{where} has no key {names.REPOSITORY_PASSWORD_KEY}. Put the password of the repositories there."
        raise RepositoryTrouble(msg)
    try:
        value = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        msg = f"Key {names.REPOSITORY_PASSWORD_KEY} of {where} is not base64."
        raise RepositoryTrouble(msg) from error
    if value == DEFAULT_PASSWORD:
        _warn_of_default(where)
    return value


@functools.cache
def _warn_of_default(where: str) -> None:
    logs.get().warning(
        "volume data is encrypted with Velero's default, which everybody knows: whoever can read the bucket can read the data. "
        "To change it, give all clusters of the bucket the same new value before the first backup.",
        secret=where,
    )


class Repositories:
    """Looks after the BackupRepositories of one cluster.

    Args:
        cluster: where they are.
        mover: the program that makes the repositories.
    """

    def __init__(self, cluster: Client, mover: VolumeMover | None = None) -> None:
        self._cluster = cluster
        self._mover = mover or default_mover()
        self._tried: dict[tuple[str, str], float] = {}
        self._log = logs.get(cluster=cluster.name)

    async def step(self, namespace: str, name: str) -> float | None:
        """Makes the repository ready, or says why it is not; seconds until the next look."""
        record = await self._cluster.find(resources.BACKUP_REPOSITORIES, name, namespace=namespace)
        if record is None or record["metadata"].get("deletionTimestamp") or record["spec"].get("repositoryType") != self._mover.name:
            self._tried.pop((namespace, name), None)
            return None
        status = record.get("status") or {}
        left_s = self._tried.get((namespace, name), 0.0) + _RETRY_S - time.monotonic()
        if status.get("phase") == NOT_READY and (namespace, name) in self._tried and left_s > 0:
            return left_s
        try:
            repository, identifier = await self._wanted(namespace, record["spec"])
            if status.get("phase") != READY or record["spec"].get("resticIdentifier") != identifier:
                await self._mover.ensure(repository)
                self._log.info("repository is ready", repository=identifier)
                spec = {"resticIdentifier": identifier}
                await self._write(record, {"spec": spec, "status": {"phase": READY, "message": None}})
        except (EngineError, mover_errors.MoverError, store_errors.StoreError) as error:
            self._tried[namespace, name] = time.monotonic()
            await self._write(record, {"status": {"phase": NOT_READY, "message": str(error)}})
            return _RETRY_S
        self._tried.pop((namespace, name), None)
        if repository.is_read_only:
            return None
        return await self._maintain(record, repository)

    async def _wanted(self, namespace: str, spec: Mapping[str, Any]) -> tuple[Repository, str]:
        found = await read(
            self._cluster, namespace=namespace, volume_namespace=spec["volumeNamespace"], location=spec["backupStorageLocation"]
        )
        return found, self._mover.identifier(found.location, found.volume_namespace)

    async def _maintain(self, record: Object, repository: Repository) -> float:
        """Prunes when it is time; seconds until the next time."""
        every_s = durations.parse(record["spec"].get("maintenanceFrequency") or MAINTENANCE_FREQUENCY).total_seconds()
        status = record.get("status") or {}
        last = datetime.fromisoformat(status.get("lastMaintenanceTime") or record["metadata"]["creationTimestamp"])
        left_s = every_s - (datetime.now(UTC) - last).total_seconds()
        if every_s <= 0 or left_s > 0:
            return max(left_s, 1.0) if every_s > 0 else _TIMEOUT_S
        started = datetime.now(UTC)
        result = {"result": "Succeeded", "startTimestamp": base.format_time(started)}
        try:
            await self._mover.prune(repository)
        except mover_errors.MoverError as error:
            self._log.warning("a repository was not pruned", error=str(error))
            result |= {"result": "Failed", "message": str(error)}
        result["completeTimestamp"] = base.format_time(datetime.now(UTC))
        recent = [*(status.get("recentMaintenance") or []), result][-_KEPT_MAINTENANCE:]
        # A failure counts too: it is tried again next time, and until then only space is lost.
        await self._write(record, {"status": {"lastMaintenanceTime": result["completeTimestamp"], "recentMaintenance": recent}})
        return every_s

    async def _write(self, record: Object, change: Object) -> None:
        meta = record["metadata"]
        try:
            await self._cluster.patch(resources.BACKUP_REPOSITORIES, meta["name"], change, namespace=meta["namespace"])
        except errors.NotFound:
            self._log.info("a repository's record was deleted meanwhile", record=f"{meta['namespace']}/{meta['name']}")


def _labels(volume_namespace: str, location: str) -> dict[str, str]:
    return {
        names.VOLUME_NAMESPACE: names.label_value(volume_namespace),
        names.STORAGE_LOCATION: names.label_value(location),
        names.REPOSITORY_TYPE: TYPE,
    }


async def _find_or_create(cluster: Client, namespace: str, volume_namespace: str, location: str, selector: str) -> str:
    """The record's name. One that was not ready is marked New, so that its present state counts and not an old one."""
    found = await cluster.list_all(resources.BACKUP_REPOSITORIES, namespace=namespace, label_selector=selector)
    if len(found) > 1:
        listed = ", ".join(sorted(item["metadata"]["name"] for item in found))
        msg = f"Namespace {namespace} on cluster {cluster.name} has several BackupRepositories for volumes of {volume_namespace}: {listed}. Keep one."
        raise RepositoryTrouble(msg)
    if found:
        name = str(found[0]["metadata"]["name"])
        if (found[0].get("status") or {}).get("phase") == NOT_READY:
            await cluster.patch(resources.BACKUP_REPOSITORIES, name, {"status": {"phase": NEW}}, namespace=namespace)
        return name
    name = f"{volume_namespace}-{location}-{TYPE}"
    body = {
        "apiVersion": resources.BACKUP_REPOSITORIES.api_version,
        "kind": resources.BACKUP_REPOSITORIES.kind,
        "metadata": {"name": name, "namespace": namespace, "labels": _labels(volume_namespace, location)},
        "spec": {
            "volumeNamespace": volume_namespace,
            "backupStorageLocation": location,
            "repositoryType": TYPE,
            "resticIdentifier": "",
            "maintenanceFrequency": MAINTENANCE_FREQUENCY,
        },
    }
    try:
        await cluster.create(resources.BACKUP_REPOSITORIES, body)
    except errors.AlreadyExists:
        # Somebody needed it at the same moment.
        return name
    return name
