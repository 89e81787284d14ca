"""The DirectVolumeMigration of a migration: made once in each try, and what its status means for the migration."""

from collections.abc import Mapping, Sequence
from typing import Any

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.api.figures import ItemFigures
from mtc.api.migration.directvolumemigration import DirectVolumeMigration, MigrationType
from mtc.api.migration.migplan import PlanPv
from mtc.api.proof import VolumeAnswer
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import figures, velero_crs
from mtc.migration.proof import verdict
from mtc.migration.scope import Scope

_KIND = resources.DIRECT_VOLUME_MIGRATIONS


async def of_all_tries(scope: Scope) -> list[Object]:
    """The direct copies of this migration, that of the last try first."""
    found = await scope.host.list_all(_KIND, namespace=scope.migration.namespace, label_selector=f"{names.DIRECT_VOLUME}={scope.uid}")
    return sorted(found, key=lambda item: (-velero_crs.attempt_of(item), item["metadata"]["creationTimestamp"], item["metadata"]["name"]))


async def find(scope: Scope) -> Object | None:
    """That of this try, or one that is used again; None where it has not been made."""
    return velero_crs.of_this_try(scope, await of_all_tries(scope))


async def ensure(scope: Scope, notes: Mapping[str, str]) -> Object:
    """That of this try, made now, with these annotations, unless it exists."""
    return await find(scope) or await scope.host.create(_KIND, body(scope, notes))


def body(scope: Scope, notes: Mapping[str, str] | None = None) -> Object:
    """The object as it is sent to the server, with these annotations beside its own. Pure."""
    migration, plan = scope.migration, scope.plan
    reference = {"apiVersion": migration.KIND.api_version, "kind": migration.KIND.kind, "name": migration.name, "uid": migration.uid}
    proves = {names.SKIP_PROOF: "true"} if verdict.skipped_because(scope) else {}
    spec = {
        "srcMigClusterRef": {"name": scope.source_ref.name, "namespace": scope.source_ref.namespace},
        "destMigClusterRef": {"name": scope.target_ref.name, "namespace": scope.target_ref.namespace},
        "persistentVolumeClaims": [_claim(scope, pv) for pv in scope.sent],
        "createDestinationNamespaces": True,
        "deleteProgressReportingCRs": False,
        "migrationType": MigrationType.CUT_OVER if migration.spec.quiesce_pods else MigrationType.STAGE,
    }
    return {
        "apiVersion": _KIND.api_version,
        "kind": _KIND.kind,
        "metadata": {
            "namespace": migration.namespace,
            "generateName": names.generate_name(migration.name),
            "labels": {
                **names.correlation_labels("MigMigration", migration.uid),
                names.DIRECT_VOLUME: migration.uid,
                names.MIGRATED_BY_MIGMIGRATION: migration.uid,
                names.MIGRATED_BY_MIGPLAN: plan.uid,
            },
            "annotations": {**velero_crs.attempt_note(scope), **proves, **(notes or {})},
            "ownerReferences": [{**reference, "controller": True, "blockOwnerDeletion": False}],
        },
        "spec": spec,
    }


def _claim(scope: Scope, pv: PlanPv) -> dict[str, Any]:
    chosen = pv.selection
    modes = [chosen.access_mode] if chosen.access_mode and chosen.access_mode != "auto" else pv.pvc.access_modes
    larger = {"targetCapacity": pv.confirmed_capacity} if pv.confirmed_capacity else {}
    return {
        "namespace": pv.pvc.namespace,
        "name": pv.pvc.mapping.source,
        "targetNamespace": scope.target_namespace(pv.pvc.namespace),
        "targetName": pv.pvc.mapping.target,
        "targetStorageClass": chosen.storage_class,
        "targetAccessModes": list(modes),
        "verify": chosen.verify,
        **larger,
    }


def blocked(item: Object) -> tuple[Condition, ...]:
    """The condition that repeats what keeps a copy; none where nothing does. Pure."""
    found = [
        entry
        for entry in conditions.readable(item.get("status"))
        if entry.is_true and entry.category in {conditions.WARN, *conditions.BLOCKERS} and entry.type != conditions.FAILED
    ]
    if not found:
        return ()
    text = f"{title(item)}: {', '.join(entry.message for entry in found)}"
    return (
        Condition(type=conditions.DIRECT_VOLUME_MIGRATION_BLOCKED, category=conditions.WARN, reason=conditions.NOT_READY, message=text),
    )


