"""Looks at the target for what volumes will meet there: NFS servers that must answer, quotas and limits that must leave room."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mtc.api import names
from mtc.api.migration.migplan import Action
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.migration import listing
from mtc.migration.shared import Shared
from mtc.migration.volumes import nfs, quota
from mtc.migration.volumes.entries import Entry, Found
from mtc.migration.volumes.nfs import Answers
from mtc.migration.volumes.quota import NewClaim, Shortage


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What was seen on the target.

    Attributes:
        entries: of the volumes, without `move` for those whose server does not answer.
        nfs: what is known of their servers.
        shortages: quotas and limits that are in the way.
    """

    entries: tuple[Entry, ...] = ()
    nfs: Answers = dataclasses.field(default_factory=Answers)
    shortages: tuple[Shortage, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where to look.

    Attributes:
        target: the cluster.
        is_host: whether the controller runs there.
        namespace: of the toolkit.
        mapping: namespaces of the target by those of the source.
        shared: where answers of NFS servers are kept.
    """

    target: Client
    is_host: bool
    namespace: str
    mapping: Mapping[str, str]
    shared: Shared


async def look(found: Sequence[Found], entries: Sequence[Entry], place: Place) -> Outlook:
    """What the volumes of a plan will meet.

    Args:
        found: the volumes with their claims.
        entries: their entries after the merge with what people chose.
        place: the target.

    Raises:
        KubeError: the target failed.
    """
    by_name = {item.pv["metadata"]["name"]: item for item in found}
    answers, renewed = await _nfs(by_name, entries, place)
    claims = [
        claim
        for entry in renewed
        if entry["name"] in by_name and (claim := _new_claim(by_name[entry["name"]], entry, place.mapping)) is not None
    ]
    return Outlook(entries=tuple(renewed), nfs=answers, shortages=tuple(await _shortages(claims, place.target)))


async def _nfs(by_name: Mapping[str, Found], entries: Sequence[Entry], place: Place) -> tuple[Answers, list[Entry]]:
    """A volume that is copied needs its server on the source only."""
    servers = {
        entry["name"]: server
        for entry in entries
        if _action(entry) != Action.COPY and (item := by_name.get(entry["name"])) and (server := nfs.server_of(item.pv))
    }
    if not servers:
        return Answers(), list(entries)
    answers = await nfs.ask(place.target, servers.values(), is_host=place.is_host, namespace=place.namespace, shared=place.shared)
    return answers, [_unmoved(entry) if servers.get(entry["name"]) in answers.closed else entry for entry in entries]


def _unmoved(entry: Entry) -> Entry:
    supported = entry["supported"]
    return {**entry, "supported": {**supported, "actions": [item for item in supported["actions"] if item != Action.MOVE]}}


def _action(entry: Entry) -> Any:
    return (entry.get("selection") or {}).get("action")


def _new_claim(found: Found, entry: Entry, mapping: Mapping[str, str]) -> NewClaim | None:
    """The claim that a migration makes for a volume; None for one that stays behind, or whose name is no name."""
    if _action(entry) not in {Action.COPY, Action.MOVE}:
        return None
    spec, source = found.pvc["spec"], found.pvc["metadata"]["namespace"]
    try:
        name = names.parse_pvc_mapping(str((entry.get("pvc") or {}).get("name") or "")).target
    except names.InvalidMapping:
        return None
    size = ((spec.get("resources") or {}).get("requests") or {}).get("storage") or entry.get("capacity") or "0"
    selection = entry.get("selection") or {}
    moved = _action(entry) == Action.MOVE
    if not moved and entry.get("capacityConfirmed"):
        size = entry.get("proposedCapacity") or size
    storage_class = spec.get("storageClassName") if moved else selection.get("storageClass")
    return NewClaim(mapping.get(source, source), name, str(size), str(storage_class or ""))


async def _shortages(claims: list[NewClaim], target: Client) -> list[Shortage]:
    spaces = sorted({claim.namespace for claim in claims})
    quotas = await listing.of_namespaces(target, resources.RESOURCE_QUOTAS, spaces)
    ranges = await listing.of_namespaces(target, resources.LIMIT_RANGES, spaces)
    limiting = {item["metadata"]["namespace"] for item in [*[item for item in quotas if quota.counted_keys(item)], *ranges]}
    if not limiting:
        return []
    # Claims of an earlier migration are counted already, and not made again.
    present = {
        (item["metadata"]["namespace"], item["metadata"]["name"])
        for item in await listing.of_namespaces(target, resources.PERSISTENT_VOLUME_CLAIMS, sorted(limiting))
    }
    fresh = [claim for claim in claims if (claim.namespace, claim.name) not in present]
    return [*quota.of_quotas(fresh, quotas), *quota.of_limits(fresh, ranges)]
