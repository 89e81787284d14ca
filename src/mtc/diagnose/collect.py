"""Fills a snapshot from clusters that answer: all at once, each request with a deadline, what fails is noted and left away.

First everything in the toolkit's namespaces, from which follows what the subject is about; then, at the same time, the application's
namespaces of both clusters, the logs, and the results in the bucket.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import orjson

from mtc.diagnose import case, mask, wants
from mtc.diagnose.snapshot import Container, Draft, Object, Results, Snapshot, Work, containers
from mtc.engine import errors as engine_errors
from mtc.engine import layout
from mtc.errors import MtcError
from mtc.kube import client, resources, streams
from mtc.kube import errors as kube_errors
from mtc.kube.resources import ResourceType
from mtc.look import timeline
from mtc.look.sites import Site, Sites
from mtc.look.timeline import Line
from mtc.look.together import Together
from mtc.store import errors as store_errors

#: A cluster that says nothing for so long is told as one that cannot be reached.
_THERE_S = 4.0
#: For one collection, one log, one file of the bucket: a person waits for the answer.
_READ_S, _LOG_S, _FILE_S = 15.0, 5.0, 4.0
#: Of each of our own processes, and of each pod that does not run as it should.
_OWN_LINES, _OTHER_LINES = 3000, 30
_MOST_TAILS, _MOST_RESULTS = 30, 8
_AT_ONCE = 24
_LOUD = frozenset({"warning", "error", "critical"})
_ENDED_BADLY = frozenset(
    {"PartiallyFailed", "Failed", "FailedValidation", "FinalizingPartiallyFailed", "WaitingForPluginOperationsPartiallyFailed"}
)


async def collect(sites: Sites, name: str, *, namespace: str, clock: Callable[[], datetime]) -> Snapshot:
    """What is known about an object of that name.

    Args:
        sites: the clusters.
        name: of a plan, migration, Backup, Restore, or of another object of the toolkit; "" for all plans.
        namespace: of the toolkit.
        clock: gives the time, aware.
    """
    draft = Draft(namespace)
    for site in sites.all:
        draft.cluster(site.name, is_host=site.is_host)
    for trouble in sites.troubles:
        cluster, _, why = trouble.removeprefix("cluster ").partition(": ")
        draft.cluster(cluster)
        draft.unread(cluster, why)
    there = await asyncio.gather(*(_is_there(site, draft, sites.troubles) for site in sites.all))
    alive = [site for site, is_there in zip(sites.all, there, strict=True) if is_there]
    reading = _Reading(draft, asyncio.Semaphore(_AT_ONCE))
    async with asyncio.TaskGroup() as group:
        for site in alive:
            group.create_task(reading.toolkit(site))
            group.create_task(reading.logs(site))
    about = case.involved(draft.done(taken=clock()), name)
    async with asyncio.TaskGroup() as group:
        for site in alive:
            spaces = about.namespaces.get(site.name, frozenset())
            together = Together(site, spaces)
            for space in sorted(spaces):
                group.create_task(reading.application(site, together, space))
            group.create_task(reading.results(site, about.uids))
    first = draft.done(taken=clock())
    async with asyncio.TaskGroup() as group:
        for site in alive:
            group.create_task(reading.tails(site, first, about.namespaces.get(site.name, frozenset())))
    return draft.done(taken=clock())


async def _is_there(site: Site, draft: Draft, troubles: list[str]) -> bool:
    try:
        await site.client.version(deadline_s=_THERE_S)
    except MtcError as error:
        draft.unread(site.name, str(error))
        troubles.append(f"cluster {site.name}: {error}")
        return False
    return True


class _Reading:
    """Reads into a draft, so many requests at a time."""

    def __init__(self, draft: Draft, places: asyncio.Semaphore) -> None:
        self._draft = draft
        self._places = places

    async def toolkit(self, site: Site) -> None:
        """What is in the toolkit's namespace, and what surrounds the application."""
        kinds = (*(wants.DECLARED if site.is_host else ()), *wants.WORKING)
        async with asyncio.TaskGroup() as group:
            for kind in kinds:
                group.create_task(self._list(site, kind, self._draft.namespace))
            for kind in wants.SURROUNDING:
                group.create_task(self._list(site, kind, ""))

    async def application(self, site: Site, together: Together, namespace: str) -> None:
        """What is in a namespace of the application."""
        async with asyncio.TaskGroup() as group:
            for kind in wants.APPLICATION:
                group.create_task(self._list(site, kind, namespace, together))
            # Values are read to hide them, and kept for nothing else.
            group.create_task(self._secrets(site, namespace))

    async def _list(self, site: Site, kind: ResourceType, namespace: str, together: Together | None = None) -> None:
        try:
            async with self._places, asyncio.timeout(_READ_S):
                self._draft.add(site.name, await (_share(together, kind, namespace) if together else _items(site, kind, namespace)))
        except (kube_errors.KubeError, TimeoutError) as error:
            why = str(error) or f"{kind.plural} of cluster {site.name} were not read within {_READ_S:.0f} s"
            self._draft.unread(site.name, why, kind=kind.kind)
        else:
            self._draft.covered(site.name, kind.kind, namespace)

    async def _secrets(self, site: Site, namespace: str) -> bool:
        """Whether all values that must not be shown are known."""
        try:
            async with self._places, asyncio.timeout(_READ_S):
                found = await site.client.list_all(resources.SECRETS, namespace=namespace)
        except (kube_errors.KubeError, TimeoutError):
            return False
        self._draft.secrets(value for secret in found for value in mask.values_of(secret))
        return True

    async def logs(self, site: Site) -> None:
        """Lines of our own processes that are warnings or errors, or that a process wrote when it died."""
        await self._secrets(site, self._draft.namespace)
        try:
            pods = await site.client.list_all(resources.PODS, namespace=self._draft.namespace)
        except kube_errors.KubeError:
            return  # The same listing is made for the objects, and noted there.
        async with asyncio.TaskGroup() as group:
            for pod in pods:
                for state in containers(pod):
                    for previous in (True, False) if state.get("restartCount") else (False,):
                        group.create_task(self._own_lines(site, pod, str(state["name"]), previous=previous))

    async def _own_lines(self, site: Site, pod: Object, container: str, *, previous: bool) -> None:
        raws = await self._log(site, pod, container, lines=_OWN_LINES, previous=previous)
        parsed = (timeline.parse(site.name, pod["metadata"]["name"], raw) for raw in raws)
        self._draft.lines(line for line in parsed if _is_loud(line))

    async def tails(self, site: Site, found: Snapshot, namespaces: Iterable[str]) -> None:
        """The last lines of containers that do not run as they should."""
        wanted: list[tuple[Object, str, bool]] = []
        for namespace in sorted(namespaces):
            for pod in found.all(site.name, resources.PODS.kind, namespace=namespace):
                wanted.extend((pod, name, previous) for name, previous in _broken(pod))
        async with asyncio.TaskGroup() as group:
            for pod, container, previous in wanted[:_MOST_TAILS]:
                group.create_task(self._tail(site, pod, container, previous=previous))

    async def _tail(self, site: Site, pod: Object, container: str, *, previous: bool) -> None:
        meta = pod["metadata"]
        if raws := await self._log(site, pod, container, lines=_OTHER_LINES, previous=previous):
            texts = [raw.decode(errors="replace").partition(" ")[2] for raw in raws]
            self._draft.tail(Container(site.name, meta["namespace"], meta["name"], container), texts)

    async def _log(self, site: Site, pod: Object, container: str, *, lines: int, previous: bool) -> Sequence[bytes]:
        """The last lines of a log, as many as came in time."""
        meta, found = pod["metadata"], []
        try:
            async with self._places, asyncio.timeout(_LOG_S):
                raws = streams.logs(
                    site.client,
                    meta["name"],
                    namespace=meta["namespace"],
                    container=container,
                    tail=lines,
                    previous=previous,
                    timestamps=True,
                )
                async for raw in raws:
                    found.append(raw)  # noqa: PERF401 - what came before the deadline is kept
        except (kube_errors.KubeError, TimeoutError) as error:
            if not previous:
                self._draft.unread(site.name, str(error) or "the log did not come in time", kind=f"log of pod {meta['name']}")
        return found

    async def results(self, site: Site, uids: frozenset[str]) -> None:
        """What the engine wrote into the bucket about the Backups and Restores that did not end well."""
        found = self._draft.done(taken=datetime.min)  # noqa: DTZ901 - only its objects are looked at
        wanted = [
            (item, location)
            for kind in (resources.BACKUPS, resources.RESTORES)
            for item in found.all(site.name, kind.kind)
            if item["metadata"]["uid"] in uids and _has_results(item)
            if (location := case.location_of(found, site.name, item)) is not None
        ]
        async with asyncio.TaskGroup() as group:
            for item, location in wanted[-_MOST_RESULTS:]:
                group.create_task(self._results(site, item, location))

    async def _results(self, site: Site, item: Object, location: Object) -> None:
        name, kind = str(item["metadata"]["name"]), str(item["kind"])
        files = layout.BackupFiles(name) if kind == resources.BACKUPS.kind else layout.RestoreFiles(name)
        try:
            async with asyncio.timeout(_FILE_S):
                results, log = await asyncio.gather(
                    _file(site, location, files.part("results.gz")), _file(site, location, files.part("logs.gz"))
                )
        except (engine_errors.EngineError, store_errors.StoreError, kube_errors.KubeError, TimeoutError) as error:
            why = str(error) or f"the bucket of {kind} {name} did not answer within {_FILE_S:.0f} s"
            self._draft.unread(site.name, why, kind=f"results of {kind} {name}")
            return
        self._draft.results(Work(site.name, kind, name), parse_results(results, log))


