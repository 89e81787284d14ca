"""Checks of a MigStorage, and what they look at."""

from dataclasses import dataclass

from mtc.api.migration.migstorage import MigStorage
from mtc.kube.client import Object
from mtc.migration import providers


@dataclass(frozen=True)
class Scope:
    """What was read before the checks of a MigStorage.

    Attributes:
        storage: the MigStorage.
        secret: the Secret of `backupStorageConfig`, None where it does not exist.
        snapshot_secret: the Secret of `volumeSnapshotConfig`, None likewise.
    """

    storage: MigStorage
    secret: Object | None
    snapshot_secret: Object | None

    @property
    def provider(self) -> providers.Provider | None:
        """Of backups; None where it is not known."""
        return providers.known().get(self.storage.spec.backup_storage_provider)

    @property
    def has_snapshots(self) -> bool:
        """Whether snapshots have settings of their own: a provider that differs, or a Secret."""
        spec = self.storage.spec
        return bool(spec.volume_snapshot_provider)

    @property
    def snapshot_provider(self) -> providers.Provider | None:
        """Of snapshots; None where none is named or it is not known."""
        return providers.known().get(self.storage.spec.volume_snapshot_provider)
