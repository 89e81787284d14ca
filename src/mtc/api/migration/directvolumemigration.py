"""DirectVolumeMigration: copies the data of claims from cluster to cluster without a storage between them."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from mtc.api import base, common
from mtc.api.conditions import Condition


class MigrationType(StrEnum):
    """What the copy is for."""

    STAGE = "Stage"
    CUT_OVER = "CutOver"
    ROLLBACK = "Rollback"


class PvcToMigrate(common.ObjectReference):
    """A claim in the source, and the claim that it becomes in the target."""

    target_storage_class: str = Field(default="", description="Storage class in the target.", json_schema_extra=base.REQUIRED)
    target_access_modes: list[str] = Field(default_factory=list, description="Access modes in the target.", json_schema_extra=base.REQUIRED)
    target_volume_mode: str | None = Field(default=None, description="Volume mode in the target: Filesystem, Block or auto.")
    target_namespace: str = Field(default="", description="Namespace in the target; empty means as in the source.")
    target_name: str = Field(default="", description="Name in the target; empty means as in the source.")
    target_capacity: base.Quantity | None = Field(default=None, description="Size in the target where the source asks for less.")
    verify: bool = Field(default=False, description="Compare checksums after the copy.")


class DirectVolumeMigrationSpec(base.Model):
    """Which claims are copied, and how."""

    src_mig_cluster_ref: common.ObjectReference | None = Field(default=None, description="MigCluster to copy from.")
    dest_mig_cluster_ref: common.ObjectReference | None = Field(default=None, description="MigCluster to copy to.")
    back_off_limit: int | None = Field(default=None, description="How often the copy of one claim is tried.")
    persistent_volume_claims: list[PvcToMigrate] | None = Field(default=None, description="Claims to copy.")
    create_destination_namespaces: bool = Field(default=False, description="Create namespaces that the target lacks.")
    delete_progress_reporting_crs: bool = Field(
        default=False, alias="deleteProgressReportingCRs", description="Delete the progress objects of earlier attempts first."
    )
    live_migrate: bool | None = Field(default=None, description="Move the storage of running virtual machines without stopping them.")
    migration_type: str | None = Field(
        default=None, description="What the copy is for.", json_schema_extra={"enum": [str(choice) for choice in MigrationType]}
    )


class PodProgress(common.ObjectReference):
    """A pod that copies, and how far it has come."""

    pvc_ref: common.ObjectReference | None = Field(default=None, description="Claim whose data the pod copies.")
    last_observed_progress_percent: str | None = Field(default=None, description="How much is copied, such as `42%`.")
    last_observed_transfer_rate: str | None = Field(default=None, description="How fast, such as `12.5MB/s`.")
    total_elapsed_time: base.Duration | None = Field(default=None, description="How long the copy has taken, over all attempts.")


class LiveMigrationProgress(base.Model):
    """A running virtual machine whose volumes are moved."""

    vm_name: str | None = Field(default=None, description="Name of the virtual machine.")
    vm_namespace: str | None = Field(default=None, description="Namespace of the virtual machine.")
    pvc_ref: common.ObjectReference | None = Field(default=None, description="Claim whose data are moved.")
    last_observed_progress_percent: str | None = Field(default=None, description="How much is moved, such as `42%`.")
    last_observed_transfer_rate: str | None = Field(default=None, description="How fast.")
    total_elapsed_time: base.Duration | None = Field(default=None, description="How long the move has taken.")
    message: str | None = Field(default=None, description="What happened, or what is waited for.")


class RsyncOperation(base.Model):
    """The attempts to copy one claim."""

    pvc_reference: common.ObjectReference | None = Field(default=None, description="The claim.")
    current_attempt: int | None = Field(default=None, description="Number of the attempt that runs or ran last.")
    succeeded: bool = Field(default=False, description="Whether the copy is complete.")
    failed: bool = Field(default=False, description="Whether all attempts failed.")


class DirectVolumeMigrationStatus(base.Model):
    """How the copy goes."""

    conditions: list[Condition] = Field(default_factory=list, description="What holds for the copy.")
    observed_digest: str | None = Field(default=None, description="Digest of the spec that was last reconciled.")
    start_timestamp: base.Time | None = Field(default=None, description="When the copy started.")
    phase_description: str | None = Field(default=None, description="What the phase does, in words.")
    phase: str | None = Field(default=None, description="What is done now.")
    itinerary: str | None = Field(default=None, description="Which list of phases is followed.")
    errors: list[str] = Field(default_factory=list, description="What went wrong.")
    successful_pods: list[PodProgress] = Field(default_factory=list, description="Pods that copied everything.")
    failed_pods: list[PodProgress] = Field(default_factory=list, description="Pods that failed.")
    running_pods: list[PodProgress] = Field(default_factory=list, description="Pods that copy.")
    pending_pods: list[PodProgress] = Field(default_factory=list, description="Pods that have not started.")
    unknown_pods: list[PodProgress] = Field(default_factory=list, description="Pods of which nothing is known.")
    pending_since_time_limit_pods: list[PodProgress] = Field(default_factory=list, description="Pods that should have started long ago.")
    successful_live_migration: list[LiveMigrationProgress] = Field(default_factory=list, description="Machines whose volumes were moved.")
    running_live_migration: list[LiveMigrationProgress] = Field(default_factory=list, description="Machines whose volumes are being moved.")
    pending_live_migration: list[LiveMigrationProgress] = Field(default_factory=list, description="Machines whose turn has not come.")
    failed_live_migration: list[LiveMigrationProgress] = Field(default_factory=list, description="Machines whose volumes stayed.")
    rsync_operations: list[RsyncOperation] = Field(default_factory=list, description="Attempts by claim.")
    filled_claims: list[common.ObjectReference] = Field(default_factory=list, description="Claims of the target that have been filled.")
    skipped_volumes: list[str] = Field(default_factory=list, description="Claims that were left alone, `namespace/name`.")


class DirectVolumeMigration(base.Resource):
    """A copy of volume data from cluster to cluster."""

    KIND: ClassVar[base.Kind] = base.migration_kind(
        "DirectVolumeMigration",
        "directvolumemigrations",
        base.Column("Itinerary", ".status.itinerary"),
        base.Column("Phase", ".status.phase"),
        base.Column("Started", ".status.startTimestamp", "date"),
        base.AGE,
        short_names=("dvm",),
    )
    spec: DirectVolumeMigrationSpec = Field(default_factory=DirectVolumeMigrationSpec, description="Which claims are copied, and how.")
    status: DirectVolumeMigrationStatus = Field(default_factory=DirectVolumeMigrationStatus, description="How the copy goes.")
