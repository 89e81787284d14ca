"""Conditions of a MigMigration that say why it may not run now."""

from functools import partial

from mtc.api import conditions
from mtc.api.catalogue import Entry

_critical = partial(Entry, "MigMigration", conditions.CRITICAL)
_refused = partial(Entry, "MigMigration", conditions.WARN, conditions.RETRY_REFUSED, durable=True)

ENTRIES = (
    _critical(
        conditions.INVALID_PLAN_REF,
        conditions.NOT_SET,
        explanation="Nothing says which plan to run.",
        remedy="Set spec.migPlanRef to name and namespace of a MigPlan.",
    ),
    _critical(
        conditions.INVALID_PLAN_REF,
        conditions.NOT_FOUND,
        explanation="The MigPlan that spec.migPlanRef names does not exist.",
        remedy="Create it, or correct the reference.",
    ),
    _critical(
        conditions.PLAN_NOT_READY,
        "",
        explanation="The plan is not Ready. The message repeats which of its conditions stand in the way.",
        remedy="Remove what the plan complains about. The migration goes on by itself.",
    ),
    _critical(
        conditions.PLAN_CLOSED,
        "",
        explanation="The plan has been closed, which is for good.",
        remedy="Make another plan for this migration. One that had begun when what was made for the plan was cleared away has to be canceled.",
    ),
    _critical(
        conditions.INVALID_SPEC,
        conditions.NOT_SUPPORTED,
        explanation=(
            "The migration asks for things that exclude each other, or that its plan or this version cannot do: more than one of stage, "
            "migrateState and rollback, or a stage or final migration of a plan that gives claims other names. The message names the field."
        ),
        remedy="Change the field that the message names, in the migration or in its plan. Nothing has been done yet.",
    ),
    _critical(
        conditions.FAILED,
        conditions.NOT_SUPPORTED,
        explanation="Source and target namespaces of the plan are the same inside one cluster, so a stage or final migration cannot be done.",
        remedy="Give the namespaces other names in the plan, or choose spec.migrateState, and make another MigMigration.",
        durable=True,
    ),
    _critical(
        conditions.CONFLICTING_PVC_MAPPINGS,
        conditions.PV_NAME_CONFLICT,
        explanation="Several claims of the plan would get the same name in the same namespace.",
        remedy="Give each a name of its own in spec.persistentVolumes of the plan.",
    ),
    _critical(
        conditions.HAS_FINAL_MIGRATION,
        "",
        explanation="Another final migration of the plan runs or has succeeded. What is in the source now is no longer the application.",
        remedy="Roll that one back first, or make another plan.",
    ),
    _critical(
        conditions.POSTPONED,
        "",
        explanation="Migrations of one plan run one after the other, and others come first. The message names them.",
        remedy="Wait; it starts by itself. Delete the others if they are not wanted.",
    ),
    Entry(
        "MigMigration",
        conditions.ADVISORY,
        conditions.QUEUED,
        "",
        explanation=(
            "As many migrations run side by side as the setting mig_migration_limit allows, and this one waits for a place. The message "
            "names those that run, and older ones that wait as well."
        ),
        remedy="Wait; it starts by itself, the oldest first. Raise the setting where clusters and network can bear more.",
    ),
    _refused(
        conditions.NOT_FAILED,
        explanation=(
            "Another try was asked for, and there is nothing to try again: the migration succeeded, was canceled, or failed before it began."
        ),
        remedy="Create another MigMigration.",
    ),
    _refused(
        conditions.NOT_FOUND,
        explanation="Another try was asked for, and the plan of the migration does not exist any more.",
        remedy="Create the plan, and another MigMigration of it.",
    ),
    _refused(
        conditions.CLOSED,
        explanation="Another try was asked for, and the plan of the migration has been closed, which is for good.",
        remedy="Start by hand what status.rollback names as standing still, and make another plan.",
    ),
    _refused(
        conditions.PLAN_CHANGED,
        explanation="Another try was asked for, and clusters, storage or namespaces of the plan are others than when the migration began.",
        remedy="Put them back in the plan and ask again with another value, or create another MigMigration.",
    ),
    _refused(
        conditions.ROLLED_BACK,
        explanation="Another try was asked for, and the plan has been rolled back since: what the migration had made is gone.",
        remedy="Create another MigMigration.",
    ),
    _refused(
        conditions.SUPERSEDED,
        explanation="Another try was asked for, and another migration of the plan has begun since this one failed.",
        remedy="Go on with that one: wait for its end, or retry it.",
    ),
    Entry(
        "MigMigration",
        conditions.ADVISORY,
        conditions.DRY_RUN_COMPLETED,
        conditions.COMPLETED,
        explanation="The dry run is through, and has found nothing that stands in the way. Nothing was changed on either cluster.",
        remedy="Read status.dryRun. To migrate, create a MigMigration without the annotation.",
        durable=True,
    ),
    Entry(
        "MigMigration",
        conditions.WARN,
        conditions.DRY_RUN_COMPLETED,
        conditions.CONFLICTS_FOUND,
        explanation="The dry run is through, and has found things that stand in the way. Nothing was changed on either cluster.",
        remedy="Read conflicts and missingRights in status.dryRun, remove what they name, and make another dry run.",
        durable=True,
    ),
)
