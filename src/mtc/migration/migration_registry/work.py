"""Makes the migration registries of a plan what they have to be, tells where they are, and deletes them.

The Secret comes first, because its name is that of all parts; what has another name is left over and goes. Deployment and Service are
applied: what is missing is made, what somebody changed is put back, and nothing happens where all is well.
"""

from collections.abc import Iterable

from mtc.api import common, names
from mtc.api.migration.migstorage import MigStorage
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import parallel, plan_storage, providers
from mtc.migration.errors import MigrationError
from mtc.migration.migration_registry import build, parts
from mtc.migration.migration_registry.build import Wanted
from mtc.migration.scope import Scope
from mtc.migration.settings import of_cluster

_MANAGER = "mtc-migration-registry"


class RegistryMissing(MigrationError):
    """A registry, or what it takes to make one, is not there."""

    reason = "RegistryMissing"


def clusters(scope: Scope) -> list[Client]:
    """Where there are registries: source and target, or the one that both are."""
    return [scope.source] if scope.source is scope.target else [scope.source, scope.target]


def selector(scope: Scope) -> str:
    """Finds the parts of the plan's registries."""
    return parts.selector(scope.plan.uid)


async def ensure(scope: Scope) -> None:
    """Registries on both clusters. Raises RegistryMissing, StoreError or KubeError."""
    storage, secret = await _storage(scope)
    config = storage.spec.backup_storage_config
    provider = providers.known()[storage.spec.backup_storage_provider]
    kept = await provider.registry(config, providers.keys_of(secret), build.folder(storage.name, storage.uid))
    await parallel.gather(_ensure(scope, cluster, kept) for cluster in clusters(scope))


async def _storage(scope: Scope) -> tuple[MigStorage, Object]:
    """The plan's MigStorage and the Secret with its credentials."""
    found = await _named(scope, resources.MIG_STORAGES, scope.plan.spec.mig_storage_ref)
    if found is None:
        msg = (
            f"MigPlan {scope.plan.ref} has no MigStorage, in which migration registries could keep images. Name one in spec.migStorageRef."
        )
        raise RegistryMissing(msg)
    storage = MigStorage.from_dict(found)
    secret = await _named(scope, resources.SECRETS, storage.spec.backup_storage_config.creds_secret_ref)
    if secret is None:
        msg = f"The Secret with the credentials of MigStorage {storage.ref} does not exist. Create it, or correct the MigStorage."
        raise RegistryMissing(msg)
    return storage, secret


async def _named(scope: Scope, kind: ResourceType, reference: common.ObjectReference | None) -> Object | None:
    if reference is None or not reference.is_set:
        return None
    return await scope.host.find(kind, reference.ref.name, namespace=reference.ref.namespace)


async def _ensure(scope: Scope, cluster: Client, storage: providers.RegistryStorage) -> None:
    settings = await of_cluster(cluster, namespace=scope.namespace)
    if not settings.registry_image:
        msg = (
            f"ConfigMap {scope.namespace}/{names.CLUSTER_CONFIG_MAP} of cluster {cluster.name} has no REGISTRY_IMAGE, the image of the registry "
            "through which images travel. Set it, for instance to an image of docker.io/library/registry:2 that the cluster can pull."
        )
        raise RegistryMissing(msg)
    mark = f"{names.PROXY_CONFIG}={names.PROXY_CONFIG_VALUE}"
    proxies = await cluster.list_all(resources.SECRETS, namespace=scope.namespace, label_selector=mark)
    wanted = Wanted(
        namespace=scope.namespace,
        plan_uid=scope.plan.uid,
        storage=storage,
        settings=settings,
        # Of several the plan says that only one may be there, and does not become ready.
        proxy=proxies[0]["metadata"]["name"] if len(proxies) == 1 else "",
    )
    secret = (await _ensure_secret(scope, cluster, wanted))["metadata"]
    name = str(secret["name"])
    await parts.remove(cluster, scope.plan.uid, namespace=scope.namespace, keep=name)
    await cluster.apply(resources.DEPLOYMENTS, build.deployment(wanted, name, version=secret["resourceVersion"]), manager=_MANAGER)
    await cluster.apply(resources.SERVICES, build.service(wanted, name), manager=_MANAGER)


async def _ensure_secret(scope: Scope, cluster: Client, wanted: Wanted) -> Object:
    """The Secret; the oldest one where an answer was lost and a second one made."""
    found = await parts.find(cluster, resources.SECRETS, scope.plan.uid, namespace=scope.namespace)
    if not found:
        return await cluster.create(resources.SECRETS, build.secret(wanted))
    meta = found[0]["metadata"]
    if patch := plan_storage.merged(found[0].get("data") or {}, build.secret_data(wanted), keep=False):
        return await cluster.patch(resources.SECRETS, meta["name"], {"data": patch}, namespace=meta["namespace"])
    return found[0]


async def delete(scope: Scope) -> None:
    """Deletes all parts on both clusters. Raises KubeError."""
    await parallel.gather(parts.remove(cluster, scope.plan.uid, namespace=scope.namespace) for cluster in clusters(scope))


async def annotations(scope: Scope, cluster: Client) -> dict[str, str]:
    """What Backups and Restores on a cluster have to say of its registry; {} where no images travel. Raises RegistryMissing."""
    if not scope.flags.copies_images:
        return {}
    services = await parts.find(cluster, resources.SERVICES, scope.plan.uid, namespace=scope.namespace)
    if not services:
        raise _missing(scope, cluster, "the Service of its migration registry")
    ports, address = services[0]["spec"].get("ports") or [], str(services[0]["spec"].get("clusterIP") or "")
    if not ports or address in {"", "None"}:
        msg = f"Service {scope.namespace}/{services[0]['metadata']['name']} of the migration registry on cluster {cluster.name} has no address or no port."
        raise RegistryMissing(f"{msg} Delete it, and it is made anew.")
    deployment = await _deployment(scope, cluster)
    host = f"[{address}]" if ":" in address else address
    folder = _folder(deployment["spec"]["template"]["spec"]["containers"])
    return {names.REGISTRY: f"{host}:{ports[0]['port']}"} | ({names.REGISTRY_DIR: folder} if folder else {})


async def _deployment(scope: Scope, cluster: Client) -> Object:
    found = await cluster.list_all(resources.DEPLOYMENTS, namespace=scope.namespace, label_selector=selector(scope))
    if not found:
        raise _missing(scope, cluster, "the Deployment of its migration registry")
    there = [item for item in found if not item["metadata"].get("deletionTimestamp")]
    if not there:
        meta = found[0]["metadata"]
        msg = f"Deployment {scope.namespace}/{meta['name']} of the migration registry on cluster {cluster.name} is being deleted"
        raise RegistryMissing(f"{msg} since {meta['deletionTimestamp']}. It is made anew as soon as it is gone.")
    return there[0]


def _missing(scope: Scope, cluster: Client, what: str) -> RegistryMissing:
    msg = f"MigPlan {scope.plan.ref}: {what} does not exist on cluster {cluster.name}, so images cannot travel. It is made anew."
    return RegistryMissing(msg)


def _folder(containers: Iterable[Object]) -> str:
    """The folder in the bucket, as the container has it; "" where its provider does not tell."""
    variables = {entry["name"]: entry.get("value", "") for container in containers for entry in container.get("env") or []}
    return str(variables.get(names.REGISTRY_FOLDER_VARIABLE, ""))
