"""Digests of what a migration was made by: they tell later whether what it has made can still be used.

Annotations hold them: on the migration what of its plan must not change for another try, on Backups what they were made from,
on the stage Backup what stood still then.
"""

from dataclasses import replace
from typing import Any

from mtc.api import common
from mtc.api.migration.migplan import MigPlan
from mtc.kube import resources
from mtc.migration import listing, record, waiting_claims
from mtc.migration.quiesce import work
from mtc.migration.scope import Scope


def of_plan(plan: MigPlan) -> str:
    """Digest of the clusters, the storage and the namespaces of a plan. Pure."""
    spec = plan.spec
    references = (spec.src_mig_cluster_ref, spec.dest_mig_cluster_ref, spec.mig_storage_ref)
    return record.digest({"refs": [_ref(entry) for entry in references], "namespaces": sorted(spec.namespaces)})


async def of_stage_backup(scope: Scope, spec: dict[str, Any]) -> str:
    """Digest of what the stage Backup is made from, the claims that wait for a volume and the images included. Raises KubeError."""
    waiting = sorted(str(claim["metadata"]["uid"]) for claim in await waiting_claims.find(scope))
    more = {"waiting": waiting} if waiting else {}
    if scope.images.streams:
        more["images"] = await _images(scope)
    return of_backup(scope, spec | more, volumes=True)


async def _images(scope: Scope) -> list[str]:
    """What each tag of the source's ImageStreams means now."""
    streams = await listing.of_namespaces(scope.source, resources.IMAGE_STREAMS, scope.source_namespaces)
    return sorted(
        f"{stream['metadata']['namespace']}/{stream['metadata']['name']}:{tag.get('tag')} {item.get('image')}"
        for stream in streams
        for tag in (stream.get("status") or {}).get("tags") or []
        for item in (tag.get("items") or [])[:1]
    )


def of_backup(scope: Scope, spec: dict[str, Any], *, volumes: bool) -> str:
    """Digest of what a Backup is made from. Pure.

    Args:
        scope: the pass.
        spec: spec of the Backup as we write it.
        volumes: whether the choices for volumes stand in the backup, as marks on what it holds.
    """
    chosen = [
        {
            "name": pv.name,
            "claim": pv.pvc.model_dump(mode="json", include={"namespace", "name"}),
            "selection": pv.selection.model_dump(mode="json"),
        }
        for pv in sorted(scope.volumes, key=lambda pv: pv.name)
    ]
    return record.digest({"spec": spec, "volumes": chosen if volumes else []})


async def of_standstill(scope: Scope) -> str:
    """Digest of the source's workloads, as far as a migration stops them: it changes when one of them is started, changed or replaced."""
    meant = await work.source_selection(scope)
    found = [item["metadata"] | {"kind": item["kind"]} for item in await work.everything(scope.source, replace(meant, shared=frozenset()))]
    return record.digest({"workloads": sorted([part["kind"], part["uid"], str(part.get("generation", ""))] for part in found)})


def _ref(reference: common.ObjectReference | None) -> str:
    return str(reference.ref) if reference else ""
