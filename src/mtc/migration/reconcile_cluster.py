"""One pass over a MigCluster: is it described well, does it answer, may we work there, which version does it run?

The pass is cheap (a handful of requests, none of which writes), so it is simply repeated: that is how the loss of a
cluster is noticed, also in the middle of the night when nothing else is asked of it.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from mtc.api import base, conditions, names
from mtc.api.migration.migcluster import LONGEST_REGISTRY_PATH, MigCluster
from mtc.api.settings.read import Reading
from mtc.engine import image_registry
from mtc.kube import errors as kube_errors
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import checks, errors, passes, record
from mtc.migration import settings as config
from mtc.migration.checks import cluster as package
from mtc.migration.clusters import CONNECT_DEADLINE_S, Clusters
from mtc.migration.topics import Result, Topic

#: A lost cluster shall be told within 15 s: this, the deadlines of both connection tests, and room for a busy controller. Where the
#: connection breaks, in place of falling silent, it is told at once.
INTERVAL_S = 4.0
_FIRST_DEADLINE_S = 3.0
#: A pass makes a few requests; a cluster that is up and yet too slow for them is no help to a migration.
DEADLINE_S = 20.0
CHECKS: tuple[checks.Check[package.Scope], ...] = checks.load(package)


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


async def step(ref: base.Ref, *, clusters: Clusters, namespace: str, clock: Callable[[], datetime] = utc_now) -> Result:
    """One pass over a MigCluster.

    Args:
        ref: which one; it may be gone.
        clusters: the clients, shared with everybody.
        namespace: where the toolkit lives on every cluster.
        clock: the time.
    """
    host = clusters.host
    done = await passes.over(
        resources.MIG_CLUSTERS, ref, host=host, look=lambda read: _pass(read, clusters, namespace), clock=clock, deadline_s=DEADLINE_S
    )
    if done is None:
        await clusters.forget(ref)
        return Result()
    return Result(after_s=done.again_s(INTERVAL_S), topics=_topics(done.read, clusters, namespace))


def _topics(read: Object, clusters: Clusters, namespace: str) -> frozenset[Topic]:
    """The token, and the settings on the cluster itself: with that watch its loss is noticed."""
    try:
        cluster = MigCluster.from_dict(read)
    except base.InvalidResource:
        return frozenset()
    ref, client = _secret_ref(cluster), clusters.known(cluster.ref)
    found = {Topic(clusters.host, resources.SECRETS, ref.namespace, ref.name)} if ref else set()
    if client is not None:
        found.add(Topic(client, resources.CONFIG_MAPS, namespace, names.CLUSTER_CONFIG_MAP))
    return frozenset(found)


async def _pass(read: Object, clusters: Clusters, namespace: str) -> record.Findings:
    cluster = MigCluster.from_dict(read)
    scope = await _look(cluster, clusters, namespace)
    staged = await checks.run(CHECKS, scope)
    if not conditions.has_blocker(staged):
        staged.append(conditions.ready(f"Cluster {cluster.name} answers and can take part in migrations."))
    status = {
        "registryPath": await _registry_path(scope) or None,
        "operatorVersion": (scope.settings.operator_version if scope.settings else "") or None,
    }
    return record.Findings(staged, status=status)


async def _look(cluster: MigCluster, clusters: Clusters, namespace: str) -> package.Scope:
    client, trouble, reading = None, None, None
    try:
        client = await clusters.open(cluster)
        reading = await _answers(cluster, client, namespace)
    except errors.ConnectFailed as error:
        trouble = error
    except errors.ClusterUnusable:
        pass  # the checks of URL and Secret tell it
    settings = reading.settings if reading else None
    host = settings if cluster.spec.is_host_cluster else await config.of_cluster(clusters.host, namespace=namespace)
    return package.Scope(
        cluster=cluster,
        secret=await _secret(cluster, clusters.host),
        client=client,
        trouble=trouble,
        settings=settings,
        host_version=host.operator_version if host else "",
        namespace=namespace,
        misread=tuple(str(problem) for problem in reading.problems) if reading else (),
    )


async def _secret(cluster: MigCluster, host: Client) -> Object | None:
    ref = _secret_ref(cluster)
    return await host.find(resources.SECRETS, ref.name, namespace=ref.namespace) if ref else None


def _secret_ref(cluster: MigCluster) -> base.Ref | None:
    reference = cluster.spec.service_account_secret_ref
    return reference.ref if reference is not None and reference.is_set and not cluster.spec.is_host_cluster else None


async def _answers(cluster: MigCluster, client: Client, namespace: str) -> Reading[config.ClusterSettings]:
    """The settings of a cluster that answers in time. Raises errors.ConnectFailed."""
    start = f"Cluster {cluster.name} of MigCluster {cluster.ref} failed the connection test:"
    try:
        await _version(client)
    except kube_errors.KubeError as error:
        msg = f"{start} {error}"
        raise errors.ConnectFailed(msg) from error
    try:
        return await config.reading_of_cluster(client, namespace=namespace)
    except kube_errors.Forbidden:
        return Reading(config.ClusterSettings(), ())
    except kube_errors.KubeError as error:
        msg = f"{start} {error}"
        raise errors.ConnectFailed(msg) from error


async def _version(client: Client) -> None:
    """Asks twice: one answer that comes late must not stop the migrations of a cluster."""
    try:
        await client.version(deadline_s=_FIRST_DEADLINE_S)
    except kube_errors.Unreachable:
        await client.version(deadline_s=CONNECT_DEADLINE_S)


async def _registry_path(scope: package.Scope) -> str:
    """Host of the registry for direct image copies: the exposed one, on the host cluster else the internal one."""
    if exposed := scope.cluster.spec.exposed_registry_path:
        # A definition that MTC installed lets longer ones pass; the check of the registry tells of them.
        return exposed.removeprefix("https://").removeprefix("http://").rstrip("/")[:LONGEST_REGISTRY_PATH]
    if scope.is_remote or scope.client is None or scope.trouble is not None:
        return ""
    try:
        return await image_registry.internal(scope.client)
    except kube_errors.Forbidden:
        return ""  # whoever needs it names it in spec.exposedRegistryPath
