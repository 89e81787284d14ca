"""What is known of the copy of each claim, from its pods, and which pods are to be made next. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from mtc.api import conditions, names, sending
from mtc.api.migration.directvolumemigration import PvcToMigrate, RsyncOperation
from mtc.api.sending import Sent
from mtc.kube.client import Object
from mtc.migration import progress as words
from mtc.migration.direct.volumes.scope import source_of

#: More senders at once share the same network and the same disks.
AT_ONCE = 8
#: After the first failure, after the second, ...: what is wrong may take a moment to pass.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 3.0, 60.0
#: What does not pass by itself is tried so often, whatever the limit is.
_LASTING = frozenset({"NoSpace", "DataIncomplete"})
_TRIES_OF_LASTING = 2


class State(Enum):
    """Where the copy of a claim stands."""

    WAITING = "waiting"
    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Operation:
    """The copy of one claim.

    Attributes:
        claim: which one.
        state: where it stands.
        attempt: number of the attempt that runs or ran last; 0 before the first.
        pod: of that attempt, None where there is none.
        sent: what the pod said in the end.
        is_over: whether no other attempt follows.
        pause_s: until another attempt may begin.
        pods: of all attempts.
    """

    claim: PvcToMigrate
    state: State
    attempt: int = 0
    pod: Object | None = None
    sent: Sent | None = None
    is_over: bool = False
    pause_s: float = 0.0
    pods: tuple[Object, ...] = ()

    @property
    def why(self) -> str:
        """What went wrong last."""
        if self.sent and self.sent.message:
            return self.sent.message
        if self.pod is None:
            return "Its pod is gone."
        ended = _terminated(self.pod)
        return str(
            (self.pod.get("status") or {}).get("message") or ended.get("message") or ended.get("reason") or "Its pod gives no reason."
        )


def of_claims(
    claims: Iterable[PvcToMigrate], pods: Iterable[Object], known: Sequence[RsyncOperation], *, attempts: int, now: datetime
) -> list[Operation]:
    """Where each claim stands.

    Args:
        claims: what is copied.
        pods: the senders.
        known: what the status says of earlier looks: pods may have been deleted since.
        attempts: how often a copy is tried.
        now: the time.
    """
    by_claim: dict[tuple[str, str], list[Object]] = {}
    for pod in pods:
        key = (pod["metadata"]["namespace"], str((pod["metadata"].get("labels") or {}).get(names.CREATED_FOR_PVC)))
        by_claim.setdefault(key, []).append(pod)
    before = {_ref(entry): entry for entry in known}
    found = []
    for claim in claims:
        place = source_of(claim)
        mine = sorted(by_claim.get((place[0], names.pvc_digest(place[1])), []), key=attempt_of)
        found.append(_of_claim(claim, mine, before.get(place), attempts=attempts, now=now))
    return found


def _ref(operation: RsyncOperation) -> tuple[str, str]:
    reference = operation.pvc_reference
    return (reference.namespace or "", reference.name or "") if reference else ("", "")


def _of_claim(claim: PvcToMigrate, pods: list[Object], before: RsyncOperation | None, *, attempts: int, now: datetime) -> Operation:
    reached = (before.current_attempt or 0) if before else 0
    if before and before.succeeded:
        # It was compared and written down; its pod may be gone since.
        pod = pods[-1] if pods else None
        return Operation(claim, State.SUCCEEDED, reached, pod, _sent(pod), is_over=True, pods=tuple(pods))
    if not pods or attempt_of(pods[-1]) < reached:
        if reached >= attempts:
            return Operation(claim, State.FAILED, reached, is_over=True)
        return Operation(claim, State.WAITING, reached, pods=tuple(pods))
    pod = pods[-1]
    attempt, sent = attempt_of(pod), _sent(pod)
    phase = (pod.get("status") or {}).get("phase")
    if phase == "Succeeded" and sent is not None and sent.copied:
        return Operation(claim, State.SUCCEEDED, attempt, pod, sent, is_over=True, pods=tuple(pods))
    if phase in {"Failed", "Succeeded"}:
        lasting = sent is not None and sent.reason in _LASTING and attempt >= _TRIES_OF_LASTING
        is_over = attempt >= attempts or lasting
        return Operation(claim, State.FAILED, attempt, pod, sent, is_over, _pause_s(pod, attempt, now), tuple(pods))
    state = {"Running": State.RUNNING, "Unknown": State.UNKNOWN}.get(str(phase), State.PENDING)
    if pod["metadata"].get("deletionTimestamp"):
        state = State.UNKNOWN  # it is gone in a moment, unless its node is lost
    return Operation(claim, state, attempt, pod, pods=tuple(pods))


def attempt_of(pod: Object) -> int:
    """The number of the attempt that a pod is."""
    text = str((pod["metadata"].get("labels") or {}).get(names.RSYNC_ATTEMPT, ""))
    return int(text) if text.isdecimal() else 0


def due(found: Sequence[Operation]) -> list[Operation]:
    """Those whose next attempt is to begin now, as many as there are places."""
    at_work = sum(operation.state in {State.PENDING, State.RUNNING, State.UNKNOWN} for operation in found)
    waiting = [entry for entry in found if entry.state is State.WAITING or (entry.state is State.FAILED and not entry.is_over)]
    # What has not been tried comes before what has failed.
    ready = sorted((entry for entry in waiting if entry.pause_s <= 0), key=lambda entry: entry.attempt)
    return ready[: max(0, AT_ONCE - at_work)]


def is_over(found: Iterable[Operation]) -> bool:
    """Whether nothing more will be tried."""
    return all(operation.is_over for operation in found)


def fields(found: Sequence[Operation], progress: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[str, Any]:
    """What the status of the DirectVolumeMigration says of pods and attempts.

    Args:
        found: where each claim stands.
        progress: the status of its progress, by namespace and name of the claim.
    """
    lists: dict[str, list[dict[str, Any]]] = {
        "successfulPods": [], "failedPods": [], "runningPods": [], "pendingPods": [], "unknownPods": [],
    }  # fmt: skip
    of_state = {
        State.SUCCEEDED: "successfulPods", State.FAILED: "failedPods", State.RUNNING: "runningPods",
        State.PENDING: "pendingPods", State.UNKNOWN: "unknownPods",
    }  # fmt: skip
    for operation in found:
        if operation.pod is not None and operation.state in of_state:
            lists[of_state[operation.state]].append(_pod(operation, progress.get(source_of(operation.claim), {})))
    return {**{key: value or None for key, value in lists.items()}, "rsyncOperations": [_operation(entry) for entry in found]}


def _operation(operation: Operation) -> dict[str, Any]:
    namespace, name = source_of(operation.claim)
    found: dict[str, Any] = {"pvcReference": {"namespace": namespace, "name": name}, "currentAttempt": operation.attempt}
    if operation.state is State.SUCCEEDED:
        found["succeeded"] = True
    if operation.state is State.FAILED and operation.is_over:
        found["failed"] = True
    return found


def _pod(operation: Operation, progress: Mapping[str, Any]) -> dict[str, Any]:
    meta = operation.pod["metadata"] if operation.pod else {}
    namespace, name = source_of(operation.claim)
    told = {
        "lastObservedProgressPercent": progress.get("totalProgressPercentage"),
        "lastObservedTransferRate": progress.get("lastObservedTransferRate"),
        "totalElapsedTime": progress.get("rsyncElapsedTime"),
    }
    return {
        "namespace": meta.get("namespace"),
        "name": meta.get("name"),
        "pvcRef": {"namespace": namespace, "name": name},
        **{key: value for key, value in told.items() if value},
    }


def _sent(pod: Object | None) -> Sent | None:
    return sending.read(_terminated(pod).get("message")) if pod else None


def _terminated(pod: Object) -> dict[str, Any]:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return next(((entry.get("state") or {}).get("terminated") or {} for entry in statuses if entry.get("name") == "rsync"), {})


def elapsed(pod: Object, *, now: datetime) -> timedelta:
    """How long the container of a pod has run."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    state: dict[str, Any] = next((entry.get("state") or {} for entry in statuses if entry.get("name") == "rsync"), {})
    part = state.get("terminated") or state.get("running") or {}
    if not part.get("startedAt"):
        return timedelta()
    begun, ended = words.parse_time(part["startedAt"]), words.parse_time(part.get("finishedAt"))
    return max(timedelta(), (ended or now) - begun) if begun else timedelta()


def _pause_s(pod: Object, attempt: int, now: datetime) -> float:
    ended = words.parse_time(_terminated(pod).get("finishedAt"))
    since_s = (now - ended).total_seconds() if ended else _LONGEST_PAUSE_S
    return min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** (attempt - 1)) - since_s


def network_error(found: Sequence[Operation]) -> str:
    """The reason of SourceToDestinationNetworkError: no sender at all has reached the target; "" where some did, or it is something else."""
    said = [operation.sent.message for operation in found if operation.sent and operation.sent.reason == "Unreachable"]
    if not found or len(said) < len(found):
        return ""
    if all("No route to host" in text or "Network is unreachable" in text for text in said):
        return conditions.RSYNC_NO_ROUTE_TO_HOST
    return conditions.RSYNC_TIMED_OUT if all("imed out" in text or "TIMEOUTconnect" in text or "timeout" in text for text in said) else ""
