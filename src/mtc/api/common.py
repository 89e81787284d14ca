"""Structs that several kinds share: references, selectors, progress."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, WithJsonSchema

from mtc.api import base

# No name in Kubernetes is longer; rules that compare references need to know it.
_Name = Annotated[str, WithJsonSchema({"type": "string", "maxLength": 253})]


class ObjectReference(base.Model):
    """Which other object is meant; of all the fields, namespace and name are used."""

    api_version: str | None = Field(default=None, description="Group and version of the object.")
    field_path: str | None = Field(default=None, description="Part of the object, as a field path.")
    kind: str | None = Field(default=None, description="Kind of the object.")
    name: _Name | None = Field(default=None, description="Name of the object.")
    namespace: _Name | None = Field(default=None, description="Namespace of the object.")
    resource_version: str | None = Field(default=None, description="Version of the object that is meant.")
    uid: str | None = Field(default=None, description="UID of the object.")

    @property
    def is_set(self) -> bool:
        """Whether the reference leads anywhere: both namespace and name are given."""
        return bool(self.namespace and self.name)

    @property
    def ref(self) -> base.Ref:
        """Namespace and name."""
        return base.Ref(namespace=self.namespace or "", name=self.name or "")


def is_set(reference: ObjectReference | None) -> bool:
    """Whether there is a reference and it leads anywhere."""
    return reference is not None and reference.is_set


class LabelSelectorRequirement(base.Model):
    """One condition on a label."""

    key: str = Field(description="Label that is looked at.")
    operator: str = Field(description="In, NotIn, Exists or DoesNotExist.")
    values: list[str] = Field(default_factory=list, description="Values for In and NotIn.")


class LabelSelector(base.Model):
    """Which objects by their labels; all conditions must hold."""

    match_labels: dict[str, str] = Field(default_factory=dict, description="Labels that an object must have, with these values.")
    match_expressions: list[LabelSelectorRequirement] = Field(default_factory=list, description="Further conditions on labels.")


class TypedLocalReference(base.Model):
    """An object of the same namespace, by kind and name."""

    api_group: str | None = Field(default=None, description="API group of the object; empty for the core group.")
    kind: str = Field(description="Kind of the object.")
    name: str = Field(description="Name of the object.")


class SecretKeySelector(base.Model):
    """One key of a Secret of the same namespace."""

    name: str = Field(default="", description="Name of the Secret.")
    key: str = Field(description="Key in the Secret.")
    optional: bool | None = Field(default=None, description="Whether the Secret or the key may be missing.")


class Workload(base.Model):
    """An unhealthy workload and what of it is unhealthy."""

    name: str = Field(default="", description="Kind and name of the workload.")
    resources: list[str] = Field(default_factory=list, description="Unhealthy objects that belong to the workload.")


class UnhealthyNamespace(base.Model):
    """The unhealthy workloads of a namespace."""

    name: str = Field(default="", description="Name of the namespace.")
    workloads: list[Workload] = Field(default_factory=list, description="Unhealthy workloads in the namespace.")


class DataMoveProgress(base.Model):
    """How much of a volume has been moved."""

    total_bytes: base.Int64 | None = Field(default=None, description="Bytes to move, as far as known.")
    bytes_done: base.Int64 | None = Field(default=None, description="Bytes moved so far.")


class HookStatus(base.Model):
    """How many hooks ran."""

    hooks_attempted: int | None = Field(default=None, description="Hooks that were started.")
    hooks_failed: int | None = Field(default=None, description="Hooks that ended with an error.")


class DataMovePhase(StrEnum):
    """How far the backup or restore of one volume has come: PodVolumeBackup, PodVolumeRestore, DataUpload, DataDownload."""

    NEW = "New"
    ACCEPTED = "Accepted"
    PREPARED = "Prepared"
    IN_PROGRESS = "InProgress"
    CANCELING = "Canceling"
    CANCELED = "Canceled"
    COMPLETED = "Completed"
    FAILED = "Failed"


DATA_MOVE_FINISHED = frozenset({DataMovePhase.COMPLETED, DataMovePhase.FAILED, DataMovePhase.CANCELED})
