"""The log lines of all processes of all clusters, as one story in the order of time."""

import asyncio
import contextlib
import heapq
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mtc.kube import codec, resources, streams, watch
from mtc.kube import errors as kube_errors
from mtc.kube.client import Object
from mtc.look.sites import Site, Sites
from mtc.look.subjects import Subject

LEVELS = ("debug", "info", "warning", "error", "critical")
#: Fields that have a place of their own in a line.
_PLACED = frozenset({"time", "level", "component", "event"})


@dataclass(frozen=True)
class Wanted:
    """Which lines.

    Attributes:
        subject: what they must be about; None for everything.
        level: the lowest level.
        components: of which processes: controller, engine, node-agent; empty for all.
        since_s: not older than so many seconds; None for all that there is.
    """

    subject: Subject | None = None
    level: str = "debug"
    components: Collection[str] = ()
    since_s: int | None = None

    def has(self, line: "Line") -> bool:
        """Whether a line is one of them. What is no JSON was written by a process that died, and is always shown."""
        if line.fields is None:
            return True
        if self.components and line.fields.get("component") not in self.components:
            return False
        level = str(line.fields.get("level") or "info")
        if level in LEVELS and LEVELS.index(level) < LEVELS.index(self.level):
            return False
        return self.subject is None or self.subject.is_in(line.fields)


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        time: when it was written, by the clock of its node; RFC 3339 in UTC.
        cluster, pod: where.
        raw: as it was written.
        fields: of a line in JSON; None for any other.
    """

    time: str
    cluster: str
    pod: str
    raw: str
    fields: Mapping[str, Any] | None = None

    def text(self) -> str:
        """For people."""
        clock = datetime.fromisoformat(self.time).strftime("%H:%M:%S.%f")[:-3] if self.time else "--:--:--.---"
        if self.fields is None:
            return f"{clock} {self.cluster} {self.pod} {self.raw}"
        rest = " ".join(f"{key}={_value(value)}" for key, value in self.fields.items() if key not in _PLACED and value not in ("", None))
        level, component = str(self.fields.get("level", "")).upper(), self.fields.get("component", self.pod)
        return f"{clock} {self.cluster} {component} {level} {self.fields.get('event', '')} {rest}".rstrip()

    def to_dict(self) -> dict[str, Any]:
        """For machines: where and when, and under `line` what was written, an object or a text."""
        return {"time": self.time, "cluster": self.cluster, "pod": self.pod, "line": self.raw if self.fields is None else dict(self.fields)}


def parse(cluster: str, pod: str, raw: bytes) -> Line:
    """A line as the API server gives it: its time, then what the process wrote."""
    stamp, _, text = raw.decode(errors="replace").partition(" ")
    fields = None
    if text.startswith("{"):
        try:
            found = codec.loads(text.encode())
            fields = found if isinstance(found, dict) else None
        except ValueError:
            fields = None
    return Line(str((fields or {}).get("time") or stamp), cluster, pod, text, fields)


async def past(sites: Sites, wanted: Wanted, *, namespace: str) -> Iterator[Line]:
    """All lines until now. Clusters and pods that cannot be read are told in `sites.troubles`."""
    found = await sites.each(lambda site: _of_site(site, sites, wanted, namespace))
    return heapq.merge(*(lines for _, lists in found for lines in lists), key=lambda line: line.time)


async def _of_site(site: Site, sites: Sites, wanted: Wanted, namespace: str) -> list[list[Line]]:
    pods = await site.client.list_all(resources.PODS, namespace=namespace)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_of_container(site, sites, wanted, pod, container)) for pod in pods for container in _containers(pod)]
    return [task.result() for task in tasks]


async def _of_container(site: Site, sites: Sites, wanted: Wanted, pod: Object, container: str) -> list[Line]:
    """Its lines in order; those before its last restart as well, because that is where a crash is explained."""
    lines: list[Line] = []
    restarted = any(entry.get("name") == container and entry.get("restartCount") for entry in _statuses(pod))
    for previous in (True, False) if restarted else (False,):
        try:
            async for line in _lines(site, pod, container, wanted, previous=previous):
                lines.append(line)  # noqa: PERF401 - what came before an error is kept
        except kube_errors.KubeError as error:
            if not previous:
                sites.troubles.append(f"cluster {site.name}: log of pod {pod['metadata']['name']}: {error}")
    return lines


async def follow(sites: Sites, wanted: Wanted, show: Callable[[Line], None], *, namespace: str) -> None:
    """Shows lines as they come, those of the past first, until cancelled. Pods and containers that start later are followed as well."""
    async with asyncio.TaskGroup() as group:
        for site in sites.all:
            group.create_task(_follow(site, wanted, show, group, namespace))


async def _follow(site: Site, wanted: Wanted, show: Callable[[Line], None], group: asyncio.TaskGroup, namespace: str) -> None:
    followed: set[tuple[str, str, int]] = set()
    async for event in watch.watch(site.client, resources.PODS, namespace=namespace):
        if event.type not in {"ADDED", "MODIFIED"}:
            continue
        pod = event.object
        for entry in _statuses(pod):
            # A container that was started again writes a log of its own.
            key = (pod["metadata"]["uid"], str(entry["name"]), int(entry.get("restartCount") or 0))
            if "running" in (entry.get("state") or {}) and key not in followed:
                followed.add(key)
                group.create_task(_tail(site, wanted, show, pod, key[1]))


async def _tail(site: Site, wanted: Wanted, show: Callable[[Line], None], pod: Object, container: str) -> None:
    # A stream that breaks ends with its container, which the watch tells, or with its cluster.
    with contextlib.suppress(kube_errors.KubeError):
        async for line in _lines(site, pod, container, wanted, follow=True):
            show(line)


async def _lines(
    site: Site, pod: Object, container: str, wanted: Wanted, *, follow: bool = False, previous: bool = False
) -> AsyncIterator[Line]:
    meta = pod["metadata"]
    raws = streams.logs(
        site.client,
        meta["name"],
        namespace=meta["namespace"],
        container=container,
        follow=follow,
        previous=previous,
        timestamps=True,
        since_s=wanted.since_s,
    )
    async for raw in raws:
        line = parse(site.name, meta["name"], raw)
        if wanted.has(line):
            yield line


def _containers(pod: Object) -> list[str]:
    return [
        str(entry["name"])
        for entry in _statuses(pod)
        if (entry.get("state") or {}).keys() & {"running", "terminated"} or entry.get("restartCount")
    ]


def _statuses(pod: Object) -> list[dict[str, Any]]:
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else codec.dumps(value).decode()
    return f'"{text}"' if " " in text else text
