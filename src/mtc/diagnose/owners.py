"""Who makes a pod anew when it is stopped, and how that is stopped."""

from collections.abc import Iterable

from mtc.diagnose import finding
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Thing
from mtc.diagnose.snapshot import Object
from mtc.words import _

_SCALED = frozenset({"Deployment", "DeploymentConfig", "ReplicaSet", "ReplicationController", "StatefulSet"})
_SUSPENDED = frozenset({"CronJob", "Job"})


def controller(item: Object) -> Object | None:
    """The reference to the owner that controls an object; None where it has none."""
    owners = item["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def chain(case: Case, of: Thing) -> list[Thing]:
    """Who controls an object, who controls that, and so on, as far as the snapshot knows."""
    found: list[Thing] = []
    last = of
    while (item := case.snapshot.find(last.cluster, last.kind, last.name, namespace=last.namespace)) is not None:
        owner = controller(item)
        if owner is None:
            break
        last = Thing(str(owner.get("kind")), last.namespace, str(owner.get("name")), last.cluster)
        if last in found:  # a circle, which Kubernetes does not forbid
            break
        found.append(last)
    return found


def ways_to_stop(case: Case, pods: Iterable[Thing]) -> list[str]:
    """One step for each owner of pods, and for each pod that nobody owns."""
    return list(dict.fromkeys(step for pod in pods for step in _ways(pod, chain(case, pod))))


def _ways(pod: Thing, above: list[Thing]) -> Iterable[str]:
    scaled = [owner for owner in above if owner.kind in _SCALED]
    # A suspended CronJob lets the Job run that it has begun.
    suspended = [owner for owner in above if owner.kind in _SUSPENDED]
    if scaled:
        yield _command(scaled[-1], "scale", "--replicas=0")
    for owner in suspended:
        yield _command(owner, "patch", """--type merge -p '{"spec":{"suspend":true}}'""")
    if not scaled and not suspended:
        who = above[-1] if above else pod
        yield _("stop {thing} on cluster {cluster}").format(thing=who.ref, cluster=who.cluster)
    elif above[-1].kind not in _SCALED | _SUSPENDED:
        yield _("{owner} may start {thing} again: stop that first").format(owner=above[-1].ref, thing=(scaled or suspended)[-1].ref)


def _command(owner: Thing, verb: str, options: str) -> str:
    return finding.on(owner.cluster, f"kubectl -n {owner.namespace} {verb} {owner.kind.lower()} {owner.name} {options}")
