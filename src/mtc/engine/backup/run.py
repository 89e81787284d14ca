"""The work of one backup: from a valid Backup to files in the bucket.

`velero-backup.json` is written last: a backup exists for others when that file exists, and then everything else is there.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mtc import store
from mtc.engine import archive, layout, listing, ownership, results, selection, unsupported, waiting
from mtc.engine.backup.collect import Collector
from mtc.engine.backup.context import Context, excluded_namespaces
from mtc.engine.backup.volumes import VolumeCopies
from mtc.engine.errors import NameTaken
from mtc.kube import codec, discovery
from mtc.kube.client import Client, Object
from mtc.store import port
from mtc.store.errors import StoreError
from mtc.telemetry import logs

#: Tells how far the run is: (items stored, items known of).
Progress = Callable[[int, int], Awaitable[None]]
_PROGRESS_S = 1.0
#: Groups of APIs whose objects are figures of the moment.
_MEASURES = "metrics.k8s.io"


@dataclass(frozen=True)
class Finished:
    """How a run ended.

    Attributes:
        errors, warnings: numbers of them.
        items: objects in the archive.
        archive_bytes: size of the archive.
    """

    errors: int
    warnings: int
    items: int
    archive_bytes: int


async def run(
    cluster: Client, backup: Object, target: store.Store, *, progress: Progress, finish: Callable[[Finished], Object]
) -> Finished:
    """Collects, copies volume data, uploads.

    Args:
        cluster: the cluster to read.
        backup: the Backup, validated, with its location in `spec.storageLocation`.
        target: the location's store.
        progress: told about once a second.
        finish: gives the Backup as it shall stand in the bucket, from how the run ended.

    Raises:
        StoreError: a file could not be written.
        NameTaken: another Backup of the same name was faster.
        KubeError: the cluster could not be read at all.
    """
    name = backup["metadata"]["name"]
    with tempfile.TemporaryDirectory(prefix="mtc-backup-") as folder, listing.Listing(Path(folder) / "stored.sqlite") as stored:
        place = Path(folder)
        log = results.RunLog(place / "log.gz", backup=f"{backup['metadata']['namespace']}/{name}")
        try:
            discovered = await discovery.discover(cluster)
            context = _context(cluster, backup, discovered, log, stored, unwanted=await excluded_namespaces(cluster))
            for text in unsupported.warnings_of_backup(context.spec):
                context.warn(results.VELERO, text)
            _tell_broken(context)
            _tell_strangers(context)
            volumes = await _collect(context, place / "contents.tar.gz", progress)
            await volumes.run()
            log.info("objects collected", items=len(context.stored), errors=context.results.errors, warnings=context.results.warnings)
        finally:
            log.close()
        size = (place / "contents.tar.gz").stat().st_size
        finished = Finished(context.results.errors, context.results.warnings, len(context.stored), size)
        await _upload(target, layout.BackupFiles(name), place, context, volumes, finish(finished))
        return finished


def _context(
    cluster: Client,
    backup: Object,
    discovered: discovery.Discovery,
    log: results.RunLog,
    stored: listing.Listing,
    *,
    unwanted: Collection[str],
) -> Context:
    spec = backup.get("spec") or {}
    excluded = {*(spec.get("excludedNamespaces") or ())}
    namespaces = selection.Patterns.of(spec.get("includedNamespaces"), sorted(excluded | {*unwanted}))
    # Leaving out namespaces by their label does not make a backup of everything one of some namespaces.
    chosen = selection.Patterns.of(spec.get("includedNamespaces"), sorted(excluded - {*unwanted}))

    def resolve(name: str) -> str:
        kind = discovered.find(name)
        return kind.group_resource if kind else name

    types = selection.Resources.of(spec, namespaces=chosen, resolve=resolve)
    return Context(cluster, backup, discovered, namespaces, types, log, results.Results(), stored)


def _tell_broken(context: Context) -> None:
    """What an API server that does not answer holds is missing: an error where everything is wanted, unless that server only measures."""
    named = [*(context.spec.get("includedResources") or ()), *(context.spec.get("includedNamespaceScopedResources") or ())]
    is_wanted = not named or "*" in named
    for broken in context.discovered.broken:
        tell = context.fail if is_wanted and not broken.partition("/")[0].endswith(_MEASURES) else context.warn
        tell(results.VELERO, f"API {broken}; its objects are not in the backup.")


def _tell_strangers(context: Context) -> None:
    """Warns of kinds that the filters ask for and the cluster does not serve: who misspells one has a backup without it."""
    known = [kind.group_resource for kind in context.discovered.preferred]
    for name in selection.strangers([*context.types.namespaced.includes, *context.types.cluster.includes], known):
        context.warn(
            results.VELERO,
            f"Cluster {context.cluster.name} serves no kind {name}, which the filters of the backup include, so nothing of it is in the "
            f"backup. Correct the name, or take it off the list.",
        )


async def _collect(context: Context, path: Path, progress: Progress) -> VolumeCopies:
    volumes = VolumeCopies(context)
    with archive.Writer(path) as writer:
        reporter = asyncio.create_task(_report(context, progress))
        try:
            await Collector(context, writer, volumes).run()
        finally:
            reporter.cancel()
    await progress(len(context.stored), len(context.stored))
    return volumes


async def _report(context: Context, progress: Progress) -> None:
    last = -1
    while True:
        await asyncio.sleep(_PROGRESS_S)
        if len(context.stored) != last:
            last = len(context.stored)
            await progress(last, last)


async def _upload(
    target: store.Store, files: layout.BackupFiles, place: Path, context: Context, volumes: VolumeCopies, finished: Object
) -> None:
    documents: dict[str, Any] = {
        "podvolumebackups.json.gz": volumes.finished or None,
        "volumesnapshots.json.gz": None,
        "itemoperations.json.gz": [],
        "results.gz": context.results.document(),
        "volumeinfo.json.gz": volumes.info(),
    }
    context.stored.write(place / "resource-list.gz")
    uid = context.backup["metadata"]["uid"]
    # Another cluster may have taken the name since the run began.
    await ownership.check(target, files, uid)
    try:
        await target.put_file(files.contents, place / "contents.tar.gz")
        async with asyncio.TaskGroup() as group:
            group.create_task(target.put_file(files.part("logs.gz"), place / "log.gz"))
            group.create_task(target.put_file(files.part("resource-list.json.gz"), place / "resource-list.gz"))
            for suffix, document in documents.items():
                group.create_task(target.put(files.part(suffix), results.packed(document)))
        await ownership.check(target, files, uid)
        await target.put(files.metadata, codec.dumps_pretty(finished))
        await ownership.release(target, files)
    except* StoreError as group_error:
        raise waiting.first(group_error) from group_error


async def remove(target: store.Store, files: layout.BackupFiles, uid: str) -> None:
    """Removes what a failed run of the Backup has written, unless another Backup has its files there.

    A store that does not answer keeps it; the folder without metadata is no backup.
    """
    try:
        await ownership.check(target, files, uid)
        await port.delete_folder(target, files.folder)
    except NameTaken as error:
        logs.get().warning("what a failed backup has written is left where it is", folder=files.folder, error=str(error))
    except StoreError as error:
        logs.get().warning("files of a failed backup stay in the bucket", folder=files.folder, error=str(error))


def now() -> datetime:
    """This moment, to the second as CRs have it."""
    return datetime.now(UTC).replace(microsecond=0)
