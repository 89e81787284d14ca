"""One pass over a MigPlan: check what it names, look for its volumes, give it its locations, say whether it is Ready.

A plan with a running migration, or whose application has been migrated for good, is suspended: what it names is checked,
its volumes and locations are left alone. A plan that is closed while a migration runs waits for its end. Then
it is cleared away once and never touched again; what must stay then, the sweep of `orphans` clears away later.
"""

import secrets
import string
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mtc.api import base, conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import Action, MigPlan, PlanPv
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.reading import Readings
from mtc.migration import (
    checks,
    orphans,
    parallel,
    passes,
    plan_facts,
    plan_rights,
    plan_sizes,
    plan_state,
    plan_storage,
    record,
)
from mtc.migration.checks import plan as plan_package
from mtc.migration.checks import volumes as volumes_package
from mtc.migration.plan_facts import Context
from mtc.migration.reconcile_cluster import utc_now
from mtc.migration.reconcile_storage import secret_refs
from mtc.migration.shared import Shared
from mtc.migration.sides import Side
from mtc.migration.topics import Result
from mtc.migration.volumes import capacity, classes, discovery, entries, lookahead

PLAN_CHECKS: tuple[checks.Check[plan_package.Scope], ...] = checks.load(plan_package)
VOLUME_CHECKS: tuple[checks.Check[volumes_package.Scope], ...] = checks.load(volumes_package)
_SUFFIX_LENGTH = 4
_LETTERS = string.ascii_lowercase + string.digits
_CLAIMS = "persistentvolumeclaims"


@dataclass(frozen=True)
class _Volumes:
    """What discovery adds to a pass."""

    staged: list[Condition] = field(default_factory=list)
    status: dict[str, Any] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)


async def step(ref: base.Ref, *, context: Context, readings: Readings, clock: Callable[[], datetime] = utc_now) -> Result:
    """One pass over a MigPlan.

    Args:
        ref: which one; it may be gone.
        context: what all plans share.
        readings: through which everything but the plan itself is read.
        clock: the time.
    """
    host = context.clusters.host
    read = await host.find(resources.MIG_PLANS, ref.name, namespace=ref.namespace)
    if read is None or _is_finished(read):
        return Result()
    findings, through = await passes.guarded(read, _pass(read, context.through(readings), readings, now=clock()))
    written = await record.write(host, resources.MIG_PLANS, read, findings, now=clock(), tell=context.tell)
    after_s = readings.again_s if through else passes.RETRY_S
    version = "" if _is_looked_at_again(read, findings) else written
    return Result(after_s=after_s if written else 0.0, topics=frozenset(readings.topics), version=version)


def _is_looked_at_again(read: Object, findings: record.Findings) -> bool:
    """Whether the next pass works on something else than this one did, which wrote that itself."""
    spec, filled_in = read.get("spec") or {}, findings.spec
    # A plan that has been closed is looked at once more, which ends what it has followed.
    if spec.get("refresh") or spec.get("closed"):
        return True
    # Which rights are needed depends on it.
    if plan_state.is_conversion(findings.staged) and not plan_state.is_conversion(conditions.readable(read.get("status"))):
        return True
    return "persistentVolumes" in filled_in and _taken_from(spec.get("persistentVolumes") or []) != _taken_from(
        filled_in["persistentVolumes"]
    )


def _taken_from(found: Iterable[entries.Entry]) -> tuple[bool, bool]:
    """What checks before discovery take from the volumes: whether one is moved (rights), and whether a claim gets another name (type)."""
    volumes = [PlanPv.model_validate(entry) for entry in found]
    return any(item.selection.action == Action.MOVE for item in volumes), any(":" in item.pvc.name for item in volumes)


def _is_finished(read: Object) -> bool:
    """Whether a plan is closed and cleared away, or being deleted: then nothing is done for it any more.

    A status without a digest was not written by a controller: it came with the manifest, and proves nothing.
    """
    status = read.get("status") or {}
    told = conditions.has(conditions.readable(status), conditions.CLOSED) and bool(status.get("observedDigest"))
    return (told and bool((read.get("spec") or {}).get("closed"))) or bool(read["metadata"].get("deletionTimestamp"))


