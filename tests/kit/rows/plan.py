"""What can be wrong with the clusters and the storage that a MigPlan names; and how a row of MigPlans is made."""

from typing import Any

from kit import planes
from kit.rows import Act, Case, Row
from kit.rows.cluster import VERSION
from kit.s3 import SECRET_KEY
from mtc.api import conditions, names
from mtc.kube import resources

KIND = "MigPlan"
CRITICAL, WARN, ADVISORY, REQUIRED = conditions.CRITICAL, conditions.WARN, conditions.ADVISORY, conditions.REQUIRED
UID_RANGE = "openshift.io/sa.scc.uid-range"


async def plan(case: Case, **spec: Any) -> None:
    """A plan from the remote cluster to the host, for one namespace."""
    await case.namespace(case.remote)
    refs = {"srcMigClusterRef": case.ref("remote"), "destMigClusterRef": case.ref("host"), "migStorageRef": case.ref("repo")}
    await case.make(resources.MIG_PLANS, spec=refs | {"namespaces": [case.name], "indirectVolumeMigration": True} | spec)


async def inside_host(case: Case) -> None:
    """A plan that stays on the host and gives its namespace another name."""
    await case.namespace(case.host)
    refs = {"srcMigClusterRef": case.ref("host"), "destMigClusterRef": case.ref("host"), "migStorageRef": case.ref("repo")}
    await case.make(case.kind, spec=refs | {"namespaces": [f"{case.name}:{case.name}-new"]})


def row(type_: str, reason: str = "", *, cause: Act, cure: Act | None, category: str = CRITICAL, declare: Act = plan, **more: Any) -> Row:
    """A row of MigPlans."""
    return Row(kind=KIND, type=type_, reason=reason, category=category, declare=declare, cause=cause, cure=cure, **more)


def spec(**fields: Any) -> Act:
    """Changes fields."""
    return lambda case: case.spec(**fields)


def ref(field: str, name: str) -> Act:
    """Changes a reference."""
    return lambda case: case.spec(**{field: case.ref(name)})


def spaces(*entries: str) -> Act:
    """Changes the namespaces; `*` stands for the one of the row."""
    return lambda case: case.spec(namespaces=[entry.replace("*", case.name) for entry in entries])


ONE = spaces("*")

# --- clusters and storage of its own ----------------------------------------------------------------------------------------


def own_cluster(field: str) -> Act:
    """A plan with a MigCluster that no other plan uses."""

    async def declare(case: Case) -> None:
        url = case.remote.access.server
        secret = case.ref("remote-sa")
        await case.make(
            resources.MIG_CLUSTERS, spec={"isHostCluster": False, "url": url, "insecure": True, "serviceAccountSecretRef": secret}
        )
        await case.namespace(case.remote)
        other = "host" if field == "srcMigClusterRef" else "remote"
        refs = {"srcMigClusterRef": case.ref(other), "destMigClusterRef": case.ref(other), "migStorageRef": case.ref("repo")}
        if field == "destMigClusterRef":
            await case.namespace(case.host)
            refs["srcMigClusterRef"] = case.ref("host")
        await case.make(case.kind, spec=refs | {field: case.ref(), "namespaces": [case.name], "indirectVolumeMigration": True})

    return declare


def cluster(**fields: Any) -> Act:
    """Changes the MigCluster of the row."""
    return lambda case: case.patch(resources.MIG_CLUSTERS, {"spec": fields})


async def own_storage(case: Case) -> None:
    """A plan with a MigStorage that no other plan uses."""
    await case.make(resources.SECRETS, data=planes.s3_credentials(SECRET_KEY))
    known = await case.host.get(resources.MIG_STORAGES, "repo", namespace=case.world.namespace)
    config = {**known["spec"]["backupStorageConfig"], "credsSecretRef": case.ref()}
    await case.make(resources.MIG_STORAGES, spec={"backupStorageProvider": "aws", "backupStorageConfig": config})
    await plan(case, migStorageRef=case.ref())


def storage_key(value: str) -> Act:
    """Another key for the storage of the row."""
    return lambda case: case.patch(resources.SECRETS, {"data": planes.s3_credentials(value)})


def version(value: str | None) -> Act:
    """Another version of the toolkit on the remote cluster."""
    return lambda case: case.patch(
        resources.CONFIG_MAPS, {"data": {"OPERATOR_VERSION": value}}, names.CLUSTER_CONFIG_MAP, cluster=case.remote
    )


async def annotate_targets(case: Case) -> None:
    """The target namespace exists and gives its pods other user ids."""
    await case.namespace(case.host, f"{case.name}-new")
    await case.patch(resources.NAMESPACES, {"metadata": {"annotations": {UID_RANGE: "1000660000/10000"}}}, f"{case.name}-new")


