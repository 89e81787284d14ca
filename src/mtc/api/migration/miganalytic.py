"""MigAnalytic: counts what a plan would migrate, and measures volumes."""

from typing import ClassVar

from pydantic import Field

from mtc.api import base, common
from mtc.api.conditions import Condition


class MigAnalyticSpec(base.Model):
    """What is counted."""

    mig_plan_ref: common.ObjectReference = Field(description="The MigPlan whose namespaces are counted.")
    analyze_pv_capacity: bool = Field(
        default=False, alias="analyzePVCapacity", description="Add up the capacity of volumes.", json_schema_extra=base.REQUIRED
    )
    analyze_image_count: bool = Field(default=False, description="Count images and their size.", json_schema_extra=base.REQUIRED)
    analyze_k8s_resources: bool = Field(
        default=False, alias="analyzeK8SResources", description="Count objects by kind.", json_schema_extra=base.REQUIRED
    )
    list_images: bool = Field(default=False, description="List images by name.")
    list_images_limit: int | None = Field(default=None, description="How many images are listed at most.")
    analyze_extended_pv_capacity: bool = Field(
        default=False, alias="analyzeExtendedPVCapacity", description="Measure how full volumes are, and propose capacities."
    )
    refresh: bool = Field(default=False, description="Count again now; goes back to false by itself.")


class AnalyticImage(base.Model):
    """An image of an ImageStream."""

    name: str = Field(default="", description="Name of the image.")
    reference: str = Field(default="", description="Where the image is pulled from.")
    size: base.Quantity | None = Field(default=None, description="Size of the image.")


class AnalyticResource(base.Model):
    """How many objects of a kind there are."""

    group: str = Field(default="", description="API group.")
    version: str = Field(default="", description="API version.")
    kind: str = Field(default="", description="Kind.")
    count: int = Field(default=0, description="Number of objects.")


class AnalyticVolume(base.Model):
    """What was measured on a claim's volume."""

    name: str = Field(default="", description="Name of the PersistentVolumeClaim.")
    requested_capacity: base.Quantity | None = Field(default=None, description="Capacity that the claim asks for.")
    actual_capacity: base.Quantity | None = Field(default=None, description="Capacity that the volume has.")
    usage_percentage: int | None = Field(default=None, description="How full the volume is, in percent.")
    proposed_capacity: base.Quantity | None = Field(default=None, description="Capacity that the target should have.")
    comment: str | None = Field(default=None, description="Why that capacity is proposed.")
    sparse_files_found: bool | None = Field(default=None, description="Whether the volume holds sparse files.")


class AnalyticNamespace(base.Model):
    """What was counted in one namespace."""

    namespace: str = Field(default="", description="Name of the namespace.")
    k8s_resource_total: int = Field(default=0, alias="k8sResourceTotal", description="Objects that would be migrated.")
    excluded_k8s_resource_total: int = Field(default=0, alias="excludedK8SResourceTotal", description="Objects that are excluded.")
    incompatible_k8s_resource_total: int = Field(
        default=0, alias="incompatibleK8SResourceTotal", description="Objects of kinds that the target does not serve."
    )
    pv_capacity: base.Quantity | None = Field(default=None, description="Capacity of all volumes.")
    pv_count: int = Field(default=0, description="Number of volumes.")
    image_count: int = Field(default=0, description="Number of images.")
    image_size_total: base.Quantity | None = Field(default=None, description="Size of all images.")
    images: list[AnalyticImage] = Field(default_factory=list, description="Images, as far as listed.")
    k8s_resources: list[AnalyticResource] = Field(default_factory=list, alias="k8sResources", description="Objects by kind.")
    excluded_k8s_resources: list[AnalyticResource] = Field(
        default_factory=list, alias="excludedK8SResources", description="Excluded objects by kind."
    )
    incompatible_k8s_resources: list[AnalyticResource] = Field(
        default_factory=list, alias="incompatibleK8SResources", description="Objects that the target does not know, by kind."
    )
    persistent_volumes: list[AnalyticVolume] = Field(default_factory=list, description="Volumes, when they were measured.")


class Analytics(base.Model):
    """What was counted in all namespaces."""

    plan: str = Field(default="", description="Name of the MigPlan.")
    percent_complete: int = Field(default=0, description="How much of the counting is done.")
    k8s_resource_total: int = Field(default=0, alias="k8sResourceTotal", description="Objects that would be migrated.")
    excluded_k8s_resource_total: int = Field(default=0, alias="excludedk8sResourceTotal", description="Objects that are excluded.")
    incompatible_k8s_resource_total: int = Field(
        default=0, alias="incompatiblek8sResourceTotal", description="Objects of kinds that the target does not serve."
    )
    pv_capacity: base.Quantity | None = Field(default=None, description="Capacity of all volumes.")
    pv_count: int = Field(default=0, description="Number of volumes.")
    image_count: int = Field(default=0, description="Number of images.")
    image_size_total: base.Quantity | None = Field(default=None, description="Size of all images.")
    namespaces: list[AnalyticNamespace] = Field(default_factory=list, description="The same for each namespace.")


class MigAnalyticStatus(base.Model):
    """What was counted."""

    conditions: list[Condition] = Field(default_factory=list, description="What holds for the analysis.")
    observed_generation: base.Int64 | None = Field(default=None, description="Generation of the object that was last reconciled.")
    analytics: Analytics = Field(default_factory=Analytics, description="What was counted in all namespaces.")
    measuring_seconds: int | None = Field(
        default=None, description="How long it took to measure the volumes, from the beginning to the end."
    )


class MigAnalytic(base.Resource):
    """An analysis of a plan: how many objects, images and volumes of which size."""

    KIND: ClassVar[base.Kind] = base.migration_kind(
        "MigAnalytic",
        "miganalytics",
        base.READY_COLUMN,
        base.Column("Plan", ".spec.migPlanRef.name"),
        base.Column("Progress", ".status.analytics.percentComplete"),
        base.Column("Resources", ".status.analytics.k8sResourceTotal"),
        base.Column("Images", ".status.analytics.imageCount"),
        base.Column("ImageSize", ".status.analytics.imageSizeTotal"),
        base.Column("PVs", ".status.analytics.pvCount"),
        base.Column("PVCapacity", ".status.analytics.pvCapacity"),
        base.AGE,
    )
    spec: MigAnalyticSpec = Field(description="What is counted.")
    status: MigAnalyticStatus = Field(default_factory=MigAnalyticStatus, description="What was counted.")