async def _pass(read: Object, context: Context, readings: Readings, *, now: datetime) -> record.Findings:
    plan = MigPlan.from_dict(read)
    scope = await plan_facts.of_host(plan, context, readings)
    closing = plan_state.at_work(scope.migrations) if plan.spec.closed else []
    # What is remembered may be a moment old, and closing is for good.
    if plan.spec.closed and not closing and not await orphans.is_migrating(plan, context.clusters.host.live):
        return await _close(scope, context)
    suspended = plan_state.is_suspended(scope.migrations) and not plan.spec.refresh and not _is_needed(plan, scope)
    scope = await plan_facts.of_clusters(scope, context.shared, in_full=not suspended)
    staged = await checks.run(PLAN_CHECKS, scope)
    found, sizes = _Volumes(), plan_sizes.Wait()
    if suspended:
        staged = _suspend(plan, staged)
    else:
        if not conditions.has_category(staged, conditions.CRITICAL):
            found = await _discover(scope, read, context.shared)
            sizes = await plan_sizes.ask(scope, found.spec.get("persistentVolumes", []), context.clusters.host, now=now)
            staged += [*found.staged, *sizes.staged]
        if not conditions.has_category(staged, conditions.CRITICAL) and await _ensure_storage(scope, context):
            staged.append(_storage_ensured(plan))
    if plan.spec.closed:
        staged.append(_closing(plan, closing))
    if not sizes.left_s and _is_ready(staged, is_conversion=scope.is_conversion):
        # A migration that has begun needs it until its end.
        what = "is closing: what has begun goes on, and nothing else begins." if plan.spec.closed else "can be migrated."
        staged.append(conditions.ready(f"Plan {plan.name} {what}"))
    again = (readings.again_s, plan_state.look_again_s(staged), sizes.left_s or None)
    readings.again_s = min((after_s for after_s in again if after_s is not None), default=None)
    removed = _over(scope, looked_at_pods=not suspended and scope.source.client is not None and not scope.lacking)
    status = found.status | ({} if suspended else _status(scope))
    return record.Findings(staged, removed=removed, status=status, spec=found.spec)


def _is_needed(plan: MigPlan, scope: plan_package.Scope) -> bool:
    """Whether a migration is at work and cannot go on, because the plan has lost what it had found.

    A pass that began before the migration did may end after it, without a source that fell silent meanwhile. What it has then forgotten a
    suspended plan would never look for again.
    """
    return bool(plan_state.at_work(scope.migrations)) and not _is_prepared(plan.status.conditions, is_conversion=scope.is_conversion)


def _over(scope: plan_package.Scope, *, looked_at_pods: bool) -> frozenset[str]:
    """Durable conditions that are over unless they have been found again."""
    rolled_back = {conditions.MIGRATION_TYPE_IDENTIFIED} if plan_state.was_rolled_back(scope.migrations) else set()
    return frozenset(rolled_back | ({conditions.NAMESPACES_HAVE_NODE_SELECTORS} if looked_at_pods else set()))


def _status(scope: plan_package.Scope) -> dict[str, Any]:
    status: dict[str, Any] = {
        "excludedResources": list(scope.settings.excluded_resources),
        "missingPermissions": plan_rights.to_status(scope.lacking),
    }
    if scope.source.client is not None and scope.target.client is not None:
        status["incompatibleNamespaces"] = list(scope.kinds.incompatible)
        status["namespaces"] = [item.model_dump(mode="json") for item in scope.unhealthy]
    return status


def _is_ready(staged: Sequence[Condition], *, is_conversion: bool) -> bool:
    return _is_prepared(staged, is_conversion=is_conversion) and not conditions.has_blocker(staged)


def _is_prepared(found: Sequence[Condition], *, is_conversion: bool) -> bool:
    """Whether the volumes are known and the locations made."""
    return conditions.has(found, conditions.PVS_DISCOVERED, *([] if is_conversion else [conditions.STORAGE_ENSURED]))


def _suspend(plan: MigPlan, staged: list[Condition]) -> list[Condition]:
    """The conditions of a suspended plan: what it does not look for stays as it was."""
    kept = [item for item in plan.status.conditions if item.type in plan_state.KEPT_WHILE_SUSPENDED]
    looked_for = [item for item in staged if item.type not in plan_state.KEPT_WHILE_SUSPENDED]
    message = (
        f"MigPlan {plan.ref} is suspended, because a migration runs or the application has been migrated for good: volumes are not looked "
        "for and locations not made. Set spec.refresh to true to do it once all the same."
    )
    return [*looked_for, *kept, checks.advisory(conditions.SUSPENDED, "", message)]


def _closing(plan: MigPlan, names: list[str]) -> Condition:
    """The condition of a plan that is closed and waits."""
    text = (
        f"MigPlan {plan.ref} is to be closed, and waits for migrations [] that are at work: they go on to their end, and no other begins. "
        "What was made for the plan is cleared away after that. Cancel them with spec.canceled to have it sooner."
    )
    return checks.advisory(conditions.CLOSING, "", text, items=names or ["one that has just begun"])


