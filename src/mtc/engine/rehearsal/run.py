"""From the source to what the target would say: collects as a backup does, restores as a restore does, and writes nothing."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from mtc.engine import archive, listing, results, selection
from mtc.engine.backup.collect import Collector
from mtc.engine.backup.context import Context as BackupContext
from mtc.engine.backup.volumes import VolumeCopies
from mtc.engine.rehearsal import differences
from mtc.engine.rehearsal.client import Key, RehearsalClient, key_of
from mtc.engine.restore import context as contexts
from mtc.engine.restore import run
from mtc.engine.restore.context import Context, Fate
from mtc.kube import codec, discovery, resources
from mtc.kube.client import Client, Object

CREATE, CHANGE, SKIP, LEFT_OUT, REFUSED, UNCHECKED = "create", "change", "skip", "left-out", "refused", "unchecked"
#: A warning of a restore that `skip` with its differences tells better.
_KEPT = "differs from the backup; it was left as it is"
_FATES: Mapping[Fate, str] = {"created": CREATE, "updated": CHANGE, "skipped": SKIP, "failed": REFUSED}


@dataclass(frozen=True, slots=True)
class Judged:
    """What would become of an object.

    Attributes:
        action: create, change, skip (it is there and stays), left-out (the target makes it itself), refused or unchecked.
        key: what it is.
        message: what differs, or why.
    """

    action: str
    key: Key
    message: str = ""


@dataclass(frozen=True)
class Rehearsed:
    """The result.

    Attributes:
        objects: what would become of each object.
        collected: number of objects that the backup would hold.
        remarks: what could not be looked at.
        lacking: rights that the token lacks.
    """

    objects: tuple[Judged, ...]
    collected: int
    remarks: tuple[str, ...]
    lacking: tuple[str, ...]


@dataclass
class _Rehearsal(Context):
    """The context of the restore, which notes what would become of each object."""

    judged: dict[Key, Judged] = field(default_factory=dict)
    coming: set[str] = field(default_factory=set)
    excused: set[str] = field(default_factory=set)
    why: str = ""

    def fail(self, place: str, message: str) -> None:
        """As always; the object that is settled next is the one."""
        super().fail(place, message)
        self.why = message

    def settle(self, item: Object, fate: Fate) -> None:
        """Notes it."""
        super().settle(item, fate)
        key, client = key_of(item), cast("RehearsalClient", self.cluster)
        action, message = _FATES[fate], ""
        if fate == "failed" and key[0] in self.coming:
            action, message = UNCHECKED, "its definition is not there yet"
            self.excused.add(self.why)
        elif fate == "failed":
            message = self.why
        elif key in client.unchecked:
            action, message = (UNCHECKED if fate == "created" else action), client.unchecked[key]
        elif fate == "skipped" and key not in client.asked and key not in client.existing:
            action, message = LEFT_OUT, "the target makes its own"
        elif live := client.existing.get(key) if fate in {"skipped", "updated"} else None:
            ours = self.labels.keys() | self.migration_labels.keys()
            message = "; ".join(differences.lines(live, item, ignored_labels=ours))
        if fate == "created" and key[0].startswith("CustomResourceDefinition"):
            self.coming.add(f"{item['spec']['names']['kind']}.{item['spec']['group']}")
        self.judged[key] = Judged(action, key, message)


async def rehearse(
    source: Client,
    target: Client,
    *,
    backup: Object | None,
    restore: Object,
    more: Iterable[tuple[resources.ResourceType, Object]] = (),
) -> Rehearsed:
    """What a backup and its restore would do.

    Args:
        source: where the objects are.
        target: where they would go.
        backup: the Backup as it would be made; None where only `more` is restored.
        restore: the Restore as it would be made, with a name.
        more: objects of the source that would reach the target by another backup, with the marks that they would carry then.

    Raises:
        KubeError: a cluster could not be read at all.
    """
    with tempfile.TemporaryDirectory(prefix="mtc-rehearsal-") as place:
        folder = Path(place)
        collected, said, lacking = await _collect(source, folder, backup, more)
        rehearsal, client = await _restore(target, folder, backup or {"metadata": {"name": ""}}, restore)
    objects = tuple(sorted(rehearsal.judged.values(), key=lambda entry: entry.key))
    told = {entry.message for entry in objects} | rehearsal.excused
    more_said = [line for line in results_of(rehearsal.results) if line not in told and _KEPT not in line]
    return Rehearsed(objects, collected, (*said, *more_said), (*lacking, *client.lacking))


async def _collect(
    source: Client, folder: Path, backup: Object | None, more: Iterable[tuple[resources.ResourceType, Object]]
) -> tuple[int, list[str], list[str]]:
    log = results.RunLog(folder / "backup-log.gz", rehearsal="backup")
    try:
        with listing.Listing(folder / "stored.sqlite") as stored, archive.Writer(folder / "contents.tar.gz") as writer:
            told = results.Results()
            if backup is not None:
                context = await _backup_context(source, backup, log, told, stored)
                await Collector(context, writer, VolumeCopies(context)).run()
            for kind, item in more:
                meta = item["metadata"]
                writer.add(kind.group_resource, kind.version, meta.get("namespace") or "", meta["name"], codec.dumps(item))
            lines = results_of(told)
            return len(stored), lines, [line for line in lines if "cannot list" in line]
    finally:
        log.close()


async def _backup_context(
    source: Client, backup: Object, log: results.RunLog, told: results.Results, stored: listing.Listing
) -> BackupContext:
    discovered = await discovery.discover(source)
    spec = backup.get("spec") or {}
    namespaces = selection.Patterns.of(spec.get("includedNamespaces"), spec.get("excludedNamespaces"))

    def resolve(name: str) -> str:
        kind = discovered.find(name)
        return kind.group_resource if kind else name

    types = selection.Resources.of(spec, namespaces=namespaces, resolve=resolve)
    return BackupContext(source, backup, discovered, namespaces, types, log, told, stored)


async def _restore(target: Client, folder: Path, backup: Object, restore: Object) -> tuple[_Rehearsal, RehearsalClient]:
    client = RehearsalClient(target)
    discovered = await discovery.discover(target)
    log = results.RunLog(folder / "restore-log.gz", rehearsal="restore")
    try:
        with archive.Reader(folder / "contents.tar.gz", folder) as reader, listing.Listing(folder / "fates.sqlite") as fates:
            rehearsal = contexts.build(
                client,
                restore,
                backup,
                form=_Rehearsal,
                reader=reader,
                discovered=discovered,
                log=log,
                fates=fates,
                helper_image="mtc",
            )
            await run.run(rehearsal, progress=_no_progress)
            return rehearsal, client
    finally:
        log.close()


async def _no_progress(_done: int, _total: int) -> None:
    return


def results_of(told: results.Results) -> list[str]:
    """The warnings and errors of a run, one line each."""
    document: dict[str, Any] = told.document()
    lines: list[str] = []
    for places in (document["errors"], document["warnings"]):
        for place, found in places.items():
            if place == "namespaces":
                lines.extend(text for texts in found.values() for text in texts)
            else:
                lines.extend(found)
    return lines
