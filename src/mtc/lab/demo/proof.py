"""What the source had before the migration beside what the target has after it: rows, files, objects, pages."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from mtc.kube.client import Client
from mtc.lab.demo import objects, pages, rows, volumes
from mtc.lab.demo.screen import Screen, format_size
from mtc.lab.demo.setting import PROMOTIONS, SHOP, Setting

_SHOWN = 8


@dataclass(frozen=True)
class State:
    """What a cluster has of the shop.

    Attributes:
        tables: its databases.
        kinds: its objects.
    """

    tables: rows.Inventory
    kinds: Mapping[str, objects.Kind]


async def state(cluster: Client) -> State:
    """What a cluster, on which the shop runs, has of it."""
    tables, kinds = await asyncio.gather(rows.read(cluster), objects.read(cluster, SHOP, definition=PROMOTIONS))
    return State(tables, kinds)


def same_rows(screen: Screen, source: rows.Inventory, target: rows.Inventory) -> bool:
    """Show all tables; whether they hold the same."""
    lines, verdicts = [["database", "table", "rows", "on target", "source", "target"]], []
    none = rows.Table(0, "-")
    for key in sorted(source.keys() | target.keys()):
        here, there = source.get(key, none), target.get(key, none)
        lines.append([*key, f"{here.rows:,}", f"{there.rows:,}", here.checksum, there.checksum])
        verdicts.append(here == there)
    screen.table(lines, verdicts=verdicts)
    return all(verdicts) and len(verdicts) > 0


def same_volumes(screen: Screen, found: list[volumes.Volume]) -> bool:
    """Show all volumes; whether they hold the same."""
    lines, verdicts = [["volume", "entries", "size", "source", "target", "written since by the target"]], []
    for volume in found:
        told = volume.comparison
        lines.append([volume.claim, f"{told.files:,}", format_size(told.size_bytes), told.source, told.target, str(len(told.written))])
        verdicts.append(told.is_same)
    screen.table(lines, verdicts=verdicts)
    for volume in found:
        for name, why in volume.comparison.different[:_SHOWN]:
            screen.bad(f"{volume.claim}: {name!r}: {why}")
        if (more := len(volume.comparison.different) - _SHOWN) > 0:
            screen.bad(f"{volume.claim}: and {more} more")
    return all(verdicts) and len(verdicts) > 0


def same_objects(screen: Screen, source: Mapping[str, objects.Kind], target: Mapping[str, objects.Kind]) -> bool:
    """Show all kinds; whether their objects are the same."""
    lines, verdicts, differences = [["kind", "objects", "on target", "source", "target"]], [], []
    none = objects.Kind(names=(), checksum="-", each={})
    for name in sorted(source.keys() | target.keys()):
        here, there = source.get(name, none), target.get(name, none)
        lines.append([name, str(len(here.names)), str(len(there.names)), here.checksum, there.checksum])
        verdicts.append(here.checksum == there.checksum)
        differences += [
            f"{name} {item}: {_why(here, there, item)}"
            for item in sorted({*here.names, *there.names})
            if here.each.get(item) != there.each.get(item)
        ]
    screen.table(lines, verdicts=verdicts)
    for difference in differences:
        screen.bad(difference)
    return all(verdicts) and len(verdicts) > 0


def _why(here: objects.Kind, there: objects.Kind, item: str) -> str:
    if item not in there.each:
        return "missing in the target"
    if item not in here.each:
        return "only in the target"
    return "differs in the target"


async def answers(screen: Screen, setting: Setting) -> bool:
    """Ask for pages of the migrated shop, and show what came."""
    found = await pages.ask(setting.target)
    lines = [["page through the target's NodePort", "answer"], *([path, answer] for path, answer in found.items())]
    screen.table(lines, verdicts=[answer == "200" for answer in found.values()])
    return pages.are_good(list(found.values()))
