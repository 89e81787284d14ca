"""MigMigration: one run of a plan."""

from typing import ClassVar

from pydantic import ConfigDict, Field

from mtc.api import base, common, conditions, names
from mtc.api.conditions import Condition
from mtc.api.dry_run import DryRunReport
from mtc.api.figures import PhaseTimes, StepFigures
from mtc.api.proof import Proof

#: What `status.itinerary` shows for a dry run.
DRY_RUN_ITINERARY = "DryRun"
_KINDS_OF_RUN = ("stage", "migrateState", "rollback")
_HAS_BEGUN = (
    "has(oldSelf.status) && dyn(oldSelf.status) != null && has(oldSelf.status.phase)"
    " && dyn(oldSelf.status.phase) != null && oldSelf.status.phase != ''"
)


def _names_a_plan(part: str, *, of: str) -> str:
    ref = f"{of}.spec.migPlanRef"
    return f"(has({ref}) && dyn({ref}) != null && has({ref}.{part}) && dyn({ref}.{part}) != null)"


def _same_of_plan(part: str) -> str:
    """The CEL for a part of the plan's reference that is as it was. `namespace` is a word of the language and has to be escaped."""
    before, now = (_names_a_plan(part, of=of) for of in ("oldSelf", "self"))
    return f"{before} == {now} && (!{before} || !{now} || self.spec.migPlanRef.{part} == oldSelf.spec.migPlanRef.{part})"


def _same(field: str) -> str:
    """The CEL for an optional flag of the spec that is as it was."""
    return f"{base.is_true(field, of='self.spec')} == {base.is_true(field, of='oldSelf.spec')}"


class MigMigrationSpec(base.Model):
    """What kind of run it is; at most one of stage, migrateState and rollback."""

    model_config = ConfigDict(
        json_schema_extra=base.rules(
            base.Rule(
                f"[{', '.join(base.is_true(field) for field in _KINDS_OF_RUN)}].filter(chosen, chosen).size() <= 1",
                "a migration is either stage, migrateState or rollback: set at most one of them, and create a MigMigration for each",
            ),
            base.Rule(
                f"{base.is_true('rollback')} == {base.is_true('rollback', of='oldSelf')}",
                "rollback can only be chosen when the MigMigration is created: create another one for the rollback",
            ),
            *base.not_negative("runAsUser", "runAsGroup"),
        )
    )

    mig_plan_ref: common.ObjectReference | None = Field(default=None, description="The MigPlan that is run.")
    stage: bool = Field(
        default=False, description="Only copy data ahead of time; the application keeps running.", json_schema_extra=base.REQUIRED
    )
    migrate_state: bool = Field(default=False, description="Only migrate volumes, or convert their storage class.")
    quiesce_pods: bool = Field(default=False, description="Stop the application in the source before the last copy.")
    keep_annotations: bool = Field(default=False, description="Leave the annotations and labels of the migration on the objects.")
    verify: bool = Field(default=False, description="Watch the health of the application in the target afterwards.")
    canceled: bool = Field(default=False, description="Stop the run and clean up.")
    rollback: bool = Field(default=False, description="Delete in the target what the plan migrated, and start the source again.")
    run_as_root: bool | None = Field(default=None, description="Run rsync as root; overrides user and group.")
    run_as_user: base.Int64 | None = Field(default=None, description="User id of rsync.")
    run_as_group: base.Int64 | None = Field(default=None, description="Group id of rsync.")


class Step(base.Model):
    """A step of the run, as shown to people; one step covers several phases."""

    name: str = Field(default="", description="Name of the step.", json_schema_extra=base.REQUIRED)
    phase: str | None = Field(default=None, description="Phase that runs within the step.")
    message: str | None = Field(default=None, description="What the step does now, or how it ended.")
    progress: list[str] = Field(default_factory=list, description="How far the objects that do the work have come.")
    figures: StepFigures | None = Field(default=None, description="The same in numbers, with rates and expected ends.")
    phases: list[PhaseTimes] = Field(default_factory=list, description="When the phases of the step were at work.")
    started: base.Time | None = Field(default=None, description="When the step started.")
    completed: base.Time | None = Field(default=None, description="When the step ended.")
    failed: bool = Field(default=False, description="Whether the step failed.")
    skipped: bool = Field(default=False, description="Whether the step was not needed.")


class RollbackAdvice(base.Model):
    """Whether the application needs a rollback after this run: it does when the run stopped it, failed, and it still stands still."""

    state: str = Field(default="", description="required, not-required or done.", json_schema_extra=base.REQUIRED)
    message: str = Field(default="", description="Why, and what is safe.")
    workloads: list[str] = Field(
        default_factory=list, description="Workloads that stand still in the source because a run of this plan stopped them."
    )
    manifest: str | None = Field(default=None, description="The MigMigration to create for the rollback, as YAML.")


class Attempt(base.Model):
    """A try of the run that failed and was followed by another one."""

    number: int = Field(default=0, description="Which try it was, from 1 on.", json_schema_extra=base.REQUIRED)
    phase: str = Field(default="", description="Phase that failed.")
    step: str | None = Field(default=None, description="Step of the pipeline that failed.")
    errors: list[str] = Field(default_factory=list, description="What went wrong.")
    warnings: list[str] = Field(default_factory=list, description="What its conditions of category Warn said.")
    started: base.Time | None = Field(default=None, description="When the try started.")
    failed: base.Time | None = Field(default=None, description="When it failed.")


