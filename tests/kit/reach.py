"""Which conditions of the catalogue a story shows, and which none can show yet, with the reason.

What the rows of `kit.rows` show is not listed here. A condition that gets code is no longer `NOT_BUILT`: a test asks for
its story then.
"""

import ast
import functools
from pathlib import Path

from kit.rows import (
    cluster,
    direct_images,
    direct_volumes,
    hook,
    migration,
    plan,
    plan_hooks,
    plan_namespaces,
    plan_state,
    storage,
    volumes,
)
from mtc.api import catalogue, conditions
from mtc.api.catalogue import Entry

Key = tuple[str, str, str, str]
TESTS = Path(__file__).parents[1]
ROWS = tuple(
    row
    for module in (hook, cluster, storage, plan, plan_namespaces, plan_hooks, plan_state, volumes, migration, direct_images, direct_volumes)
    for row in module.ROWS
)

_CHECKS, _SETTINGS, _COURSE = "story/test_plan_checks.py", "story/test_settings.py", "story/test_migration_conditions.py"
_PROXY = f"{_CHECKS}::test_proxy_secrets_must_be_one_and_say_something"
_KUBEVIRT = f"{_CHECKS}::test_kubevirt_is_looked_at_where_machines_are_to_be_moved_while_they_run"
_ANALYTIC = "story/test_analytic.py"
_SIZES = f"{_CHECKS}::test_what_an_analysis_finds_out_about_volumes_is_told_with_the_plan"
_IN_PART = f"{_COURSE}::test_each_of_the_four_can_fail_in_part"
_COUNTED = f"{_COURSE}::test_what_the_engine_counted_on_its_restore_is_told"
_LEFT = f"{_COURSE}::test_what_an_earlier_migration_left_unfinished_is_deleted_and_told"
_LOST = "story/test_migration_trouble.py::test_a_cluster_that_is_removed_shows_within_30_seconds_and_the_migration_goes_on_when_it_is_back"
_WRONG_SETTINGS = f"{_SETTINGS}::test_what_is_wrong_with_settings_is_told_and_the_rest_applies"

_DRY_RUN = "story/test_migration_dry_run.py"
_RETRY = "story/test_migration_retry.py"
_UNDO = "story/test_migration_undo.py"
_PROOF = "story/test_migration_proof.py"
_IMAGES = "story/test_migration_images.py"
_CANCELED = f"{_UNDO}::test_canceling_is_told_and_then_that_it_was_canceled"

_COUNT = f"{_ANALYTIC}::test_objects_and_claims_of_a_plan_are_counted"
_MEASURE = f"{_ANALYTIC}::test_volumes_that_nothing_mounts_cannot_be_measured_and_that_is_told"

