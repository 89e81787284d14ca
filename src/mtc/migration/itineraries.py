"""The order of the phases: this file is the specification of what a migration does.

A phase is entered when its flags hold, otherwise it is skipped. To add one, write its file in `phases/` and its line here.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from mtc.api import conditions
from mtc.api.migration.migmigration import DRY_RUN_ITINERARY, MigMigrationSpec, MigMigrationStatus
from mtc.migration.flags import Flags
from mtc.migration.phase import Phase
from mtc.migration.phases import (
    annotate_resources,
    canceled,
    canceling,
    clean_stale_annotations,
    clean_stale_restic_crs,
    clean_stale_stage_pods,
    clean_stale_velero_crs,
    completed,
    create_direct_image_migration,
    create_direct_volume_migration_final,
    create_direct_volume_migration_stage,
    create_registries,
    created,
    delete_backups,
    delete_direct_image_migration_resources,
    delete_direct_volume_migration_resources,
    delete_hook_jobs,
    delete_migrated,
    delete_registries,
    delete_restores,
    dry_run,
    ensure_annotations_deleted,
    ensure_cloud_secret_propagated,
    ensure_dest_quiesced,
    ensure_final_restore,
    ensure_initial_backup,
    ensure_initial_backup_replicated,
    ensure_migrated_deleted,
    ensure_src_quiesced,
    ensure_stage_backup,
    ensure_stage_backup_replicated,
    ensure_stage_pods_deleted,
    ensure_stage_pods_from_orphaned_pvcs,
    ensure_stage_pods_from_running,
    ensure_stage_pods_from_templates,
    ensure_stage_pods_terminated,
    ensure_stage_restore,
    final_restore_created,
    initial_backup_created,
    migration_failed,
    objects_proved,
    post_backup_hooks,
    post_restore_hooks,
    pre_backup_hooks,
    pre_restore_hooks,
    quiesce_destination_applications,
    quiesce_source_applications,
    restart_restic,
    restart_velero,
    rollback,
    stage_backup_created,
    stage_pods_created,
    stage_restore_created,
    start_refresh,
    started,
    swap_pvc_references,
    unquiesce_dest_applications,
    unquiesce_src_applications,
    verification,
    volumes_proved,
    wait_for_direct_image_migration_to_complete,
    wait_for_direct_volume_migration_to_complete,
    wait_for_refresh,
    wait_for_registries_ready,
    wait_for_restic_ready,
    wait_for_stale_stage_pods_terminated,
    wait_for_velero_ready,
)
from mtc.migration.scope import CANCEL_ITINERARY, COMPLETED, FAILED_ITINERARY


@dataclass(frozen=True)
class Itinerary:
    """Phases in their order.

    Attributes:
        name: what `status.itinerary` shows.
        phases: the phases, the last one of which is Completed.
    """

    name: str
    phases: tuple[Phase, ...]

    def phase(self, name: str) -> Phase:
        """The phase of that name; the first one where the name is unknown, because every phase may be repeated."""
        return next((phase for phase in self.phases if phase.name == name), self.phases[0])

    def position(self, phase: Phase) -> int:
        """Place of a phase, from 1 on."""
        return 1 + next(index for index, entry in enumerate(self.phases) if entry.name == phase.name)

    def after(self, phase: Phase, flags: Flags, *, passed: Collection[str] = ()) -> Phase:
        """The next phase that is needed; what another try need not do again is passed."""
        following = self.phases[self.position(phase) :]
        return next(entry for entry in following if entry.name == COMPLETED or (entry.applies(flags) and entry.name not in passed))

    def steps(self, flags: Flags) -> list[str]:
        """Names of the steps of the phases that are needed, in order."""
        return list(dict.fromkeys(phase.step for phase in self.phases if phase.applies(flags)))


def at(step: str, *phases: Phase) -> Iterable[Phase]:
    """The phases under another step than their usual one."""
    return (replace(phase, step=step) for phase in phases)


_PREPARE = (
    created.PHASE,
    started.PHASE,
    start_refresh.PHASE,
    wait_for_refresh.PHASE,
    clean_stale_annotations.PHASE,
    clean_stale_restic_crs.PHASE,
    clean_stale_velero_crs.PHASE,
    restart_velero.PHASE,
    clean_stale_stage_pods.PHASE,
    wait_for_stale_stage_pods_terminated.PHASE,
    create_registries.PHASE,
)

_STAGE_PODS = (
    ensure_stage_pods_from_running.PHASE,
    ensure_stage_pods_from_templates.PHASE,
    ensure_stage_pods_from_orphaned_pvcs.PHASE,
    stage_pods_created.PHASE,
    restart_restic.PHASE,
)

STAGE = Itinerary(
    "Stage",
    (
        *_PREPARE,
        create_direct_image_migration.PHASE,
        *at(
            "StageBackup",
            quiesce_source_applications.PHASE,
            ensure_src_quiesced.PHASE,
            create_direct_volume_migration_stage.PHASE,
            *_STAGE_PODS,
            annotate_resources.PHASE,
            wait_for_velero_ready.PHASE,
            wait_for_restic_ready.PHASE,
            wait_for_registries_ready.PHASE,
            ensure_cloud_secret_propagated.PHASE,
            ensure_stage_backup.PHASE,
            stage_backup_created.PHASE,
            ensure_stage_backup_replicated.PHASE,
        ),
        ensure_stage_restore.PHASE,
        stage_restore_created.PHASE,
        wait_for_direct_image_migration_to_complete.PHASE,
        wait_for_direct_volume_migration_to_complete.PHASE,
        *at(
            "Cleanup",
            swap_pvc_references.PHASE,
            delete_registries.PHASE,
            ensure_stage_pods_deleted.PHASE,
            ensure_stage_pods_terminated.PHASE,
            ensure_annotations_deleted.PHASE,
        ),
        completed.PHASE,
    ),
)

FINAL = Itinerary(
    "Final",
    (
        *_PREPARE,
        wait_for_velero_ready.PHASE,
        wait_for_registries_ready.PHASE,
        ensure_cloud_secret_propagated.PHASE,
        pre_backup_hooks.PHASE,
        *at("Backup", create_direct_image_migration.PHASE),
        ensure_initial_backup.PHASE,
        initial_backup_created.PHASE,
        quiesce_source_applications.PHASE,
        ensure_src_quiesced.PHASE,
        *_STAGE_PODS,
        annotate_resources.PHASE,
        wait_for_restic_ready.PHASE,
        # Only after the application has stopped: what it writes later would be missing.
        create_direct_volume_migration_final.PHASE,
        ensure_stage_backup.PHASE,
        stage_backup_created.PHASE,
        ensure_stage_backup_replicated.PHASE,
        ensure_stage_restore.PHASE,
        stage_restore_created.PHASE,
        # While the stage pods hold the volumes, nothing of the application writes to them.
        volumes_proved.PHASE,
        ensure_stage_pods_deleted.PHASE,
        ensure_stage_pods_terminated.PHASE,
        ensure_annotations_deleted.PHASE,
        wait_for_direct_image_migration_to_complete.PHASE,
        wait_for_direct_volume_migration_to_complete.PHASE,
        post_backup_hooks.PHASE,
        pre_restore_hooks.PHASE,
        ensure_initial_backup_replicated.PHASE,
        ensure_final_restore.PHASE,
        final_restore_created.PHASE,
        # Before workloads are started and hooks change what arrived.
        objects_proved.PHASE,
        unquiesce_dest_applications.PHASE,
        post_restore_hooks.PHASE,
        delete_registries.PHASE,
        verification.PHASE,
        completed.PHASE,
    ),
)

FAILED = Itinerary(
    FAILED_ITINERARY,
    (
        migration_failed.PHASE,
        delete_direct_volume_migration_resources.PHASE,
        *at(
            "CleanupHelpers",
            delete_registries.PHASE,
            ensure_stage_pods_deleted.PHASE,
            ensure_stage_pods_terminated.PHASE,
            ensure_annotations_deleted.PHASE,
        ),
        completed.PHASE,
    ),
)

_TAKE_BACK = (
    delete_backups.PHASE,
    delete_restores.PHASE,
    *at("CleanupHelpers", delete_registries.PHASE),
    delete_hook_jobs.PHASE,
    delete_direct_volume_migration_resources.PHASE,
    delete_direct_image_migration_resources.PHASE,
    *at(
        "CleanupHelpers",
        ensure_stage_pods_deleted.PHASE,
        ensure_stage_pods_terminated.PHASE,
        ensure_annotations_deleted.PHASE,
    ),
    *at(
        "CleanupMigrated",
        # In MTC these two come with direct copies; here they belong to what they are needed for.
        quiesce_destination_applications.PHASE,
        ensure_dest_quiesced.PHASE,
        swap_pvc_references.PHASE,
    ),
    # CreateDirectVolumeMigrationRollback, WaitForDirectVolumeMigrationToRollbackComplete: virtual machines
    delete_migrated.PHASE,
    ensure_migrated_deleted.PHASE,
    unquiesce_src_applications.PHASE,
)

#: In MTC what was restored stays in the target, half an application.
CANCEL = Itinerary(CANCEL_ITINERARY, (canceling.PHASE, *_TAKE_BACK, canceled.PHASE, completed.PHASE))

ROLLBACK = Itinerary("Rollback", (rollback.PHASE, *_TAKE_BACK, completed.PHASE))

#: It only looks, so there is nothing that a cancel or a failure would have to take back.
DRY_RUN = Itinerary(DRY_RUN_ITINERARY, (created.PHASE, dry_run.PHASE, completed.PHASE))

#: Every itinerary by its name.
ALL = {itinerary.name: itinerary for itinerary in (STAGE, FINAL, CANCEL, FAILED, ROLLBACK, DRY_RUN)}


def choose(spec: MigMigrationSpec, status: MigMigrationStatus) -> Itinerary:
    """The itinerary that a migration has to follow now."""
    if conditions.has_any(status.conditions, conditions.CANCELING, conditions.CANCELED):
        return CANCEL
    if status.errors or conditions.has(status.conditions, conditions.FAILED):
        return FAILED
    if spec.canceled:
        return CANCEL
    if spec.rollback:
        return ROLLBACK
    return STAGE if spec.stage or spec.migrate_state else FINAL
