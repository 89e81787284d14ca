"""Why a MigMigration stands still, by cause; the general entry for `Stalled` is in `migmigration_course`."""

from functools import partial

from mtc.api import conditions
from mtc.api.catalogue import Entry

_stalled = partial(Entry, "MigMigration", conditions.WARN, conditions.STALLED)

ENTRIES = (
    _stalled(
        "BucketUnreachable",
        explanation="The engine says that the plan's BackupStorageLocation cannot be used, so neither Backups nor volumes get on.",
        remedy="Check bucket, URL and credentials of the MigStorage, and the network from that cluster to the bucket.",
    ),
    _stalled(
        "ClaimUnbound",
        explanation="A pod that the migration waits for needs a PersistentVolumeClaim that has no volume. The message has the provisioner's words.",
        remedy="See to the StorageClass and its provisioner, or choose another class for the volume in the plan.",
    ),
    _stalled(
        "ClusterUnreachable",
        explanation="The API server of a cluster has not answered for the quiet time. ReconcileFailed has the last error.",
        remedy="See to that API server, and to the network between the clusters. The migration goes on where it was.",
    ),
    _stalled(
        "EngineNotRunning",
        explanation="A Backup or Restore waits for an engine: its Deployment is missing, scaled to 0, has no pod that runs, or does not take it.",
        remedy="Start the engine on the cluster that the message names, or look at its pods and logs.",
    ),
    _stalled(
        "FinalizerBlocks",
        explanation="An object that has to go is kept by finalizers. The message names them.",
        remedy="Start the program that set them. When it is gone for good, take them away by hand with the command of the message.",
    ),
    _stalled(
        "HookNotStarting",
        explanation="The Job of a hook is suspended, or no pod was made for it.",
        remedy="Resume the Job, or look at its events.",
    ),
    _stalled(
        "ImagePull",
        explanation="The image of a container cannot be pulled. The message has image and error.",
        remedy=(
            "Make the image available to that cluster, or correct its name; stage pods have that of setting migration_stage_image_fqin, "
            "migration registries that of migration_registry_image_fqin."
        ),
    ),
    _stalled(
        "NoNodeAgent",
        explanation="The copy of a volume waits for a node agent: none is ready on the cluster, or none on the node of the volume.",
        remedy="Look at the DaemonSet node-agent: node selectors and taints decide on which nodes it runs.",
    ),
    _stalled(
        "NothingMoves",
        explanation="A node agent or an engine is at work, and nothing has moved for the quiet time.",
        remedy="Look at its log. A very large file, or a bucket that hangs, are the usual causes.",
    ),
    _stalled(
        "PodNotEnding",
        explanation="A pod that has to end is still there: it may take the time that it asked for, or its node does not answer.",
        remedy="Wait until the time in the message, or look at the node. A pod of a node that is gone for good can be deleted with --force.",
    ),
    _stalled(
        "PodNotStarting",
        explanation="A pod has a node, and its containers do not start, for instance because a Secret or a volume cannot be mounted.",
        remedy="Look at the events of the pod with the command of the message.",
    ),
    _stalled(
        "PodsRefused",
        explanation="The cluster refuses to make the pods of a Job or workload: an admission webhook, pod security, or a missing ServiceAccount.",
        remedy="Correct what the message names.",
    ),
    _stalled(
        "PodUnschedulable",
        explanation="A pod has no node. The message has the scheduler's words.",
        remedy="Make room, or remove what keeps the pod from the nodes: taints, selectors, requests.",
    ),
    _stalled(
        "QuotaExceeded",
        explanation="A ResourceQuota does not allow the pods of a Job or workload.",
        remedy="Raise the quota, or delete what is not needed in that namespace.",
    ),
)