async def _close(scope: plan_package.Scope, context: Context) -> record.Findings:
    plan = scope.plan
    await plan_sizes.release(plan, context.clusters.host.live)
    for side in _distinct(scope.source, scope.target):
        if side.client is not None:
            await plan_storage.release(side.client.live, plan.uid, namespace=context.namespace)
    message = (
        f"MigPlan {plan.ref} is closed. Its locations are removed from clusters that answer, unless Backups still need them; what is left is "
        "looked for every hour. It does not take part in anything any more."
    )
    durable = frozenset(item.type for item in plan.status.conditions)
    return record.Findings([checks.advisory(conditions.CLOSED, "", message)], removed=durable)


async def _discover(scope: plan_package.Scope, read: Object, shared: Shared) -> _Volumes:
    source, target = scope.source.client, scope.target.client
    if source is None or target is None:
        # A MigCluster that went bad between two of our reads; its change repeats the pass.
        return _Volumes()
    sources, targets = await discovery.storage_classes(source), await discovery.storage_classes(target)
    suffix = scope.plan.status.suffix or "".join(secrets.choice(_LETTERS) for _ in range(_SUFFIX_LENGTH))
    known = (read.get("spec") or {}).get("persistentVolumes") or []
    merged: list[entries.Entry] = []
    without_ceph: frozenset[str] = frozenset()
    outlook = lookahead.Outlook()
    if _CLAIMS not in scope.settings.excluded_resources:
        wanted = discovery.Wanted([item.source for item in scope.mappings], suffix, scope.plan.uid, scope.is_conversion)
        found, lost = await discovery.volumes(source, wanted)
        movable = scope.settings.pv_move_storageclasses
        merged = entries.merge(known, entries.fresh_entries(found, lost, movable=movable, sources=sources, targets=targets))
        merged = capacity.with_proposals(merged, scope.analysis, confirmed=scope.settings.enable_dvm_pv_resizing)
        outlook = await lookahead.look(found, merged, _place(scope, target, shared))
        merged = list(outlook.entries)
        without_ceph = (
            frozenset() if scope.is_one_cluster else classes.without_ceph([(item.pv, item.pvc) for item in found], sources, targets)
        )
    of_volumes = volumes_package.Scope(
        ref=scope.ref,
        settings=scope.settings,
        volumes=tuple(PlanPv.model_validate(entry) for entry in merged),
        sources=tuple(sources),
        targets=tuple(targets),
        target_name=scope.target.name,
        is_conversion=scope.is_conversion,
        without_ceph=without_ceph,
        nfs=outlook.nfs,
        shortages=outlook.shortages,
        analysis=scope.analysis,
        adjusted_before=conditions.find(scope.plan.status.conditions, conditions.PV_CAPACITY_ADJUSTMENT_REQUIRED) is not None,
    )
    message = f"spec.persistentVolumes of MigPlan {scope.ref} lists the volumes of its namespaces: {len(merged)}."
    staged = [checks.required(conditions.PVS_DISCOVERED, conditions.DONE, message), *await checks.run(VOLUME_CHECKS, of_volumes)]
    status = {
        "suffix": suffix,
        "srcStorageClasses": [item.to_dict() for item in sources],
        "destStorageClasses": [item.to_dict() for item in targets],
    }
    return _Volumes(staged, status, {"persistentVolumes": merged})


def _place(scope: plan_package.Scope, target: Client, shared: Shared) -> lookahead.Place:
    return lookahead.Place(
        target=target,
        is_host=scope.target.cluster is not None and scope.target.cluster.spec.is_host_cluster,
        namespace=scope.namespace,
        mapping={item.source: item.target for item in scope.mappings},
        shared=shared,
    )


async def _ensure_storage(scope: plan_package.Scope, context: Context) -> bool:
    """Whether the plan has its locations on both clusters."""
    if scope.storage is None:
        return False
    host = context.clusters.host
    secret, snapshot = [
        await host.get(resources.SECRETS, ref.name, namespace=ref.namespace) if ref else None for ref in secret_refs(scope.storage)
    ]
    sides = _distinct(scope.source, scope.target)
    if secret is None or any(side.client is None for side in sides):
        return False
    wanted = plan_storage.Wanted(
        plan=scope.plan,
        storage=scope.storage,
        secret=secret,
        snapshot_secret=snapshot,
        installation=await orphans.installation_of(host, context.namespace),
    )
    works = [
        plan_storage.ensure(
            side.client,
            wanted,
            namespace=context.namespace,
            resource_group=side.cluster.spec.azure_resource_group,
            made=context.made,
        )
        for side in sides
        if side.client is not None and side.cluster is not None
    ]
    await parallel.gather(works)
    return True


def _distinct(source: Side, target: Side) -> list[Side]:
    """Both sides, or one when they share their connection."""
    return [source] if source.client is target.client else [source, target]


def _storage_ensured(plan: MigPlan) -> Condition:
    message = f"The backup and snapshot locations of MigPlan {plan.ref} exist on both clusters, with credentials of their own."
    return checks.required(conditions.STORAGE_ENSURED, conditions.DONE, message)
