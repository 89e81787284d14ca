"""Conditions of a MigMigration that say how it goes and how it ended."""

from functools import partial

from mtc.api import conditions
from mtc.api.catalogue import ANY_REASON, Entry

_KIND = "MigMigration"
_critical = partial(Entry, _KIND, conditions.CRITICAL)
_warn = partial(Entry, _KIND, conditions.WARN)
_required = partial(Entry, _KIND, conditions.REQUIRED)
_advisory = partial(Entry, _KIND, conditions.ADVISORY)

ENTRIES = (
    _required(
        conditions.REGISTRIES_HEALTHY,
        "",
        explanation="The migration registries through which images travel run on both clusters. They are deleted when nothing needs them any more.",
        durable=True,
    ),
    _critical(
        conditions.REGISTRIES_UNHEALTHY,
        "",
        explanation=(
            "The pod of a migration registry is missing or not healthy, so images cannot travel, and the migration waits. The message names "
            "pod and cluster."
        ),
        remedy=(
            "Look at the log of that pod and at its events: often its image cannot be pulled, or the storage does not let it in. The migration "
            "goes on by itself."
        ),
        durable=True,
    ),
    _advisory(
        conditions.RUNNING,
        ANY_REASON,
        explanation="The migration runs. The reason is the phase that it is in, the message says how many there are.",
    ),
    _warn(
        conditions.STALLED,
        ANY_REASON,
        explanation="A wait takes longer than is usual for its phase, which is the reason. The message names the object that is waited for.",
        remedy="Look at that object. The migration goes on by itself as soon as it can.",
    ),
    Entry(
        _KIND,
        conditions.ERROR,
        conditions.STALLED,
        ANY_REASON,
        explanation="The migration waits for something that only a person can do, for instance until nobody uses a volume of the target.",
        remedy="Do what the message says. The migration goes on by itself then.",
    ),
    _advisory(
        conditions.STAGE_PODS_CREATED,
        "",
        explanation="Pods hold the volumes mounted while these are copied. They are removed afterwards, and with them this condition.",
        durable=True,
    ),
    _required(
        conditions.STALE_SOURCE_VELERO_CRS_DELETED,
        "",
        explanation="Backups and Restores that an earlier migration left unfinished on the source are deleted, and the engine is restarted.",
        durable=True,
    ),
    _required(
        conditions.STALE_DESTINATION_VELERO_CRS_DELETED,
        "",
        explanation="Backups and Restores that an earlier migration left unfinished on the target are deleted, and the engine is restarted.",
        durable=True,
    ),
    _required(
        conditions.STALE_RESTIC_CRS_DELETED,
        "",
        explanation="PodVolumeBackups and PodVolumeRestores that an earlier migration left unfinished are deleted.",
        durable=True,
    ),
    _warn(
        conditions.STAGE_NO_OP,
        "",
        explanation="A stage migration copies volumes and images ahead of time, and the plan has neither. Nothing was done.",
        remedy="Start the final migration; for an application without volumes it needs no stage.",
        durable=True,
    ),
    _warn(
        conditions.PODS_NOT_QUIESCED,
        "",
        explanation=(
            "Pods that use a copied volume keep running, because nothing that can be stopped owns them. What they write after the copy "
            "may be missing in the target."
        ),
        remedy="Stop these pods by hand and repeat the migration, or compare the data on the target.",
        durable=True,
    ),
    _warn(
        conditions.EXISTING_VOLUMES_OVERWRITTEN,
        "",
        explanation=(
            "Volumes are copied into PersistentVolumeClaims that were on the target before and that this plan has not made. Files of the "
            "same names are replaced there, others stay, and neither cancel nor rollback brings back what was replaced."
        ),
        remedy=(
            "Nothing, where these claims hold an older copy of the same application. Otherwise bring their data back from a backup of your "
            "own, give the namespace another name on the target, and migrate again. A dry run tells them beforehand."
        ),
        durable=True,
    ),
    _warn(
        conditions.CLAIMS_LEFT_BEHIND,
        "",
        explanation=(
            "PersistentVolumeClaims of the source do not come along: they have no volume that the plan could copy or move, and cannot travel "
            "as they are. Whatever uses them on the target waits for them."
        ),
        remedy=(
            "Create these claims on the target. Or let them get their volumes in the source, refresh the plan by spec.refresh: true and, after "
            "a rollback, migrate again."
        ),
        durable=True,
    ),
    _warn(
        conditions.WORKLOADS_LEFT_BEHIND,
        "",
        explanation=(
            "Workloads of the source are stopped and do not come along: the plan's label selector, or the kinds that it is limited to, leave "
            "them out. Everything in the plan's namespaces is stopped, because it may write to the volumes, which all travel."
        ),
        remedy=(
            "Start again in the source what is to go on there; annotations preQuiesceReplicas and preQuiesceSuspend tell how it was. A rollback "
            "does so for all of them. A dry run tells them beforehand."
        ),
        durable=True,
    ),
    _warn(
        conditions.VELERO_INITIAL_BACKUP_PARTIALLY_FAILED,
        "",
        explanation="Some objects of the application could not be saved on the source, so they are missing on the target.",
        remedy="Look at the errors that the message and the Backup's log list, and bring these objects over by hand.",
        durable=True,
    ),
    _warn(
        conditions.VELERO_STAGE_BACKUP_PARTIALLY_FAILED,
        "",
        explanation="The Backup with the volumes on the source ended with errors. All volumes to copy are in it, or the migration had failed.",
        remedy="Look at the errors that the message and the Backup's log list.",
        durable=True,
    ),
    _warn(
        conditions.VELERO_STAGE_RESTORE_PARTIALLY_FAILED,
        "",
        explanation="The Restore of the volumes on the target ended with errors. All volumes have arrived, or the migration had failed.",
        remedy="Look at the errors that the message and the Restore's log list.",
        durable=True,
    ),
    _warn(
        conditions.VELERO_FINAL_RESTORE_PARTIALLY_FAILED,
        "",
        explanation="Some objects of the application could not be made on the target, for instance because something there refuses them.",
        remedy="Look at the errors that the message and the Restore's log list, and make these objects by hand.",
        durable=True,
    ),
    _warn(
        conditions.FINAL_RESTORE_WARNINGS,
        "",
        explanation=(
            "The engine warned of objects on the target, mostly because one of that name existed there, differs from what was saved and was "
            "left as it is. It is only told where the result is not compared (skip-proof, migration_proof)."
        ),
        remedy="Compare the objects that the message names on both clusters, and bring over by hand what is needed.",
        durable=True,
    ),
    _warn(
        conditions.RESTIC_ERRORS,
        "",
        explanation="The engine counted volumes whose files could not all be restored.",
        remedy="Look at the PodVolumeRestores of the Restore that the message names, and compare these volumes.",
        durable=True,
    ),
    _warn(
        conditions.RESTIC_VERIFY_ERRORS,
        "",
        explanation="The engine compared checksums after the copy and found volumes that differ from their source.",
        remedy="Look at the PodVolumeRestores of the Restore that the message names, and copy these volumes again.",
        durable=True,
    ),
    _warn(
        conditions.DIRECT_IMAGE_MIGRATION_FAILED,
        "",
        explanation="Some images could not be copied from registry to registry.",
        remedy="Look at status.errors of the DirectImageMigration that the message names, and push these images by hand.",
        durable=True,
    ),
    _warn(
        conditions.DIRECT_VOLUME_MIGRATION_FAILED,
        "",
        explanation="Some volumes could not be copied from cluster to cluster.",
        remedy="Look at status.errors of the DirectVolumeMigration that the message names, and migrate again.",
        durable=True,
    ),
    _warn(
        conditions.DIRECT_VOLUME_MIGRATION_BLOCKED,
        conditions.NOT_READY,
        explanation="The direct copy of volumes waits for something. The message repeats what the DirectVolumeMigration says.",
        remedy="Look at its conditions, and remove the cause. The copy goes on by itself.",
    ),
    _warn(
        conditions.UNHEALTHY_NAMESPACES,
        conditions.ERRORS_DETECTED,
        explanation="Everything has been migrated, and pods on the target do not run as they should. status.namespaces lists them.",
        remedy="Look at these pods and their events. Images that the target cannot pull are the usual cause.",
    ),
    _warn(
        conditions.CLEANUP_INCOMPLETE,
        "",
        explanation="A canceled migration or a rollback could not remove everything that it should. The message names what is left and why.",
        remedy="Look at the engine's pods and logs on that cluster. What it was asked to delete it deletes by itself once it runs.",
        durable=True,
    ),
    _warn(
        conditions.LAST_COPIES_KEPT,
        conditions.CANCEL,
        explanation=(
            "The migration was canceled, and the source does not have any more what some volumes were copied from. So the copies were not "
            "deleted, and the application was not started on the source, where it would begin with empty volumes."
        ),
        remedy=(
            "Bring the claims of the source back with their data, from the copies that the message names, and roll the plan back. To go on "
            "with the target instead, take the label that the message names off these copies."
        ),
        durable=True,
    ),
    _warn(
        conditions.PROOF_FAILED,
        conditions.ERRORS_DETECTED,
        explanation=(
            "What arrived on the target is not what was saved: objects or files are missing or differ. The message names the first ones, "
            "status.proof has figures, and the report in the bucket has all of them."
        ),
        remedy="Compare what is named on both clusters. Where the target is wrong, bring it over by hand, or roll back and migrate again.",
        durable=True,
    ),
    _warn(
        conditions.NOT_PROVED,
        conditions.ERRORS_DETECTED,
        explanation="Something could not be compared with what was saved although it should have been. The message says what, and why.",
        remedy="Remove the cause and compare that part by hand, or migrate again.",
        durable=True,
    ),
    _advisory(
        conditions.NOT_PROVED,
        conditions.NOT_SUPPORTED,
        explanation="Some volumes or objects are of a kind that is never compared, for instance volumes that another node agent has filled.",
        remedy="Compare them by hand where that matters; status.proof.notCompared lists them.",
        durable=True,
    ),
    _advisory(
        conditions.CANCELING,
        conditions.CANCEL,
        explanation="spec.canceled was set; what was begun is being cleared away.",
        durable=True,
    ),
    _advisory(
        conditions.CANCELED,
        conditions.CANCEL,
        explanation="The migration was canceled and what it had begun is cleared away.",
        remedy="Make another MigMigration to try again.",
        durable=True,
    ),
    _advisory(
        conditions.FAILED,
        ANY_REASON,
        explanation="The migration failed in the phase that is the reason. status.errors says what happened where, and what to do.",
        remedy="Remove the cause and make another MigMigration. What is still stopped in the source is listed in status.errors.",
        durable=True,
    ),
    _advisory(
        conditions.SUCCEEDED,
        conditions.COMPLETED,
        explanation="Everything arrived.",
        durable=True,
    ),
    _advisory(
        conditions.SUCCEEDED_WITH_WARNINGS,
        conditions.COMPLETED,
        explanation="All volume data arrived, and something else did not, or is not certain. The conditions of category Warn say what.",
        remedy="Read these conditions, and see to what they name.",
        durable=True,
    ),
    _required(
        conditions.READY,
        "",
        explanation="Nothing keeps the migration from running; after it ended, that it succeeded.",
    ),
)
