"""Volume data through restic: encrypted, deduplicated, in the repository format that Velero reads and wrote until 1.16.

Backup and restore call the program once for each volume, in the volume's folder, with Velero's host name. What restic does
not keep, the root folder's own metadata, goes into tags (`mtc.movers.roots`). An empty volume becomes a snapshot of one empty
folder `.velero`, which Velero's restore helper removes again and ours never restores: so emptiness, owner and mode arrive too.
"""

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mtc import store
from mtc.movers import errors, processes, roots
from mtc.movers.restic import access, init, obstacles, reports, snapshot
from mtc.movers.volumes.compare import Compared, Comparison, Difference
from mtc.movers.volumes.port import OnProgress, Repository, Snapshot, ignore_progress

HOST = "velero"
_EMPTY_TAG = "mtc-empty"
_EMPTY_FOLDER = ".velero"
#: How long one try waits for others to unlock the repository; restic looks again every few seconds meanwhile.
_RETRY_LOCK = "1m"
#: Longer than the half hour after which restic takes a lock for one whose owner has died, and than a usual prune.
_LOCK_PATIENCE_S = 3600.0
#: A short verb needs seconds, and restic itself goes on trying a dead storage for a quarter of an hour.
_SHORT_VERB_S = 120.0
#: Folders that stand in the way are found in one pass; a second one is for what lay below a link.
_TRIES = 3
_UNKNOWN_SNAPSHOT = ("no matching ID found", "failed to load snapshot", "failed to find snapshot")


