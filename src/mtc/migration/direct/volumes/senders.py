"""RunRsyncOperations: sends each volume, several at a time, as often as it takes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.kube import errors, resources
from mtc.kube.client import Object
from mtc.migration import checks, parallel
from mtc.migration import progress as words
from mtc.migration.direct.course import Failed, Outcome, Through, Waits
from mtc.migration.direct.volumes import clearing, operations, pods, receivers, reporting, security, targets
from mtc.migration.direct.volumes.operations import Operation, State
from mtc.migration.direct.volumes.scope import Scope, selector, source_of, target_of
from mtc.migration.outcome import Awaited
from mtc.migration.quiesce import pods as of_application

#: How far senders are is read from their logs, which nobody can watch without keeping a connection to each.
_LOOK_S = 3.0
#: As MTC tells it.
_STUCK = timedelta(minutes=10)
#: A quota or a webhook that keeps pods from being made may be changed meanwhile.
_REFUSED_S = 10.0


async def run(scope: Scope) -> Outcome:
    """Until each volume is copied, or one of them has failed as often as it may."""
    found = await _look(scope)
    progress = await reporting.keep(scope, found)
    told = operations.fields(found, progress)
    if operations.is_over(found):
        return await _ended(scope, found, told)
    due = operations.due(found)
    staged = [*await _as_non_root(scope), *_stuck(scope, found)]
    if any(entry.attempt for entry in due):
        # What has failed may have failed because nobody receives any more.
        opened = await receivers.renew(scope)
        if isinstance(opened, Waits):
            return replace(opened, conditions=[*staged, *opened.conditions], fields=told)
    staged += receivers.not_made(scope.source.name, await _begin(scope, due))
    pauses = [entry.pause_s for entry in found if entry.pause_s > 0 and not entry.is_over]
    at_work = any(entry.state in {State.RUNNING, State.PENDING} for entry in found) or bool(due)
    latest_s = min([_LOOK_S if at_work else _REFUSED_S, *pauses])
    if told["pendingPods"]:
        told = {**told, "pendingSinceTimeLimitPods": [_named(pod) for pod in _late(scope, found)] or None}
    senders = Awaited(scope.source, resources.PODS, None, selector(scope.uid, role=pods.SENDER))
    return Waits(for_=(senders,), conditions=staged, fields=told, at_latest_s=max(0.1, latest_s))


async def _look(scope: Scope) -> list[Operation]:
    items = await scope.source.list_all(resources.PODS, label_selector=selector(scope.uid, role=pods.SENDER))
    known = scope.dvm.status.rsync_operations
    return operations.of_claims(scope.claims, items, known, attempts=scope.attempts, now=scope.now)


async def _begin(scope: Scope, due: Sequence[Operation]) -> list[str]:
    """Creates the pods of the next attempts; why some could not be made."""
    if not due:
        return []
    spaces = list(dict.fromkeys(source_of(entry.claim)[0] for entry in due))
    homes = dict(zip(spaces, await parallel.gather(scope.source.get(resources.NAMESPACES, name) for name in spaces), strict=True))
    others = dict(
        zip(spaces, await parallel.gather(scope.target.get(resources.NAMESPACES, scope.pairs[name]) for name in spaces), strict=True)
    )
    limits = dict(
        zip(
            spaces,
            await parallel.gather(scope.source.list_all(resources.LIMIT_RANGES, namespace=name) for name in spaces),
            strict=True,
        )
    )
    running, filled = await parallel.both(of_application.running(scope.source, spaces), targets.of_ours(scope))

    async def create(entry: Operation) -> str:
        namespace, name = source_of(entry.claim)
        mine = _rights(scope, homes[namespace])
        there = security.rights(_labels(others[namespace]), scope.of_target, scope.asked, groups=())
        body = pods.sender(
            scope,
            entry.claim,
            attempt=entry.attempt + 1,
            image=scope.image_of_source,
            rights=mine,
            limit_ranges=limits[namespace],
            node=_node(running, namespace, name),
            is_root=mine.is_root and there.is_root,
            deletes=target_of(entry.claim) in filled,
        )
        try:
            await scope.source.create(resources.PODS, body)
        except (errors.Forbidden, errors.Invalid, errors.BadRequest) as error:
            return f"{namespace}/{name}: {error}"
        return ""

    return [text for text in await parallel.gather(create(entry) for entry in due) if text]


def _labels(namespace: Object) -> dict[str, str]:
    return namespace["metadata"].get("labels") or {}


def _rights(scope: Scope, namespace: Object) -> security.Rights:
    return security.rights(_labels(namespace), scope.of_source, scope.asked, groups=scope.settings.src_supplemental_groups)


def _node(running: Sequence[Object], namespace: str, claim: str) -> str:
    """Where a running pod mounts the claim: most volumes can be on one node only."""
    using = [pod for pod in running if pod["metadata"]["namespace"] == namespace and claim in of_application.mounted(pod)]
    nodes = {pod["spec"].get("nodeName", "") for pod in using if names.RSYNC_ATTEMPT not in (pod["metadata"].get("labels") or {})}
    return nodes.pop() if len(nodes) == 1 else ""


async def _ended(scope: Scope, found: Sequence[Operation], told: dict[str, object]) -> Outcome:
    failed = [entry for entry in found if entry.state is State.FAILED]
    if not failed:
        return Through(fields={**told, "filledClaims": await targets.references(scope)}, settles=True)
    reasons = [
        f"Volume {'/'.join(source_of(entry.claim))} of cluster {scope.source.name} was not copied in {entry.attempt} attempts. {entry.why}"
        for entry in failed
    ]
    # Pods that are cleared away tell nothing any more.
    reasons = scope.dvm.status.errors or reasons
    if refused := await clearing.clear(scope):
        return Waits(conditions=clearing.undeletable(scope, refused), fields={**told, "errors": reasons})
    return Failed(errors=tuple(reasons), conditions=_network(scope, found), fields=told)


def _network(scope: Scope, found: Sequence[Operation]) -> list[Condition]:
    reason = operations.network_error(found)
    if not reason:
        return []
    ways = {
        conditions.RSYNC_NO_ROUTE_TO_HOST: "the network answers that there is no route to it",
        conditions.RSYNC_TIMED_OUT: "no answer has come, as with a firewall that drops packets",
    }
    text = (
        f"No sender of cluster {scope.source.name} has reached target cluster {scope.target.name}: {ways[reason]}. Permit traffic from the "
        f"namespaces {', '.join(scope.pairs)} to the address in status.errors, or choose another rsync_endpoint_type on the target."
    )
    error = checks.critical(conditions.SOURCE_TO_DESTINATION_NETWORK_ERROR, reason, text)
    return [error.model_copy(update={"durable": True})]


async def _as_non_root(scope: Scope) -> list[Condition]:
    """Says where rsync does not run as root: then owners of files may not arrive, and files of others may not be read."""
    sides = [(scope.source, name) for name in scope.pairs] + [(scope.target, name) for name in dict.fromkeys(scope.pairs.values())]
    homes = await parallel.gather(cluster.get(resources.NAMESPACES, name) for cluster, name in sides)
    closed = [
        f"{name} ({cluster.name})"
        for (cluster, name), home in zip(sides, homes, strict=True)
        if not security.rights(
            _labels(home), scope.of_source if cluster is scope.source else scope.of_target, scope.asked, groups=()
        ).is_root
    ]
    if not closed:
        return []
    text = (
        "rsync does not run as root in namespaces []: they admit no such pods, or the migration asks for another user. Files that this user may not read cannot be copied, and owners may change. Label them "
        "pod-security.kubernetes.io/enforce=privileged for the time of the copy to have it run as root."
    )
    return [checks.warn(conditions.RSYNC_SERVER_PODS_RUNNING_AS_NON_ROOT, conditions.RSYNC_AS_NON_ROOT, text, items=closed)]


def _late(scope: Scope, found: Sequence[Operation]) -> list[Object]:
    waiting = [entry.pod for entry in found if entry.state in {State.PENDING, State.UNKNOWN} and entry.pod]
    return [pod for pod in waiting if (begun := words.parse_time(pod["metadata"].get("creationTimestamp"))) and scope.now - begun > _STUCK]


def _stuck(scope: Scope, found: Sequence[Operation]) -> list[Condition]:
    late = _late(scope, found)
    if not late:
        return []
    text = (
        f"Senders [] on cluster {scope.source.name} have not started for {int(_STUCK.total_seconds() // 60)} minutes, or their nodes do not answer. "
        "`oc describe pod` tells why: often another node holds the volume, or the image cannot be pulled. Delete the pods of a node that is lost."
    )
    items = [f"{pod['metadata']['namespace']}/{pod['metadata']['name']}" for pod in late]
    return [checks.warn(conditions.RSYNC_CLIENT_PODS_PENDING, conditions.POD_STUCK, text, items=items)]


def _named(pod: Object) -> dict[str, str]:
    return {"namespace": pod["metadata"]["namespace"], "name": pod["metadata"]["name"]}
