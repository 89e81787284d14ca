"""What can be wrong with the namespaces of a MigPlan, with their pods and their kinds."""

from typing import Any

from kit import planes
from kit.rows import Act, Case, encoded
from kit.rows.plan import ONE, WARN, plan, row, spaces, spec
from mtc.api import conditions
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.kube.resources import ResourceType

LONG = "a" * 60
HPA = ResourceType("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")


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
    await _define(case, case.remote, resources.IMAGE_STREAMS)
    await plan(case, indirectImageMigration=True, indirectVolumeMigration=False)


async def with_routes(case: Case) -> None:
    """A plan to a cluster that has Routes, as OpenShift has."""
    await _define(case, case.host, resources.ROUTES)
    await plan(case, indirectImageMigration=True, indirectVolumeMigration=False)


async def _define(case: Case, cluster: Client, kind: ResourceType) -> None:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    definition = {
        "group": kind.group,
        "scope": "Namespaced",
        "names": {"kind": kind.kind, "plural": kind.plural, "singular": kind.kind.lower(), "listKind": f"{kind.kind}List"},
        "versions": [{"name": kind.version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
    }
    name = f"{kind.plural}.{kind.group}"
    # The next row that defines it must not find it on its way out.
    case.undo.push_async_callback(_gone, cluster, resources.CUSTOM_RESOURCE_DEFINITIONS, name)
    await case.make(resources.CUSTOM_RESOURCE_DEFINITIONS, name, cluster=cluster, spec=definition)
    await planes.established(cluster)


async def _gone(cluster: Client, kind: ResourceType, name: str) -> None:
    everywhere = planes.World(cluster, cluster, "")
    await everywhere.until_list(kind, lambda items: name not in {item["metadata"]["name"] for item in items}, cluster=cluster)


DIRECT, INDIRECT = spec(indirectImageMigration=False), spec(indirectImageMigration=True)

ROWS = (
    row(conditions.NAMESPACE_LIST_EMPTY, conditions.NOT_FOUND, cause=spec(namespaces=[]), cure=ONE),
    row(conditions.NAMESPACE_LIMIT_EXCEEDED, conditions.LIMIT_EXCEEDED, cause=spaces(*(f"*-{n}" for n in range(11))), cure=ONE),
    row(
        conditions.NAMESPACE_LENGTH_EXCEEDED,
        conditions.LENGTH_EXCEEDED,
        category=WARN,
        declare=with_routes,
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
