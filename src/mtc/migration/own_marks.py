"""What the controller writes into the metadata of a migration: labels, its plan as owner, annotations. Pure."""

import uuid
from typing import Any

from mtc.api import names
from mtc.api.migration.migmigration import MigMigration, MigMigrationStatus
from mtc.api.migration.migplan import MigPlan
from mtc.kube.client import Object
from mtc.migration import digests


def missing(
    read: Object, migration: MigMigration, plan: MigPlan | None, after: MigMigrationStatus, *, answered: str = ""
) -> dict[str, Any]:
    """Fields of the metadata, where they differ from what they should be.

    Args:
        read: the migration as the server has it.
        migration: the same.
        plan: its plan, None where it is not known.
        after: the status that is going to be written.
        answered: the request for another try that this status answers.
    """
    found: dict[str, Any] = {}
    wanted = {names.MIGRATION_UID: migration.uid}
    notes = read["metadata"].get("annotations") or {}
    new_notes = {names.RETRY_ANSWERED: answered} if answered else {}
    owners = [dict(owner) for owner in read["metadata"].get("ownerReferences") or []]
    if plan is not None:
        wanted[names.MIGPLAN_NAME] = names.label_value(plan.name)
        reference = {"apiVersion": plan.KIND.api_version, "kind": plan.KIND.kind, "name": plan.name, "uid": plan.uid}
        # An owner in another namespace does not count as one: the garbage collector would delete the migration.
        if plan.namespace == migration.namespace and reference not in owners:
            found["ownerReferences"] = [*(owner for owner in owners if owner.get("kind") != plan.KIND.kind), reference]
        if after.itinerary and names.PLAN_DIGEST not in notes:
            new_notes |= {names.PLAN_DIGEST: digests.of_plan(plan), names.PLAN_NAMESPACES: ",".join(plan.spec.namespaces)}
    labels = read["metadata"].get("labels") or {}
    if wanted.items() - labels.items():
        found["labels"] = {**labels, **wanted}
    if new_notes.items() - notes.items():
        found["annotations"] = {**notes, **new_notes}
    return found


def touched(read: Object, fields: dict[str, Any]) -> dict[str, Any]:
    """The whole metadata with these fields, and with the mark that something was written."""
    meta = {**read["metadata"], **fields}
    return {**meta, "annotations": {**(meta.get("annotations") or {}), names.TOUCH: str(uuid.uuid4())}}
