"""BackupRepository: the repository that holds the volume data of one namespace in one storage location."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from mtc.api import base


class Phase(StrEnum):
    """Whether the repository can be used."""

    NEW = "New"
    READY = "Ready"
    NOT_READY = "NotReady"


REPOSITORY_TYPES = ("kopia", "restic", "")


class BackupRepositorySpec(base.Model):
    """Which repository it is."""

    volume_namespace: str = Field(description="Namespace whose volumes the repository holds.")
    backup_storage_location: str = Field(description="BackupStorageLocation in which the repository lies.")
    repository_type: str | None = Field(
        default=None, description="Program that reads and writes the repository.", json_schema_extra={"enum": [*REPOSITORY_TYPES]}
    )
    restic_identifier: str | None = Field(default=None, description="Address of the repository as restic writes it.")
    maintenance_frequency: base.Duration = Field(description="How often the repository is tidied up.")
    repository_config: dict[str, str] = Field(default_factory=dict, description="Settings of the repository.")


class Maintenance(base.Model):
    """One tidying up of the repository."""

    result: str | None = Field(default=None, description="Succeeded or Failed.")
    start_timestamp: base.Time | None = Field(default=None, description="When it started.")
    complete_timestamp: base.Time | None = Field(default=None, description="When it ended.")
    message: str | None = Field(default=None, description="What happened.")


class BackupRepositoryStatus(base.Model):
    """Whether the repository can be used, and when it was tidied up."""

    phase: str | None = Field(default=None, description="Whether the repository can be used.")
    message: str | None = Field(default=None, description="Why the repository cannot be used.")
    last_maintenance_time: base.Time | None = Field(default=None, description="When the repository was last tidied up.")
    recent_maintenance: list[Maintenance] = Field(default_factory=list, description="How the last times went.")


class BackupRepository(base.Resource):
    """A repository of volume data."""

    KIND: ClassVar[base.Kind] = base.velero_kind(
        "BackupRepository",
        "backuprepositories",
        base.AGE,
        base.Column("Repository Type", ".spec.repositoryType"),
        short_names=("repo",),
    )
    spec: BackupRepositorySpec = Field(description="Which repository it is.")
    status: BackupRepositoryStatus = Field(
        default_factory=BackupRepositoryStatus, description="Whether the repository can be used, and when it was tidied up."
    )
