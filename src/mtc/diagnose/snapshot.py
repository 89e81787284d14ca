"""Everything that is known of the clusters at one moment, as plain data. Rules see nothing else.

A snapshot is filled through a `Draft`: by `collect` from clusters that answer, or by a reader of an archive.

    draft = Draft(namespace="openshift-migration")
    draft.cluster("host", is_host=True)
    draft.add("host", [plan, migration])
    draft.covered("host", "MigPlan")            # all objects of the kind were read, so one that is not there does not exist
    snapshot = draft.done(taken=now)
"""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from mtc.diagnose.mask import Mask
from mtc.look.timeline import Line

Object = dict[str, Any]
#: In place of a kind: nothing of the cluster could be read.
ANYTHING = "*"


class Container(NamedTuple):
    """A container of a pod."""

    cluster: str
    namespace: str
    pod: str
    container: str


class Work(NamedTuple):
    """A Backup or Restore, by whose name files lie in the bucket."""

    cluster: str
    kind: str
    name: str


@dataclass(frozen=True)
class Results:
    """What the engine wrote beside a Backup or Restore.

    Attributes:
        errors, warnings: one text each, with the namespace in front where it has one.
        log: lines of its log that are warnings or errors, oldest first.
    """

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    log: tuple[str, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """What is known.

    Attributes:
        taken: when it was read.
        namespace: of the toolkit.
        host: the cluster with the Mig* objects.
        clusters: names of all, the host first.
        objects: by cluster and kind.
        whole: (cluster, kind, namespace or "") of collections that were read whole; "" means in all namespaces.
        unread: (cluster, kind) and why it could not be read; kind `ANYTHING` when the cluster did not answer at all.
        lines: of our own processes, in order of time.
        tails: the last lines of containers of other pods that do not run as they should.
        results: of Backups and Restores.
        offsets_s: seconds by which a cluster's clock is ahead of ours, where that is known.
        mask: hides secrets in everything that leaves.
    """

    taken: datetime
    namespace: str
    host: str
    clusters: tuple[str, ...]
    objects: Mapping[tuple[str, str], tuple[Object, ...]]
    whole: frozenset[tuple[str, str, str]] = frozenset()
    unread: Mapping[tuple[str, str], str] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    tails: Mapping[Container, tuple[str, ...]] = field(default_factory=dict)
    results: Mapping[Work, Results] = field(default_factory=dict)
    offsets_s: Mapping[str, float] = field(default_factory=dict)
    mask: Mask = field(default_factory=Mask, repr=False)
    _groups: dict[tuple[str, str, str], Mapping[Any, tuple[Object, ...]]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def all(self, cluster: str, kind: str, *, namespace: str | None = None) -> tuple[Object, ...]:
        """Objects of a kind, of one namespace where that is given."""
        if namespace is None:
            return self.objects.get((cluster, kind), ())
        return self._by("namespace", cluster, kind).get(namespace, ())

    def find(self, cluster: str, kind: str, name: str, *, namespace: str = "") -> Object | None:
        """One object; None when it does not exist or was not read, which `knows` tells apart."""
        for item in self._by("name", cluster, kind).get(name, ()):
            if not namespace or item["metadata"].get("namespace") == namespace:
                return item
        return None

    def owned(self, cluster: str, kind: str, uid: str) -> tuple[Object, ...]:
        """Objects of a kind that have an owner of that UID."""
        return tuple(
            item
            for item in self.objects.get((cluster, kind), ())
            if any(owner.get("uid") == uid for owner in item["metadata"].get("ownerReferences") or ())
        )

    def knows(self, cluster: str, kind: str, namespace: str = "") -> bool:
        """Whether objects of a kind in a namespace were read whole: only then one that is missing does not exist."""
        return (cluster, kind, "") in self.whole or (cluster, kind, namespace) in self.whole

    def why_unread(self, cluster: str) -> str:
        """Why a cluster could not be read at all; "" when it could."""
        return self.unread.get((cluster, ANYTHING), "")

    def events(self, cluster: str, item: Object) -> tuple[Object, ...]:
        """Events about an object, oldest first."""
        meta = item["metadata"]
        return tuple(self._events.get((cluster, item.get("kind"), str(meta.get("namespace") or ""), meta["name"]), ()))

    def _by(self, key: str, cluster: str, kind: str) -> Mapping[Any, tuple[Object, ...]]:
        """Objects of a kind by a field of their metadata; grouped once, because rules ask for each namespace and each name."""
        known = self._groups.get((key, cluster, kind))
        if known is None:
            found: dict[Any, list[Object]] = {}
            for item in self.objects.get((cluster, kind), ()):
                found.setdefault(item["metadata"].get(key), []).append(item)
            known = self._groups[key, cluster, kind] = {value: tuple(items) for value, items in found.items()}
        return known

    @functools.cached_property
    def _events(self) -> dict[tuple[Any, ...], list[Object]]:
        found: dict[tuple[Any, ...], list[Object]] = {}
        for (cluster, kind), events in self.objects.items():
            for event in sorted(events, key=last_time) if kind == "Event" else ():
                found.setdefault((cluster, *_about(event)), []).append(event)
        return found


@dataclass
class Draft:
    """A snapshot in the making.

    Attributes:
        namespace: of the toolkit.
    """

    namespace: str
    _clusters: list[str] = field(default_factory=list)
    _host: str = ""
    _objects: dict[tuple[str, str], dict[tuple[str, str], Object]] = field(default_factory=dict)
    _whole: set[tuple[str, str, str]] = field(default_factory=set)
    _unread: dict[tuple[str, str], str] = field(default_factory=dict)
    _lines: list[Line] = field(default_factory=list)
    _tails: dict[Container, tuple[str, ...]] = field(default_factory=dict)
    _results: dict[Work, Results] = field(default_factory=dict)
    _offsets_s: dict[str, float] = field(default_factory=dict)
    _secrets: set[str] = field(default_factory=set)

    def cluster(self, name: str, *, is_host: bool = False) -> None:
        """There is such a cluster."""
        self._clusters.insert(0 if is_host else len(self._clusters), name)
        self._host = name if is_host else self._host

    def add(self, cluster: str, items: Iterable[Object]) -> None:
        """Objects with their `kind`; one that is there already is replaced."""
        for item in items:
            meta = item["metadata"]
            self._objects.setdefault((cluster, str(item["kind"])), {})[str(meta.get("namespace") or ""), str(meta["name"])] = item

    def covered(self, cluster: str, kind: str, namespace: str = "") -> None:
        """All objects of a kind were read, in a namespace or everywhere."""
        self._whole.add((cluster, kind, namespace))

    def unread(self, cluster: str, why: str, *, kind: str = ANYTHING) -> None:
        """A kind, or everything, of a cluster could not be read."""
        self._unread[cluster, kind] = why

    def lines(self, lines: Iterable[Line]) -> None:
        """Log lines of our own processes."""
        self._lines.extend(lines)

    def tail(self, container: Container, lines: Sequence[str]) -> None:
        """The last lines of a container."""
        self._tails[container] = tuple(lines)

    def results(self, work: Work, results: Results) -> None:
        """What lies in the bucket beside a Backup or Restore."""
        self._results[work] = results

    def offset(self, cluster: str, seconds: float) -> None:
        """By how much the clock of a cluster is ahead."""
        self._offsets_s[cluster] = seconds

    def secrets(self, values: Iterable[str]) -> None:
        """Values that must not be shown. They are kept for hiding only."""
        self._secrets.update(values)

    def done(self, *, taken: datetime) -> Snapshot:
        """The snapshot of what was given so far; more may be given afterwards for another one."""
        return Snapshot(
            taken=taken,
            namespace=self.namespace,
            host=self._host or next(iter(self._clusters), ""),
            clusters=tuple(self._clusters),
            objects={key: tuple(found.values()) for key, found in self._objects.items()},
            whole=frozenset(self._whole),
            unread=dict(self._unread),
            lines=tuple(sorted(self._lines, key=lambda line: line.time)),
            tails=dict(self._tails),
            results=dict(self._results),
            offsets_s=dict(self._offsets_s),
            mask=Mask(self._secrets, public=self._public()),
        )

    def _public(self) -> set[str]:
        """Names of objects: a Secret may hold the name of a namespace, which is not secret for that."""
        found = {name for kind in self._objects.values() for pair in kind for name in pair}
        return found | {*self._clusters, self.namespace}


def last_time(event: Object) -> str:
    """When an event happened last, as written; texts of one form sort as their times do."""
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"), event["metadata"].get("creationTimestamp"))
    return str(next((time for time in times if time), ""))


def containers(pod: Object) -> Iterator[Object]:
    """The states of all containers of a pod, those that run before the others first."""
    status = pod.get("status") or {}
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()


def _about(event: Object) -> tuple[Any, str, Any]:
    involved = event.get("involvedObject") or event.get("regarding") or {}
    return involved.get("kind"), str(involved.get("namespace") or ""), involved.get("name")