class Restic:
    """The restic mover.

    Args:
        program: name or path of restic 0.18 or later.
        cache: folder for restic's local copies of indexes, shared by all runs; it may be lost at any time.
        patience: how long to wait for others that make the same repository.
    """

    def __init__(self, *, cache: Path, program: str = "restic", patience: init.Patience | None = None) -> None:
        self._program = program
        self._patience = patience or init.Patience()
        self._cache = cache

    @property
    def name(self) -> str:
        """What custom resources call it."""
        return "restic"

    def identifier(self, location: store.Location, volume_namespace: str) -> str:
        """Name of the repository, exactly as Velero writes it."""
        return access.identifier(location, volume_namespace)

    async def ensure(self, repository: Repository) -> None:
        """Makes the repository unless it exists, and proves that it opens."""
        await init.ensure(self, repository, self._patience)

    async def backup(
        self,
        repository: Repository,
        path: Path,
        *,
        tags: Mapping[str, str],
        parent: str | None = None,
        on_progress: OnProgress = ignore_progress,
    ) -> Snapshot:
        """Copies a folder into the repository."""
        folder = await asyncio.to_thread(_existing, path)
        root = await asyncio.to_thread(roots.read, folder)
        marks = [f"{key}={value}" for key, value in tags.items()] + roots.to_tags(root)
        if await asyncio.to_thread(roots.is_empty, folder):
            return await self._backup_empty(repository, marks)
        report, ended = await self._backup(repository, folder, marks, parent, on_progress)
        if ended.code and parent and any(word in report.final for word in _UNKNOWN_SNAPSHOT):
            report, ended = await self._backup(repository, folder, marks, None, on_progress)
        if "snapshot is empty" in report.final:
            return await self._backup_empty(repository, marks)
        return self._made(repository, folder, report, ended)

    async def restore(
        self,
        repository: Repository,
        snapshot_id: str,
        target: Path,
        *,
        delete_extra: bool = False,
        on_progress: OnProgress = ignore_progress,
    ) -> None:
        """Makes the folder's content that of the snapshot."""
        folder = await asyncio.to_thread(_existing, target)
        tags = await self._tags(repository, snapshot_id)
        if f"{_EMPTY_TAG}=true" not in tags:
            await self._remove_obstacles(repository, snapshot_id, folder)
            await self._restore(repository, snapshot_id, folder, on_progress, delete_extra=delete_extra)
        elif delete_extra:
            await asyncio.to_thread(roots.clear, folder)
        if root := roots.from_tags(tags):
            await asyncio.to_thread(roots.apply, root, folder)

    async def compare(
        self,
        repository: Repository,
        snapshot_id: str,
        target: Path,
        *,
        on_difference: Callable[[Difference], None],
    ) -> Compared:
        """Holds a folder against a snapshot."""
        folder = await asyncio.to_thread(_existing, target)
        with tempfile.TemporaryDirectory(prefix="mtc-compare-") as name:
            manifest = await snapshot.fetch(repository, snapshot_id, empty_tag=f"{_EMPTY_TAG}=true", folder=Path(name))
            work = Comparison(manifest, folder, on_difference)
            running = asyncio.create_task(asyncio.to_thread(work.run))
            try:
                return await asyncio.shield(running)
            finally:
                # A thread cannot be cancelled: it is told to stop, and its files stay until it has.
                work.stop.set()
                await asyncio.wait([running])
                manifest.close()

    async def forget(self, repository: Repository, snapshot_ids: Sequence[str]) -> None:
        """Removes snapshots."""
        known = {item["id"] for item in await self._snapshots(repository, ())}
        found = sorted(full for full in known if any(full.startswith(wanted) for wanted in snapshot_ids if wanted))
        if found:
            report, ended = await self.run(repository, "forget", *found)
            if ended.code:
                raise reports.failure(report, ended, doing=f"forget {len(found)} snapshots", where=self._where(repository))

    async def prune(self, repository: Repository) -> None:
        """Removes data that no snapshot needs any more."""
        report, ended = await self.run(repository, "prune")
        if ended.code:
            raise reports.failure(report, ended, doing="prune", where=self._where(repository))

    async def short(self, repository: Repository, *arguments: str, doing: str) -> reports.Report:
        """What a quick verb reported. Raises the error that fits when it fails or takes longer than two minutes."""
        try:
            report, ended = await self.run(repository, *arguments, deadline_s=_SHORT_VERB_S)
        except errors.TimedOut as error:
            msg = f"restic could not {doing} (repository {self._where(repository)}): the storage gives no answer. {error}"
            raise errors.Unreachable(msg) from error
        if ended.code:
            raise reports.failure(report, ended, doing=doing, where=self._where(repository))
        return report

    async def run(
        self,
        repository: Repository,
        verb: str,
        *arguments: str,
        cwd: Path | None = None,
        on_progress: OnProgress = ignore_progress,
        on_document: Callable[[Any], None] | None = None,
        deadline_s: float | None = None,
    ) -> tuple[reports.Report, processes.Ended]:
        """One run of restic: what it reported and how it ended, whatever its exit code.

        A lock whose owner has died, this process before a restart for instance, is removed; for others it waits.
        """
        start = [verb, *(["--no-lock"] if repository.is_read_only else [])]
        end = asyncio.get_running_loop().time() + _LOCK_PATIENCE_S
        retry: list[str] = []
        while True:
            found = await self._run(repository, [*start, *retry, *arguments], cwd, on_progress, on_document, deadline_s)
            if found[1].code != reports.LOCKED or repository.is_read_only or asyncio.get_running_loop().time() > end:
                return found
            await self._run(repository, ["unlock"], None, ignore_progress, None, _SHORT_VERB_S)
            retry = ["--retry-lock", _RETRY_LOCK]

    async def _run(
        self,
        repository: Repository,
        arguments: Sequence[str],
        cwd: Path | None,
        on_progress: OnProgress,
        on_document: Callable[[Any], None] | None,
        deadline_s: float | None,
    ) -> tuple[reports.Report, processes.Ended]:
        report = reports.Report(on_progress=on_progress, on_document=on_document)
        verb, *rest = arguments
        async with _prepared(repository) as way:
            argv = [self._program, verb, "--json", "--cache-dir", str(self._cache), "--cleanup-cache", *way.arguments]
            # restic trusts PWD for the name of the folder that it runs in; it must be that of the folder.
            env = way.env | ({"PWD": str(cwd)} if cwd else {})
            ended = await processes.run(
                [*argv, *rest], env=env, cwd=cwd, on_line=report.line, on_error_line=report.error_line, deadline_s=deadline_s
            )
        report.final = _without(report.final, way.secrets)
        return report, processes.Ended(ended.code, _without(ended.tail, way.secrets))

    def _where(self, repository: Repository) -> str:
        return access.identifier(repository.location, repository.volume_namespace)

    async def _backup(
        self, repository: Repository, folder: Path, marks: list[str], parent: str | None, on_progress: OnProgress
    ) -> tuple[reports.Report, processes.Ended]:
        arguments = [f"--host={HOST}", *(f"--tag={mark}" for mark in marks)]
        if parent:
            arguments.append(f"--parent={parent}")
        if own := await asyncio.to_thread(roots.lost_and_found, folder):
            arguments.append(f"--exclude={_literal(str(own))}")
        return await self.run(repository, "backup", *arguments, ".", cwd=folder, on_progress=on_progress)

    async def _backup_empty(self, repository: Repository, marks: list[str]) -> Snapshot:
        # restic refuses to make a snapshot of nothing.
        with tempfile.TemporaryDirectory(prefix="mtc-empty-") as name:
            folder = Path(name).resolve()
            (folder / _EMPTY_FOLDER).mkdir()
            report, ended = await self._backup(repository, folder, [*marks, f"{_EMPTY_TAG}=true"], None, ignore_progress)
            return self._made(repository, folder, report, ended)

    def _made(self, repository: Repository, folder: Path, report: reports.Report, ended: processes.Ended) -> Snapshot:
        vanished = [problem for problem in report.problems if problem.is_vanished]
        unread = [problem for problem in report.problems if not problem.is_vanished]
        where = self._where(repository)
        if unread:
            raise reports.incomplete(unread, f"The copy of {folder} into repository {where} is not complete")
        tolerated = ended.code == reports.INCOMPLETE and vanished
        if (ended.code and not tolerated) or not report.summary.get("snapshot_id"):
            raise reports.failure(report, ended, doing=f"copy {folder}", where=where)
        figures = report.summary
        return Snapshot(
            id=str(figures["snapshot_id"]),
            total_bytes=int(figures.get("total_bytes_processed") or 0),
            total_files=int(figures.get("total_files_processed") or 0),
            added_bytes=int(figures.get("data_added_packed") or 0),
            vanished=tuple(problem.item.removeprefix(f"{folder}/") for problem in vanished),
        )

    async def _restore(
        self, repository: Repository, snapshot_id: str, folder: Path, on_progress: OnProgress, *, delete_extra: bool
    ) -> None:
        # `always` compares contents: `if-changed` would trust times, which a restored application may have put back.
        arguments = ["--target", str(folder), "--sparse", "--overwrite", "always", "--exclude-xattr", roots.SELINUX_XATTR]
        if await asyncio.to_thread(roots.lost_and_found, folder):
            # What is excluded is neither written nor deleted.
            arguments += ["--exclude", f"/{roots.LOST_AND_FOUND}"]
        if delete_extra:
            arguments.append("--delete")
        for _ in range(_TRIES):
            report, ended = await self.run(repository, "restore", *arguments, snapshot_id, cwd=folder, on_progress=on_progress)
            blocked = [problem.item for problem in report.problems if problem.is_obstructed]
            if not blocked or not delete_extra:
                break
            await asyncio.to_thread(_clear, folder, blocked)
        if ended.code:
            raise reports.failure(report, ended, doing=f"restore snapshot {snapshot_id[:8]} into {folder}", where=self._where(repository))

    async def _remove_obstacles(self, repository: Repository, snapshot_id: str, folder: Path) -> None:
        candidates = await asyncio.to_thread(obstacles.find, folder)
        if not candidates:
            return
        found: list[str] = []

        def look(node: Any) -> None:
            if obstacles.is_in_the_way(candidates, node):
                found.append(node["path"])

        report, ended = await self.run(repository, "ls", "--no-lock", snapshot_id, on_document=look)
        if ended.code:
            raise reports.failure(report, ended, doing=f"list snapshot {snapshot_id[:8]}", where=self._where(repository))
        for name in found:
            (folder / name.lstrip("/")).unlink()

    async def _tags(self, repository: Repository, snapshot_id: str) -> list[str]:
        if not init.is_elsewhere(repository):
            return await snapshot.tags(repository, snapshot_id)
        found = await self._snapshots(repository, (snapshot_id,))
        if not found:
            raise snapshot.missing(self._where(repository), snapshot_id)
        return [str(tag) for tag in found[0].get("tags") or []]

    async def _snapshots(self, repository: Repository, ids: tuple[str, ...]) -> list[dict[str, Any]]:
        report = await self.short(repository, "snapshots", "--no-lock", *ids, doing="list its snapshots")
        return [item for document in report.documents if isinstance(document, list) for item in document]


@asynccontextmanager
async def _prepared(repository: Repository) -> AsyncIterator[access.Access]:
    with tempfile.TemporaryDirectory(prefix="mtc-restic-") as name:
        yield access.prepare(repository, Path(name))


def _existing(path: Path) -> Path:
    found = path.resolve()
    if not found.is_dir():
        msg = f"The volume's folder {path} does not exist on this node. Is the pod still there, and is its volume mounted?"
        raise errors.Failed(msg)
    return found


def _clear(folder: Path, items: list[str]) -> None:
    """Removes folders that are in the way of something else; their parents are real folders, restic has seen to it."""
    for item in items:
        found = folder / item.lstrip("/")
        if found.is_dir() and not found.is_symlink():
            shutil.rmtree(found)


def _literal(path: str) -> str:
    """The path as a pattern that matches nothing else."""
    return re.sub(r"([\\*?\[])", r"\\\1", path)


def _without(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return text
