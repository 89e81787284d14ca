"""Conditions of a MigAnalytic: how counting and measuring what a plan would migrate goes."""

from functools import partial

from mtc.api import conditions
from mtc.api.catalogue import Entry

_KIND = "MigAnalytic"
_critical = partial(Entry, _KIND, conditions.CRITICAL)
_warn = partial(Entry, _KIND, conditions.WARN)
_required = partial(Entry, _KIND, conditions.REQUIRED)

ENTRIES = (
    _critical(
        conditions.INVALID_PLAN_REF,
        conditions.NOT_FOUND,
        explanation="The MigPlan that spec.migPlanRef names does not exist, so there is nothing to analyse.",
        remedy="Create the plan, or correct the reference.",
    ),
    _critical(
        conditions.POSTPONED,
        conditions.TEST_FAILED,
        explanation="The plan is not Ready yet, and only then is it known what would be migrated.",
        remedy="Look at the conditions of the plan. The analysis begins by itself when the plan is Ready.",
    ),
    Entry(
        _KIND,
        conditions.ADVISORY,
        conditions.EXTENDED_PV_ANALYSIS_STARTED,
        "",
        explanation="How full each volume is, is being measured in the node agents of the source. It goes when the figures are there.",
        durable=True,
    ),
    _warn(
        conditions.EXTENDED_PV_ANALYSIS_FAILED,
        conditions.FAILED_RUNNING_DF,
        explanation="Used and total space of some volumes could not be read, so no size can be proposed for them.",
        remedy="Make sure that a running pod mounts each of these volumes and that the node agent runs on its node; then set spec.refresh.",
    ),
    _warn(
        conditions.EXTENDED_PV_ANALYSIS_FAILED,
        conditions.FAILED_RUNNING_DU,
        explanation="It could not be found out whether some volumes hold sparse files, which take more room after a plain copy.",
        remedy="Make sure that the node agent runs on the nodes of these volumes; then set spec.refresh.",
    ),
    _warn(
        conditions.MISSING_PERMISSIONS,
        conditions.UNAUTHORIZED,
        explanation="Objects of some kinds were not counted, because the token of the source may not list them. They may be migrated all the same.",
        remedy="Allow the token of the source to list these kinds in the plan's namespaces; then set spec.refresh.",
    ),
    _required(
        conditions.READY,
        "",
        explanation="Counting is done; status.analytics has the figures.",
    ),
)
