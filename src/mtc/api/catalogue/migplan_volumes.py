"""Conditions of a MigPlan about its volumes: what was found, what was chosen for them, and whether that can be done."""

from functools import partial

from mtc.api import conditions
from mtc.api.catalogue import Entry

_KIND = "MigPlan"
_error = partial(Entry, _KIND, conditions.ERROR)
_warn = partial(Entry, _KIND, conditions.WARN)

ENTRIES = (
    Entry(
        _KIND,
        conditions.REQUIRED,
        conditions.PVS_DISCOVERED,
        conditions.DONE,
        explanation="spec.persistentVolumes lists the bound claims of the namespaces, with what can be done and what is chosen for each.",
    ),
    _warn(
        conditions.PV_LIMIT_EXCEEDED,
        conditions.LIMIT_EXCEEDED,
        explanation="The plan copies or moves many volumes. It works and takes long.",
        remedy="Split it into several plans, or raise mig_pv_limit of the MigrationController.",
    ),
    _warn(
        conditions.PV_NO_CEPH_AVAILABLE,
        "",
        explanation=(
            "Volumes on GlusterFS would best go to Ceph, which can share volumes in the same way, and the target has no fitting class of "
            "it. They are proposed the default class."
        ),
        remedy="Install Ceph on the target, for instance with the Rook operator, or choose another class that offers their access modes.",
    ),
    _warn(
        conditions.NFS_NOT_ACCESSIBLE,
        "",
        explanation="NFS servers do not answer from the target, so volumes on them cannot be moved by using them from there.",
        remedy="Open port 2049 of these servers for the target's nodes, or copy the volumes.",
    ),
    _error(
        conditions.NFS_ACCESS_CANNOT_BE_VALIDATED,
        conditions.NOT_FOUND,
        explanation="Whether NFS servers answer from the target could not be found out: nothing runs there from which to try.",
        remedy="Make sure that the engine (Deployment velero) runs in the toolkit's namespace of the target.",
    ),
    _error(
        conditions.PV_INVALID_ACTION,
        conditions.NOT_DONE,
        explanation="No action is chosen for a volume, or one that cannot be done with it.",
        remedy="Set selection.action of the volume to one out of its supported.actions.",
    ),
    _warn(
        conditions.PV_NO_SUPPORTED_ACTION,
        "",
        explanation=(
            "The volume of a claim does not exist any more, or has become that of another claim: there is nothing to copy, to move or to leave "
            "behind. Its application will wait for the claim on the target."
        ),
        remedy="Bring the data back from a backup into a new claim, or delete the claim if nothing needs it.",
    ),
    _error(
        conditions.PV_INVALID_STORAGE_CLASS,
        conditions.NOT_DONE,
        explanation="The class that is chosen for a volume does not exist on the target, so its claim would never be bound.",
        remedy="Choose one of the target's classes in selection.storageClass, or create the class.",
    ),
    _error(
        conditions.PV_INVALID_ACCESS_MODE,
        "",
        explanation="The access mode that is chosen for a volume is none that Kubernetes knows.",
        remedy="Use ReadWriteOnce, ReadOnlyMany, ReadWriteMany or auto in selection.accessMode, or leave it out to keep those of the source.",
    ),
    _warn(
        conditions.PV_NO_STORAGE_CLASS_SELECTION,
        conditions.NOT_FOUND,
        explanation="No class is chosen for a volume to copy: its claim is only bound if a fitting volume exists already on the target.",
        remedy="Choose a class in selection.storageClass, or make such volumes on the target.",
    ),
    _warn(
        conditions.PV_ACCESS_MODE_UNAVAILABLE,
        "",
        explanation="As far as is known of its provisioner, the chosen class does not offer the access modes of the claim.",
        remedy="Choose another class, or another selection.accessMode if the application does not need these modes.",
    ),
    _error(
        conditions.PV_NO_COPY_METHOD_SELECTION,
        conditions.NOT_FOUND,
        explanation="A volume is to be copied, and nothing says how.",
        remedy="Set selection.copyMethod to one out of supported.copyMethods.",
    ),
    _error(
        conditions.PV_INVALID_COPY_METHOD,
        "",
        explanation="The copy method that is chosen for a volume is none that there is.",
        remedy="Set selection.copyMethod to one out of supported.copyMethods.",
    ),
    _warn(
        conditions.PV_COPY_METHOD_SNAPSHOT,
        "",
        explanation="A snapshot can only be restored by storage of the same kind and in the same region.",
        remedy="Make sure that the chosen class of the target can restore snapshots of the storage that the volume is on now.",
    ),
    _warn(
        conditions.PV_COPY_METHOD_UNFIT,
        conditions.NOT_SUPPORTED,
        explanation=(
            "The copy method that is chosen for a volume is not one that is offered for it in supported.copyMethods: files can only be copied from "
            "a file system, and copies of blocks and by snapshots are more than this version can do. A migration of such a plan is refused."
        ),
        remedy="Choose filesystem for volumes with a file system, and skip for block devices.",
    ),
    _error(
        conditions.PV_NAME_CONFLICT,
        "",
        explanation=(
            "Several claims would become one and the same claim, or in a conversion of storage one that exists; or a claim would get a name "
            "that no claim can have."
        ),
        remedy="Give each a name of its own in pvc.name, as source:target.",
    ),
    Entry(
        _KIND,
        conditions.CRITICAL,
        conditions.STORAGE_CLASS_CONVERSION_UNAVAILABLE,
        "",
        explanation="There is nothing to convert: no volume is chosen for it, or the cluster has only one storage class.",
        remedy="Set selection.action of the volumes to copy, and create the class that they are to go to.",
    ),
    _warn(
        conditions.PV_CAPACITY_ADJUSTMENT_REQUIRED,
        conditions.NOT_DONE,
        explanation=(
            "Volumes are almost full, or larger than their claims ask for. A copy of the size that is asked for might not hold their data."
        ),
        remedy="Set capacityConfirmed of the volumes in spec.persistentVolumes to true, and their copies get what proposedCapacity says.",
        durable=True,
    ),
    _warn(
        conditions.PV_CAPACITY_ADJUSTMENT_REQUIRED,
        conditions.DONE,
        explanation="With status False: no volume needs another capacity any more, as far as has been measured. Nothing is left to do.",
        durable=True,
    ),
    _warn(
        conditions.PV_USAGE_ANALYSIS_FAILED,
        conditions.NOT_DONE,
        explanation=(
            "How full volumes are could not be measured, or the figures came too late to be trusted. Their copies get the size that the "
            "claims ask for, which is too small if they are full."
        ),
        remedy="Make sure that a running pod mounts each volume and that node agents run on the source; then set spec.refresh of the MigAnalytic.",
    ),
    Entry(
        _KIND,
        conditions.ADVISORY,
        conditions.PV_USAGE_ANALYSIS_RUNNING,
        "",
        explanation=(
            "How full the volumes are is being measured, because copies of nearly full ones need more capacity. The plan is not Ready before, at "
            "most for two minutes."
        ),
    ),
    _warn(
        conditions.EXTENDED_PV_ANALYSIS_FAILED,
        conditions.FAILED_RUNNING_DF,
        explanation="The MigAnalytic of the plan could not read used and total space of some volumes.",
        remedy="Look at the conditions of that MigAnalytic, remove the cause, and set its spec.refresh.",
    ),
    _warn(
        conditions.EXTENDED_PV_ANALYSIS_FAILED,
        conditions.FAILED_RUNNING_DU,
        explanation="The MigAnalytic of the plan could not find out whether some volumes hold sparse files.",
        remedy="Look at the conditions of that MigAnalytic, remove the cause, and set its spec.refresh.",
    ),
    _warn(
        conditions.TARGET_QUOTA_TOO_SMALL,
        conditions.LIMIT_EXCEEDED,
        explanation=(
            "A ResourceQuota or LimitRange of a target namespace leaves less than the claims need that the plan will make there. The target "
            "would refuse these claims in the middle of the migration."
        ),
        remedy="Raise the quota or limit in the target, or choose another storage class or action for some of the volumes.",
    ),
)
