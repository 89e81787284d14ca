"""What a snapshot holds: which kinds, from where. Whoever fills one, from clusters or from an archive, goes by this."""

from mtc.kube import resources
from mtc.kube.resources import ResourceType, core

HORIZONTAL_POD_AUTOSCALERS = ResourceType("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
VALIDATING_WEBHOOKS = ResourceType(
    "admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", namespaced=False
)
MUTATING_WEBHOOKS = ResourceType(
    "admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", namespaced=False
)

#: Of the host cluster, in the toolkit's namespace.
DECLARED = (
    resources.MIG_CLUSTERS,
    resources.MIG_STORAGES,
    resources.MIG_PLANS,
    resources.MIG_HOOKS,
    resources.MIG_MIGRATIONS,
    resources.migration("directvolumemigrations", "DirectVolumeMigration"),
    resources.migration("directvolumemigrationprogresses", "DirectVolumeMigrationProgress"),
    resources.migration("directimagemigrations", "DirectImageMigration"),
    resources.migration("directimagestreammigrations", "DirectImageStreamMigration"),
    resources.migration("migrationcontrollers", "MigrationController"),
)
#: Of every cluster, in the toolkit's namespace.
WORKING = (
    resources.BACKUP_STORAGE_LOCATIONS,
    resources.BACKUP_REPOSITORIES,
    resources.BACKUPS,
    resources.RESTORES,
    resources.POD_VOLUME_BACKUPS,
    resources.POD_VOLUME_RESTORES,
    resources.DELETE_BACKUP_REQUESTS,
    resources.DEPLOYMENTS,
    resources.REPLICA_SETS,
    resources.DAEMON_SETS,
    resources.PODS,
    resources.JOBS,
    resources.EVENTS,
    resources.RESOURCE_QUOTAS,
    core("configmaps", "ConfigMap"),
)
#: Of every cluster, whole.
SURROUNDING = (
    resources.NODES,
    resources.NAMESPACES,
    resources.PERSISTENT_VOLUMES,
    resources.STORAGE_CLASSES,
    resources.CUSTOM_RESOURCE_DEFINITIONS,
    resources.API_SERVICES,
    VALIDATING_WEBHOOKS,
    MUTATING_WEBHOOKS,
)
#: Of these only names and labels are wanted: whole ones are large.
ONLY_METADATA = frozenset({resources.CUSTOM_RESOURCE_DEFINITIONS.kind})
#: Of the namespaces of the application, on both clusters.
APPLICATION = (
    resources.PODS,
    resources.PERSISTENT_VOLUME_CLAIMS,
    resources.DEPLOYMENTS,
    resources.STATEFUL_SETS,
    resources.DAEMON_SETS,
    resources.REPLICA_SETS,
    resources.JOBS,
    resources.CRON_JOBS,
    resources.SERVICES,
    resources.SERVICE_ACCOUNTS,
    resources.RESOURCE_QUOTAS,
    resources.LIMIT_RANGES,
    resources.EVENTS,
    HORIZONTAL_POD_AUTOSCALERS,
)