#: Stories of their own, with the test that shows it: kind and type, and the category where the type has several.
SHOWN: dict[tuple[str, ...], str] = {
    (
        "MigMigration",
        conditions.CONFLICTING_PVC_MAPPINGS,
    ): "story/test_migration_state.py::test_claims_that_would_become_one_are_told_before_anything_is_done",
    ("MigCluster", conditions.INVALID_SETTINGS): f"{_SETTINGS}::test_without_a_migration_controller_the_config_map_has_the_event",
    ("MigPlan", conditions.MISSING_PERMISSIONS): f"{_CHECKS}::test_missing_rights_are_told_with_the_roles_that_grant_them",
    ("MigPlan", conditions.SOURCE_CLUSTER_PROXY_SECRET_MISCONFIGURED): _PROXY,
    ("MigPlan", conditions.DESTINATION_CLUSTER_PROXY_SECRET_MISCONFIGURED): _PROXY,
    ("MigPlan", conditions.KUBEVIRT_NOT_INSTALLED): _KUBEVIRT,
    ("MigPlan", conditions.KUBEVIRT_VERSION_NOT_SUPPORTED): _KUBEVIRT,
    ("MigPlan", conditions.KUBEVIRT_LIVE_MIGRATION_NOT_ENABLED): _KUBEVIRT,
    ("MigPlan", conditions.TARGET_QUOTA_TOO_SMALL): f"{_CHECKS}::test_a_quota_that_is_too_small_is_told_before_the_target_refuses_claims",
    ("MigPlan", conditions.NFS_NOT_ACCESSIBLE): f"{_CHECKS}::test_nfs_servers_of_moved_volumes_must_answer_from_the_target",
    ("MigPlan", conditions.NFS_ACCESS_CANNOT_BE_VALIDATED): f"{_CHECKS}::test_a_target_from_which_nothing_can_be_tried_is_told",
    ("MigPlan", conditions.PV_CAPACITY_ADJUSTMENT_REQUIRED): _SIZES,
    ("MigPlan", conditions.PV_USAGE_ANALYSIS_FAILED): _SIZES,
    ("MigPlan", conditions.PV_USAGE_ANALYSIS_RUNNING): f"{_ANALYTIC}::test_a_plan_is_ready_once_its_volumes_are_measured_in_time",
    ("MigPlan", conditions.EXTENDED_PV_ANALYSIS_FAILED): _SIZES,
    ("MigAnalytic", conditions.INVALID_PLAN_REF): _COUNT,
    ("MigAnalytic", conditions.POSTPONED): _COUNT,
    ("MigAnalytic", conditions.MISSING_PERMISSIONS): _COUNT,
    ("MigAnalytic", conditions.READY): _COUNT,
    ("MigAnalytic", conditions.EXTENDED_PV_ANALYSIS_FAILED): _MEASURE,
    ("MigAnalytic", conditions.EXTENDED_PV_ANALYSIS_STARTED): "story/test_conditions.py::test_measuring_volumes_is_told_while_it_lasts",
    ("MigrationController", conditions.INVALID_SETTINGS): _WRONG_SETTINGS,
    ("MigrationController", conditions.UNKNOWN_SETTINGS): _WRONG_SETTINGS,
    ("MigrationController", conditions.SETTINGS_WITHOUT_EFFECT): _WRONG_SETTINGS,
    ("MigrationController", conditions.READY): _WRONG_SETTINGS,
    ("MigrationController", conditions.SETTINGS_IGNORED): f"{_SETTINGS}::test_settings_are_not_written_again_and_again",
    ("MigMigration", conditions.VELERO_INITIAL_BACKUP_PARTIALLY_FAILED): _IN_PART,
    ("MigMigration", conditions.VELERO_STAGE_BACKUP_PARTIALLY_FAILED): _IN_PART,
    ("MigMigration", conditions.VELERO_STAGE_RESTORE_PARTIALLY_FAILED): _IN_PART,
    ("MigMigration", conditions.VELERO_FINAL_RESTORE_PARTIALLY_FAILED): _IN_PART,
    ("MigMigration", conditions.FINAL_RESTORE_WARNINGS): f"{_PROOF}::test_without_a_comparison_the_warnings_of_the_engine_are_told",
    ("MigMigration", conditions.SUCCEEDED_WITH_WARNINGS): _IN_PART,
    ("MigMigration", conditions.RESTIC_ERRORS): _COUNTED,
    ("MigMigration", conditions.RESTIC_VERIFY_ERRORS): _COUNTED,
    (
        "MigMigration",
        conditions.QUEUED,
    ): "story/test_migration_places.py::test_migrations_of_different_plans_run_side_by_side_up_to_the_limit",
    (
        "MigMigration",
        conditions.DRY_RUN_COMPLETED,
        conditions.ADVISORY,
    ): f"{_DRY_RUN}::test_a_dry_run_of_a_rollback_lists_what_would_be_deleted",
    (
        "MigMigration",
        conditions.DRY_RUN_COMPLETED,
        conditions.WARN,
    ): f"{_DRY_RUN}::test_a_dry_run_changes_nothing_and_says_what_then_happens",
    (
        "MigMigration",
        conditions.RETRY_REFUSED,
    ): "story/test_migration_retry.py::test_another_try_is_refused_with_the_reason_and_a_next_step",
    ("MigMigration", conditions.STAGE_PODS_CREATED): f"{_COURSE}::test_pods_that_hold_volumes_are_counted_while_they_are_there",
    ("MigMigration", conditions.UNHEALTHY_NAMESPACES): f"{_COURSE}::test_pods_that_do_not_run_on_the_target_are_told",
    ("MigMigration", conditions.STALE_SOURCE_VELERO_CRS_DELETED): _LEFT,
    ("MigMigration", conditions.STALE_DESTINATION_VELERO_CRS_DELETED): _LEFT,
    ("MigMigration", conditions.STALE_RESTIC_CRS_DELETED): _LEFT,
    ("MigMigration", conditions.RUNNING): _LOST,
    ("MigMigration", conditions.RECONCILE_FAILED): _LOST,
    (
        "MigMigration",
        conditions.STALLED,
        conditions.ERROR,
    ): "story/test_migration_stage.py::test_volumes_in_use_on_the_target_are_not_overwritten",
    ("MigMigration", conditions.STALLED, conditions.WARN): f"{_COURSE}::test_a_wait_that_cannot_end_by_itself_is_told_until_it_goes_on",
    (
        "MigMigration",
        conditions.STAGE_NO_OP,
    ): "story/test_migration_stage.py::test_a_stage_migration_without_volumes_says_that_it_has_nothing_to_do",
    (
        "MigMigration",
        conditions.EXISTING_VOLUMES_OVERWRITTEN,
    ): "story/test_migration_stage.py::test_volumes_that_were_on_the_target_before_are_named",
    (
        "MigMigration",
        conditions.CLAIMS_LEFT_BEHIND,
    ): "story/test_migration_final.py::test_claims_without_a_volume_come_along_or_are_named",
    (
        "MigMigration",
        conditions.WORKLOADS_LEFT_BEHIND,
    ): "story/test_migration_final.py::test_workloads_that_the_plan_leaves_out_are_named",
    ("MigMigration", conditions.CANCELING): _CANCELED,
    ("MigMigration", conditions.CANCELED): _CANCELED,
    (
        "MigMigration",
        conditions.LAST_COPIES_KEPT,
    ): "story/test_migration_losses.py::test_a_cancel_never_deletes_the_last_copy",
    ("MigMigration", conditions.CLEANUP_INCOMPLETE): f"{_UNDO}::test_what_the_engine_refuses_to_delete_is_told_and_holds_nothing_up",
    ("MigMigration", conditions.PROOF_FAILED): f"{_PROOF}::test_whatever_differs_is_named_and_the_migration_ends_with_warnings",
    ("MigMigration", conditions.NOT_PROVED, conditions.WARN): f"{_PROOF}::test_a_volume_that_could_not_be_compared_is_a_warning",
    ("MigMigration", conditions.NOT_PROVED, conditions.ADVISORY): f"{_PROOF}::test_volumes_that_nobody_compares_are_told",
    ("MigMigration", conditions.PODS_NOT_QUIESCED): "system/test_mapping.py::test_a_pod_that_nobody_can_stop_is_told",
    ("MigMigration", conditions.REGISTRIES_HEALTHY): f"{_IMAGES}::test_registries_are_there_while_images_travel_and_gone_afterwards",
    ("MigMigration", conditions.REGISTRIES_UNHEALTHY): f"{_IMAGES}::test_a_registry_that_fails_is_told_and_the_migration_waits_for_it",
    (
        "MigMigration",
        conditions.SUCCEEDED,
    ): "story/test_migration_final.py::test_a_final_migration_makes_two_backups_and_two_restores_and_succeeds",
    (
        "MigMigration",
        conditions.FAILED,
        conditions.ADVISORY,
    ): "story/test_migration_trouble.py::test_a_failed_backup_fails_the_migration_with_its_reason",
}

