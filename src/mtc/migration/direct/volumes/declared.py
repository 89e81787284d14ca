"""What a DirectVolumeMigration asks for, and whether it can be done: the clusters, and the claims of the source."""

from collections.abc import Callable
from datetime import datetime

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.directvolumemigration import DirectVolumeMigration, MigrationType
from mtc.api.migration.migmigration import MigMigration
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import alive, checks, listing, parallel, settings
from mtc.migration.clusters import Clusters
from mtc.migration.direct import references
from mtc.migration.direct.volumes.scope import Scope, source_of, target_of

_MIGRATIONS = MigMigration.KIND


async def look(
    read: Object, *, clusters: Clusters, namespace: str, live: settings.Live, clock: Callable[[], datetime]
) -> tuple[Scope | None, list[Condition]]:
    """What a pass works with, None where a cluster cannot be reached; and the conditions that say what is wrong.

    Args:
        read: the object.
        clusters: clients of clusters.
        namespace: where the toolkit lives on every cluster.
        live: settings of the installation.
        clock: the time.
    """
    dvm = DirectVolumeMigration.from_dict(read)
    spec, where = dvm.spec, f"DirectVolumeMigration {dvm.ref}"
    pair = await references.find(
        spec.src_mig_cluster_ref, spec.dest_mig_cluster_ref, clusters=clusters, where=where, not_ready=conditions.NOT_READY
    )
    staged = list(pair.staged)
    if spec.persistent_volume_claims is None:
        text = f"{where} lists no claims. Give namespace, name, targetStorageClass and targetAccessModes of each in spec.persistentVolumeClaims."
        staged.append(checks.critical(conditions.INVALID_PVCS, conditions.NOT_SET, text))
    source, target = pair.source.client, pair.target.client
    if source is None or target is None:
        return None, staged
    await parallel.gather(cluster.version(deadline_s=alive.PROBE_S) for cluster in {source, target})
    of_source, of_target = await parallel.both(
        settings.of_cluster(source, namespace=namespace), settings.of_cluster(target, namespace=namespace)
    )
    scope = Scope(
        dvm=dvm,
        host=clusters.host,
        source=source,
        target=target,
        namespace=namespace,
        settings=live.current,
        of_source=of_source,
        of_target=of_target,
        migration=await _migration(clusters.host, dvm),
        now=clock().replace(microsecond=0),
    )
    staged += [*_unsupported(dvm), *ambiguous(dvm), *await _wrong_claims(scope)]
    return scope, staged


def _unsupported(dvm: DirectVolumeMigration) -> list[Condition]:
    """What this version cannot do: volumes of virtual machines that run."""
    if not dvm.spec.live_migrate and dvm.spec.migration_type != MigrationType.ROLLBACK:
        return []
    text = (
        f"DirectVolumeMigration {dvm.ref} asks for volumes of virtual machines to be moved while these run (spec.liveMigrate, or "
        "spec.migrationType Rollback), which this version cannot do. Stop the machines, and copy with Stage or CutOver."
    )
    return [checks.critical(conditions.INVALID_SPEC, conditions.NOT_SUPPORTED, text)]


def ambiguous(dvm: DirectVolumeMigration) -> list[Condition]:
    """What is wrong with claims that are listed twice, would become one, or whose namespace goes to several: a way in leads to one. Pure."""
    claims = dvm.spec.persistent_volume_claims or []
    sources, targets = [source_of(claim) for claim in claims], [target_of(claim) for claim in claims]
    ways = {(source[0], target[0]) for source, target in zip(sources, targets, strict=True)}
    several = {source for source, _ in ways if sum(other == source for other, _ in ways) > 1}
    wrong = [
        f"{source[0]}/{source[1]}"
        for source, target in zip(sources, targets, strict=True)
        if sources.count(source) > 1 or targets.count(target) > 1 or source[0] in several
    ]
    if not wrong:
        return []
    text = (
        f"Claims [] of DirectVolumeMigration {dvm.ref} are listed twice, would become one claim, or leave one namespace for several. List each once, "
        "give each a name of its own, and make one DirectVolumeMigration for each target namespace."
    )
    return [checks.critical(conditions.INVALID_PVCS, conditions.NOT_SUPPORTED, text, items=dict.fromkeys(wrong))]


async def _wrong_claims(scope: Scope) -> list[Condition]:
    """Claims that the source does not have, and those that have no files."""
    spaces = dict.fromkeys(namespace for namespace in scope.pairs if namespace)
    items = await listing.of_namespaces(scope.source, resources.PERSISTENT_VOLUME_CLAIMS, spaces)
    there, wanted = listing.places(items), [source_of(claim) for claim in scope.claims]
    found = []
    if gone := [f"{place[0]}/{place[1]}" for place in wanted if place not in there]:
        text = (
            f"Claims [] of DirectVolumeMigration {scope.dvm.ref} do not exist on source cluster {scope.source.name}. "
            "Bring them back, or take them out of spec.persistentVolumeClaims."
        )
        found.append(checks.critical(conditions.PVCS_NOT_FOUND_ON_SOURCE, conditions.NOT_FOUND, text, items=gone))
    devices = {(item["metadata"]["namespace"], item["metadata"]["name"]) for item in items if item["spec"].get("volumeMode") == "Block"}
    if blocks := [f"{place[0]}/{place[1]}" for place in wanted if place in devices]:
        text = (
            f"Claims [] of DirectVolumeMigration {scope.dvm.ref} are block devices, which this version cannot copy. "
            "Take them out of spec.persistentVolumeClaims."
        )
        found.append(checks.critical(conditions.INVALID_PVCS, conditions.NOT_SUPPORTED, text, items=blocks))
    return found


async def _migration(host: Client, dvm: DirectVolumeMigration) -> MigMigration | None:
    """The migration that owns it."""
    for owner in dvm.metadata.get("ownerReferences") or []:
        if owner.get("kind") == _MIGRATIONS.kind:
            found = await host.find(resources.MIG_MIGRATIONS, owner["name"], namespace=dvm.namespace)
            if found and found["metadata"]["uid"] == owner.get("uid"):
                return MigMigration.from_dict(found)
    return None


async def is_gone(read: Object, clusters: Clusters) -> bool:
    """Whether a MigCluster that the object names does not exist, or it names none."""
    spec = DirectVolumeMigration.from_dict(read).spec
    for reference in (spec.src_mig_cluster_ref, spec.dest_mig_cluster_ref):
        if reference is None or not reference.is_set:
            return True
        if await clusters.host.find(resources.MIG_CLUSTERS, reference.name or "", namespace=reference.namespace) is None:
            return True
    return False
