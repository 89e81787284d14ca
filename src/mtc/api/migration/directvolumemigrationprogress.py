"""DirectVolumeMigrationProgress: what can be read from the pods that copy one claim."""

from typing import ClassVar

from pydantic import Field

from mtc.api import base, common
from mtc.api.conditions import Condition
from mtc.api.proof import VolumeAnswer


class DirectVolumeMigrationProgressSpec(base.Model):
    """Which pods are watched."""

    cluster_ref: common.ObjectReference | None = Field(default=None, description="MigCluster in which the pods run.")
    pod_ref: common.ObjectReference | None = Field(default=None, description="The pod, when it is a single one.")
    pod_namespace: str = Field(default="", description="Namespace of the pods.")
    pod_selector: dict[str, str] = Field(default_factory=dict, description="Labels of the pods.")


class RsyncPodStatus(base.Model):
    """What one pod reported."""

    pod_name: str | None = Field(default=None, description="Name of the pod.")
    phase: str | None = Field(default=None, description="Phase of the pod.")
    exit_code: base.Int32 | None = Field(default=None, description="Exit code of the copying container, once it has ended.")
    container_elapsed_time: base.Duration | None = Field(default=None, description="How long the container ran.")
    log_message: str | None = Field(default=None, description="Last lines of the log.")
    last_observed_progress_percent: str | None = Field(default=None, description="How much is copied, such as `42%`.")
    last_observed_transfer_rate: str | None = Field(default=None, description="How fast, such as `12.5MB/s`.")
    creation_timestamp: base.Time | None = Field(default=None, description="When the pod was created.")


class DirectVolumeMigrationProgressStatus(RsyncPodStatus):
    """What the newest pod reported, and the history."""

    conditions: list[Condition] = Field(default_factory=list, description="What holds for the watch.")
    rsync_pod_statuses: list[RsyncPodStatus] = Field(default_factory=list, description="What pods of earlier attempts reported.")
    rsync_elapsed_time: base.Duration | None = Field(default=None, description="How long the copy has taken, over all attempts.")
    total_progress_percentage: str | None = Field(default=None, description="How much is copied, over all attempts.")
    observed_digest: str | None = Field(default=None, description="Digest of the spec that was last reconciled.")
    progress: common.DataMoveProgress | None = Field(default=None, description="How much is copied, in bytes.")
    proof: VolumeAnswer | None = Field(default=None, description="What comparing both sides has found.")


class DirectVolumeMigrationProgress(base.Resource):
    """How far the copy of one claim has come."""

    KIND: ClassVar[base.Kind] = base.migration_kind(
        "DirectVolumeMigrationProgress",
        "directvolumemigrationprogresses",
        base.Column("Cluster", ".spec.clusterRef.name"),
        base.Column("Pod Name", ".status.podName"),
        base.Column("Pod Namespace", ".spec.podNamespace"),
        base.Column("Progress Percent", ".status.totalProgressPercentage"),
        base.Column("Transfer Rate", ".status.lastObservedTransferRate"),
        base.AGE,
        short_names=("dvmp",),
    )
    spec: DirectVolumeMigrationProgressSpec = Field(
        default_factory=DirectVolumeMigrationProgressSpec, description="Which pods are watched."
    )
    status: DirectVolumeMigrationProgressStatus = Field(
        default_factory=DirectVolumeMigrationProgressStatus, description="What the pods reported."
    )
