"""What can be wrong with a MigPlan: with what it names, with its namespaces, with its hooks; and its own state."""

from typing import Any

from kit import planes
from kit.rows import Act, Case, Row, encoded, hook
from kit.rows.cluster import VERSION
from kit.s3 import SECRET_KEY
from mtc.api import conditions, names
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.kube.resources import ResourceType

KIND = "MigPlan"
CRITICAL, WARN, ADVISORY, REQUIRED = conditions.CRITICAL, conditions.WARN, conditions.ADVISORY, conditions.REQUIRED
LONG = "a" * 60
HPA = ResourceType("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
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


CLUSTERS = (
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

# --- namespaces, pods, kinds ------------------------------------------------------------------------------------------------


async def make_namespace(case: Case) -> None:
    """The namespace that was missing."""
    await case.namespace(case.remote, f"{case.name}-b")


async def second_plan(case: Case) -> None:
    """Another plan for the same namespace under another name."""
    refs = {"srcMigClusterRef": case.ref("remote"), "destMigClusterRef": case.ref("host"), "migStorageRef": case.ref("repo")}
    await case.make(case.kind, f"{case.name}-b", spec=refs | {"namespaces": [f"{case.name}:elsewhere"], "indirectVolumeMigration": True})


def pod(name: str, phase: str = "", **spec_of_pod: Any) -> Act:
    """A pod in the source; with a phase as a kubelet would tell it."""

    async def make(case: Case) -> None:
        await planes.World(case.remote, case.remote, case.name).until(resources.SERVICE_ACCOUNTS, "default", bool)
        body = {"containers": [{"name": "app", "image": "registry.example.org/app:1"}], **spec_of_pod}
        await case.make(resources.PODS, name, cluster=case.remote, namespace=case.name, spec=body)
        if phase:
            status = {"status": {"phase": phase}}
            await case.patch(resources.PODS, status, name, cluster=case.remote, namespace=case.name, subresource="status")

    return make


def no_pod(name: str) -> Act:
    """The pod is gone."""
    return lambda case: case.delete(resources.PODS, name, cluster=case.remote, namespace=case.name)


async def with_running_pod(case: Case) -> None:
    """A plan with as many running pods as it may have without a warning."""
    await case.namespace(case.remote)
    await pod("one", "Running")(case)
    await plan(case)


async def to_old(case: Case) -> None:
    """A plan to a cluster that serves less than its source."""
    await case.namespace(_old(case), case.world.namespace)
    # The usual token for the source may not look for objects of kinds that no other plan is concerned with.
    for name, cluster in ((f"{case.name}-source", case.remote), (case.name, _old(case))):
        token = await planes.token(cluster, "default", name, may="cluster-admin")
        await case.make(resources.SECRETS, name, data={"saToken": encoded(token)})
        way = {"isHostCluster": False, "url": cluster.access.server, "insecure": True, "serviceAccountSecretRef": case.ref(name)}
        await case.make(resources.MIG_CLUSTERS, name, spec=way)
    await plan(case, srcMigClusterRef=case.ref(f"{case.name}-source"), destMigClusterRef=case.ref())


def _old(case: Case) -> Client:
    assert case.old is not None
    return case.old


async def remove_toolkit(case: Case) -> None:
    """The toolkit's namespace goes from the target."""
    await case.delete(resources.NAMESPACES, case.world.namespace, cluster=_old(case))


async def install_toolkit(case: Case) -> None:
    """It is there again."""
    await case.namespace(_old(case), case.world.namespace)


async def autoscaler(case: Case) -> None:
    """An object of a kind that the target does not serve, and a look at the plan: nobody watches all kinds of all namespaces."""
    content = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "maxReplicas": 2}
    await case.make(HPA, "web", cluster=case.remote, namespace=case.name, spec=content)
    await case.spec(refresh=True)


async def no_autoscaler(case: Case) -> None:
    """The object is gone, and a look at the plan."""
    await case.delete(HPA, "web", cluster=case.remote, namespace=case.name)
    await case.spec(refresh=True)


async def with_images(case: Case) -> None:
    """A plan from a cluster that has ImageStreams, as OpenShift has; images travel through the repository."""
    kind = resources.IMAGE_STREAMS
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    definition = {
        "group": kind.group,
        "scope": "Namespaced",
        "names": {"kind": kind.kind, "plural": kind.plural, "singular": "imagestream", "listKind": "ImageStreamList"},
        "versions": [{"name": kind.version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
    }
    name = f"{kind.plural}.{kind.group}"
    # The next row that defines it must not find it on its way out.
    case.undo.push_async_callback(_gone, case.remote, resources.CUSTOM_RESOURCE_DEFINITIONS, name)
    await case.make(resources.CUSTOM_RESOURCE_DEFINITIONS, name, cluster=case.remote, spec=definition)
    await planes.established(case.remote)
    await plan(case, indirectImageMigration=True, indirectVolumeMigration=False)


async def _gone(cluster: Client, kind: ResourceType, name: str) -> None:
    everywhere = planes.World(cluster, cluster, "")
    await everywhere.until_list(kind, lambda items: name not in {item["metadata"]["name"] for item in items}, cluster=cluster)


DIRECT, INDIRECT = spec(indirectImageMigration=False), spec(indirectImageMigration=True)

NAMESPACES = (
    row(conditions.NAMESPACE_LIST_EMPTY, conditions.NOT_FOUND, cause=spec(namespaces=[]), cure=ONE),
    row(conditions.NAMESPACE_LIMIT_EXCEEDED, conditions.LIMIT_EXCEEDED, cause=spaces(*(f"*-{n}" for n in range(11))), cure=ONE),
    row(
        conditions.NAMESPACE_LENGTH_EXCEEDED,
        conditions.LENGTH_EXCEEDED,
        category=WARN,
        declare=with_images,
        cause=spaces(f"*:{LONG}"),
        cure=ONE,
    ),
    row(conditions.SOURCE_CLUSTER_NO_REGISTRY_PATH, conditions.NOT_SET, declare=with_images, cause=DIRECT, cure=INDIRECT),
    row(conditions.DESTINATION_CLUSTER_NO_REGISTRY_PATH, conditions.NOT_SET, declare=with_images, cause=DIRECT, cure=INDIRECT),
    row(conditions.DUPLICATE_NAMESPACE_ON_SOURCE, conditions.DUPLICATE_NAMESPACES, cause=spaces("*", "*:b"), cure=ONE),
    row(conditions.DUPLICATE_NAMESPACE_ON_DESTINATION, conditions.DUPLICATE_NAMESPACES, cause=spaces("*", "kube-public:*"), cure=ONE),
    row(conditions.NAMESPACE_NOT_DNS_COMPLIANT, conditions.NOT_DNS_COMPLIANT, cause=spaces("*:Under_Score"), cure=ONE),
    row(conditions.NAMESPACE_NOT_FOUND_ON_SOURCE, conditions.NOT_FOUND, cause=spaces("*", "*-b"), cure=make_namespace),
    row(
        conditions.PLAN_CONFLICT,
        conditions.CONFLICT,
        category=conditions.ERROR,
        cause=second_plan,
        cure=lambda case: case.delete(case.kind, f"{case.name}-b"),
    ),
    row(
        conditions.POD_LIMIT_EXCEEDED,
        conditions.LIMIT_EXCEEDED,
        category=WARN,
        declare=with_running_pod,
        cause=pod("two", "Running"),
        cure=no_pod("two"),
    ),
    row(
        conditions.NAMESPACES_HAVE_NODE_SELECTORS,
        conditions.NODE_SELECTORS_DETECTED,
        category=WARN,
        cause=pod("picky", nodeSelector={"disk": "fast"}),
        cure=no_pod("picky"),
    ),
    row(conditions.SOURCE_PODS_NOT_HEALTHY, conditions.NOT_HEALTHY, category=WARN, cause=pod("broken", "Failed"), cure=no_pod("broken")),
    row(
        conditions.INVALID_RESOURCE_LIST,
        cause=spec(includedResources=[{"group": "", "kind": "Nonsense"}]),
        cure=spec(includedResources=[{"group": "", "kind": "ConfigMap"}]),
    ),
    row(conditions.GVKS_INCOMPATIBLE, category=WARN, declare=to_old, cause=autoscaler, cure=no_autoscaler, old=True),
    row(
        conditions.NAMESPACE_NOT_FOUND_ON_DESTINATION,
        conditions.NOT_FOUND,
        declare=to_old,
        cause=remove_toolkit,
        cure=install_toolkit,
        old=True,
    ),
)

# --- hooks ------------------------------------------------------------------------------------------------------------------


def hooks(*changes: dict[str, Any]) -> Act:
    """The hooks of the plan: the one of the row, each with some fields changed."""

    def entry(case: Case, change: dict[str, Any]) -> dict[str, Any]:
        usual = {"reference": case.ref(), "phase": "PreBackup", "executionNamespace": case.name, "serviceAccount": "default"}
        return usual | {key: case.ref(value) if key == "reference" else value for key, value in change.items()}

    return lambda case: case.spec(hooks=[entry(case, change) for change in changes])


async def with_hook(case: Case) -> None:
    """A plan with a hook that is Ready."""
    await case.make(resources.MIG_HOOKS, spec=hook.SPEC)
    await plan(case)
    await hooks({})(case)


def image(value: str) -> Act:
    """Another image of the hook."""
    return lambda case: case.patch(resources.MIG_HOOKS, {"spec": {"image": value}})


def hook_row(type_: str, reason: str = "", *, wrong: Act, cure: Act | None = None) -> Row:
    """A row of hooks; the usual cure is the usual hook."""
    return row(type_, reason, declare=with_hook, cause=wrong, cure=cure or hooks({}))


async def make_other_hook(case: Case) -> None:
    """The hook that was missing."""
    await case.make(resources.MIG_HOOKS, f"{case.name}-b", spec=hook.SPEC)


async def other_hook(case: Case) -> None:
    """A hook that does not exist."""
    await hooks({"reference": f"{case.name}-b"})(case)


HOOKS = (
    hook_row(conditions.INVALID_HOOK_REF, conditions.NOT_FOUND, wrong=other_hook, cure=make_other_hook),
    hook_row(conditions.HOOK_NOT_READY, wrong=image("no image"), cure=image("registry.example.org/hook:2")),
    hook_row(conditions.INVALID_HOOK_SA_NAME, conditions.NOT_SET, wrong=hooks({"serviceAccount": "Under_Score"})),
    hook_row(conditions.INVALID_HOOK_NS_NAME, conditions.NOT_SET, wrong=hooks({"executionNamespace": "Under_Score"})),
    hook_row(conditions.HOOK_PHASE_UNKNOWN, wrong=hooks({"phase": "Later"})),
    hook_row(conditions.HOOK_PHASE_DUPLICATE, wrong=hooks({}, {})),
)

# --- its own state ----------------------------------------------------------------------------------------------------------


async def nowhere(case: Case) -> None:
    """A plan without a source."""
    await plan(case, srcMigClusterRef=None)


async def migrate(case: Case) -> None:
    """A migration that waits for an engine that is not there."""
    await case.make(resources.MIG_MIGRATIONS, spec={"migPlanRef": case.ref(), "stage": False})


FROM_REMOTE, FROM_NOWHERE = ref("srcMigClusterRef", "remote"), spec(srcMigClusterRef=None)

STATE = (
    row(
        conditions.RECONCILE_FAILED,
        cause=spec(persistentVolumes=[{"name": "pv", "capacity": "as much as there is"}]),
        cure=spec(persistentVolumes=[]),
    ),
    row(
        conditions.PVS_DISCOVERED,
        conditions.DONE,
        category=REQUIRED,
        declare=nowhere,
        cause=FROM_REMOTE,
        cure=FROM_NOWHERE,
        well=False,
    ),
    row(
        conditions.STORAGE_ENSURED,
        conditions.DONE,
        category=REQUIRED,
        declare=nowhere,
        cause=FROM_REMOTE,
        cure=FROM_NOWHERE,
        well=False,
    ),
    row(conditions.SUSPENDED, category=ADVISORY, cause=migrate, cure=lambda case: case.delete(resources.MIG_MIGRATIONS)),
    row(conditions.CLOSED, category=ADVISORY, cause=spec(closed=True), cure=None, ready=False),
)

ROWS = CLUSTERS + NAMESPACES + HOOKS + STATE