_IMAGES = "story/test_direct_images.py"
_ARRIVE, _MISSING = (
    f"{_IMAGES}::test_images_arrive_whole_with_their_history",
    f"{_IMAGES}::test_an_image_that_is_missing_is_told_and_the_others_arrive",
)
_RUN = f"{_IMAGES}::test_while_images_are_copied_that_is_told_and_a_deletion_ends_it"
SHOWN |= {
    ("MigMigration", conditions.DIRECT_IMAGE_MIGRATION_FAILED): f"{_IMAGES}::test_a_migration_goes_on_without_images_that_cannot_be_copied",
    ("DirectImageMigration", conditions.SUCCEEDED): _ARRIVE,
    ("DirectImageStreamMigration", conditions.SUCCEEDED): _ARRIVE,
    ("DirectImageMigration", conditions.FAILED): _MISSING,
    ("DirectImageStreamMigration", conditions.FAILED): _MISSING,
    ("DirectImageMigration", conditions.RUNNING): _RUN,
    ("DirectImageStreamMigration", conditions.RUNNING): _RUN,
}

_VOLUMES, _DIRECT = "story/test_direct_volumes.py", "story/test_migration_direct.py"
_NETWORK = f"{_VOLUMES}::test_a_network_that_lets_nobody_through_is_told"
SHOWN |= {
    (
        "MigMigration",
        conditions.DIRECT_VOLUME_MIGRATION_BLOCKED,
    ): f"{_DIRECT}::test_a_copy_that_waits_for_something_is_told_until_it_goes_on",
    ("MigMigration", conditions.DIRECT_VOLUME_MIGRATION_FAILED): f"{_DIRECT}::test_a_copy_that_fails_fails_the_migration",
    ("DirectVolumeMigration", conditions.SUCCEEDED): f"{_VOLUMES}::test_claims_are_made_and_filled_and_nothing_is_left_behind",
    ("DirectVolumeMigration", conditions.RUNNING): f"{_VOLUMES}::test_while_volumes_are_copied_that_is_told",
    ("DirectVolumeMigration", conditions.FAILED, conditions.CRITICAL): f"{_VOLUMES}::test_a_volume_that_cannot_be_copied_fails_the_copy",
    (
        "DirectVolumeMigration",
        conditions.FAILED,
        conditions.WARN,
    ): f"{_VOLUMES}::test_a_target_that_cannot_take_volumes_fails_the_copy_as_a_warning",
    ("DirectVolumeMigration", conditions.SOURCE_TO_DESTINATION_NETWORK_ERROR): _NETWORK,
    (
        "DirectVolumeMigration",
        conditions.RSYNC_ROUTE_NOT_ADMITTED,
    ): f"{_VOLUMES}::test_a_way_in_that_does_not_open_is_told_after_three_minutes",
    (
        "DirectVolumeMigration",
        conditions.RSYNC_TRANSFER_PODS_PENDING,
    ): f"{_VOLUMES}::test_receivers_that_do_not_run_are_told_after_three_minutes",
    (
        "DirectVolumeMigration",
        conditions.RSYNC_CLIENT_PODS_PENDING,
    ): f"{_VOLUMES}::test_senders_that_do_not_start_are_told_after_ten_minutes",
    (
        "DirectVolumeMigration",
        conditions.RSYNC_SERVER_PODS_RUNNING_AS_NON_ROOT,
    ): f"{_VOLUMES}::test_a_namespace_that_admits_no_root_is_told",
    (
        "DirectVolumeMigration",
        conditions.FAILED_CREATING_RSYNC_PODS,
    ): f"{_VOLUMES}::test_pods_that_the_source_does_not_admit_are_told_until_it_does",
    ("DirectVolumeMigration", conditions.FAILED_DELETING_RSYNC_PODS): f"{_VOLUMES}::test_what_cannot_be_deleted_is_told_until_it_can",
    ("DirectVolumeMigrationProgress", conditions.READY): f"{_VOLUMES}::test_claims_are_made_and_filled_and_nothing_is_left_behind",
}

