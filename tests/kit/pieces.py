"""Small made-up objects for unit tests of migrations: scopes, plans, workloads, pods."""

from datetime import UTC, datetime
from typing import Any

from mtc.api import base
from mtc.api.migration.migmigration import MigMigration, MigMigrationStatus
from mtc.api.migration.migplan import MigPlan
from mtc.api.settings.model import Settings
from mtc.kube import access
from mtc.kube.client import Client, Object
from mtc.migration import flags
from mtc.migration.scope import Scope
from mtc.telemetry import logs

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
REFERENCE = {"name": "shop", "namespace": "openshift-migration"}


def volume(claim: str, *, action: str = "copy", method: str = "filesystem", namespace: str = "shop", **selection: Any) -> Object:
    """A volume of a plan."""
    return {
        "name": f"pv-{claim.split(':', maxsplit=1)[0]}",
        "selection": {"action": action, "copyMethod": method, **selection},
        "pvc": {"namespace": namespace, "name": claim},
    }


def plan(
    *volumes: Object,
    namespaces: tuple[str, ...] = ("shop",),
    uid: str = "plan-uid",
    source: str = "remote",
    ready: bool = True,
    **spec: Any,
) -> MigPlan:
    """A plan."""
    conditions = [{"type": "Ready", "status": "True", "category": "Required"}] if ready else []
    return MigPlan.from_dict(
        {
            "metadata": {"name": "shop", "namespace": "openshift-migration", "uid": uid},
            "spec": {
                "namespaces": list(namespaces),
                "persistentVolumes": list(volumes),
                "indirectVolumeMigration": True,
                "srcMigClusterRef": {"name": source, "namespace": "openshift-migration"},
                "destMigClusterRef": {"name": "host", "namespace": "openshift-migration"},
                **spec,
            },
            "status": {"conditions": conditions},
        }
    )


def migration(
    name: str = "m", *, status: MigMigrationStatus | None = None, created: str = "2026-11-23T11:00:00Z", **spec: Any
) -> MigMigration:
    """A migration of that plan."""
    item = MigMigration.from_dict(
        {
            "metadata": {"name": name, "namespace": "openshift-migration", "uid": f"uid-{name}", "creationTimestamp": created},
            "spec": {"migPlanRef": REFERENCE, "stage": False, **spec},
        }
    )
    item.status = status or MigMigrationStatus()
    return item


def scope(of: MigMigration, its: MigPlan, *, now: datetime = NOW, settings: Settings | None = None) -> Scope:
    """A scope whose clients reach nobody."""
    host, source = (Client(access.Access(server="https://nowhere.invalid"), name=name) for name in ("host", "remote"))
    return Scope(
        migration=of,
        plan=its,
        flags=flags.of(spec=of.spec, plan=its, found=of.status.conditions),
        host=host,
        source=source,
        target=host,
        source_ref=base.Ref("openshift-migration", "remote"),
        target_ref=base.Ref("openshift-migration", "host"),
        namespace="openshift-migration",
        now=now,
        log=logs.get(),
        settings=settings or Settings(),
    )


def workload(
    kind: str, name: str = "web", *, annotations: dict[str, str] | None = None, claims: tuple[str, ...] = (), **spec: Any
) -> Object:
    """A workload whose pod template mounts claims."""
    volumes = [{"name": f"v-{claim}", "persistentVolumeClaim": {"claimName": claim}} for claim in claims]
    mounts = [{"name": f"v-{claim}", "mountPath": f"/{claim}"} for claim in claims]
    template = {"spec": {"containers": [{"name": "app", "volumeMounts": mounts}], "volumes": volumes}}
    meta = {"name": name, "namespace": "shop", "uid": f"uid-{kind}-{name}", "annotations": annotations or {}}
    return {"kind": kind, "metadata": meta, "spec": {"template": template, **spec}}


def pod(name: str, *, claims: tuple[str, ...] = (), owner: Object | None = None, phase: str = "Running", **labels: str) -> Object:
    """A pod that mounts claims."""
    volumes = [{"name": f"v-{claim}", "persistentVolumeClaim": {"claimName": claim}} for claim in claims]
    meta: Object = {"name": name, "namespace": "shop", "uid": f"uid-{name}", "labels": labels}
    if owner:
        meta["ownerReferences"] = [
            {"kind": owner["kind"], "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"], "controller": True}
        ]
    return {"kind": "Pod", "metadata": meta, "spec": {"containers": [{"name": "c"}], "volumes": volumes}, "status": {"phase": phase}}
