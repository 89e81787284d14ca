"""Schedule: makes a Backup at certain times."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from mtc.api import base
from mtc.api.velero.backup import BackupSpec


class Phase(StrEnum):
    """Whether the schedule works."""

    NEW = "New"
    ENABLED = "Enabled"
    FAILED_VALIDATION = "FailedValidation"


class ScheduleSpec(base.Model):
    """When a backup is made, and what it is."""

    template: BackupSpec = Field(description="Spec of the backups.")
    schedule: str = Field(description="Cron expression, in UTC: five fields, or such as `@daily` or `@every 6h`.")
    use_owner_references_in_backup: bool | None = Field(default=None, description="Whether the Schedule owns its Backups.")
    paused: bool = Field(default=False, description="Whether no backups are made for now.")
    skip_immediately: bool | None = Field(default=None, description="Whether the backup that is due now is left out.")


class ScheduleStatus(base.Model):
    """Whether the schedule works, and when it last did."""

    phase: str | None = Field(default=None, description="Whether the schedule works.")
    last_backup: base.Time | None = Field(default=None, description="When the last backup was made.")
    last_skipped: base.Time | None = Field(default=None, description="When a backup was last left out.")
    validation_errors: list[str] = Field(default_factory=list, description="Why the spec was refused.")


class Schedule(base.Resource):
    """Backups that are made again and again."""

    KIND: ClassVar[base.Kind] = base.velero_kind(
        "Schedule",
        "schedules",
        base.Column("Status", ".status.phase"),
        base.Column("Schedule", ".spec.schedule"),
        base.Column("LastBackup", ".status.lastBackup", "date"),
        base.AGE,
        base.Column("Paused", ".spec.paused", "boolean"),
        short_names=("sched",),
    )
    spec: ScheduleSpec = Field(description="When a backup is made, and what it is.")
    status: ScheduleStatus = Field(default_factory=ScheduleStatus, description="Whether the schedule works, and when it last did.")
