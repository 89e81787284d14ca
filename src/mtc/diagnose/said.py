"""The words in which objects themselves tell of trouble: errors, conditions, messages, results, waiting containers, warnings.

Rules search these with a pattern, so that it does not matter through which object a cause became known. Words of what is well are not
among them: a Warning event counts only for as long as its object is in trouble.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from mtc.api import conditions
from mtc.diagnose import places, pods
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.finding import Evidence, Thing, thing, unique
from mtc.diagnose.snapshot import Object, Work, last_time
from mtc.kube import resources

#: Evidence that a person reads.
_MOST_EVIDENCE = 5
#: Words of this length are not repeated by chance.
_TELLING = 40
_LOUD = frozenset({conditions.CRITICAL, conditions.ERROR, conditions.WARN})
#: Conditions that only repeat what others say in full.
_REPEATING = frozenset(
    {conditions.PLAN_NOT_READY, conditions.STORAGE_NOT_READY, conditions.SOURCE_CLUSTER_NOT_READY, conditions.DESTINATION_CLUSTER_NOT_READY}
)
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9.:-]*[A-Za-z0-9])?"
_MENTIONED = re.compile(
    rf"\b(?P<kind>[A-Z]+[a-z][A-Za-z]*) (?P<ref>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?/{_NAME}|[a-z0-9][a-z0-9.:-]*[a-z0-9])(?![\w/])"
    r"(?P<result> was not restored| exists on cluster)?"
)
#: A request that writes, as errors of API servers name it; what is only read was refused by nobody for what it is.
_REQUEST = re.compile(
    r"\b(?:POST|PUT|PATCH|DELETE) /apis?/(?:[^/\s]+/){1,2}namespaces/(?P<space>[a-z0-9-]+)/(?P<plural>[a-z0-9]+)(?:/(?P<name>[^/\s?]+))?\S*"
)
_REFUSED_NAME = re.compile(r"\b[a-z0-9.]+ \"(?P<name>[^\"]+)\" is forbidden")
_KINDS = {item.plural: item.kind for item in vars(resources).values() if isinstance(item, resources.ResourceType)}
#: Kinds without a namespace that words of ours name in other places than a result of a Restore.
_CLUSTER_WIDE = frozenset({"Namespace", "PersistentVolume", "StorageClass", "ClusterRole", "CustomResourceDefinition"})
_DIFFERS = re.compile(
    r"exists on cluster \S+ and differs|could not be made as it is in the backup|already exists. Warning: the in-cluster version is different"
)
#: An error in a log tells of now only for so long: what is tried again writes one each time.
_FRESH = timedelta(minutes=2)


@dataclass(frozen=True)
class Saying:
    """Words of an object.

    Attributes:
        placed: the object.
        source: where on it they stand.
        text: the words.
        weight: how near to the place where it happened; less is nearer.
    """

    placed: Placed
    source: str
    text: str
    weight: int = 0

    @property
    def evidence(self) -> Evidence:
        """As evidence."""
        return Evidence(thing(self.placed), self.source, self.text)


@dataclass(frozen=True)
class Hit:
    """A saying that matches a pattern."""

    saying: Saying
    match: re.Match[str]

    def part(self, name: str) -> str:
        """A named group of the pattern, "" where it took no part."""
        return (self.match.groupdict().get(name) or "").strip()


def everything(case: Case) -> tuple[Saying, ...]:
    """All of a case, from the place where things happen to those where they are summed up."""
    if "said" not in case.memo:
        found = [*_volumes(case), *_work(case), *_stores(case), *_pods(case), *_events(case), *_declared(case), *_course(case)]
        case.memo["said"] = tuple(sorted(found, key=lambda saying: saying.weight))
    told: tuple[Saying, ...] = case.memo["said"]
    return told


T = TypeVar("T")


def search(case: Case, pattern: re.Pattern[str], *, where: Callable[[Saying], bool] = lambda _: True) -> list[Hit]:
    """Those that match, in the same order, without those that only repeat the words of an earlier one among others."""
    found: list[Hit] = []
    for saying in everything(case):
        if not where(saying) or not (match := pattern.search(saying.text)):
            continue
        if not any(_repeats(saying, hit.saying) for hit in found):
            found.append(Hit(saying, match))
    return found


def grouped(hits: Iterable[Hit], reason: Callable[[Hit], T]) -> dict[T, list[Hit]]:
    """The hits by what they are a sign of, in the order in which each first comes."""
    found: dict[T, list[Hit]] = {}
    for hit in hits:
        found.setdefault(reason(hit), []).append(hit)
    return found


def clearest(hits: Iterable[Hit], reason: Callable[[Hit], T], *, vague: T) -> dict[T, list[Hit]]:
    """As `grouped`, without the vague words of those who say something clearer as well."""
    found = grouped(hits, reason)
    clear = {hit.saying.placed.ref for why, these in found.items() if why != vague for hit in these}
    kept = {why: [hit for hit in these if why != vague or hit.saying.placed.ref not in clear] for why, these in found.items()}
    return {why: these for why, these in kept.items() if these}


def _repeats(saying: Saying, earlier: Saying) -> bool:
    text = earlier.text.rstrip(". ")
    return len(text) > _TELLING and saying.placed != earlier.placed and text in saying.text


def fresh_errors(case: Case, pattern: re.Pattern[str]) -> list[Hit]:
    """Errors of the last minutes in the logs of our own processes; each text once, the newest."""
    found: dict[str, Hit] = {}
    for line in case.snapshot.lines:
        fields = line.fields or {}
        if line.cluster not in {*case.clusters, case.snapshot.host} or str(fields.get("level")) not in {"error", "warning"}:
            continue
        if not line.time or case.snapshot.taken - datetime.fromisoformat(line.time) > _FRESH:
            continue
        text = " ".join(str(fields[key]) for key in ("event", "error", "message") if fields.get(key))
        if match := pattern.search(text):
            item = case.snapshot.find(line.cluster, "Pod", line.pod) or {
                "kind": "Pod",
                "metadata": {"name": line.pod, "namespace": case.snapshot.namespace},
            }
            found[text] = Hit(Saying(Placed(line.cluster, item), f"log {line.time[11:19]}", text), match)
    return list(found.values())


def evidence(hits: Iterable[Hit | Saying]) -> tuple[Evidence, ...]:
    """Of the first of them; the same words count once."""
    found: dict[str, Evidence] = {}
    for hit in hits:
        saying = hit.saying if isinstance(hit, Hit) else hit
        found.setdefault(saying.text, saying.evidence)
    return tuple(found.values())[:_MOST_EVIDENCE]


def things(hits: Iterable[Hit]) -> tuple[Thing, ...]:
    """The objects that hits are about: those that the words name, else those that a request in them was about, else those that say them."""
    found: list[Thing] = []
    for hit in hits:
        speaker = thing(hit.saying.placed)
        # Whoever tells of a failed request names itself first.
        named = [item for item in mentioned(hit.saying) if item[:3] != speaker[:3]]
        found += named[:1] or _requested(hit.saying) or [speaker]
    return unique(found)


def space_of(item: Thing) -> str:
    """The namespace of an object; of a namespace, its own name."""
    return item.name if item.kind == "Namespace" else item.namespace


def _requested(saying: Saying) -> list[Thing]:
    """The object that a failed request was to write, or the namespace where its name is not told; nothing without a request."""
    match = _REQUEST.search(saying.text)
    if match is None:
        return []
    cluster, told = _cluster_in(saying, match.end()), _REFUSED_NAME.search(saying.text, match.end())
    name = match["name"] or (told["name"] if told else "")
    if not name:
        return [Thing("Namespace", "", match["space"], cluster)]
    return [Thing(_KINDS.get(match["plural"], match["plural"]), match["space"], name, cluster)]


def mentioned(saying: Saying) -> list[Thing]:
    """Objects that words name as ours do: kind and namespace/name."""
    if saying.placed.kind in {"Pod", "PersistentVolumeClaim", "PodVolumeBackup", "PodVolumeRestore", "BackupStorageLocation"}:
        return []
    found = []
    for match in _MENTIONED.finditer(saying.text):
        namespace, _, name = match["ref"].rpartition("/")
        if namespace or match["result"] or match["kind"] in _CLUSTER_WIDE:
            cluster = _cluster_in(saying, match.end())
            found.append(Thing(match["kind"], namespace, name, cluster))
    return found


def _cluster_in(saying: Saying, start: int) -> str:
    named = re.search(r"(?:on|of) (?:source |target )?cluster ([a-z0-9][a-z0-9.-]*[a-z0-9])", saying.text[start:])
    # An engine does not know how its cluster is called elsewhere.
    return named[1] if named and named[1] not in {"cluster", "local"} else saying.placed.cluster


# --- where words come from, from the place where it happens to the summaries ------------------------------------------------


def _volumes(case: Case) -> Iterator[Saying]:
    for volume in case.volumes:
        if volume.phase in {"Failed", "Canceled"} and volume.status.get("message"):
            yield Saying(volume, "status.message", str(volume.status["message"]), 0)
    for record in places.repositories(case):
        if record.phase == "NotReady" and record.status.get("message"):
            yield Saying(record, "status.message", str(record.status["message"]), 1)


def _work(case: Case) -> Iterator[Saying]:
    for work in (*case.backups, *case.restores):
        for text in work.status.get("validationErrors") or ():
            yield Saying(work, "status.validationErrors", str(text), 2)
        if work.status.get("failureReason"):
            yield Saying(work, "status.failureReason", str(work.status["failureReason"]), 2)
        results = case.snapshot.results.get(Work(work.cluster, work.kind, work.name))
        for text in results.errors if results else ():
            yield Saying(work, "results", text, 1)
        for text in results.warnings if results else ():
            # Of warnings only these may be missed on the target.
            if _DIFFERS.search(text):
                yield Saying(work, "results (warning)", text, 5)


def _stores(case: Case) -> Iterator[Saying]:
    for location in places.locations(case):
        if location.phase == "Unavailable" and location.status.get("message"):
            yield Saying(location, "status.message", str(location.status["message"]), 1)


def _pods(case: Case) -> Iterator[Saying]:
    for pod in pods.troubled(case):
        for source, text in pods.words(pod):
            yield Saying(pod, source, text, 3)


def _events(case: Case) -> Iterator[Saying]:
    for placed in _in_trouble(case):
        for event in case.snapshot.events(placed.cluster, placed.item):
            if event.get("type") == "Warning":
                text = " ".join(str(event.get("message") or "").split())
                yield Saying(placed, f"event {event.get('reason')} {last_time(event)[11:19]}".rstrip(), text, 4)


def _in_trouble(case: Case) -> Iterator[Placed]:
    """Objects whose warnings count."""
    yield from pods.troubled(case)
    for claim in case.applications("PersistentVolumeClaim"):
        if claim.phase in {"Pending", "Lost"}:
            yield claim
    for kind in ("ReplicaSet", "StatefulSet", "Job", "DaemonSet"):
        for owner in (*case.applications(kind), *(case.toolkit(kind) if kind in {"ReplicaSet", "DaemonSet", "Job"} else ())):
            if _lacks_pods(owner):
                yield owner
    for job in pods.hook_jobs(case):
        if not pods.is_ours(case, job) and job.namespace not in case.namespaces.get(job.cluster, ()) and _lacks_pods(job):
            yield job


def _lacks_pods(owner: Placed) -> bool:
    spec, status = owner.item.get("spec") or {}, owner.status
    match owner.kind:
        case "Job":
            return not status.get("active") and not status.get("succeeded") and not status.get("completionTime")
        case "DaemonSet":
            return int(status.get("currentNumberScheduled") or 0) < int(status.get("desiredNumberScheduled") or 0)
        case _:
            return int(status.get("replicas") or 0) < int(spec.get("replicas", 1) or 0)


def _declared(case: Case) -> Iterator[Saying]:
    for placed in declarations(case):
        for condition in loud(placed):
            if condition.type not in _REPEATING:
                yield Saying(placed, f"condition {condition.type}", condition.message, 5)


def declarations(case: Case) -> Iterator[Placed]:
    """What a person has declared that the case depends on: the plan, its clusters, its storage, its hooks; the subject itself."""
    if case.subject.kind in {"MigCluster", "MigStorage", "MigHook"}:
        yield case.subject
    if case.plan is None:
        return
    snapshot, spec = case.snapshot, case.plan.item.get("spec") or {}
    wanted = [
        ("MigCluster", spec.get("srcMigClusterRef")),
        ("MigCluster", spec.get("destMigClusterRef")),
        ("MigStorage", spec.get("migStorageRef")),
    ]
    wanted += [("MigHook", hook.get("reference")) for hook in spec.get("hooks") or ()]
    for kind, reference in wanted:
        item = snapshot.find(snapshot.host, kind, str((reference or {}).get("name") or ""))
        if item is not None:
            yield Placed(snapshot.host, item)
    yield case.plan


def _course(case: Case) -> Iterator[Saying]:
    run = case.migration
    if run is None:
        return
    for text in run.status.get("errors") or ():
        yield Saying(run, "status.errors", str(text), 6)
    told = {str(text) for text in run.status.get("errors") or ()}
    for condition in loud(run):
        if condition.message not in told and condition.type not in _REPEATING:
            yield Saying(run, f"condition {condition.type}", condition.message, 7)


def loud(placed: Placed) -> list[conditions.Condition]:
    """Conditions of an object that mean trouble."""
    return [item for item in conditions.readable(placed.status) if item.category in _LOUD and item.status == conditions.TRUE]


def age_s(case: Case, item: Object) -> float:
    """For how many seconds an object exists."""
    created = item["metadata"].get("creationTimestamp")
    return (case.snapshot.taken - datetime.fromisoformat(str(created))).total_seconds() if created else 0.0
