"""MigHook: a playbook or an image that runs at a point of a migration."""

from enum import StrEnum
from typing import ClassVar

from pydantic import ConfigDict, Field

from mtc.api import base
from mtc.api.conditions import Condition


class TargetCluster(StrEnum):
    """In which cluster a hook runs."""

    SOURCE = "source"
    DESTINATION = "destination"


class MigHookSpec(base.Model):
    """What runs, and in which cluster."""

    model_config = ConfigDict(json_schema_extra=base.rules(*base.not_negative("activeDeadlineSeconds")))

    custom: bool = Field(
        default=False, description="Whether the image does the work itself; else it runs the playbook.", json_schema_extra=base.REQUIRED
    )
    image: str = Field(default="", description="Image of the hook's container.", json_schema_extra=base.REQUIRED)
    playbook: str = Field(default="", description="Ansible playbook in base64; needed unless `custom` is true.")
    target_cluster: str = Field(default="", description="Where it runs: source or destination.", json_schema_extra=base.REQUIRED)
    active_deadline_seconds: base.Int64 | None = Field(default=None, description="How long it may run; 0 or unset means 1800.")


class MigHookStatus(base.Model):
    """What is known of the hook."""

    conditions: list[Condition] = Field(default_factory=list, description="What holds for the hook.")
    observed_generation: base.Int64 | None = Field(default=None, description="Generation of the object that was last reconciled.")


class MigHook(base.Resource):
    """Work of the user's own that runs before or after the backup or the restore of a migration."""

    KIND: ClassVar[base.Kind] = base.migration_kind(
        "MigHook",
        "mighooks",
        base.READY_COLUMN,
        base.Column("Image", ".spec.image"),
        base.Column("TargetCluster", ".spec.targetCluster"),
        base.AGE,
    )
    spec: MigHookSpec = Field(default_factory=MigHookSpec, description="What runs, and in which cluster.")
    status: MigHookStatus = Field(default_factory=MigHookStatus, description="What is known of the hook.")
