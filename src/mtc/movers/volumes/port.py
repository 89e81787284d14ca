"""The port: copy a folder into a repository, and a snapshot of it back into a folder."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mtc import store
from mtc.movers.volumes.compare import Compared, Difference


@dataclass(frozen=True, slots=True)
class Repository:
    """Where the snapshots of one namespace's volumes are.

    Attributes:
        location: the bucket and how to get in.
        volume_namespace: the namespace whose volumes it holds.
        password: encrypts everything in it.
        is_read_only: nothing may be written there, not even a lock.
    """

    location: store.Location
    volume_namespace: str
    password: bytes = field(repr=False)
    is_read_only: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a backup made.

    Attributes:
        id: names the snapshot in its repository.
        total_bytes, total_files: size of the volume.
        added_bytes: what was new to the repository, after compression.
        vanished: files that were deleted between being listed and being read, relative to the volume.
    """

    id: str
    total_bytes: int
    total_files: int
    added_bytes: int
    vanished: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a transfer is; the total grows while the volume is still being counted."""

    total_bytes: int
    done_bytes: int


OnProgress = Callable[[Progress], None]


def ignore_progress(_: Progress) -> None:
    """For callers that do not show any."""


class VolumeMover(Protocol):
    """Moves the data of volumes. Every method raises MoverError; cancelling a call stops the transfer."""

    @property
    def name(self) -> str:
        """What custom resources call it in `uploaderType`."""

    def identifier(self, location: store.Location, volume_namespace: str) -> str:
        """Name of the repository as custom resources carry it."""

    async def ensure(self, repository: Repository) -> None:
        """Makes the repository unless it exists, and proves that it opens. Several processes may do so at once."""

    async def backup(
        self,
        repository: Repository,
        path: Path,
        *,
        tags: Mapping[str, str],
        parent: str | None = None,
        on_progress: OnProgress = ignore_progress,
    ) -> Snapshot:
        """Copies a folder into the repository.

        Args:
            repository: where to; it must exist.
            path: the root folder of the volume.
            tags: kept with the snapshot.
            parent: an earlier snapshot of the same volume: files that did not change since are not read again.
            on_progress: called about once a second.

        Raises:
            errors.Incomplete: a file could not be read. Files that were deleted meanwhile are no error, see `Snapshot.vanished`.
        """

    async def restore(
        self,
        repository: Repository,
        snapshot_id: str,
        target: Path,
        *,
        delete_extra: bool = False,
        on_progress: OnProgress = ignore_progress,
    ) -> None:
        """Makes the folder's content that of the snapshot: data and all metadata, the folder's own included.

        Args:
            repository: where from.
            snapshot_id: what.
            target: an existing folder; what is right already is not written again.
            delete_extra: whether to delete what the snapshot does not have.
            on_progress: called about once a second.

        Raises:
            errors.Incomplete: a file could not be written.
        """

    async def compare(
        self,
        repository: Repository,
        snapshot_id: str,
        target: Path,
        *,
        on_difference: Callable[[Difference], None],
    ) -> Compared:
        """Holds a folder against a snapshot: content and all metadata, the folder's own included. Nothing is changed.

        Args:
            repository: where the snapshot is.
            snapshot_id: what should be.
            target: an existing folder, into which nobody writes meanwhile.
            on_difference: gets each difference, in a thread of its own.

        Raises:
            errors.Incomplete: something in the folder could not be read.
        """

    async def forget(self, repository: Repository, snapshot_ids: Sequence[str]) -> None:
        """Removes snapshots; those that do not exist count as removed. Their data stays until `prune`."""

    async def prune(self, repository: Repository) -> None:
        """Removes data that no snapshot needs any more. Nobody else can use the repository meanwhile."""