async def plain_targets(case: Case) -> None:
    """The target namespace is like the source."""
    await case.patch(resources.NAMESPACES, {"metadata": {"annotations": {UID_RANGE: None}}}, f"{case.name}-new")


async def mixed_namespaces(case: Case) -> None:
    """A second namespace that keeps its name."""
    await case.namespace(case.host, f"{case.name}-b")
    await case.spec(namespaces=[f"{case.name}:{case.name}-new", f"{case.name}-b"])


ROWS = (
    row(
        conditions.INVALID_SOURCE_CLUSTER_REF, conditions.NOT_SET, cause=spec(srcMigClusterRef=None), cure=ref("srcMigClusterRef", "remote")
    ),
    row(
        conditions.INVALID_SOURCE_CLUSTER_REF,
        conditions.NOT_FOUND,
        cause=ref("srcMigClusterRef", "absent"),
        cure=ref("srcMigClusterRef", "remote"),
    ),
    row(
        conditions.SOURCE_CLUSTER_NOT_READY,
        declare=own_cluster("srcMigClusterRef"),
        cause=cluster(insecure=False),
        cure=cluster(insecure=True),
    ),
    row(
        conditions.INVALID_DESTINATION_CLUSTER_REF,
        conditions.NOT_SET,
        cause=spec(destMigClusterRef=None),
        cure=ref("destMigClusterRef", "host"),
    ),
    row(
        conditions.INVALID_DESTINATION_CLUSTER_REF,
        conditions.NOT_FOUND,
        cause=ref("destMigClusterRef", "absent"),
        cure=ref("destMigClusterRef", "host"),
    ),
    row(
        conditions.DESTINATION_CLUSTER_NOT_READY,
        declare=own_cluster("destMigClusterRef"),
        cause=cluster(insecure=False),
        cure=cluster(insecure=True),
    ),
    row(conditions.INVALID_STORAGE_REF, conditions.NOT_SET, cause=spec(migStorageRef=None), cure=ref("migStorageRef", "repo")),
    row(conditions.INVALID_STORAGE_REF, conditions.NOT_FOUND, cause=ref("migStorageRef", "absent"), cure=ref("migStorageRef", "repo")),
    row(conditions.STORAGE_NOT_READY, declare=own_storage, cause=storage_key("wrong"), cure=storage_key(SECRET_KEY)),
    row(
        conditions.CLUSTER_VERSION_MISMATCH,
        conditions.CONFLICT,
        category=WARN,
        cause=version("1.7.9"),
        cure=version(VERSION["OPERATOR_VERSION"]),
    ),
    row(
        conditions.INTRA_CLUSTER_MIGRATION,
        conditions.NAMESPACE_MIGRATION_PLAN,
        declare=inside_host,
        cause=spec(indirectVolumeMigration=True),
        cure=spec(indirectVolumeMigration=False),
    ),
    row(
        conditions.INTRA_CLUSTER_MIGRATION,
        conditions.CONFLICTING_NAMESPACES,
        declare=inside_host,
        cause=mixed_namespaces,
        cure=spaces("*:*-new"),
    ),
    row(
        conditions.INTRA_CLUSTER_MIGRATION,
        conditions.CONFLICTING_PERMISSIONS,
        category=WARN,
        declare=inside_host,
        cause=annotate_targets,
        cure=plain_targets,
    ),
    row(
        conditions.MIGRATION_TYPE_IDENTIFIED,
        conditions.NAMESPACE_MIGRATION_PLAN,
        category=ADVISORY,
        declare=lambda case: plan(case, indirectVolumeMigration=False),
        cause=spec(indirectVolumeMigration=True),
        cure=spec(indirectVolumeMigration=False),
    ),
    row(
        conditions.MIGRATION_TYPE_IDENTIFIED,
        conditions.STATE_MIGRATION_PLAN,
        category=ADVISORY,
        declare=lambda case: plan(case, indirectVolumeMigration=False, namespaces=[f"{case.name}:{case.name}-b"]),
        cause=ref("destMigClusterRef", "remote"),
        cure=ref("destMigClusterRef", "host"),
    ),
    row(
        conditions.MIGRATION_TYPE_IDENTIFIED,
        conditions.STORAGE_CONVERSION_PLAN,
        category=ADVISORY,
        declare=inside_host,
        cause=ONE,
        cure=spaces("*:*-new"),
        ready=False,  # without a volume there is nothing to convert, which is a row of volumes
    ),
)
