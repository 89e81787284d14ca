"""Whether the source stands still, and has stood still while its volumes were copied.

It only looks. Whatever it stopped would be gone without a trace if the process ended before the status is written; the next try of
the migration stops the application again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import listing
from mtc.migration.outcome import Fail, fail
from mtc.migration.quiesce import owner, pods, rivals, selection, work
from mtc.migration.quiesce.workload import Workload
from mtc.migration.scope import Scope


@dataclass(frozen=True)
class Movement:
    """What may have written to a copied volume.

    Attributes:
        started: workloads that were stopped and run, or have run, and pods of theirs; described.
        unstoppable: pods that no workload owns which could be stopped.
    """

    started: tuple[str, ...] = ()
    unstoppable: tuple[Object, ...] = ()


async def look(scope: Scope, *, since: str = "") -> Movement:
    """What runs that uses a copied volume, or has run.

    Args:
        scope: the pass.
        since: also what has run at that time or later, as Kubernetes writes it; nothing but what runs now where it is empty.
    """
    meant = await work.source_selection(scope)
    found = await listing.of_namespaces(scope.source, resources.PODS, meant.namespaces)
    writing = [pod for pod in found if _may_have_written(pod, since) and _uses(pod, meant)]
    middle = await pods.between(scope.source, meant.namespaces)
    listed = await work.listed(scope.source, meant)
    users = [pair for pair in listed if selection.uses(*pair, meant.claims[pair[1]["metadata"]["namespace"]])]
    started = [item for workload, item in users if _has_run(scope, workload, item, since)]
    standing = work.standing(listed)
    told = {pod["metadata"]["uid"] for pod in pods.left_over(writing, started, middle)}
    others = [pod for pod in pods.left_over(writing, standing, middle) if pod["metadata"]["uid"] not in told]
    names = (*map(rivals.describe, started), *work.describe(others))
    return Movement(names, tuple(pods.unstoppable(writing, meant.claims, standing, middle)))


def _may_have_written(pod: Object, since: str) -> bool:
    begun_since = bool(since) and str(pod["metadata"].get("creationTimestamp") or "") >= since
    return pods.is_running(pod) or (begun_since and not pods.is_sleeping(pod))


def _uses(pod: Object, meant: selection.Selection) -> bool:
    return bool(pods.mounted(pod) & meant.claims.get(pod["metadata"]["namespace"], frozenset()))


def _has_run(scope: Scope, workload: Workload, item: Object, since: str) -> bool:
    if workload.stop(item) is not None:
        return True
    stopped = workload.is_stopped(item) and owner.is_of_run(item, scope)
    return bool(since) and stopped and rivals.has_moved(item, since=since)


def broken(scope: Scope, started: Sequence[str]) -> Fail:
    """The failure because of what has been started again."""
    text = (
        f"Somebody has started again what this migration had stopped on source cluster {scope.source.name}, before the copy of its "
        f"volumes was through: {', '.join(started)}. What was written may be missing in the copy. To go on, {rivals.ADVICE}; then try this migration again "
        f"(`mtc retry {scope.migration.name}`): it stops the application once more, and copies what has changed."
    )
    return fail(rivals.STARTED_AGAIN, text)


def told(scope: Scope, running: Sequence[Object]) -> tuple[Condition, ...]:
    """The warning about pods that nobody can stop; nothing where there are none."""
    return _warning(scope, work.describe(running)) if running else ()


def told_also(scope: Scope, running: Sequence[Object]) -> tuple[Condition, ...]:
    """As `told`, and those that were told before stay in it."""
    known = conditions.find(scope.migration.status.conditions, conditions.PODS_NOT_QUIESCED)
    before = known.items if known and known.is_true else ()
    return _warning(scope, dict.fromkeys([*before, *work.describe(running)])) if running else ()


def _warning(scope: Scope, found: Iterable[str]) -> tuple[Condition, ...]:
    names = tuple(found)
    text = conditions.with_items(
        f"Pods [] on source cluster {scope.source.name} use volumes that are copied, and no workload that can be stopped owns them. "
        f"What they write from now on may be missing in the target.",
        names,
    )
    return (Condition(type=conditions.PODS_NOT_QUIESCED, category=conditions.WARN, message=text, items=names, durable=True),)
