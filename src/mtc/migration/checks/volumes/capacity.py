"""PvCapacityAdjustmentRequired, PvUsageAnalysisFailed, ExtendedPVAnalysisFailed: what the analysis of the volumes has found out."""

from collections.abc import Iterable, Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import Action
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope, pv_names
from mtc.migration.volumes.capacity import LIMIT_S, Analysis, source_claim

_ADJUST, _NO_USAGE, _FAILED = (
    conditions.PV_CAPACITY_ADJUSTMENT_REQUIRED,
    conditions.PV_USAGE_ANALYSIS_FAILED,
    conditions.EXTENDED_PV_ANALYSIS_FAILED,
)


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if scope.analysis is None or scope.analysis.is_pending:
        return []
    if scope.analysis.late_s is not None:
        return [_late(scope, scope.analysis)]
    return [*_failures(scope, scope.analysis), *_adjustment(scope, scope.analysis)]


def _late(scope: Scope, analysis: Analysis) -> Condition:
    message = (
        f"Measuring the volumes of MigPlan {scope.ref} took MigAnalytic {analysis.ref} {analysis.late_s} seconds, and a plan waits for {LIMIT_S:.0f} "
        "seconds at most: its figures are not used, and no copy gets another capacity because of them. Set spec.refresh of the plan to measure "
        "again. If that always takes so long, make a MigAnalytic with analyzeExtendedPVCapacity yourself: its figures are used whenever they come."
    )
    return checks.warn(_NO_USAGE, conditions.NOT_DONE, message)


def _failures(scope: Scope, analysis: Analysis) -> Iterable[Condition]:
    if analysis.trouble:
        message = (
            f"How full the volumes of MigPlan {scope.ref} are is not known, because MigAnalytic {analysis.ref} failed: {analysis.trouble} "
            "Copies get the capacity that the claims ask for."
        )
        yield checks.warn(_NO_USAGE, conditions.NOT_DONE, message)
        return
    unknown = pv_names(scope.of_action(Action.COPY), lambda volume: source_claim(volume) not in analysis.proposals)
    if unknown:
        message = (
            f"MigAnalytic {analysis.ref} has no figures for volumes [] of MigPlan {scope.ref}; their copies may turn out too small if they are "
            "nearly full. A volume is measured while a running pod mounts it. Then set spec.refresh of the MigAnalytic."
        )
        yield checks.warn(_NO_USAGE, conditions.NOT_DONE, message, items=unknown)
    if analysis.failed is not None and (
        not analysis.failed.items or set(analysis.failed.items) & set(pv_names(scope.of_action(Action.COPY)))
    ):
        # Of volumes that stay where they are nobody needs to know how full they are.
        message = f"MigAnalytic {analysis.ref} of MigPlan {scope.ref} could not measure all volumes: {analysis.failed.message}"
        yield checks.warn(_FAILED, analysis.failed.reason, message)


def _adjustment(scope: Scope, analysis: Analysis) -> Iterable[Condition]:
    proposed = [volume for volume in scope.of_action(Action.COPY) if volume.proposed_capacity is not None]
    at_risk = pv_names(proposed, lambda volume: not volume.capacity_confirmed)
    if at_risk:
        message = (
            f"Copying volumes [] of MigPlan {scope.ref} is at risk: they are nearly full, or larger than their claims ask for, as MigAnalytic "
            f"{analysis.ref} has measured. proposedCapacity of each in spec.persistentVolumes says what its copy should have; set "
            "capacityConfirmed of these entries to true, and their copies get it."
        )
        made = checks.warn(_ADJUST, conditions.NOT_DONE, message, items=at_risk)
        yield made.model_copy(update={"durable": True})
    elif proposed:
        message = (
            f"Volumes [] of MigPlan {scope.ref} get more capacity on the target than their claims ask for: proposedCapacity of each in "
            f"spec.persistentVolumes, as MigAnalytic {analysis.ref} has measured. Set capacityConfirmed of an entry to false to leave it as it is."
        )
        made = checks.warn(_ADJUST, conditions.NOT_DONE, message, items=pv_names(proposed))
        yield made.model_copy(update={"durable": True})
    elif not analysis.trouble and scope.adjusted_before:
        message = f"No volume of MigPlan {scope.ref} needs another capacity any more, as far as MigAnalytic {analysis.ref} has measured."
        made = checks.warn(_ADJUST, conditions.DONE, message)
        yield made.model_copy(update={"durable": True, "status": conditions.FALSE})


CHECK = checks.Check(order=150, types=(_ADJUST, _NO_USAGE, _FAILED), run=_run)
