"""The log lines of all processes of all clusters, as one story in the order of time."""

import asyncio
import contextlib
import heapq
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from mtc.api import names
from mtc.api.migration.migmigration import MigMigration
from mtc.kube import errors as kube_errors
from mtc.kube import resources, streams, watch
from mtc.kube.client import Object
from mtc.look import stored as kept
from mtc.look.lines import HOOK, LEVELS, STAGE_POD, Line, Wanted, parse
from mtc.look.sites import Site, Sites

__all__ = ["LEVELS", "Line", "Wanted", "follow", "parse", "past"]


async def past(sites: Sites, wanted: Wanted, *, namespace: str, offsets_s: Mapping[str, float] | None = None) -> Iterator[Line]:
    """All lines until now: of pods, and of the bucket where the pods that wrote them are gone.

    Args:
        sites: the clusters. Those, pods and files of the bucket that cannot be read are told in `sites.troubles`.
        wanted: which lines.
        namespace: of the toolkit.
        offsets_s: by cluster, seconds by which its clock is ahead; lines are put into order by the clocks without that.
    """
    found, stored = await asyncio.gather(
        sites.each(lambda site: _of_site(site, sites, wanted, namespace)), kept.of_sites(sites, wanted, namespace=namespace)
    )
    lists = [lines for _, of_site in found for lines in of_site]
    shown = [line for lines in lists for line in lines] if any(stored) else []
    lists += [list(kept.not_shown(lines, shown)) for lines in stored]
    ahead = offsets_s or {}
    return heapq.merge(*([line.put_back(ahead.get(line.cluster, 0.0)) for line in lines] for lines in lists), key=lambda line: line.time)


async def _of_site(site: Site, sites: Sites, wanted: Wanted, namespace: str) -> list[list[Line]]:
    pods = [(pod, "") for pod in await site.client.list_all(resources.PODS, namespace=namespace)]
    pods += await _passing(site, wanted, namespace)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_of_container(site, sites, wanted, pod, container, component))
            for pod, component in pods
            for container in _containers(pod)
        ]
    return [task.result() for task in tasks]


async def _passing(site: Site, wanted: Wanted, namespace: str) -> list[tuple[Object, str]]:
    """Pods of hooks and stage pods of the subject's migrations, wherever they are; what they are beside each."""
    found: list[tuple[Object, str]] = []
    for uid in sorted(wanted.subject.runs if wanted.subject else ()):
        for component, selector in _selectors(uid).items():
            if not wanted.components or component in wanted.components:
                listed = await site.client.list_all(resources.PODS, label_selector=selector)
                found += [(pod, component) for pod in listed if pod["metadata"]["namespace"] != namespace]
    return found


def _selectors(uid: str) -> dict[str, str]:
    return {HOOK: f"{names.OWNER}={uid},{names.PHASE}", STAGE_POD: f"{MigMigration.KIND.singular}={uid},{names.IS_STAGE_POD}={names.TRUE}"}


async def _of_container(site: Site, sites: Sites, wanted: Wanted, pod: Object, container: str, component: str) -> list[Line]:
    """Its lines in order; those before its last restart as well, because that is where a crash is explained."""
    lines: list[Line] = []
    restarted = any(entry.get("name") == container and entry.get("restartCount") for entry in _statuses(pod))
    for previous in (True, False) if restarted else (False,):
        try:
            async for line in _lines(site, pod, container, wanted, component, previous=previous):
                lines.append(line)  # noqa: PERF401 - what came before an error is kept
        except kube_errors.KubeError as error:
            if not previous:
                sites.troubles.append(f"cluster {site.name}: log of pod {pod['metadata']['name']}: {error}")
    return lines


async def follow(
    sites: Sites, wanted: Wanted, show: Callable[[Line], None], *, namespace: str, offsets_s: Mapping[str, float] | None = None
) -> None:
    """Shows lines as they come, those of the past first, until cancelled. Pods and containers that start later are followed as well."""
    ahead = offsets_s or {}
    async with asyncio.TaskGroup() as group:
        for site in sites.all:
            tails = _Tails(site, wanted, lambda line: show(line.put_back(ahead.get(line.cluster, 0.0))), group)
            group.create_task(tails.watch(namespace, "", ""))
            for uid in sorted(wanted.subject.runs if wanted.subject else ()):
                for component, selector in _selectors(uid).items():
                    if not wanted.components or component in wanted.components:
                        group.create_task(tails.watch("", selector, component))


class _Tails:
    """Follows the containers of one cluster, each once."""

    def __init__(self, site: Site, wanted: Wanted, show: Callable[[Line], None], group: asyncio.TaskGroup) -> None:
        self._site, self._wanted, self._show, self._group = site, wanted, show, group
        self._followed: set[tuple[str, str, int]] = set()

    async def watch(self, namespace: str, selector: str, component: str) -> None:
        """Follows what runs among some pods, and what starts to."""
        async for event in watch.watch(self._site.client, resources.PODS, namespace=namespace or None, label_selector=selector):
            if event.type not in {"ADDED", "MODIFIED"}:
                continue
            pod = event.object
            for entry in _statuses(pod):
                # A container that was started again writes a log of its own.
                key = (pod["metadata"]["uid"], str(entry["name"]), int(entry.get("restartCount") or 0))
                if (entry.get("state") or {}).keys() & {"running", "terminated"} and key not in self._followed:
                    self._followed.add(key)
                    self._group.create_task(self._tail(pod, key[1], component))

    async def _tail(self, pod: Object, container: str, component: str) -> None:
        # A stream that breaks ends with its container, which the watch tells, or with its cluster.
        with contextlib.suppress(kube_errors.KubeError):
            async for line in _lines(self._site, pod, container, self._wanted, component, follow=True):
                self._show(line)


async def _lines(
    site: Site, pod: Object, container: str, wanted: Wanted, component: str = "", *, follow: bool = False, previous: bool = False
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
        line = parse(site.name, meta["name"], raw, component=component)
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
