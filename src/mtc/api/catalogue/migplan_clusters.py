"""Conditions of a MigPlan about what it names: clusters, storage, and what these can do together."""

from functools import partial

from mtc.api import conditions
from mtc.api.catalogue import Entry

_KIND = "MigPlan"
_critical = partial(Entry, _KIND, conditions.CRITICAL)
_warn = partial(Entry, _KIND, conditions.WARN)
_advisory = partial(Entry, _KIND, conditions.ADVISORY)

ENTRIES = (
    _critical(
        conditions.INVALID_SOURCE_CLUSTER_REF,
        conditions.NOT_SET,
        explanation="Nothing says from which cluster to migrate.",
        remedy="Set spec.srcMigClusterRef to name and namespace of a MigCluster.",
    ),
    _critical(
        conditions.INVALID_SOURCE_CLUSTER_REF,
        conditions.NOT_FOUND,
        explanation="The MigCluster that spec.srcMigClusterRef names does not exist.",
        remedy="Create it, or correct the reference.",
    ),
    _critical(
        conditions.SOURCE_CLUSTER_NOT_READY,
        "",
        explanation="The MigCluster to migrate from is not Ready, so nothing can be looked at there.",
        remedy="Look at the conditions of that MigCluster. The plan goes on by itself when it is Ready.",
    ),
    _critical(
        conditions.SOURCE_CLUSTER_NO_REGISTRY_PATH,
        conditions.NOT_SET,
        explanation="Images are to be copied directly from registry to registry, and that of the source cannot be reached from outside.",
        remedy=(
            "Set spec.exposedRegistryPath of the source's MigCluster to the route of its registry, or copy images through the repository "
            "with spec.indirectImageMigration."
        ),
    ),
    _critical(
        conditions.INVALID_DESTINATION_CLUSTER_REF,
        conditions.NOT_SET,
        explanation="Nothing says to which cluster to migrate.",
        remedy="Set spec.destMigClusterRef to name and namespace of a MigCluster.",
    ),
    _critical(
        conditions.INVALID_DESTINATION_CLUSTER_REF,
        conditions.NOT_FOUND,
        explanation="The MigCluster that spec.destMigClusterRef names does not exist.",
        remedy="Create it, or correct the reference.",
    ),
    _critical(
        conditions.DESTINATION_CLUSTER_NOT_READY,
        "",
        explanation="The MigCluster to migrate to is not Ready, so nothing can be looked at or made there.",
        remedy="Look at the conditions of that MigCluster. The plan goes on by itself when it is Ready.",
    ),
    _critical(
        conditions.DESTINATION_CLUSTER_NO_REGISTRY_PATH,
        conditions.NOT_SET,
        explanation="Images are to be copied directly from registry to registry, and the target has no registry that can be reached.",
        remedy=(
            "Set spec.exposedRegistryPath of the target's MigCluster to the route of its registry, or copy images through the repository "
            "with spec.indirectImageMigration."
        ),
    ),
    _critical(
        conditions.INVALID_DESTINATION_CLUSTER,
        conditions.NOT_DISTINCT,
        explanation="Old versions of MTC refused plans whose source and target are one cluster. It is written no longer.",
        remedy="Change the plan in any way, or set spec.refresh: the condition goes with the next look.",
    ),
    _advisory(
        conditions.MIGRATION_TYPE_IDENTIFIED,
        conditions.NAMESPACE_MIGRATION_PLAN,
        explanation=(
            "The plan can only migrate whole namespaces, in stages and finally: because volumes or images travel through the repository, "
            "or because it has been used for that already. Only in the latter case does it stay until a rollback succeeds."
        ),
    ),
    _advisory(
        conditions.MIGRATION_TYPE_IDENTIFIED,
        conditions.STATE_MIGRATION_PLAN,
        explanation=(
            "The plan can only migrate state, which means volumes and chosen objects: because claims get other names, because all "
            "namespaces get other names inside one cluster, or because it has been used for that already."
        ),
    ),
    _advisory(
        conditions.MIGRATION_TYPE_IDENTIFIED,
        conditions.STORAGE_CONVERSION_PLAN,
        explanation=(
            "The plan can only move volumes to other storage classes: source and target are one cluster and no namespace gets another name."
        ),
    ),
    _critical(
        conditions.INTRA_CLUSTER_MIGRATION,
        conditions.NAMESPACE_MIGRATION_PLAN,
        explanation="Source and target are one cluster, where nothing can travel through the replication repository.",
        remedy="Set spec.indirectVolumeMigration and spec.indirectImageMigration to false, or choose another target.",
    ),
    _critical(
        conditions.INTRA_CLUSTER_MIGRATION,
        conditions.CONFLICTING_NAMESPACES,
        explanation="Source and target are one cluster, and some namespaces get another name while others would be copied onto themselves.",
        remedy="Give every namespace another name with source:target, or none.",
    ),
    _warn(
        conditions.INTRA_CLUSTER_MIGRATION,
        conditions.CONFLICTING_PERMISSIONS,
        explanation=(
            "Target namespaces exist already and give their pods other user ids, groups or SELinux labels than the source namespaces. "
            "Pods may then be unable to read the copied files."
        ),
        remedy="Delete the target namespaces if nothing is in them, or choose other names.",
    ),
    _critical(
        conditions.INVALID_STORAGE_REF,
        conditions.NOT_SET,
        explanation="Nothing says through which storage backups and volumes travel. Only a conversion of storage needs none.",
        remedy="Set spec.migStorageRef to name and namespace of a MigStorage.",
    ),
    _critical(
        conditions.INVALID_STORAGE_REF,
        conditions.NOT_FOUND,
        explanation="The MigStorage that spec.migStorageRef names does not exist.",
        remedy="Create it, or correct the reference.",
    ),
    _critical(
        conditions.STORAGE_NOT_READY,
        "",
        explanation="The MigStorage of the plan is not Ready, so data could not travel.",
        remedy="Look at the conditions of that MigStorage. The plan goes on by itself when it is Ready.",
    ),
    _critical(
        conditions.SOURCE_CLUSTER_PROXY_SECRET_MISCONFIGURED,
        conditions.CONFLICT,
        explanation="More than one Secret on the source claims to hold the proxy settings of the migration registry.",
        remedy="Leave one of the Secrets that the message lists, and delete the others.",
    ),
    _critical(
        conditions.SOURCE_CLUSTER_PROXY_SECRET_MISCONFIGURED,
        conditions.KEY_NOT_FOUND,
        explanation="The Secret with proxy settings on the source has none of the keys that would be read.",
        remedy="Put HTTP_PROXY, HTTPS_PROXY or NO_PROXY into it, or delete it if no proxy is needed.",
    ),
    _critical(
        conditions.DESTINATION_CLUSTER_PROXY_SECRET_MISCONFIGURED,
        conditions.CONFLICT,
        explanation="More than one Secret on the target claims to hold the proxy settings of the migration registry.",
        remedy="Leave one of the Secrets that the message lists, and delete the others.",
    ),
    _critical(
        conditions.DESTINATION_CLUSTER_PROXY_SECRET_MISCONFIGURED,
        conditions.KEY_NOT_FOUND,
        explanation="The Secret with proxy settings on the target has none of the keys that would be read.",
        remedy="Put HTTP_PROXY, HTTPS_PROXY or NO_PROXY into it, or delete it if no proxy is needed.",
    ),
    _warn(
        conditions.CLUSTER_VERSION_MISMATCH,
        conditions.CONFLICT,
        explanation="It is not certain that source, target and host run the same version of the toolkit. The MigClusters say more.",
        remedy="Install the same version everywhere before you migrate.",
    ),
    _advisory(
        conditions.KUBEVIRT_NOT_INSTALLED,
        conditions.NOT_FOUND,
        explanation=(
            "The plan asks to move the storage of running virtual machines, and a cluster has not exactly one KubeVirt. The message names "
            "the cluster; the word Source in the type says nothing about which one it is."
        ),
        remedy="Install KubeVirt there, or leave spec.liveMigrate out: machines are then stopped for the copy.",
    ),
    _warn(
        conditions.KUBEVIRT_VERSION_NOT_SUPPORTED,
        conditions.NOT_SUPPORTED,
        explanation="The KubeVirt of the cluster is too old to move the storage of running machines, so machines are stopped for the copy.",
        remedy="Update KubeVirt to 1.3 or newer if machines must keep running.",
    ),
    _warn(
        conditions.KUBEVIRT_LIVE_MIGRATION_NOT_ENABLED,
        conditions.NOT_SUPPORTED,
        explanation="KubeVirt could move the storage of running machines, and it is switched off, so machines are stopped for the copy.",
        remedy=(
            "Set vmRolloutStrategy to LiveUpdate in the KubeVirt object, before KubeVirt 1.5 also the feature gates VolumesUpdateStrategy, "
            "VolumeMigration and VMLiveUpdateFeatures."
        ),
    ),
    _critical(
        conditions.MISSING_PERMISSIONS,
        conditions.UNAUTHORIZED,
        explanation=(
            "A token lacks rights that this plan needs on one of its clusters. A migration would stop where it first needs one of them, "
            "perhaps with the application stopped; so it cannot start. status.missingPermissions lists them."
        ),
        remedy=(
            "Have an administrator of that cluster apply the manifest in status.missingPermissions, which grants exactly what is missing. "
            "The plan looks again every few seconds."
        ),
    ),
)