async def _items(site: Site, kind: ResourceType, namespace: str) -> list[Object]:
    if kind.kind not in wants.ONLY_METADATA:
        return await site.client.list_all(kind, namespace=namespace or None)
    found = []
    async for page in site.client.pages(kind, metadata_only=True):
        # What the server calls such an item is not what it is.
        found += [{**orjson.loads(bytes(raw)), "apiVersion": kind.api_version, "kind": kind.kind} for raw in page.items]
    return found


async def _share(together: Together, kind: ResourceType, namespace: str) -> list[Object]:
    try:
        return [client.typed(kind, raw) async for items in together.pages(kind, namespace) for raw in items]
    except kube_errors.NotServed:
        return []


async def _file(site: Site, location: Object, key: str) -> bytes:
    """A file of the bucket, unpacked; empty when there is none."""
    try:
        return await site.file(location, key)
    except store_errors.ObjectNotFound:
        return b""


def parse_results(results: bytes, log: bytes) -> Results:
    """What two files of the bucket say, both unpacked."""
    try:
        content = orjson.loads(results)
    except orjson.JSONDecodeError:
        content = {}
    lines = log.decode(errors="replace").splitlines()
    loud = [
        line
        for line in lines
        if "level=error" in line or "level=warning" in line or '"level":"error"' in line or '"level":"warning"' in line
    ]
    return Results(_texts(content.get("errors")), _texts(content.get("warnings")), tuple(loud[-200:]))


