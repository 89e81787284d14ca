"""The chain of a plan: its migrations, what each has made on which cluster, and where it broke."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigration
from mtc.kube import errors as kube_errors
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.kube.resources import ResourceType
from mtc.look import errors
from mtc.look.sites import Site, Sites

#: Phases that mean that something went wrong.
_BROKEN = frozenset({"Failed", "PartiallyFailed", "FailedValidation", "NotReady", "Unavailable"})
_VOLUMES = {resources.BACKUPS.kind: resources.POD_VOLUME_BACKUPS, resources.RESTORES.kind: resources.POD_VOLUME_RESTORES}
_BY_NAME = {resources.BACKUPS.kind: names.BACKUP_NAME, resources.RESTORES.kind: names.RESTORE_NAME}


@dataclass(frozen=True)
class Node:
    """One object of the chain.

    Attributes:
        kind, namespace, name: which one; "" where it has no namespace.
        cluster: where it is, under the name of its MigCluster.
        phase: the word for its state; "" where it has none yet.
        begun, ended: when the work on it did; None before that.
        is_broken: whether it failed.
        note: what went wrong, in the object's own words; "" where nothing did.
        children: what was made for it.
    """

    kind: str
    namespace: str
    name: str
    cluster: str
    phase: str = ""
    begun: datetime | None = None
    ended: datetime | None = None
    is_broken: bool = False
    note: str = ""
    children: tuple["Node", ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        times = {"begun": self.begun, "ended": self.ended}
        return {
            "kind": self.kind,
            "namespace": self.namespace,
            "name": self.name,
            "cluster": self.cluster,
            "phase": self.phase,
            **{key: value.isoformat() if value else None for key, value in times.items()},
            "broken": self.is_broken,
            "note": self.note,
            "children": [child.to_dict() for child in self.children],
        }


async def of(sites: Sites, name: str, *, namespace: str) -> Node:
    """The tree of the plan of that name, else of the migration, else of the Backup or Restore.

    Raises:
        errors.NothingFound: there is none of these.
        KubeError: the host cluster failed.
    """
    host = sites.host
    plan = await host.client.find(resources.MIG_PLANS, name, namespace=namespace)
    if plan is not None:
        return await _plan(sites, plan)
    migration = await host.client.find(resources.MIG_MIGRATIONS, name, namespace=namespace)
    if migration is None:
        if (work := await _work(sites, name, namespace)) is not None:
            return work
        msg = f"There is no MigPlan, MigMigration, Backup or Restore {name} in {sites.where(namespace)}. `mtc get` lists what there is."
        raise errors.NothingFound(msg)
    found = await host.client.find(resources.MIG_PLANS, _plan_of(migration), namespace=namespace)
    return await _migration(sites, found or {}, migration)


async def _plan(sites: Sites, plan: Object) -> Node:
    meta = plan["metadata"]
    listed = await sites.host.client.list_all(resources.MIG_MIGRATIONS, namespace=meta["namespace"])
    runs = sorted((item for item in listed if _plan_of(item) == meta["name"]), key=lambda item: str(item["metadata"]["creationTimestamp"]))
    children = await asyncio.gather(*(_migration(sites, plan, run) for run in runs))
    known = conditions.readable(plan.get("status"))
    blockers = [item for item in known if item.category in {conditions.CRITICAL, conditions.ERROR}]
    ready = conditions.is_ready(known)
    phase = _closed(known) if plan["spec"].get("closed") else "Ready" if ready else "NotReady" if blockers else ""
    return Node(
        "MigPlan", meta["namespace"], meta["name"], sites.host.name, phase, _time(meta["creationTimestamp"]), None, bool(blockers),
        " ".join(item.message for item in blockers), tuple(children),
    )  # fmt: skip


def _closed(known: list[Condition]) -> str:
    """A plan that is to be closed waits while one of its runs is at work."""
    return conditions.CLOSING if conditions.has(known, conditions.CLOSING) else conditions.CLOSED


def _plan_of(migration: Object) -> str:
    return str(((migration.get("spec") or {}).get("migPlanRef") or {}).get("name") or "")


async def _migration(sites: Sites, plan: Object, migration: Object) -> Node:
    meta, status, spec = migration["metadata"], migration.get("status") or {}, plan.get("spec") or {}
    source, target = (_site(sites, spec.get(key)) for key in ("srcMigClusterRef", "destMigClusterRef"))
    asked = [
        _asked(sites, site, _velero(site, kind, meta))
        for site, kind in ((source, resources.BACKUPS), (target, resources.RESTORES))
        if site is not None
    ]
    there = {site.name: site for site in (source, target) if site is not None}
    asked += [_asked(sites, site, _helpers(site, meta)) for site in there.values()]
    asked.append(_asked(sites, sites.host, _images(sites.host, meta)))
    made = [node for nodes in await asyncio.gather(*asked) for node in nodes]
    failed = next((item for item in conditions.readable(status) if item.type == conditions.FAILED), None)
    ended = [_time(step.get("completed")) for step in status.get("pipeline") or []] if status.get("phase") == "Completed" else []
    if failed is not None and not status.get("pipeline"):
        ended = [failed.last_transition_time]  # before it began
    problems = status.get("errors") or ([failed.message] if failed else [])
    return Node(
        "MigMigration", meta["namespace"], meta["name"], sites.host.name, _state(migration),
        _time(status.get("startTimestamp")) or _time(meta["creationTimestamp"]), max((time for time in ended if time), default=None),
        failed is not None, " ".join(problems), tuple(made),
    )  # fmt: skip


def _state(migration: Object) -> str:
    """How a migration ended, or the phase in which it is."""
    found = {item.type for item in conditions.readable(migration.get("status"))}
    ends = (conditions.FAILED, conditions.CANCELED, conditions.SUCCEEDED_WITH_WARNINGS, conditions.SUCCEEDED, conditions.DRY_RUN_COMPLETED)
    return next((end for end in ends if end in found), str((migration.get("status") or {}).get("phase") or ""))


def _site(sites: Sites, reference: Any) -> Site | None:
    return sites.find(str((reference or {}).get("name") or ""))


async def _asked(sites: Sites, site: Site, work: Any) -> list[Node]:
    """What a cluster has of a migration; one that does not answer leaves its branch away and is told."""
    try:
        found: list[Node] = await work
    except kube_errors.KubeError as error:
        sites.troubles.append(f"cluster {site.name}: {error}")
        return []
    return found


async def _velero(site: Site, kind: ResourceType, meta: Object) -> list[Node]:
    selector = f"{names.MIGRATED_BY_MIGMIGRATION}={meta['uid']}"
    listed = await site.client.list_all(kind, namespace=meta["namespace"], label_selector=selector)
    return list(await asyncio.gather(*(_with_volumes(site, kind, item) for item in sorted(listed, key=_age))))


async def _with_volumes(site: Site, kind: ResourceType, item: Object) -> Node:
    """A Backup or Restore with the volumes that it copies."""
    meta = item["metadata"]
    selector = f"{_BY_NAME[kind.kind]}={names.label_value(meta['name'])}"
    volumes = await site.client.list_all(_VOLUMES[kind.kind], namespace=meta["namespace"], label_selector=selector)
    return _node(site, kind, item, [_node(site, _VOLUMES[kind.kind], volume) for volume in sorted(volumes, key=_age)])


async def _work(sites: Sites, name: str, namespace: str) -> Node | None:
    """The Backup or Restore of that name; of one that several clusters have, the one with volumes, which is where it ran."""

    async def of_site(site: Site, kind: ResourceType) -> Node | None:
        item = await site.client.find(kind, name, namespace=namespace)
        return None if item is None else await _with_volumes(site, kind, item)

    for kind in (resources.BACKUPS, resources.RESTORES):
        found = [node for _, node in await sites.each(lambda site, kind=kind: of_site(site, kind)) if node is not None]  # type: ignore[misc]
        if found:
            return max(found, key=lambda node: len(node.children))
    return None


async def _images(site: Site, meta: Object) -> list[Node]:
    """Direct copies of images, each with its ImageStreams."""

    async def below(kind: ResourceType, owner: str, uid: str) -> list[Object]:
        return sorted(await site.client.list_all(kind, namespace=meta["namespace"], label_selector=f"{owner}={uid}"), key=_age)

    whole, single, found = resources.DIRECT_IMAGE_MIGRATIONS, resources.DIRECT_IMAGE_STREAM_MIGRATIONS, []
    for item in await below(whole, MigMigration.KIND.singular, meta["uid"]):
        children = await below(single, whole.kind.lower(), item["metadata"]["uid"])
        found.append(_node(site, whole, item, [_node(site, single, child) for child in children]))
    return found


async def _helpers(site: Site, meta: Object) -> list[Node]:
    """Stage pods and Jobs of hooks, wherever they are."""
    stage = f"{MigMigration.KIND.singular}={meta['uid']},{names.IS_STAGE_POD}={names.TRUE}"
    pods, jobs = await asyncio.gather(
        site.client.list_all(resources.PODS, label_selector=stage),
        site.client.list_all(resources.JOBS, label_selector=f"{names.OWNER}={meta['uid']}"),
    )

    async def with_pods(job: Object) -> Node:
        own = job["metadata"]
        children = await site.client.list_all(resources.PODS, namespace=own["namespace"], label_selector=f"job-name={own['name']}")
        return _node(site, resources.JOBS, job, [_node(site, resources.PODS, pod) for pod in sorted(children, key=_age)])

    found = [_node(site, resources.PODS, pod) for pod in sorted(pods, key=_age)]
    return [*found, *await asyncio.gather(*(with_pods(job) for job in sorted(jobs, key=_age)))]


def _age(item: Object) -> tuple[str, str]:
    return str(item["metadata"]["creationTimestamp"]), str(item["metadata"]["name"])


def _node(site: Site, kind: ResourceType, item: Object, children: Iterable[Node] = ()) -> Node:
    meta, status = item["metadata"], item.get("status") or {}
    phase = _job_phase(status) if kind.kind == resources.JOBS.kind else str(status.get("phase") or "")
    if isinstance(status.get("errors"), list) and status["errors"]:
        phase = conditions.FAILED  # the phase of direct copies says that they are over, and not how
    ended = _time(status.get("completionTimestamp") or status.get("completionTime"))
    return Node(
        kind.kind, meta["namespace"], meta["name"], site.name, phase, _time(status.get("startTimestamp") or status.get("startTime")), ended,
        phase in _BROKEN or bool(status.get("errors")), _note(status), tuple(children),
    )  # fmt: skip


def _job_phase(status: Object) -> str:
    for entry in status.get("conditions") or []:
        if entry.get("status") == "True" and entry.get("type") in {"Complete", "Failed"}:
            return "Completed" if entry["type"] == "Complete" else "Failed"
    return "Running" if status.get("active") else ""


def _note(status: Object) -> str:
    words: Sequence[Any] = (
        status.get("failureReason"),
        *(status.get("validationErrors") or ()),
        status.get("message"),
        status.get("reason"),
        *(status["errors"] if isinstance(status.get("errors"), list) else ()),
    )
    counts = [f"{status[key]} {key}" for key in ("errors", "warnings") if isinstance(status.get(key), int) and status[key]]
    return " ".join([*(str(word) for word in words if word), *([f"{', '.join(counts)}."] if counts else [])])


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None
