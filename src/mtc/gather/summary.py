"""The page that a person opens first: plans and what became of them, what it means and what to do, what happened when, what was taken.

It is made of the archive alone, so nothing stands in it that was masked, and it needs neither network nor scripts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mtc.api import catalogue, conditions
from mtc.diagnose import collect, report
from mtc.diagnose.report import Explanation
from mtc.diagnose.snapshot import Snapshot
from mtc.gather import bars, pages
from mtc.gather.reader import Archive
from mtc.kube import errors, resources
from mtc.kube.client import Object
from mtc.look import tree
from mtc.look.tree import Node

#: Of a plan the latest runs are drawn, of a cluster the latest events listed: whoever needs more has the files.
_RUNS, _EVENTS = 5, 100
_LOUD = frozenset({conditions.CRITICAL, conditions.ERROR, conditions.WARN})


@dataclass(frozen=True)
class Told:
    """A condition with its meaning."""

    place: str
    condition: conditions.Condition
    meaning: str
    remedy: str


@dataclass(frozen=True)
class Run:
    """A migration: its steps and what was made for it, as bars."""

    name: str
    state: str
    bars: list[bars.Bar]


@dataclass(frozen=True)
class Plan:
    """A plan."""

    name: str
    root: Node
    told: list[Told]
    runs: list[Run]
    explained: Explanation


async def page(archive: Archive) -> bytes:
    """The page, as HTML."""
    host, namespace = archive.sites.host, archive.namespace
    listed = {
        kind.kind: await host.client.list_all(kind, namespace=namespace)
        for kind in (resources.MIG_PLANS, resources.MIG_MIGRATIONS, resources.MIG_CLUSTERS, resources.MIG_STORAGES)
    }
    snapshot = await collect.collect(archive.sites, "", namespace=namespace, clock=lambda: archive.taken)
    plans = [await _plan(archive, snapshot, item, listed["MigMigration"]) for item in listed["MigPlan"]]
    around = [told for kind in ("MigCluster", "MigStorage") for item in listed[kind] for told in _told(item)]
    text = pages.template("summary.html.j2").render(
        manifest=archive.manifest, plans=plans, around=around, events=await _events(archive), now=archive.taken
    )
    return text.encode()


async def _plan(archive: Archive, snapshot: Snapshot, item: Object, migrations: Iterable[Object]) -> Plan:
    name = item["metadata"]["name"]
    root = await tree.of(archive.sites, name, namespace=archive.namespace)
    own = [run for run in migrations if ((run.get("spec") or {}).get("migPlanRef") or {}).get("name") == name]
    by_name = {run["metadata"]["name"]: run for run in own}
    runs = [
        Run(node.name, node.phase, bars.of([*bars.steps(by_name[node.name]), *bars.made(node)], now=archive.taken))
        for node in reversed(root.children)
        if node.name in by_name
    ]
    told = [told for found in (item, *own) for told in _told(found)]
    return Plan(name, root, told, runs[:_RUNS], report.explain(snapshot, f"migplan/{name}")[0])


def _told(item: Object) -> Iterator[Told]:
    """What an object says of trouble, with what that means."""
    kind, name = str(item["kind"]), item["metadata"]["name"]
    for entry in conditions.readable(item.get("status")):
        if entry.category in _LOUD or entry.type == conditions.FAILED:
            known = catalogue.find(kind, entry.type, entry.reason, category=entry.category)
            yield Told(f"{kind} {name}", entry, known.explanation if known else "", known.remedy if known else "")


async def _events(archive: Archive) -> list[tuple[str, str, Object]]:
    """Warnings of all clusters, the latest first: cluster, time, event."""
    found: list[tuple[str, str, Object]] = []
    for site in archive.sites.all:
        try:
            events = await site.client.list_all(resources.EVENTS)
        except errors.KubeError:
            continue  # The page says elsewhere what could not be read.
        found += [(site.name, _last(event), event) for event in events if event.get("type") == "Warning"]
    return sorted(found, key=lambda entry: entry[1], reverse=True)[:_EVENTS]


def _last(event: Object) -> str:
    time: Any = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp")
    return datetime.fromisoformat(str(time)).strftime("%Y-%m-%d %H:%M:%S") if time else ""
