"""Which pods count, which of them do not run as they should, and what they say about it."""

from collections.abc import Iterator
from datetime import datetime

from mtc.api import names
from mtc.diagnose import leftovers
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.snapshot import Object, containers

#: A container that waits for one of these does so for as long as a person takes.
_STARTING = frozenset({"ContainerCreating", "PodInitializing", ""})
#: Init containers that an engine, ours or Velero's, puts before all others until volumes are restored.
_FILLING = frozenset({"restore-wait", "restic-wait"})
#: Starting takes a while on a busy node.
_PATIENCE_S, _WARNED_S = 60.0, 8.0


def all_of(case: Case) -> Iterator[Placed]:
    """The pods of the application, of hooks, and our own."""
    yield from case.toolkit("Pod")
    if not any(case.snapshot.namespace in spaces for spaces in case.namespaces.values()):
        yield from case.applications("Pod")
    for job in hook_jobs(case):
        if not is_ours(case, job) and job.namespace not in case.namespaces.get(job.cluster, ()):
            yield from (Placed(job.cluster, item) for item in case.snapshot.owned(job.cluster, "Pod", job.item["metadata"]["uid"]))


def hook_jobs(case: Case) -> Iterator[Placed]:
    """The Jobs of the migration's hooks, in whatever namespaces the plan lets them run."""
    uid = case.migration.item["metadata"]["uid"] if case.migration else ""
    for cluster in case.clusters:
        for item in case.snapshot.all(cluster, "Job"):
            if uid and (item["metadata"].get("labels") or {}).get(names.OWNER) == uid:
                yield Placed(cluster, item)


def troubled(case: Case) -> tuple[Placed, ...]:
    """Those that do not run as they should."""
    if "troubled" not in case.memo:
        case.memo["troubled"] = tuple(pod for pod in all_of(case) if is_troubled(case, pod))
    found: tuple[Placed, ...] = case.memo["troubled"]
    return found


def is_ours(case: Case, pod: Placed) -> bool:
    """Whether a pod is one of the toolkit's own."""
    return pod.namespace == case.snapshot.namespace


def is_stage_pod(pod: Placed) -> bool:
    """Whether it was made to hold volumes."""
    labels = pod.item["metadata"].get("labels") or {}
    return names.IS_STAGE_POD in labels or names.STAGE_POD_LEGACY in labels


def is_hook_pod(case: Case, pod: Placed) -> bool:
    """Whether it runs a hook."""
    owners = pod.item["metadata"].get("ownerReferences") or ()
    jobs = {owner.get("name") for owner in owners if owner.get("kind") == "Job"}
    found = [case.snapshot.find(pod.cluster, "Job", str(name), namespace=pod.namespace) for name in jobs]
    return any(names.PHASE in (job["metadata"].get("labels") or {}) and names.OWNER in job["metadata"]["labels"] for job in found if job)


def weight(case: Case, pod: Placed) -> int:
    """How much nearer to the root a pod's trouble is than that of any other: our own are needed by all, stage pods by the copy.

    A pod of the source that only happens to be broken says nothing about a migration that went another way.
    """
    if is_ours(case, pod):
        return -22
    if is_stage_pod(pod) or is_hook_pod(case, pod):
        return -6
    return 15 if pod.cluster == case.source != case.target else 0


def is_troubled(case: Case, pod: Placed) -> bool:
    """Whether it needs a person: it failed, cannot be placed, does not become ready, or a container cannot be started or keeps dying."""
    if pod.item["metadata"].get("deletionTimestamp"):
        return False
    if pod.phase == "Failed":
        return not leftovers.is_leftover(case, pod)
    if pod.phase == "Succeeded":
        return False
    return any(True for _ in words(pod)) or _is_late(case, pod) or unready_since(case, pod) is not None


def unready_since(case: Case, pod: Placed) -> datetime | None:
    """Since when a pod runs and is not ready; None for one that is, or has not been so for long."""
    if pod.phase != "Running":
        return None
    for entry in pod.status.get("conditions") or ():
        if entry.get("type") == "Ready" and entry.get("status") == "False" and entry.get("lastTransitionTime"):
            since = datetime.fromisoformat(str(entry["lastTransitionTime"]))
            return since if (case.snapshot.taken - since).total_seconds() > _PATIENCE_S else None
    return None


def held_by(case: Case, pod: Placed) -> tuple[str, datetime] | None:
    """The init container that a pod has been waiting for, and since when; None where it waits for none, or for its volumes to be filled."""
    if pod.phase not in {"Pending", ""}:
        return None
    specs = {str(entry.get("name")): entry for entry in (pod.item.get("spec") or {}).get("initContainers") or ()}
    for state in pod.status.get("initContainerStatuses") or ():
        name, begun = str(state.get("name")), ((state.get("state") or {}).get("running") or {}).get("startedAt")
        is_sidecar = specs.get(name, {}).get("restartPolicy") == "Always"
        if begun and not is_sidecar and name not in _FILLING:
            since = datetime.fromisoformat(str(begun))
            return (name, since) if (case.snapshot.taken - since).total_seconds() > _PATIENCE_S else None
    return None


def words(pod: Placed) -> Iterator[tuple[str, str]]:
    """Where and what it says about its trouble."""
    status = pod.status
    if pod.phase == "Failed" and (status.get("message") or status.get("reason")):
        yield "status", f"{status.get('reason') or ''} {status.get('message') or ''}".strip()
    for entry in status.get("conditions") or ():
        if entry.get("type") == "PodScheduled" and entry.get("status") == "False":
            yield "condition PodScheduled", f"{entry.get('reason') or ''}: {entry.get('message') or ''}"
    for state in containers(pod.item):
        yield from _of_container(state)


def _of_container(state: Object) -> Iterator[tuple[str, str]]:
    now, last = state.get("state") or {}, (state.get("lastState") or {}).get("terminated") or {}
    waiting, ended = now.get("waiting") or {}, now.get("terminated") or {}
    name = state.get("name")
    if waiting and str(waiting.get("reason") or "") not in _STARTING:
        yield f"container {name}", f"{waiting.get('reason')}: {waiting.get('message') or ''}".strip(": ")
    for end in (ended, last if waiting else {}):
        if end.get("exitCode") or end.get("reason") == "OOMKilled":
            text = f"exit code {end.get('exitCode')} ({end.get('reason') or 'Error'}) {end.get('message') or ''}"
            yield f"container {name}", text.strip()


def _is_late(case: Case, pod: Placed) -> bool:
    begun = pod.item["metadata"].get("creationTimestamp")
    if pod.phase not in {"Pending", ""} or not begun:
        return False
    age_s = (case.snapshot.taken - datetime.fromisoformat(str(begun))).total_seconds()
    # What a pod needs may come a moment after it: one warning in its first seconds is nothing.
    warned = [event for event in case.snapshot.events(pod.cluster, pod.item) if event.get("type") == "Warning"]
    return age_s > (_WARNED_S if warned else _PATIENCE_S)
