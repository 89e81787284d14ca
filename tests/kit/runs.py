"""A plan and runs of it, for tests that need no cluster."""

from typing import Any

from mtc.act.plans import Meant
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import MigPlan

READY = {"type": "Ready", "status": "True", "category": "Required", "message": "Ready."}


def plan(**status: Any) -> MigPlan:
    """A plan that is ready."""
    ref = {"name": "x", "namespace": "ns"}
    spec = {
        "srcMigClusterRef": {"name": "remote", "namespace": "ns"},
        "destMigClusterRef": {"name": "host", "namespace": "ns"},
        "migStorageRef": ref,
        "namespaces": ["shop", "db:data"],
        "indirectVolumeMigration": True,
    }
    return MigPlan.from_dict(
        {"metadata": {"name": "shop", "namespace": "ns", "uid": "p"}, "spec": spec, "status": {"conditions": [READY], **status}}
    )


def run(
    name: str, *, at: int = 0, annotations: dict[str, str] | None = None, status: dict[str, Any] | None = None, **spec: Any
) -> MigMigration:
    """A run of it, made in a minute of its own."""
    meta = {
        "name": name,
        "namespace": "ns",
        "uid": name,
        "creationTimestamp": f"2026-01-01T10:{at:02}:00Z",
        "annotations": annotations or {},
    }
    body = {"metadata": meta, "spec": {"migPlanRef": {"name": "shop", "namespace": "ns"}, "stage": False, **spec}, "status": status or {}}
    return MigMigration.from_dict(body)


def ended(*types: str, **more: Any) -> dict[str, Any]:
    """The status of a run that has ended."""
    found = [{"type": kind, "status": "True", "category": "Advisory", "message": f"It {kind}.", "durable": True} for kind in types]
    return {"phase": "Completed", "itinerary": "Final", "conditions": found} | more


def meant(*runs: MigMigration, named: MigMigration | None = None) -> Meant:
    """The plan with runs."""
    return Meant(plan(), runs, named)