def failed(item: Object) -> Condition:
    """The condition that says that a copy has failed. Pure."""
    text = f"{title(item)} failed; its status.errors and the DirectVolumeMigrationProgress of each volume say why."
    return Condition(type=conditions.DIRECT_VOLUME_MIGRATION_FAILED, category=conditions.WARN, message=text, durable=True)


def errors_of(item: Object) -> list[str]:
    """What went wrong, at least one sentence. Pure."""
    dvm = DirectVolumeMigration.from_dict(item)
    told = [entry.message for entry in dvm.status.conditions if entry.type == conditions.SOURCE_TO_DESTINATION_NETWORK_ERROR]
    return [*told, *dvm.status.errors] or [f"{title(item)} failed and gives no reason."]


async def progresses(scope: Scope, item: Object) -> list[Object]:
    """The progress of each volume."""
    selector = f"directvolumemigration={item['metadata']['uid']}"
    found = await scope.host.list_all(resources.DIRECT_VOLUME_PROGRESSES, namespace=scope.migration.namespace, label_selector=selector)
    return sorted(found, key=lambda entry: str(entry["metadata"]["name"]))


def begun(found: Sequence[Object]) -> str:
    """When the first sender was made, by the clock of the source and as Kubernetes writes times; "" where nothing tells. Pure."""
    pods = [pod for item in found for pod in (item.get("status") or {}, *((item.get("status") or {}).get("rsyncPodStatuses") or []))]
    return min((str(pod["creationTimestamp"]) for pod in pods if pod.get("creationTimestamp")), default="")


def figures_of(scope: Scope, found: Sequence[Object]) -> tuple[ItemFigures, ...]:
    """Each volume in numbers."""
    return tuple(figures.of_sender(item, scope.source) for item in found)


def lines(item: Object, found: Sequence[Object]) -> tuple[str, ...]:
    """One line for all volumes, one for each of them. Pure."""
    dvm = DirectVolumeMigration.from_dict(item)
    status = dvm.status
    total = len(dvm.spec.persistent_volume_claims or [])
    counts = {"successful": len(status.successful_pods), "running": len(status.running_pods), "failed": len(status.failed_pods)}
    head = f"{total} volumes: {', '.join(f'{count} {word}' for word, count in counts.items())}"
    attempts = {
        (entry.pvc_reference.namespace, entry.pvc_reference.name): entry.current_attempt or 0
        for entry in status.rsync_operations
        if entry.pvc_reference
    }
    return (head, *sorted(_line(entry, attempts) for entry in found))


def _line(item: Object, attempts: dict[tuple[str | None, str | None], int]) -> str:
    status: dict[str, Any] = item.get("status") or {}
    claim = str((item["metadata"].get("annotations") or {}).get(names.PVC_NAME, ""))
    space, _, name = claim.partition("/")
    state = {"Succeeded": "Completed"}.get(str(status.get("phase") or ""), status.get("phase") or "Pending")
    pod = f" (Pod {(item.get('spec') or {}).get('podNamespace')}/{status['podName']})" if status.get("podName") else ""
    number = attempts.get((space, name), 0)
    parts = [
        f"attempt {number}" if number > 1 else "",
        str(status.get("totalProgressPercentage") or ""),
        str(status.get("lastObservedTransferRate") or "") if state == "Running" else "",
        str(status.get("rsyncElapsedTime") or ""),
    ]
    return ", ".join([f"PVC {claim}{pod}: {state}", *(part for part in parts if part)])


def answers(found: Sequence[Object]) -> list[VolumeAnswer]:
    """What comparing both sides has found, of each volume that was compared. Pure."""
    told = [(item.get("status") or {}).get("proof") for item in found]
    return [VolumeAnswer.model_validate(entry) for entry in told if entry]


def title(item: Object) -> str:
    """Kind and name."""
    return f"DirectVolumeMigration {item['metadata']['namespace']}/{item['metadata']['name']}"
