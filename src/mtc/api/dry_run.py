"""What a dry run found out, as it stands in `status.dryRun` of its MigMigration."""

from pydantic import Field

from mtc.api import base

# --- What would happen to an object of the target ------------------------------------------------------------------------------
CREATE = "create"
CHANGE = "change"
SKIP = "skip"  # it is there and stays as it is
DELETE = "delete"  # of a rollback
REFUSED = "refused"  # the target's API server would not take it
UNCHECKED = "unchecked"  # would be created; the API server could not be asked, for instance because the namespace is not there yet

# --- Where a figure comes from -------------------------------------------------------------------------------------------------
MEASURED = "measured"
REQUESTED = "requested"  # a claim's request, the most that it can be
ASSUMED = "assumed"


class PlannedPhase(base.Model):
    """A phase that the migration would go through."""

    name: str = Field(default="", description="Name of the phase.", json_schema_extra=base.REQUIRED)
    step: str = Field(default="", description="Step of the pipeline under which it is shown.")
    description: str = Field(default="", description="What it does.")


class ObjectCounts(base.Model):
    """How many objects would be treated in which way."""

    create: int = Field(default=0, description="Objects that the target would get; its API server has accepted them.")
    change: int = Field(default=0, description="Objects that are there and would be changed.")
    skip: int = Field(default=0, description="Objects that are there and would stay as they are.")
    delete: int = Field(default=0, description="Objects that a rollback would delete.")
    refused: int = Field(default=0, description="Objects that the target would not take.")
    unchecked: int = Field(default=0, description="Objects that would be created and that the API server could not be asked about.")


class PlannedObject(base.Model):
    """An object, and what would happen to it in the target."""

    action: str = Field(default="", description="create, change, skip, delete, refused or unchecked.", json_schema_extra=base.REQUIRED)
    kind: str = Field(default="", description="Kind of the object, with its API group where it has one.")
    namespace: str | None = Field(default=None, description="Namespace in the target.")
    name: str = Field(default="", description="Name of the object.")
    message: str | None = Field(default=None, description="What differs, why it would be refused, or why nobody could be asked.")


class PlannedVolume(base.Model):
    """A volume, and how much of it would travel."""

    namespace: str = Field(default="", description="Namespace of the claim in the source.")
    claim: str = Field(default="", description="Name of the claim in the source.")
    action: str = Field(default="", description="copy or move.")
    size_bytes: base.Int64 = Field(default=0, description="Bytes that would be read.")
    basis: str = Field(default="", description="Where the size comes from: measured, or requested where nobody has measured it.")


class Estimate(base.Model):
    """How long it would take."""

    total_seconds: base.Int64 = Field(default=0, description="From the start of the migration to its end.")
    downtime_seconds: base.Int64 = Field(default=0, description="For how long the application would stand still.")
    volume_bytes_per_second: base.Int64 = Field(default=0, description="Rate that was reckoned with for the files of volumes.")
    objects_per_second: base.Int64 = Field(default=0, description="Rate that was reckoned with for objects.")
    basis: str = Field(default="", description="Where the rates come from: measured, or assumed where there is nothing to measure.")
    message: str | None = Field(default=None, description="What was measured, and what is not in the figures.")


class DryRunReport(base.Model):
    """What a migration would do, found out without a change on either cluster."""

    phases: list[PlannedPhase] = Field(default_factory=list, description="Phases that would run, in order.")
    objects: ObjectCounts = Field(default_factory=ObjectCounts, description="How many objects would be treated in which way.")
    notable: list[PlannedObject] = Field(
        default_factory=list, description="The first objects that would not simply be created; the full list is in the report."
    )
    volumes: list[PlannedVolume] = Field(default_factory=list, description="Volumes of the plan that are not skipped.")
    total_bytes: base.Int64 = Field(default=0, description="Bytes of all volumes that would be copied.")
    estimate: Estimate | None = Field(default=None, description="How long it would take.")
    missing_rights: list[str] = Field(default_factory=list, description="Rights that the migration needs and its tokens lack.")
    conflicts: list[str] = Field(default_factory=list, description="What stands in the way, one sentence each.")
    warnings: list[str] = Field(
        default_factory=list,
        description="What it would do all the same and warn of, or what would be different after it, one sentence each.",
    )
    remarks: list[str] = Field(default_factory=list, description="What could not be looked at, and why.")
    report: str | None = Field(
        default=None, description="ConfigMap with the full list of objects, as namespace/name: key `report`, or `report.gz` when long."
    )
