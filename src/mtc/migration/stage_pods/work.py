"""Makes sure that each copied claim is held by a running pod: looks, labels and creates."""

from collections.abc import Iterable

from mtc.api import conditions, helper_containers, names
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigration
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import listing, parallel
from mtc.migration.errors import MigrationError
from mtc.migration.quiesce import kinds
from mtc.migration.quiesce.workload import Workload, pod_template
from mtc.migration.scope import Scope
from mtc.migration.settings import of_cluster
from mtc.migration.stage_pods import build, gone, holders
from mtc.migration.stage_pods.holders import Claim, Holder


class StageImageMissing(MigrationError):
    """A cluster does not say which image sleeping pods have."""

    reason = "StageImageMissing"


def labels(scope: Scope) -> dict[str, str]:
    """The labels of everything that holds volumes for this migration."""
    return {
        **names.correlation_labels("MigPlan", scope.plan.uid),
        **names.correlation_labels("MigMigration", scope.uid),
        names.INCLUDED_IN_STAGE_BACKUP: scope.uid,
        names.IS_STAGE_POD: names.TRUE,
    }


def selector(scope: Scope) -> str:
    """Selects the pods that hold volumes for this migration."""
    return f"{MigMigration.KIND.singular}={scope.uid},{names.IS_STAGE_POD}={names.TRUE}"


async def holding(scope: Scope) -> list[Object]:
    """The pods in the source that hold volumes for this migration."""
    found = await scope.source.list_all(resources.PODS, label_selector=selector(scope))
    mine = set(scope.source_namespaces)
    return [
        pod for pod in found if pod["metadata"]["namespace"] in mine and not pod["metadata"].get("deletionTimestamp") and not is_copy(pod)
    ]


def is_copy(pod: Object) -> bool:
    """Whether a restore has made it beside the pod that was backed up, in the same namespace."""
    return names.STAGE_POD_OF in (pod["metadata"].get("annotations") or {})


async def uncovered(scope: Scope) -> set[Claim]:
    """The copied claims that no pod holds yet."""
    held = {claim for pod in await holding(scope) for claim in held_claims(pod)}
    return set(scope.stored_claims) - held


def held_claims(pod: Object) -> set[Claim]:
    """The claims that a pod holds for the migration: all that it mounts, without those that it excludes."""
    excluded = set(((pod["metadata"].get("annotations") or {}).get(names.EXCLUDE_PVCS) or "").split(","))
    return {claim for volume, claim in holders.of_pod(pod).volumes.items() if volume not in excluded}


async def condition(scope: Scope) -> tuple[Condition, ...]:
    """Says how many pods hold volumes; nothing when none does."""
    pods = await holding(scope)
    if not pods:
        return ()
    borrowed = sum(names.IS_APPLICATION_POD in pod["metadata"]["labels"] for pod in pods)
    text = f"{len(pods) - borrowed} stage pods were created and {borrowed} running application pods were labelled to hold volumes."
    return (Condition(type=conditions.STAGE_PODS_CREATED, category=conditions.ADVISORY, message=text, durable=True),)


async def release_ended(scope: Scope) -> None:
    """Takes the marks off pods of the application that have ended, so that others can hold their claims."""
    found = [pod for pod in await holding(scope) if names.IS_APPLICATION_POD in pod["metadata"]["labels"]]
    ended = [pod for pod in found if (pod.get("status") or {}).get("phase") in {"Failed", "Succeeded"}]
    await parallel.gather(gone.unmark(scope.source, pod) for pod in ended)


async def label_running(scope: Scope) -> None:
    """Labels running pods of the application that mount claims which nobody holds yet."""
    wanted = await uncovered(scope)
    if not wanted:
        return
    running = [pod for pod in await _pods(scope) if may_hold(pod)]
    chosen = holders.cover((holders.of_pod(pod) for pod in running), wanted)
    by_name = {(pod["metadata"]["namespace"], pod["metadata"]["name"]): pod for pod in running}
    await parallel.gather(_label(scope, by_name[holder.namespace, holder.name], holder) for holder in chosen)


async def _pods(scope: Scope) -> list[Object]:
    return await listing.of_namespaces(scope.source, resources.PODS, scope.source_namespaces)


def may_hold(pod: Object) -> bool:
    """Whether a pod of the application runs and can be expected to go on: one of a Job ends when its work is done."""
    owners = pod["metadata"].get("ownerReferences") or []
    of_job = any(entry.get("controller") and entry.get("kind") == resources.JOBS.kind for entry in owners)
    return _runs(pod) and not of_job and names.IS_STAGE_POD not in (pod["metadata"].get("labels") or {})


