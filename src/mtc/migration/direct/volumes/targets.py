"""The namespaces and claims of the target: made as those of the source are, where the target lacks them."""

from collections.abc import Mapping
from typing import Any

from mtc.api import names, quantities
from mtc.api.migration.directvolumemigration import PvcToMigrate
from mtc.kube import errors, resources
from mtc.kube.client import Object
from mtc.migration import listing, parallel
from mtc.migration.direct.volumes.scope import Claim, Scope, source_of, target_of
from mtc.migration.errors import MigrationError

#: Said of the cluster that a claim is in, not of its data.
_OF_CLUSTER = ("pv.kubernetes.io/", "volume.kubernetes.io/", "volume.beta.kubernetes.io/", "kubectl.kubernetes.io/")


class TargetUnusable(MigrationError):
    """Something on the target stands in the way of the copy."""

    reason = "TargetUnusable"


async def make_namespaces(scope: Scope) -> None:
    """Creates what the target lacks, with the labels and annotations of the source: user ids and SELinux labels are among them.

    Raises:
        TargetUnusable: a namespace is missing and not to be made, or is being deleted.
    """
    await parallel.gather(_make_namespace(scope, source, target) for source, target in scope.pairs.items())


async def _make_namespace(scope: Scope, source: str, target: str) -> None:
    there = await scope.target.find(resources.NAMESPACES, target)
    if there is not None and there["metadata"].get("deletionTimestamp"):
        msg = f"Namespace {target} on target cluster {scope.target.name} is being deleted. Wait for its end, then migrate again."
        raise TargetUnusable(msg)
    if there is not None:
        return
    if not scope.dvm.spec.create_destination_namespaces:
        msg = (
            f"Namespace {target} does not exist on target cluster {scope.target.name}, and spec.createDestinationNamespaces of "
            f"DirectVolumeMigration {scope.dvm.ref} does not ask for it. Create it, or set that field."
        )
        raise TargetUnusable(msg)
    meta = (await scope.source.get(resources.NAMESPACES, source))["metadata"]
    labels = {key: value for key, value in (meta.get("labels") or {}).items() if key != "kubernetes.io/metadata.name"}
    body: Object = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": target,
            "labels": {key: value for key, value in labels.items() if key != names.INCLUDED_IN_STAGE_BACKUP},
            "annotations": {key: value for key, value in (meta.get("annotations") or {}).items() if not key.startswith(_OF_CLUSTER)},
        },
    }
    try:
        await scope.target.create(resources.NAMESPACES, body)
    except errors.AlreadyExists:
        return


async def make_claims(scope: Scope) -> None:
    """Creates the claims that the target lacks; one that is there is used as it is.

    Raises:
        TargetUnusable: a claim is being deleted there.
        kube errors.Forbidden: the cluster does not admit one, for instance because of a quota.
    """
    await parallel.gather(_make_claim(scope, claim) for claim in scope.claims)


async def _make_claim(scope: Scope, claim: PvcToMigrate) -> None:
    namespace, name = target_of(claim)
    there = await scope.target.find(resources.PERSISTENT_VOLUME_CLAIMS, name, namespace=namespace)
    if there is not None and there["metadata"].get("deletionTimestamp"):
        msg = (
            f"PersistentVolumeClaim {namespace}/{name} on target cluster {scope.target.name} is being deleted. "
            "Wait until it is gone, then migrate again."
        )
        raise TargetUnusable(msg)
    if there is not None:
        return
    origin = source_of(claim)
    source = await scope.source.get(resources.PERSISTENT_VOLUME_CLAIMS, origin[1], namespace=origin[0])
    body = new_claim(source, claim, labels=_labels(scope), at_least=str(claim.target_capacity or ""))
    try:
        await scope.target.create(resources.PERSISTENT_VOLUME_CLAIMS, body)
    except errors.AlreadyExists:
        return


async def of_ours(scope: Scope) -> set[Claim]:
    """The claims of the target that a copy of ours has made: in any other, files that the source does not have are somebody else's."""
    plan = scope.dvm.labels.get(names.MIGRATED_BY_MIGPLAN)
    found = await listing.of_namespaces(scope.target, resources.PERSISTENT_VOLUME_CLAIMS, scope.pairs.values())
    marks = {(item["metadata"]["namespace"], item["metadata"]["name"]): item["metadata"].get("labels") or {} for item in found}
    key = names.MIGRATED_BY_MIGPLAN if plan else names.MIGRATED_BY_DVM
    return {place for place, labels in marks.items() if (labels.get(key) == plan if plan else key in labels)}


async def references(scope: Scope) -> list[dict[str, str]]:
    """The claims of the target as they are, with their UIDs, by which somebody can tell whether they still are what was filled."""
    places = list(map(target_of, scope.claims))
    found = await listing.of_namespaces(scope.target, resources.PERSISTENT_VOLUME_CLAIMS, (namespace for namespace, _ in places))
    there = {(item["metadata"]["namespace"], item["metadata"]["name"]): item["metadata"]["uid"] for item in found}
    return [{"namespace": namespace, "name": name, "uid": there.get((namespace, name), "")} for namespace, name in places]


def new_claim(source: Object, claim: PvcToMigrate, *, labels: Mapping[str, str], at_least: str) -> Object:
    """The claim of the target. Pure.

    Args:
        source: the claim of the source.
        claim: how it is to be there.
        labels: ours.
        at_least: the size that it gets where it asks for less; "" for no other.
    """
    namespace, name = target_of(claim)
    meta = source["metadata"]
    gone = {"volumeName", "dataSource", "dataSourceRef", "selector", "storageClassName", "accessModes", "volumeMode"}
    spec: dict[str, Any] = {key: value for key, value in source["spec"].items() if key not in gone}
    if claim.target_storage_class:
        spec["storageClassName"] = claim.target_storage_class
    modes = [mode for mode in claim.target_access_modes if mode != "auto"] or source["spec"].get("accessModes")
    if modes:
        spec["accessModes"] = modes
    mode = claim.target_volume_mode or source["spec"].get("volumeMode")
    if mode and mode != "auto":
        spec["volumeMode"] = mode
    if at_least:
        asked = ((spec.get("resources") or {}).get("requests") or {}).get("storage") or at_least
        larger = max(str(asked), at_least, key=quantities.parse)
        spec["resources"] = {**(spec.get("resources") or {}), "requests": {"storage": larger}}
    annotations = {key: value for key, value in (meta.get("annotations") or {}).items() if not key.startswith(_OF_CLUSTER)}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "namespace": namespace,
            "name": name,
            "labels": {**(meta.get("labels") or {}), **labels},
            **({"annotations": annotations} if annotations else {}),
        },
        "spec": spec,
    }


def _labels(scope: Scope) -> dict[str, str]:
    """By which claims are found again: what a migration has made is taken back with it."""
    owned = names.correlation_labels("DirectVolumeMigration", scope.uid)
    if scope.migration is None:
        return {**owned, names.MIGRATED_BY_DVM: scope.uid}
    plan = scope.dvm.labels.get(names.MIGRATED_BY_MIGPLAN, "")
    return {**owned, names.MIGRATED_BY_MIGMIGRATION: scope.migration.uid, **({names.MIGRATED_BY_MIGPLAN: plan} if plan else {})}
