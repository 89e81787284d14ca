"""What causes look at: the objects that a phase waits for, and what stands behind them; each is read once a pass."""

from collections.abc import Iterable
from typing import Any

from mtc.api import names, proof
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import velero_crs
from mtc.migration.outcome import Subject
from mtc.migration.scope import Scope

_AGENTS = f"name in ({names.NODE_AGENT_NAME},{names.NODE_AGENT_LEGACY_NAME})"
_COPIES = frozenset({resources.POD_VOLUME_BACKUPS.kind, resources.POD_VOLUME_RESTORES.kind})
#: Messages of container runtimes repeat themselves; the condition has to stay readable.
_LONGEST = 400


class Look:
    """One look at what a phase waits for.

    Args:
        scope: the pass.
        subjects: what the phase has said that it waits for.
        quiet: how long nothing has moved, in words.

    Attributes:
        scope, subjects, quiet: as given.
    """

    def __init__(self, scope: Scope, subjects: Iterable[Subject], *, quiet: str) -> None:
        self.scope, self.subjects, self.quiet = scope, tuple(subjects), quiet
        self._lists: dict[tuple[Client, ResourceType, str, str, str], list[Object]] = {}

    def awaited(self, *kinds: ResourceType) -> list[Subject]:
        """The objects of these kinds that have to come to something; those that have to go are left out."""
        wanted = {kind.kind for kind in kinds}
        return [subject for subject in self.subjects if subject.item.get("kind") in wanted and not subject.goes]

    @property
    def copies(self) -> list[Subject]:
        """The copies of volumes that have not ended."""
        return [subject for subject in self.subjects if subject.item["kind"] in _COPIES and not is_over(subject.item)]

    @property
    def proofs(self) -> list[Subject]:
        """The volumes that a node agent was asked to compare, and of which it has not answered."""
        return [subject for subject in self.awaited(resources.POD_VOLUME_RESTORES) if is_over(subject.item) and _is_unproved(subject.item)]

    async def read(
        self, cluster: Client, kind: ResourceType, *, namespace: str, label_selector: str = "", field_selector: str = ""
    ) -> list[Object]:
        """Objects; none where they may not be listed: a cause is a help, and missing rights are told elsewhere."""
        key = (cluster, kind, namespace, label_selector, field_selector)
        if key not in self._lists:
            try:
                found = await cluster.list_all(kind, namespace=namespace, label_selector=label_selector, field_selector=field_selector)
            except errors.Forbidden:
                found = []
            self._lists[key] = found
        return self._lists[key]

    async def pods(self) -> list[Subject]:
        """The pods that have to run: those that the phase waits for, those of Jobs, and those whose volumes are filled."""
        found = self.awaited(resources.PODS)
        for job in self.awaited(resources.JOBS):
            found += await self.pods_of_job(job)
        for copy in self.copies:
            if (pod := await self.pod_of(copy)) is not None:
                found.append(Subject(copy.cluster, pod))
        return list({pod.item["metadata"]["uid"]: pod for pod in found if phase_of(pod.item) not in {"Succeeded", "Failed"}}.values())

    async def pods_of_job(self, job: Subject) -> list[Subject]:
        """The pods of a Job."""
        meta = job.item["metadata"]
        listed = await self.read(job.cluster, resources.PODS, namespace=meta["namespace"], label_selector=f"job-name={meta['name']}")
        return [Subject(job.cluster, pod) for pod in listed]

    async def pod_of(self, copy: Subject) -> Object | None:
        """The pod whose volume a PodVolumeBackup or PodVolumeRestore means; None where it is gone."""
        pod = copy.item["spec"].get("pod") or {}
        listed = await self.read(
            copy.cluster, resources.PODS, namespace=str(pod.get("namespace")), field_selector=f"metadata.name={pod.get('name')}"
        )
        return listed[0] if listed else None

    async def agents(self, cluster: Client) -> list[Object]:
        """The pods of node agents."""
        return await self.read(cluster, resources.PODS, namespace=self.scope.namespace, label_selector=_AGENTS)

    async def complaint(self, subject: Subject, *reasons: str) -> str:
        """The newest message of Warning events about an object; "" where there is none.

        Args:
            subject: the object.
            reasons: only events of these reasons, all where none is given.
        """
        meta = subject.item["metadata"]
        listed = await self.read(
            subject.cluster, resources.EVENTS, namespace=meta["namespace"], field_selector=f"involvedObject.uid={meta['uid']}"
        )
        told = [event for event in listed if event.get("type") == "Warning" and (not reasons or event.get("reason") in reasons)]
        newest = max(told, key=_time_of, default=None)
        return short(str(newest.get("message") or "")) if newest else ""


def title(subject: Subject) -> str:
    """Kind, place and cluster of an object."""
    meta = subject.item["metadata"]
    where = f"{meta['namespace']}/{meta['name']}" if meta.get("namespace") else meta["name"]
    return f"{subject.item['kind']} {where} on cluster {subject.cluster.name}"


def describe(subject: Subject) -> str:
    """The command that shows an object with its events."""
    item, meta = subject.item, subject.item["metadata"]
    space = f"-n {meta['namespace']} " if meta.get("namespace") else ""
    group = item.get("apiVersion", "").partition("/")[0] if "/" in item.get("apiVersion", "") else ""
    kind = f"{item['kind'].lower()}.{group}" if "." in group else item["kind"].lower()
    return f"kubectl {space}describe {kind} {meta['name']}"


def phase_of(item: Object) -> str:
    """The phase of any object."""
    return velero_crs.phase_of(item)


def is_over(item: Object) -> bool:
    """Whether an engine or a node agent has done with an object."""
    return phase_of(item) in velero_crs.OVER


def is_ready(pod: Object) -> bool:
    """Whether a pod is Ready and stays."""
    return not pod["metadata"].get("deletionTimestamp") and bool(condition(pod, "Ready", status="True"))


def condition(item: Object, type_: str, *, status: str) -> dict[str, Any] | None:
    """A condition of an object of Kubernetes itself, where it has that status."""
    found = (item.get("status") or {}).get("conditions") or []
    return next((entry for entry in found if entry.get("type") == type_ and entry.get("status") == status), None)


def waiting_containers(pod: Object) -> list[dict[str, Any]]:
    """Name, image, reason and message of the containers of a pod that wait."""
    status = pod.get("status") or {}
    containers = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    waits = [(entry, (entry.get("state") or {}).get("waiting")) for entry in containers]
    return [{"name": entry.get("name"), "image": entry.get("image"), **wait} for entry, wait in waits if wait]


def short(text: str) -> str:
    """A message of others on one line, cut where it is long, with a full stop."""
    line = " ".join(text.split())
    line = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
    return line if not line or line[-1] in ".!?…" else f"{line}."


def _is_unproved(item: Object) -> bool:
    marks = item["metadata"].get("annotations") or {}
    asked = str(marks.get(names.PROVE) or "")
    return bool(asked) and proof.read_answer(marks.get(names.PROOF), asked) is None


def _time_of(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")