_BY_ITS_OWNER = "a direct copy makes these and writes what they say; none that is made otherwise is looked at"
_OLD = "only earlier versions wrote it; it is explained for plans of that time"

#: No code sets it: a whole kind, or kind, type and reason.
NOT_BUILT: dict[str | tuple[str, str, str], str] = {
    ("DirectVolumeMigrationProgress", conditions.INVALID_CLUSTER_REF, conditions.NOT_SET): _BY_ITS_OWNER,
    ("DirectVolumeMigrationProgress", conditions.INVALID_CLUSTER_REF, conditions.NOT_FOUND): _BY_ITS_OWNER,
    ("DirectVolumeMigrationProgress", conditions.CLUSTER_NOT_READY, ""): _BY_ITS_OWNER,
    ("DirectVolumeMigrationProgress", conditions.INVALID_POD, conditions.NOT_FOUND): _BY_ITS_OWNER,
    ("DirectVolumeMigrationProgress", conditions.INVALID_POD_SELECTOR, ""): _BY_ITS_OWNER,
    ("DirectVolumeMigrationProgress", conditions.INVALID_SPEC, ""): _BY_ITS_OWNER,
    ("MigPlan", conditions.INVALID_DESTINATION_CLUSTER, conditions.NOT_DISTINCT): _OLD,
    ("MigPlan", conditions.REGISTRIES_ENSURED, conditions.DONE): _OLD,
    ("MigPlan", conditions.REGISTRIES_HEALTHY, ""): _OLD,
}

