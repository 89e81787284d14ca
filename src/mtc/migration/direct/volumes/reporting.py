"""Keeps a DirectVolumeMigrationProgress for each claim: what its senders say of how far they are, and what earlier ones said."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mtc.api import conditions, durations, names, sending
from mtc.api.conditions import Condition
from mtc.api.proof import VolumeAnswer
from mtc.kube import errors, resources, streams
from mtc.kube.client import Client, Object
from mtc.migration import parallel, record
from mtc.migration.direct.volumes import operations
from mtc.migration.direct.volumes.operations import Operation, State
from mtc.migration.direct.volumes.scope import Claim, Scope, source_of, target_of

#: Of the log of a sender, as MTC reads them.
_LAST_LINES = 5
_SHOWN = 200


async def make(scope: Scope) -> None:
    """Creates what is missing."""
    there = await _found(scope)
    named = scope.dvm.spec.src_mig_cluster_ref
    reference = {"name": named.name, "namespace": named.namespace} if named else {}
    for claim in scope.claims:
        namespace, name = source_of(claim)
        if (namespace, name) in there:
            continue
        body: Object = {
            "apiVersion": resources.DIRECT_VOLUME_PROGRESSES.api_version,
            "kind": resources.DIRECT_VOLUME_PROGRESSES.kind,
            "metadata": {
                "name": names.volume_progress_name(scope.dvm.name, name, namespace),
                "namespace": scope.dvm.namespace,
                "labels": names.correlation_labels("DirectVolumeMigration", scope.uid),
                "annotations": {names.PVC_NAME: f"{namespace}/{name}"},
                "ownerReferences": [scope.owner],
            },
            "spec": {
                "clusterRef": reference,
                "podNamespace": namespace,
                "podSelector": {names.CREATED_FOR_PVC: names.pvc_digest(name)},
            },
        }
        with contextlib.suppress(errors.AlreadyExists):
            await scope.host.create(resources.DIRECT_VOLUME_PROGRESSES, body)


async def keep(scope: Scope, found: Sequence[Operation]) -> dict[Claim, Mapping[str, Any]]:
    """Writes what has changed; the status of each, by namespace and name of the claim."""
    there = await _found(scope)
    known = [operation for operation in found if source_of(operation.claim) in there]
    results = await parallel.gather(_keep(scope, operation, there[source_of(operation.claim)]) for operation in known)
    return {source_of(operation.claim): status for operation, status in zip(known, results, strict=True)}


async def _found(scope: Scope) -> dict[Claim, Object]:
    selector = f"directvolumemigration={scope.uid}"
    items = await scope.host.list_all(resources.DIRECT_VOLUME_PROGRESSES, namespace=scope.dvm.namespace, label_selector=selector)
    found = {}
    for item in items:
        namespace, _, name = str((item["metadata"].get("annotations") or {}).get(names.PVC_NAME, "")).partition("/")
        found[namespace, name] = item
    return found


async def _keep(scope: Scope, operation: Operation, item: Object) -> Mapping[str, Any]:
    before: Mapping[str, Any] = item.get("status") or {}
    if operation.pod is None:
        return before
    told = await _told(scope.source, operation) if operation.state is State.RUNNING else {}
    status = _status(operation, before, told, scope)
    ready = conditions.ready("The progress of the sender is being read.")
    await record.write(
        scope.host, resources.DIRECT_VOLUME_PROGRESSES, item, record.Findings([ready], status=status), now=scope.now, tell=_nobody
    )
    return {**before, **status}


async def _nobody(cluster: Client, about: Object, changed: Iterable[Condition], *, now: datetime) -> None:
    """Progress is told on the object; Events of it would bury others."""


async def _told(cluster: Client, operation: Operation) -> Mapping[str, Any]:
    """What the last lines of a sender's log say; nothing while they cannot be read."""
    pod = operation.pod["metadata"] if operation.pod else {}
    lines: list[str] = []
    with contextlib.suppress(errors.KubeError):
        said = streams.logs(cluster, pod["name"], namespace=pod["namespace"], container="rsync", tail=_LAST_LINES)
        lines.extend([line.decode(errors="replace")[:_SHOWN] async for line in said])
    return sending.progress_of(lines)


def _status(operation: Operation, before: Mapping[str, Any], told: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    pod = operation.pod or {}
    now = operation.state
    percent = "100%" if now is State.SUCCEEDED else told.get("lastObservedProgressPercent") or before.get("lastObservedProgressPercent")
    total = sum((operations.elapsed(entry, now=scope.now) for entry in operation.pods), timedelta())
    history = [_of_pod(entry, scope) for entry in operation.pods[:-1]]
    found = {
        **_of_pod(pod, scope),
        "logMessage": told.get("logMessage") or (operation.sent.message if operation.sent else None) or before.get("logMessage"),
        "lastObservedProgressPercent": percent,
        "lastObservedTransferRate": told.get("lastObservedTransferRate") or before.get("lastObservedTransferRate"),
        "totalProgressPercentage": percent,
        "rsyncElapsedTime": _seconds(total),
        "rsyncPodStatuses": history or before.get("rsyncPodStatuses"),
        "progress": _bytes(operation, told) or before.get("progress"),
        "proof": _proof(operation),
    }
    return {key: value for key, value in found.items() if value is not None}


def _bytes(operation: Operation, told: Mapping[str, Any]) -> dict[str, int] | None:
    if operation.sent and operation.sent.copied:
        return {"bytesDone": operation.sent.total_bytes, "totalBytes": operation.sent.total_bytes}
    return told.get("progress")


def _proof(operation: Operation) -> dict[str, Any] | None:
    sent, claim = operation.sent, "/".join(target_of(operation.claim))
    if sent is None or not (sent.compared or (sent.copied and sent.message)):
        return None
    return VolumeAnswer(
        compared=sent.compared,
        claim=claim,
        files=sent.files,
        content_bytes=sent.total_bytes,
        differences=sent.differences,
        first=sent.first,
        message=sent.message,
    ).model_dump(mode="json")


def _of_pod(pod: Object, scope: Scope) -> dict[str, Any]:
    meta = pod["metadata"]
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    ended: Mapping[str, Any] = next(((entry.get("state") or {}).get("terminated") or {} for entry in statuses), {})
    found = {
        "podName": meta["name"],
        "phase": (pod.get("status") or {}).get("phase"),
        "exitCode": ended.get("exitCode"),
        "containerElapsedTime": _seconds(operations.elapsed(pod, now=scope.now)),
        "creationTimestamp": meta.get("creationTimestamp"),
    }
    return {key: value for key, value in found.items() if value is not None}


def _seconds(length: timedelta) -> str:
    return durations.format_duration(timedelta(seconds=round(length.total_seconds())))