def _runs(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") == "Running" and not pod["metadata"].get("deletionTimestamp")


async def _label(scope: Scope, pod: Object, holder: Holder) -> None:
    marks = {**labels(scope), names.IS_APPLICATION_POD: names.TRUE}
    # The application's own part-of label may be what its ReplicaSet selects its pods by.
    marks.pop(names.PART_OF)
    excluded = sorted(holders.of_pod(pod).volumes.keys() - holder.volumes.keys())
    body: Object = {"metadata": {"labels": marks, "annotations": {names.EXCLUDE_PVCS: ",".join(excluded) or None}}}
    await scope.source.patch(resources.PODS, holder.name, body, namespace=holder.namespace)


async def create_from_templates(scope: Scope) -> None:
    """Creates sleeping pods after the pod templates of workloads whose claims nobody holds yet."""
    wanted = await uncovered(scope)
    if not wanted:
        return
    works = [_template_holders(scope, kind, workload, wanted) for kind, workload in _templated()]
    found = [holder for part in await parallel.gather(works) for holder in part]
    running = [pod for pod in await _pods(scope) if _runs(pod)]
    chosen = holders.cover(found, wanted)
    if not chosen:
        return
    image = await stage_image(scope, scope.source)
    requests = await _requests(scope, {holder.namespace for holder in chosen})
    bodies = [
        build.sleeping_pod(holder, image=image, labels=labels(scope), requests=requests[holder.namespace], node=node_of(holder, running))
        for holder in chosen
    ]
    await parallel.gather(scope.source.create(resources.PODS, body) for body in bodies)


def node_of(holder: Holder, running: Iterable[Object]) -> str:
    """The node where a claim of a holder is mounted by a pod that is not borrowed: most volumes can be on one node only; "" where none."""
    claims = set(holder.volumes.values())
    nodes = {pod["spec"].get("nodeName", "") for pod in running if claims & set(holders.of_pod(pod).volumes.values())}
    return nodes.pop() if len(nodes) == 1 else ""


def _templated() -> list[tuple[ResourceType, Workload | None]]:
    found: list[tuple[ResourceType, Workload | None]] = [(workload.kind, workload) for workload in kinds.ALL]
    return [*found, (resources.REPLICATION_CONTROLLERS, None)]


async def _template_holders(scope: Scope, kind: ResourceType, workload: Workload | None, wanted: set[Claim]) -> list[Holder]:
    template = workload.template if workload else pod_template
    items = await listing.of_namespaces(scope.source, kind, scope.source_namespaces)
    return [holder for item in items for holder in holders.of_workload(item, template(item), wanted)]


async def create_for_orphans(scope: Scope) -> None:
    """Creates a sleeping pod for each bound claim that nobody holds yet."""
    wanted = sorted(await uncovered(scope))
    found = await parallel.gather(
        scope.source.find(resources.PERSISTENT_VOLUME_CLAIMS, name, namespace=namespace) for namespace, name in wanted
    )
    # What is missing or not bound is told by StagePodsCreated.
    bound = [claim for claim, item in zip(wanted, found, strict=True) if item is not None and _is_bound(item)]
    if not bound:
        return
    image = await stage_image(scope, scope.source)
    spaces = sorted({namespace for namespace, _ in bound})
    requests = await _requests(scope, spaces)
    homes = dict(zip(spaces, await parallel.gather(scope.source.get(resources.NAMESPACES, namespace) for namespace in spaces), strict=True))
    bodies = [
        build.orphan_pod(
            claim,
            image=image,
            labels=labels(scope),
            requests=requests[claim[0]],
            namespace_labels=homes[claim[0]]["metadata"].get("labels") or {},
        )
        for claim in bound
    ]
    await parallel.gather(scope.source.create(resources.PODS, body) for body in bodies)


def _is_bound(claim: Object) -> bool:
    return (claim.get("status") or {}).get("phase") == "Bound" and not claim["metadata"].get("deletionTimestamp")


async def _requests(scope: Scope, spaces: Iterable[str]) -> dict[str, dict[str, str]]:
    """What stage pods have to ask for, by namespace."""
    listed = sorted(spaces)
    limits = await parallel.gather(scope.source.list_all(resources.LIMIT_RANGES, namespace=name) for name in listed)
    return {name: helper_containers.requests_for(found) for name, found in zip(listed, limits, strict=True)}


async def stage_image(scope: Scope, cluster: Client) -> str:
    """The image of sleeping pods in a cluster. Raises StageImageMissing."""
    image = (await of_cluster(cluster, namespace=scope.namespace)).stage_image
    if not image:
        msg = (
            f"ConfigMap {scope.namespace}/{names.CLUSTER_CONFIG_MAP} of cluster {cluster.name} has no STAGE_IMAGE, the image of the pods that "
            f"hold volumes while they are copied. Set it, for instance to the image of the toolkit itself."
        )
        raise StageImageMissing(msg)
    return image
