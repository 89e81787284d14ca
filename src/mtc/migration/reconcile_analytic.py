"""One pass over a MigAnalytic: counts what its plan would migrate, namespace by namespace, and shows the figures as they come.

It is done once; `spec.refresh` does it again. What is measured is found in the mirrors that plans read through; objects are counted live,
because most of their kinds are looked at only for this.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mtc.api import base, common, conditions, names
from mtc.api.conditions import Condition
from mtc.api.migration.miganalytic import MigAnalytic
from mtc.api.migration.migplan import MigPlan
from mtc.kube import discovery, resources
from mtc.kube import errors as kube_errors
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import checks, parallel, passes, record
from mtc.migration.analytic import counts, figures, images, usage, volumes
from mtc.migration.checks.plan import parsed_mappings
from mtc.migration.clusters import Clusters
from mtc.migration.reconcile_cluster import utc_now
from mtc.migration.settings import Live, Settings
from mtc.migration.topics import Result

#: A plan that is not Ready, or not there, is looked for again.
_AGAIN_S = 10.0
#: Measuring files takes its time; beyond this some cluster hangs.
_DEADLINE_S = 600.0
#: So long an analysis waits at most for other requests: where a thousand plans are looked at, each is first looked at once.
_LONGEST_WAIT_S = 30.0
#: Measuring that is over so soon is not told of while it lasts: each word costs a write, and a thousand plans have as many.
_SOON_S = 1.0
_IMAGE_STREAMS = "imagestreams"
_NAMESPACES_AT_ONCE = 4


class _Shown:
    """The MigAnalytic as it stands, what is shown before the end included; each write fits whatever was changed meanwhile."""

    def __init__(self, host: Client, read: Object) -> None:
        self.latest, self._host = read, host
        self._writing = asyncio.Lock()

    async def write(self, body: Callable[[], dict[str, Any] | None]) -> None:
        """Writes a part, as it is when it is its turn; nothing where there is none any more."""
        async with self._writing:
            if found := body():
                meta = self.latest["metadata"]
                self.latest = await self._host.patch(resources.MIG_ANALYTICS, meta["name"], found, namespace=meta["namespace"])


@dataclass(frozen=True)
class _Work:
    """What a pass works on."""

    analytic: MigAnalytic
    plan: MigPlan
    shown: _Shown
    source: Client
    settings: Settings
    namespace: str
    clock: Callable[[], datetime]


async def step(ref: base.Ref, *, clusters: Clusters, settings: Live, namespace: str, clock: Callable[[], datetime] = utc_now) -> Result:
    """One pass over a MigAnalytic.

    Args:
        ref: which one; it may be gone.
        clusters: the clients, which may read through mirrors.
        settings: of the controller.
        namespace: where the toolkit lives on every cluster.
        clock: the time.
    """
    host = clusters.host.live
    read = await host.find(resources.MIG_ANALYTICS, ref.name, namespace=ref.namespace)
    if read is None or _is_done(read):
        return Result()
    await host.transport.limiter.until_calm(at_most_s=_LONGEST_WAIT_S)
    shown = _Shown(host, read)
    work = _pass(shown, clusters, settings.current, namespace, clock)
    findings, through = await passes.guarded(read, work, deadline_s=_DEADLINE_S)
    version = await _write(host, read, shown.latest, findings, now=clock())
    if not version:
        # Somebody else's label is no reason to measure again.
        latest = await host.find(resources.MIG_ANALYTICS, ref.name, namespace=ref.namespace)
        version = await _write(host, read, latest, findings, now=clock()) if latest else ""
    if not version:
        return Result(after_s=0.0)
    blocked = not through or conditions.has_blocker(findings.staged)
    return Result(after_s=_AGAIN_S if blocked else None, version=version)


async def _write(host: Client, read: Object, latest: Object, findings: record.Findings, *, now: datetime) -> str:
    """As `record.write`, unless something else is to be counted by now."""
    same = latest.get("spec") == read.get("spec")
    return await record.write(host, resources.MIG_ANALYTICS, latest, findings, now=now) if same else ""


def _is_done(read: Object) -> bool:
    """Whether it has been counted. A status without a generation came with the manifest, and proves nothing."""
    status = read.get("status") or {}
    return (
        conditions.is_ready(conditions.readable(status))
        and bool(status.get("observedGeneration"))
        and not (read.get("spec") or {}).get("refresh")
    )


async def _pass(shown: _Shown, clusters: Clusters, settings: Settings, namespace: str, clock: Callable[[], datetime]) -> record.Findings:
    analytic = MigAnalytic.from_dict(shown.latest)
    host = clusters.host.live
    reference = analytic.spec.mig_plan_ref
    wanted = reference.ref if reference.is_set else None
    found = await host.find(resources.MIG_PLANS, wanted.name, namespace=wanted.namespace) if wanted else None
    if found is None:
        message = (
            f"The MigPlan that spec.migPlanRef of MigAnalytic {analytic.ref} names, {wanted or '(not set)'}, does not exist. "
            "Create it, or correct the reference."
        )
        return record.Findings([checks.critical(conditions.INVALID_PLAN_REF, conditions.NOT_FOUND, message)])
    plan = MigPlan.from_dict(found)
    if not conditions.is_ready(plan.status.conditions) and not analytic.spec.analyze_extended_pv_capacity:
        message = f"MigPlan {plan.ref}, which MigAnalytic {analytic.ref} counts, is not Ready. It is looked for again every {_AGAIN_S:.0f} seconds."
        return record.Findings([checks.critical(conditions.POSTPONED, conditions.TEST_FAILED, message)])
    if not common.is_set(plan.spec.src_mig_cluster_ref) or plan.spec.src_mig_cluster_ref is None:
        message = (
            f"MigPlan {plan.ref}, which MigAnalytic {analytic.ref} counts, names no source cluster. Set spec.srcMigClusterRef of the plan."
        )
        return record.Findings([checks.critical(conditions.POSTPONED, conditions.TEST_FAILED, message)])
    source = await clusters.get(plan.spec.src_mig_cluster_ref.ref)
    # Mirrors go on showing what they have seen of a cluster that is gone.
    await source.live.version()
    return await _analyse(_Work(analytic, plan, shown, source, settings, namespace, clock))


async def _analyse(work: _Work) -> record.Findings:
    key = MigPlan.KIND.singular
    marks = {"labels": {key: names.label_value(work.plan.name)}, "annotations": {key: work.plan.name}}
    known = work.shown.latest["metadata"]
    if not all(wanted.items() <= (known.get(field) or {}).items() for field, wanted in marks.items()):
        await work.shown.write(lambda: {"metadata": marks})
    kinds = counts.kinds_of(await discovery.discover(work.source.live)) if work.analytic.spec.analyze_k8s_resources else []
    spaces = list(dict.fromkeys(mapping.source for mapping in parsed_mappings(work.plan)))
    notes = _Notes([], [], {})
    begun = work.clock()
    async with _told_meanwhile(work):
        done = await _of_namespaces(work, spaces, kinds, notes)
    staged = [*_told(work, notes), conditions.ready(f"{work.plan.name} has been analysed; status.analytics has the figures.")]
    status: dict[str, Any] = {"analytics": figures.together(work.plan.name, done, of=len(spaces))}
    if work.analytic.spec.analyze_extended_pv_capacity:
        # A pass that was killed had begun to measure earlier.
        started = conditions.find(conditions.readable(work.shown.latest.get("status")), conditions.EXTENDED_PV_ANALYSIS_STARTED)
        since = min(begun, started.last_transition_time) if started and started.last_transition_time else begun
        status["measuringSeconds"] = int((work.clock() - since).total_seconds())
    return record.Findings(staged, removed=frozenset({conditions.EXTENDED_PV_ANALYSIS_STARTED}), status=status)


@dataclass(frozen=True)
class _Notes:
    """What could not be found out: volumes without figures, and kinds that may not be listed, by namespace."""

    without_df: list[str]
    without_du: list[str]
    closed: dict[str, list[str]]


async def _of_namespaces(work: _Work, spaces: Sequence[str], kinds: Iterable[ResourceType], notes: _Notes) -> list[figures.Figures]:
    """Some namespaces at a time; what is there is shown after each of them but the last, behind which the pass writes everything."""
    done: dict[str, figures.Figures] = {}

    def so_far() -> list[figures.Figures]:
        return [done[namespace] for namespace in spaces if namespace in done]

    def part() -> dict[str, Any] | None:
        whole = len(done) == len(spaces)
        return None if whole else {"status": {"analytics": figures.together(work.plan.name, so_far(), of=len(spaces))}}

    async def one(namespace: str) -> None:
        done[namespace] = {"namespace": namespace, **await _of_namespace(work, namespace, kinds, notes)}
        await work.shown.write(part)

    await parallel.gather((one(namespace) for namespace in spaces), at_once=_NAMESPACES_AT_ONCE)
    return so_far()


@asynccontextmanager
async def _told_meanwhile(work: _Work) -> AsyncIterator[None]:
    """Tells that volumes are being measured, where it takes longer than a moment."""

    async def tell() -> None:
        await asyncio.sleep(_SOON_S)
        await work.shown.write(lambda: _started(work))

    telling = asyncio.create_task(tell()) if work.analytic.spec.analyze_extended_pv_capacity else None
    try:
        yield
    finally:
        if telling is not None:
            telling.cancel()
            # It is a word for people only: where it could not be said, the end will be.
            await asyncio.gather(telling, return_exceptions=True)


def _started(work: _Work) -> dict[str, Any] | None:
    """Tells that measuring has begun, where that is not told yet."""
    before = conditions.readable(work.shown.latest.get("status"))
    if conditions.find(before, conditions.EXTENDED_PV_ANALYSIS_STARTED):
        return None
    message = f"The volumes of MigPlan {work.plan.ref} are being measured by the node agents of cluster {work.source.name}."
    started = Condition(type=conditions.EXTENDED_PV_ANALYSIS_STARTED, category=conditions.ADVISORY, message=message, durable=True)
    staged = [*(item for item in before if item.type != conditions.READY), started]
    shown = conditions.merge(before, staged, now=work.clock())
    return {"status": {"conditions": [item.model_dump(mode="json") for item in shown]}}


async def _of_namespace(work: _Work, namespace: str, kinds: Iterable[ResourceType], notes: _Notes) -> figures.Figures:
    spec, plan = work.analytic.spec, work.plan
    excluded = frozenset(plan.status.excluded_resources)
    found: figures.Figures = {}
    if spec.analyze_k8s_resources:
        counted = await counts.of_namespace(work.source.live, namespace, kinds)
        if closed := [item.kind.group_resource for item in counted if item.count is None]:
            notes.closed.setdefault(namespace, []).extend(closed)
        unknown = {
            (gvk.group, gvk.version, gvk.kind)
            for entry in plan.status.incompatible_namespaces
            if entry.name == namespace
            for gvk in entry.gvks
        }
        found |= figures.of_objects(counted, excluded=excluded, incompatible=unknown)
    if spec.analyze_image_count and _IMAGE_STREAMS not in excluded and not work.settings.disable_image_copy:
        listed = (spec.list_images_limit or 0) if spec.list_images else 0
        try:
            found |= figures.of_images(await images.of_namespace(work.source.live, namespace), listed=listed)
        except kube_errors.Forbidden:
            notes.closed.setdefault(namespace, []).append(resources.IMAGE_STREAMS.group_resource)
    if spec.analyze_pv_capacity or spec.analyze_extended_pv_capacity:
        claims = await work.source.list_all(resources.PERSISTENT_VOLUME_CLAIMS, namespace=namespace)
        found |= figures.of_claims(claims)
        if spec.analyze_extended_pv_capacity:
            found |= await _measure(work, namespace, claims, notes)
    return found


async def _measure(work: _Work, namespace: str, claims: Sequence[Object], notes: _Notes) -> figures.Figures:
    bound = [claim for claim in claims if claim["spec"].get("volumeName")]
    pods = await work.source.list_all(resources.PODS, namespace=namespace)
    measured = await usage.measure(work.source, usage.mounted(bound, pods), namespace=work.namespace)
    for claim in bound:
        one = measured.get(claim["spec"]["volumeName"], volumes.Usage())
        if one.percent is None:
            notes.without_df.append(claim["spec"]["volumeName"])
        elif one.has_sparse_files is None:
            notes.without_du.append(claim["spec"]["volumeName"])
    return figures.of_usage(bound, measured, threshold=work.settings.pv_resizing_threshold)


def _told(work: _Work, notes: _Notes) -> Iterable[Condition]:
    where = f"of MigPlan {work.plan.ref}"
    if notes.without_df:
        message = (
            f"Used and total space of volumes [] {where} could not be read on cluster {work.source.name}, so no size can be proposed for them. "
            "A volume is measured while a running pod mounts it, by the node agent of that pod's node. Then set spec.refresh."
        )
        yield checks.warn(conditions.EXTENDED_PV_ANALYSIS_FAILED, conditions.FAILED_RUNNING_DF, message, items=sorted(notes.without_df))
    elif notes.without_du:
        message = (
            f"Whether volumes [] {where} hold sparse files could not be found out on cluster {work.source.name}: adding up their files failed "
            "or took too long. Look at the node agents there, then set spec.refresh."
        )
        yield checks.warn(conditions.EXTENDED_PV_ANALYSIS_FAILED, conditions.FAILED_RUNNING_DU, message, items=sorted(notes.without_du))
    if notes.closed:
        closed = sorted({kind for kinds in notes.closed.values() for kind in kinds})
        message = (
            f"Objects of kinds [] in namespaces {', '.join(sorted(notes.closed))} {where} were not counted: the token of cluster "
            f"{work.source.name} may not list them. Allow it, then set spec.refresh."
        )
        yield checks.warn(conditions.MISSING_PERMISSIONS, conditions.UNAUTHORIZED, message, items=closed)
