"""What a MigPlan depends on: the collections whose change makes its next pass worth while."""

from mtc.api import base, common
from mtc.api.migration.migplan import MigPlan
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import plan_facts, plan_storage, reconcile_storage, sides
from mtc.migration.checks.plan import parsed_mappings
from mtc.migration.plan_facts import MIG_HOOKS, Context
from mtc.migration.topics import Topic


async def of(read: Object, context: Context) -> frozenset[Topic]:
    """The topics of a plan; those of a cluster only while it is Ready, because its MigCluster's change wakes the plan anyway."""
    host = context.clusters.host
    try:
        plan = MigPlan.from_dict(read)
    except base.InvalidResource:
        return frozenset()
    found = {
        Topic(host, resources.MIG_PLANS, plan.namespace),
        Topic(host, resources.MIG_MIGRATIONS, plan.namespace),
        *_named(host, resources.MIG_CLUSTERS, plan.spec.src_mig_cluster_ref),
        *_named(host, resources.MIG_CLUSTERS, plan.spec.dest_mig_cluster_ref),
        *_named(host, resources.MIG_STORAGES, plan.spec.mig_storage_ref),
    }
    for hook in plan.spec.hooks:
        found |= set(_named(host, MIG_HOOKS, hook.reference))
    found |= await _credentials(host, plan)
    source = await sides.open_side(plan.spec.src_mig_cluster_ref, context.clusters)
    target = await sides.open_side(plan.spec.dest_mig_cluster_ref, context.clusters)
    if source.client is not None:
        for mapping in parsed_mappings(plan):
            found.add(Topic(source.client, resources.NAMESPACES, name=mapping.source))
            found.add(Topic(source.client, resources.PERSISTENT_VOLUME_CLAIMS, mapping.source))
            found.add(Topic(source.client, resources.PODS, mapping.source))
    own = plan_storage.selector(plan_storage.labels_of(plan.uid))
    for client in (source.client, target.client):
        if client is None:
            continue
        found.add(Topic(client, resources.STORAGE_CLASSES))
        found |= {Topic(client, kind, context.namespace, label_selector=own) for kind in plan_storage.OURS}
    return frozenset(found)


def _named(host: Client, kind: resources.ResourceType, reference: common.ObjectReference | None) -> list[Topic]:
    return [Topic(host, kind, reference.ref.namespace, reference.ref.name)] if reference is not None and reference.is_set else []


async def _credentials(host: Client, plan: MigPlan) -> set[Topic]:
    """The Secrets of the plan's storage: new credentials leave the MigStorage as it is, and yet must reach the clusters."""
    storage = await plan_facts.storage_of(host, plan)
    refs = reconcile_storage.secret_refs(storage) if storage else ()
    return {Topic(host, resources.SECRETS, ref.namespace, ref.name) for ref in refs if ref is not None}
