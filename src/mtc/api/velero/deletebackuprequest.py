"""DeleteBackupRequest: asks for the deletion of a backup with all its data."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from mtc.api import base


class Phase(StrEnum):
    """How far the deletion has come."""

    NEW = "New"
    IN_PROGRESS = "InProgress"
    PROCESSED = "Processed"


class DeleteBackupRequestSpec(base.Model):
    """What is deleted."""

    backup_name: str = Field(description="Name of the Backup.")


class DeleteBackupRequestStatus(base.Model):
    """How the deletion went."""

    phase: str | None = Field(default=None, description="How far the deletion has come.")
    errors: list[str] = Field(default_factory=list, description="Why something could not be deleted.")


class DeleteBackupRequest(base.Resource):
    """A request to delete a backup with all its data."""

    KIND: ClassVar[base.Kind] = base.velero_kind(
        "DeleteBackupRequest",
        "deletebackuprequests",
        base.Column("BackupName", ".spec.backupName"),
        base.Column("Status", ".status.phase"),
        short_names=("dbr",),
    )
    spec: DeleteBackupRequestSpec = Field(description="What is deleted.")
    status: DeleteBackupRequestStatus = Field(default_factory=DeleteBackupRequestStatus, description="How the deletion went.")