class Retry(base.Model):
    """The try that is made now, after one that failed."""

    attempt: int = Field(default=0, description="Which try of the run it is.", json_schema_extra=base.REQUIRED)
    request: str = Field(default="", description="Value of the annotation that asked for it.")
    started: base.Time | None = Field(default=None, description="When it started.")
    phase: str = Field(default="", description="Phase in which the try before it failed; it is led back to there.")
    reused: list[str] = Field(default_factory=list, description="Backups and Restores of earlier tries that are used again, as kind/name.")
    passed: list[str] = Field(default_factory=list, description="Phases that are not run again, because what they made still stands.")


class MigMigrationStatus(base.Model):
    """How the run goes."""

    conditions: list[Condition] = Field(default_factory=list, description="What holds for the run.")
    namespaces: list[common.UnhealthyNamespace] = Field(
        default_factory=list, description="Namespaces with unhealthy workloads in the target."
    )
    observed_digest: str | None = Field(default=None, description="Digest of the spec that was last reconciled.")
    start_timestamp: base.Time | None = Field(default=None, description="When the run started.")
    phase: str | None = Field(default=None, description="What the run does now.")
    pipeline: list[Step] = Field(default_factory=list, description="Steps of the run.")
    itinerary: str | None = Field(
        default=None, description="Which list of phases is followed: Stage, Final, Cancel, Failed, Rollback or DryRun."
    )
    errors: list[str] = Field(default_factory=list, description="What went wrong.")
    proof: Proof | None = Field(default=None, description="Whether what arrived was compared with what was saved, and what differs.")
    rollback: RollbackAdvice | None = Field(default=None, description="Whether a rollback is needed; set when the run has ended.")
    attempts: list[Attempt] = Field(default_factory=list, description="Tries that failed, before the one that this status tells about.")
    retry: Retry | None = Field(default=None, description="The try that is made now; set once the run has been asked for another one.")
    dry_run: DryRunReport | None = Field(default=None, description="What a dry run has found out.")


class MigMigration(base.Resource):
    """One run of a plan: stage, final, state, rollback."""

    model_config = ConfigDict(
        json_schema_extra=base.rules(
            base.Rule(
                f"!({_HAS_BEGUN}) || !has(oldSelf.spec) || (has(self.spec) && {_same_of_plan('__namespace__')} && {_same_of_plan('name')})",
                "the migration has begun, so migPlanRef can no longer be changed: create another MigMigration for the other plan",
            ),
            base.Rule(
                f"!({_HAS_BEGUN}) || !has(oldSelf.spec) || (has(self.spec) && {_same('stage')} && {_same('migrateState')})",
                "the migration has begun, so stage and migrateState can no longer be changed: create another MigMigration, or cancel this one first",
            ),
        )
    )
    KIND: ClassVar[base.Kind] = base.migration_kind(
        "MigMigration",
        "migmigrations",
        base.READY_COLUMN,
        base.Column("Plan", ".spec.migPlanRef.name"),
        base.Column("Stage", ".spec.stage"),
        base.Column("Rollback", ".spec.rollback"),
        base.Column("Itinerary", ".status.itinerary"),
        base.Column("Phase", ".status.phase"),
        base.AGE,
    )
    spec: MigMigrationSpec = Field(default_factory=MigMigrationSpec, description="What kind of run it is.")
    status: MigMigrationStatus = Field(default_factory=MigMigrationStatus, description="How the run goes.")

    @property
    def is_dry_run(self) -> bool:
        """Whether it changes nothing: decided when it begins, so that taking the annotation away later does not set it going."""
        if self.status.itinerary:
            return self.status.itinerary == DRY_RUN_ITINERARY
        return self.dry_run_asked == "true"

    @property
    def has_succeeded(self) -> bool:
        """Whether it ended well, with or without warnings."""
        return conditions.has_any(self.status.conditions, conditions.SUCCEEDED, conditions.SUCCEEDED_WITH_WARNINGS)

    @property
    def age(self) -> tuple[str, str]:
        """What migrations are sorted by, the oldest first."""
        return str(self.metadata.get("creationTimestamp", "")), self.name

    @property
    def dry_run_asked(self) -> str:
        """The value of the annotation that asks for a dry run, "" without it."""
        return str(self._annotations.get(names.DRY_RUN) or "")

    @property
    def retry_asked(self) -> str:
        """The value of the annotation that asks for another try and has not been answered, "" where there is none."""
        asked = str(self._annotations.get(names.RETRY) or "")
        return "" if asked == self._annotations.get(names.RETRY_ANSWERED) else asked

    @property
    def attempt(self) -> int:
        """Which try of the run is being made, or was the last one; the first is 1."""
        return self.status.retry.attempt if self.status.retry else 1

    @property
    def _annotations(self) -> dict[str, str]:
        found: dict[str, str] = self.metadata.get("annotations") or {}
        return found