def _texts(found: Object | None) -> tuple[str, ...]:
    part = found or {}
    texts = [str(text).strip() for key in ("velero", "cluster") for text in part.get(key) or ()]
    spaces = part.get("namespaces") or {}
    return (*texts, *(f"{space}: {str(text).strip()}" for space, entries in sorted(spaces.items()) for text in entries or ()))


def _has_results(item: Object) -> bool:
    """Whether there is something to read about it: it did not end well, or warns."""
    status = item.get("status") or {}
    return status.get("phase") in _ENDED_BADLY or bool(status.get("warnings") and status.get("phase") == "Completed")


def _is_loud(line: Line) -> bool:
    """Whether a line of our own tells of trouble; what is no JSON was written by a process that died."""
    return line.fields is None or str(line.fields.get("level")) in _LOUD


def _broken(pod: Object) -> list[tuple[str, bool]]:
    """Containers whose log explains something, and whether it is the log before the last start that does."""
    found = []
    for state in containers(pod):
        now = state.get("state") or {}
        ended = now.get("terminated") or {}
        if ended.get("exitCode"):
            found.append((str(state["name"]), False))
        elif (now.get("waiting") or {}).get("reason") in {"CrashLoopBackOff", "RunContainerError"} or (
            state.get("restartCount") and not state.get("ready")
        ):
            found.append((str(state["name"]), bool(state.get("restartCount"))))
        elif now.get("running") and not state.get("ready"):  # an init container that goes on, or a container that fails its probe
            found.append((str(state["name"]), False))
    return found
