"""Conditions of a DirectVolumeMigration: volumes copied by rsync from cluster to cluster."""

from functools import partial

from mtc.api import conditions
from mtc.api.catalogue import ANY_REASON, Entry

_KIND = "DirectVolumeMigration"
_critical = partial(Entry, _KIND, conditions.CRITICAL)
_warn = partial(Entry, _KIND, conditions.WARN)
_advisory = partial(Entry, _KIND, conditions.ADVISORY)

ENTRIES = (
    _critical(
        conditions.INVALID_SOURCE_CLUSTER_REF,
        conditions.NOT_SET,
        explanation="Nothing says from which cluster to copy.",
        remedy="Set spec.srcMigClusterRef to name and namespace of a MigCluster.",
    ),
    _critical(
        conditions.INVALID_SOURCE_CLUSTER_REF,
        conditions.NOT_FOUND,
        explanation="The MigCluster that spec.srcMigClusterRef names does not exist.",
        remedy="Create it, or correct the reference.",
    ),
    _critical(
        conditions.INVALID_DESTINATION_CLUSTER_REF,
        conditions.NOT_SET,
        explanation="Nothing says to which cluster to copy.",
        remedy="Set spec.destMigClusterRef to name and namespace of a MigCluster.",
    ),
    _critical(
        conditions.INVALID_DESTINATION_CLUSTER_REF,
        conditions.NOT_FOUND,
        explanation="The MigCluster that spec.destMigClusterRef names does not exist.",
        remedy="Create it, or correct the reference.",
    ),
    _critical(
        conditions.SOURCE_CLUSTER_NOT_READY,
        conditions.NOT_READY,
        explanation="The MigCluster to copy from is not Ready.",
        remedy="Look at the conditions of that MigCluster.",
    ),
    _critical(
        conditions.DESTINATION_CLUSTER_NOT_READY,
        conditions.NOT_READY,
        explanation="The MigCluster to copy to is not Ready.",
        remedy="Look at the conditions of that MigCluster.",
    ),
    _critical(
        conditions.INVALID_PVCS,
        conditions.NOT_SET,
        explanation="spec.persistentVolumeClaims is missing, so nothing says what to copy.",
        remedy="List the claims, each with name, namespace and target class.",
    ),
    _critical(
        conditions.INVALID_PVCS,
        conditions.NOT_SUPPORTED,
        explanation="Claims in spec.persistentVolumeClaims are block devices, which cannot be copied directly yet.",
        remedy="Take them out of the list, or let the MigPlan skip or move them.",
    ),
    _critical(
        conditions.INVALID_SPEC,
        conditions.NOT_SUPPORTED,
        explanation="The copy is to move volumes of virtual machines that run, which cannot be done yet.",
        remedy="Stop the machines, and leave out spec.liveMigrate.",
    ),
    _critical(
        conditions.PVCS_NOT_FOUND_ON_SOURCE,
        conditions.NOT_FOUND,
        explanation="Claims in spec.persistentVolumeClaims do not exist on the source. The type says pods and means claims.",
        remedy="Correct the list.",
    ),
    _warn(
        conditions.RSYNC_ROUTE_NOT_ADMITTED,
        conditions.NOT_READY,
        explanation="The router of the target has not taken up the routes of the copy within three minutes. The message has its errors.",
        remedy="Look at these routes on the target: host names that are too long or taken are the usual cause.",
    ),
    _warn(
        conditions.RSYNC_TRANSFER_PODS_PENDING,
        conditions.NOT_READY,
        explanation="The pods on the target that receive files do not run after three minutes.",
        remedy="Describe the pods that the message names: claims that are not bound and images that cannot be pulled are the usual cause.",
    ),
    _warn(
        conditions.RSYNC_CLIENT_PODS_PENDING,
        conditions.POD_STUCK,
        explanation="Pods on the source that send files have not started for ten minutes, often because their volume cannot be mounted.",
        remedy="Describe the pods that the message names: another node may hold the volume.",
    ),
    _warn(
        conditions.RSYNC_SERVER_PODS_RUNNING_AS_NON_ROOT,
        conditions.RSYNC_AS_NON_ROOT,
        explanation="The namespace does not permit pods that run as root, so owners and groups of files may not survive the copy.",
        remedy="Label the namespace to permit privileged pods, or choose user and group with runAsUser and runAsGroup of the MigMigration.",
    ),
    _warn(
        conditions.FAILED_CREATING_RSYNC_PODS,
        conditions.FAILED_REASON,
        explanation="Pods that send files could not be made on the source, although it was tried for more than five minutes.",
        remedy="Look at quotas and policies of the namespaces on the source; the log of the controller has the errors.",
    ),
    _warn(
        conditions.FAILED_DELETING_RSYNC_PODS,
        conditions.FAILED_REASON,
        explanation="Pods that sent files could not be deleted on the source, although it was tried again and again.",
        remedy="Delete them by hand; the log of the controller has the errors.",
    ),
    _critical(
        conditions.SOURCE_TO_DESTINATION_NETWORK_ERROR,
        conditions.RSYNC_TIMED_OUT,
        explanation="No pod on the source reaches the target: each gave up after twenty seconds, as with a firewall that drops packets.",
        remedy="Permit traffic from the source namespaces to the target: look for egress policies, firewalls and proxies.",
        durable=True,
    ),
    _critical(
        conditions.SOURCE_TO_DESTINATION_NETWORK_ERROR,
        conditions.RSYNC_NO_ROUTE_TO_HOST,
        explanation="No pod on the source has a way to the target: the network answers that there is no route to that host.",
        remedy="Check routing between the clusters, and which endpoint type the copy uses.",
        durable=True,
    ),
    _advisory(
        conditions.RUNNING,
        ANY_REASON,
        explanation="The copy runs. The reason is the phase that it is in, the message says how many there are.",
    ),
    _critical(
        conditions.FAILED,
        ANY_REASON,
        explanation="The copy could not be done. status.errors says why.",
        remedy="Remove the cause and start another migration.",
        durable=True,
    ),
    _warn(
        conditions.FAILED,
        ANY_REASON,
        explanation="Some of the volumes could not be copied. status.failedPods and status.errors say which and why.",
        remedy="Remove the cause and start another migration; what has arrived is not copied again.",
        durable=True,
    ),
    _advisory(
        conditions.SUCCEEDED,
        conditions.COMPLETED,
        explanation="All volumes have been copied.",
        durable=True,
    ),
    Entry(
        _KIND,
        conditions.REQUIRED,
        conditions.READY,
        "",
        explanation="What is to be copied is described well; the copy can run.",
    ),
)
