"""Keys of the objects in the bucket, the same as Velero's. Pure."""

from dataclasses import dataclass

FORMAT_VERSION = "1.1.0"
#: Folders that may stand at the top of a location; anything else means that the bucket belongs to something else.
TOP_FOLDERS = frozenset({"backups", "restores", "restic", "kopia", "metadata", "plugins"})
BACKUPS = "backups/"
RESTORES = "restores/"


def restic_config(volume_namespace: str) -> str:
    """The file without which the restic repository of a namespace is none."""
    return f"restic/{volume_namespace}/config"


def restic_keys(volume_namespace: str) -> str:
    """The folder of its keys: at least one is needed to open it."""
    return f"restic/{volume_namespace}/keys/"


def restic_snapshots(volume_namespace: str) -> str:
    """The folder in which the restic repository of a namespace keeps its snapshots, one file each, called by their ids."""
    return f"restic/{volume_namespace}/snapshots/"


@dataclass(frozen=True, slots=True)
class BackupFiles:
    """Keys of one backup."""

    name: str

    @property
    def folder(self) -> str:
        """The backup's folder, with its slash."""
        return f"{BACKUPS}{self.name}/"

    @property
    def metadata(self) -> str:
        """The Backup object; a backup exists when this exists."""
        return f"{self.folder}velero-backup.json"

    @property
    def mark(self) -> str:
        """Who is writing the folder, while it does; Velero has no such file and does not look at it."""
        return f"{self.folder}mtc-writer.json"

    @property
    def contents(self) -> str:
        """The archive of objects."""
        return f"{self.folder}{self.name}.tar.gz"

    def part(self, suffix: str) -> str:
        """Another file, for instance "logs.gz" or "results.gz"."""
        return f"{self.folder}{self.name}-{suffix}"


@dataclass(frozen=True, slots=True)
class RestoreFiles:
    """Keys of one restore."""

    name: str

    @property
    def folder(self) -> str:
        """The restore's folder, with its slash."""
        return f"{RESTORES}{self.name}/"

    def part(self, suffix: str) -> str:
        """A file, for instance "logs.gz". The volume info alone has no `restore-` in front: other programs read it so."""
        return f"{self.folder}{'' if suffix == 'volumeinfo.json.gz' else 'restore-'}{self.name}-{suffix}"


#: What a DownloadRequest may ask for, and the file that answers it.
BACKUP_TARGETS = {
    "BackupLog": "logs.gz",
    "BackupVolumeSnapshots": "volumesnapshots.json.gz",
    "BackupItemOperations": "itemoperations.json.gz",
    "BackupResourceList": "resource-list.json.gz",
    "BackupResults": "results.gz",
    "BackupVolumeInfos": "volumeinfo.json.gz",
    "CSIBackupVolumeSnapshots": "csi-volumesnapshots.json.gz",
    "CSIBackupVolumeSnapshotContents": "csi-volumesnapshotcontents.json.gz",
}
RESTORE_TARGETS = {
    "RestoreLog": "logs.gz",
    "RestoreResults": "results.gz",
    "RestoreResourceList": "resource-list.json.gz",
    "RestoreItemOperations": "itemoperations.json.gz",
    "RestoreVolumeInfo": "volumeinfo.json.gz",
}


def download_key(kind: str, name: str) -> str | None:
    """The key that a DownloadRequest's target means; None for an unknown kind."""
    if kind == "BackupContents":
        return BackupFiles(name).contents
    if kind in BACKUP_TARGETS:
        return BackupFiles(name).part(BACKUP_TARGETS[kind])
    if kind in RESTORE_TARGETS:
        return RestoreFiles(name).part(RESTORE_TARGETS[kind])
    return None


def item_path(group_resource: str, namespace: str, name: str, *, version: str = "") -> str:
    """Path of an object in the archive; with `version` in the folder of the preferred version."""
    folder = f"resources/{group_resource}/{version}-preferredversion" if version else f"resources/{group_resource}"
    return f"{folder}/namespaces/{namespace}/{name}.json" if namespace else f"{folder}/cluster/{name}.json"


def parse_item_path(path: str) -> tuple[str, str, str] | None:
    """(group resource, namespace or "", name) of an object's main entry; None for version folders and other files."""
    parts = path.split("/")
    if parts[0] != "resources" or not path.endswith(".json"):
        return None
    match parts[1:]:
        case [group_resource, "namespaces", namespace, file]:
            return group_resource, namespace, file.removesuffix(".json")
        case [group_resource, "cluster", file]:
            return group_resource, "", file.removesuffix(".json")
    return None