_SERVER = "its object cannot have a wrong form, so only an API server that fails in the middle of a pass leads to it"

_AGENT = "it takes a node agent that measures a volume and fails to look for sparse files, and none runs on API servers alone"

#: Code sets it, and no story can cause it: kind and type, and the reason where others of the type are shown.
OUT_OF_REACH: dict[tuple[str, ...], str] = {
    ("MigAnalytic", conditions.EXTENDED_PV_ANALYSIS_FAILED, conditions.FAILED_RUNNING_DU): _AGENT,
    ("MigCluster", conditions.RECONCILE_FAILED): _SERVER,
    ("MigStorage", conditions.RECONCILE_FAILED): _SERVER,
    ("MigHook", conditions.RECONCILE_FAILED): _SERVER,
    ("MigAnalytic", conditions.RECONCILE_FAILED): _SERVER,
    ("DirectVolumeMigration", conditions.RECONCILE_FAILED): _SERVER,
    ("DirectVolumeMigrationProgress", conditions.RECONCILE_FAILED): _SERVER,
    ("DirectImageMigration", conditions.RECONCILE_FAILED): _SERVER,
    ("DirectImageStreamMigration", conditions.RECONCILE_FAILED): _SERVER,
    ("MigrationController", conditions.RECONCILE_FAILED): "its settings are read leniently: what is wrong has conditions of its own",
}


def by_rows() -> set[Key]:
    """What the rows show, the Ready of their kinds included."""
    found: set[Key] = set()
    for row in ROWS:
        entry = catalogue.find(row.kind, row.type, row.reason, category=row.category)
        assert entry is not None, row
        found.add(entry.key)
        if row.well and row.cure is not None:
            found.add((row.kind, conditions.READY, "", conditions.REQUIRED))
    return found


def by_stories() -> set[Key]:
    """What the stories of their own show."""
    found = {entry.key for line in SHOWN for entry in _meant(line)}
    return found - not_built() - out_of_reach()


def _meant(line: tuple[str, ...]) -> list[Entry]:
    kind, type_, *category = line
    return [entry for entry in catalogue.of_type(kind, type_) if not category or entry.category == category[0]]


def not_built() -> set[Key]:
    """What no code sets."""
    return {entry.key for entry in catalogue.entries() if entry.kind in NOT_BUILT or (entry.kind, entry.type, entry.reason) in NOT_BUILT}


def out_of_reach() -> set[Key]:
    """What no story can cause."""
    return {
        entry.key
        for entry in catalogue.entries()
        if (entry.kind, entry.type) in OUT_OF_REACH or (entry.kind, entry.type, entry.reason) in OUT_OF_REACH
    }


@functools.cache
def source_of(test: str) -> str:
    """The source of a test, by file and name; "" where it is not there."""
    file, _, name = test.partition("::")
    path = TESTS / file
    if not path.exists():
        return ""
    source = path.read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            return ast.get_source_segment(source, node) or ""
    return ""


def mentions(source: str, type_: str) -> bool:
    """Whether a test names a type, by its constant or as MTC writes it."""
    constants = [name for name, value in vars(conditions).items() if value == type_]
    ready = type_ == conditions.READY and "planes.is_ready" in source
    return ready or f'"{type_}"' in source or any(f"conditions.{name}" in source for name in constants)
