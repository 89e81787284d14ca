"""Given volumes that are to be copied straight from cluster to cluster, when a DirectVolumeMigration is there, then pods of both copy them."""

import asyncio
import base64
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from kit import planes, transfers
from kit import volumes as kit_volumes
from kit.planes import World
from kit.transfers import DVM, PROGRESS
from mtc.api import conditions, names
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.migration.clusters import Clusters
from mtc.migration.direct.volumes import endpoints, lifecycle, pods
from mtc.migration.reconcile_cluster import utc_now
from mtc.migration.settings import Live
from mtc.operator.loop import Loop, Ref

pytestmark = pytest.mark.anyio

_numbers = itertools.count(1)
_CSI = {"csi": {"driver": "csi.example.org", "volumeHandle": "one"}}


@pytest.fixture(scope="module")
async def world(host: Client, remote: Client) -> AsyncIterator[World]:
    """An installation whose controller runs, with the rights of least privilege."""
    async with planes.installation(host, remote) as made:
        await transfers.give_image(made)
        await made.declare_clusters()
        for name in ("host", "remote"):
            await made.until(resources.MIG_CLUSTERS, name, planes.is_ready)
        yield made


async def application(world: World, *claims: str, labels: dict[str, str] | None = None) -> str:
    """A namespace of the source with bound claims."""
    space = f"{world.namespace}-app-{next(_numbers)}"
    meta = {"name": space, "labels": {"team": "shop", **(labels or {})}, "annotations": {"openshift.io/sa.scc.uid-range": "1000/10000"}}
    await world.remote.create(resources.NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
    for claim in claims:
        await kit_volumes.make_volume(world.remote, space, claim, _CSI)
    return space


async def copy(world: World, space: str, *claims: str, **spec: Any) -> str:
    """A DirectVolumeMigration that a person makes; its name."""
    name = f"copy-{space}"
    await world.make(DVM, name, spec=transfers.spec(world, space, *claims, **spec))
    return name


async def over(world: World, name: str) -> Object:
    """The copy when it has ended."""
    return await world.until(DVM, name, transfers.over, timeout_s=60)


async def left(cluster: Client, space: str) -> list[str]:
    """What copies have left in a namespace."""
    found: list[Object] = []
    for kind in (resources.PODS, resources.SECRETS, resources.SERVICES):
        found += await cluster.list_all(kind, namespace=space, label_selector=f"{names.APP}={names.RSYNC_APP}")
    return [f"{item['kind']} {item['metadata']['name']}" for item in found]


async def test_claims_are_made_and_filled_and_nothing_is_left_behind(world: World) -> None:
    """The namespace and the claims of the target are like those of the source; each volume is sent once, and its end is told."""
    space = await application(world, "data", "logs")
    async with transfers.played(world) as play:
        name = await copy(world, space, "data", "logs", target=f"{space}-new", migrationType="CutOver")
        done = await over(world, name)
    found = planes.found(done)
    assert found.keys() == {conditions.SUCCEEDED, conditions.READY}
    assert done["status"]["itinerary"] == "VolumeMigration"
    assert {entry["pvcRef"]["name"] for entry in done["status"]["successfulPods"]} == {"data", "logs"}
    assert all(entry["succeeded"] and entry["currentAttempt"] == 1 for entry in done["status"]["rsyncOperations"])

    made = await world.host.get(resources.NAMESPACES, f"{space}-new")
    assert made["metadata"]["labels"]["team"] == "shop"
    assert made["metadata"]["annotations"]["openshift.io/sa.scc.uid-range"] == "1000/10000"
    claim = await world.host.get(resources.PERSISTENT_VOLUME_CLAIMS, "data", namespace=f"{space}-new")
    assert claim["spec"]["storageClassName"] == "fast"
    assert "volumeName" not in claim["spec"]
    assert claim["metadata"]["labels"][names.MIGRATED_BY_DVM] == done["metadata"]["uid"]

    (sender,) = play.seen["data"]
    mounts = {entry["name"]: entry for entry in sender["spec"]["containers"][0]["volumeMounts"]}
    assert mounts["volume"]["readOnly"]
    assert "--prove" in sender["spec"]["containers"][0]["command"]
    (receiver,) = play.receivers
    assert {entry["persistentVolumeClaim"]["claimName"] for entry in receiver["spec"]["volumes"] if "persistentVolumeClaim" in entry} == {
        "data",
        "logs",
    }
    assert not await left(world.remote, space)
    assert not await left(world.host, f"{space}-new")
    told = await world.host.list_all(PROGRESS, namespace=world.namespace, label_selector=f"directvolumemigration={done['metadata']['uid']}")
    assert sorted(item["status"]["proof"]["claim"] for item in told) == [f"{space}-new/data", f"{space}-new/logs"]
    assert {item["status"]["totalProgressPercentage"] for item in told} == {"100%"}


async def test_while_volumes_are_copied_that_is_told(world: World) -> None:
    """Running names the leg; the sender is listed with its claim; deleting the copy takes its pods and keys away."""
    space = await application(world, "data")
    async with transfers.played(world) as play:
        play.holds.add("data")
        name = await copy(world, space, "data", migrationType="Stage")

        def runs(item: Object) -> bool:
            return bool((item.get("status") or {}).get("runningPods"))

        item = await world.until(DVM, name, runs, timeout_s=60)
        assert planes.found(item)[conditions.RUNNING]["reason"] == "RunRsyncOperations"
        assert item["status"]["runningPods"][0]["pvcRef"] == {"namespace": space, "name": "data"}
        assert item["status"]["phaseDescription"]
        assert "--prove" not in play.seen["data"][0]["spec"]["containers"][0]["command"]
        await world.host.delete(DVM, name, namespace=world.namespace)
        await gone(world, name)
    assert not await left(world.remote, space)
    assert not await left(world.host, space)


async def gone(world: World, name: str) -> None:
    """Returns when a copy is not there any more."""
    async with asyncio.timeout(30):
        while await world.host.find(DVM, name, namespace=world.namespace) is not None:  # noqa: ASYNC110 - a look, not an event
            await asyncio.sleep(0.1)


async def test_a_sender_that_fails_is_followed_by_another(world: World) -> None:
    """The attempt is counted, earlier ones are kept to be read, and in the end everything has arrived."""
    space = await application(world, "data")
    async with transfers.played(world) as play:
        play.ends["data"] = [transfers.failure("Unreachable", "The connection broke.")]
        done = await over(world, await copy(world, space, "data", backOffLimit=3))
    assert conditions.SUCCEEDED in planes.found(done)
    assert done["status"]["rsyncOperations"][0]["currentAttempt"] == 2
    assert [pod["metadata"]["labels"][names.RSYNC_ATTEMPT] for pod in play.seen["data"]] == ["1", "2"]
    (told,) = await world.host.list_all(
        PROGRESS, namespace=world.namespace, label_selector=f"directvolumemigration={done['metadata']['uid']}"
    )
    assert [entry["phase"] for entry in told["status"]["rsyncPodStatuses"]] == ["Failed"]


async def test_what_is_taken_away_of_the_receiving_side_comes_back(world: World) -> None:
    """Pod, keys and way in: the next attempt finds them again."""
    space = await application(world, "data")
    async with transfers.played(world) as play:
        play.holds.add("data")
        name = await copy(world, space, "data")
        await world.until(DVM, name, lambda item: bool((item.get("status") or {}).get("runningPods")), timeout_s=60)
        for kind, what in (
            (resources.SERVICES, endpoints.SERVICE_NAME),
            (resources.SECRETS, pods.SERVER_FILES),
            (resources.PODS, pods.SERVER_NAME),
        ):
            await world.host.delete(kind, what, namespace=space, grace_s=0)
        play.holds.clear()
        play.ends["data"] = [transfers.failure("Unreachable", "The connection broke.")]
        await touch(world.remote, space)
        done = await over(world, name)
    assert conditions.SUCCEEDED in planes.found(done)
    assert done["status"]["rsyncOperations"][0]["currentAttempt"] == 2
    assert len({pod["metadata"]["uid"] for pod in play.receivers}) == 2


async def test_files_of_claims_that_were_there_before_stay(world: World) -> None:
    """Nobody of ours has made the claim: what the source does not have is somebody else's."""
    space = await application(world, "data", "logs")
    meta = {"name": space}
    await world.host.create(resources.NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
    await kit_volumes.make_volume(world.host, space, "data", _CSI)
    async with transfers.played(world) as play:
        done = await over(world, await copy(world, space, "data", "logs"))
    assert conditions.SUCCEEDED in planes.found(done)
    commands = {claim: play.seen[claim][0]["spec"]["containers"][0]["command"] for claim in ("data", "logs")}
    assert "--without=delete" in commands["data"]
    assert "--without=delete" not in commands["logs"]


async def test_a_volume_that_cannot_be_copied_fails_the_copy(world: World) -> None:
    """With its name and the reason that the sender gave; what was copied is told, and no pods are left."""
    space = await application(world, "data", "logs")
    async with transfers.played(world) as play:
        play.ends["data"] = [transfers.failure("NoSpace", "The volume on the target is full.")] * 2
        done = await over(world, await copy(world, space, "data", "logs"))
    found = planes.found(done)
    assert (found[conditions.FAILED]["category"], found[conditions.FAILED]["reason"]) == (conditions.CRITICAL, "RunRsyncOperations")
    assert conditions.SUCCEEDED not in found
    (error,) = done["status"]["errors"]
    assert f"{space}/data" in error
    assert "full" in error
    assert [entry["pvcRef"]["name"] for entry in done["status"]["failedPods"]] == ["data"]
    assert [entry["pvcRef"]["name"] for entry in done["status"]["successfulPods"]] == ["logs"]
    assert not await left(world.remote, space)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("s_connect: connect 10.1.2.3:2222: No route to host (113)", conditions.RSYNC_NO_ROUTE_TO_HOST),
        ("s_connect: s_poll_wait 10.1.2.3:2222: TIMEOUTconnect exceeded", conditions.RSYNC_TIMED_OUT),
    ],
)
async def test_a_network_that_lets_nobody_through_is_told(message: str, reason: str, world: World) -> None:
    """Where no sender at all has reached the target, that is what is wrong, and not the volumes: SourceToDestinationNetworkError."""
    space = await application(world, "data", "logs")
    async with transfers.played(world) as play:
        play.ends["data"] = play.ends["logs"] = [transfers.failure("Unreachable", message)] * 2
        done = await over(world, await copy(world, space, "data", "logs", backOffLimit=1))
    assert planes.found(done)[conditions.SOURCE_TO_DESTINATION_NETWORK_ERROR]["reason"] == reason


async def test_a_target_that_cannot_take_volumes_fails_the_copy_as_a_warning(world: World) -> None:
    """A namespace that nobody is to make: nothing was begun, and Failed is a warning, as MTC has it."""
    space = await application(world, "data")
    async with transfers.played(world):
        done = await over(world, await copy(world, space, "data", target=f"{space}-none", createDestinationNamespaces=False))
    assert planes.found(done)[conditions.FAILED]["category"] == conditions.WARN
    assert f"{space}-none" in done["status"]["errors"][0]


async def test_a_namespace_that_admits_no_root_is_told(world: World) -> None:
    """The sender then runs as nobody in particular, and owners of files may not arrive: RsyncServerPodsRunningAsNonRoot."""
    space = await application(world, "data", labels={"pod-security.kubernetes.io/enforce": "restricted"})
    async with transfers.played(world) as play:
        play.holds.add("data")
        name = await copy(world, space, "data")
        await world.until(DVM, name, planes.shows(conditions.RSYNC_SERVER_PODS_RUNNING_AS_NON_ROOT), timeout_s=60)
        play.holds.clear()
        await touch(world.remote, space)
        done = await over(world, name)
    assert conditions.RSYNC_SERVER_PODS_RUNNING_AS_NON_ROOT not in planes.found(done)
    container = play.seen["data"][0]["spec"]["containers"][0]
    assert container["securityContext"]["runAsNonRoot"]
    assert "--no-root" in container["command"]


async def test_pods_that_the_source_does_not_admit_are_told_until_it_does(world: World) -> None:
    """A quota stands in the way: FailedCreatingRsyncPods, and the copy goes on by itself when it is gone."""
    space = await application(world, "data")
    kind = resources.RESOURCE_QUOTAS
    body = {"apiVersion": "v1", "kind": kind.kind, "metadata": {"name": "none", "namespace": space}, "spec": {"hard": {"pods": "0"}}}
    await world.remote.create(kind, body)
    async with asyncio.timeout(30):
        while not ((await world.remote.get(kind, "none", namespace=space)).get("status") or {}).get("hard"):  # noqa: ASYNC110 - a look
            await asyncio.sleep(0.05)
    async with transfers.played(world):
        name = await copy(world, space, "data")
        await world.until(DVM, name, planes.shows(conditions.FAILED_CREATING_RSYNC_PODS), timeout_s=60)
        await world.remote.delete(kind, "none", namespace=space)
        done = await over(world, name)
    assert planes.found(done).keys() == {conditions.SUCCEEDED, conditions.READY}


async def test_a_way_in_that_belongs_to_somebody_else_is_not_taken(world: World) -> None:
    """The application has a Service of that name: the copy fails before it has begun, and says which."""
    space = await application(world, "data")
    await world.host.create(resources.NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}})
    meta = {"name": endpoints.SERVICE_NAME, "namespace": space}
    body = {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": [{"port": 80}]}}
    await world.host.create(resources.SERVICES, body)
    async with transfers.played(world):
        done = await over(world, await copy(world, space, "data"))
    assert endpoints.SERVICE_NAME in done["status"]["errors"][0]
    assert await world.host.find(resources.SERVICES, endpoints.SERVICE_NAME, namespace=space)


async def test_a_receiver_that_fails_is_made_anew(world: World) -> None:
    """Its node has evicted it before any sender came."""
    space = await application(world, "data")
    async with transfers.played(world) as play:
        play.holds.add("receiver")
        name = await copy(world, space, "data")
        first = await until_pod(world.host, space)
        await world.host.patch(resources.PODS, pods.SERVER_NAME, {"status": {"phase": "Failed"}}, namespace=space, subresource="status")
        play.holds.clear()
        assert conditions.SUCCEEDED in planes.found(await over(world, name))
    assert [pod["metadata"]["uid"] for pod in play.receivers] != [first["metadata"]["uid"]]


async def until_pod(cluster: Client, space: str) -> Object:
    """The receiver of a namespace, as soon as it is there."""
    async with asyncio.timeout(30):
        while (found := await cluster.find(resources.PODS, pods.SERVER_NAME, namespace=space)) is None:  # noqa: ASYNC110 - a look
            await asyncio.sleep(0.05)
    return found


async def test_copies_that_share_namespaces_go_one_after_the_other(world: World) -> None:
    """Their pods have the same names: the later one waits for the end of the earlier, and then copies as well."""
    space = await application(world, "data", "logs")
    async with transfers.played(world) as play:
        play.holds.add("data")
        first = await copy(world, space, "data")
        await world.until(DVM, first, lambda item: bool((item.get("status") or {}).get("runningPods")), timeout_s=60)
        await world.make(DVM, "second", spec=transfers.spec(world, space, "logs"))
        waits = await world.until(DVM, "second", lambda item: first in (item.get("status") or {}).get("phaseDescription", ""))
        assert conditions.RUNNING in planes.found(waits)
        play.holds.clear()
        await touch(world.remote, space)
        assert conditions.SUCCEEDED in planes.found(await over(world, first))
        assert conditions.SUCCEEDED in planes.found(await over(world, "second"))


# --- What takes minutes: the controller's clock is ahead ---------------------------------------------------------------------------


@asynccontextmanager
async def ahead(host: Client, remote: Client, minutes: int, *, endpoint: str = "ClusterIP") -> AsyncIterator[World]:
    """An installation in which so many minutes have passed since anything was made."""
    world = await planes.prepared(host, remote)
    data = {"RSYNC_TRANSFER_IMAGE": transfers.IMAGE, "RSYNC_ENDPOINT_TYPE": endpoint}
    for cluster in (host, remote):
        await world.make(resources.CONFIG_MAPS, names.CLUSTER_CONFIG_MAP, cluster=cluster, data=data)
    secret = base64.b64encode((await world.remote_token()).encode()).decode()
    await world.make(resources.SECRETS, "remote-sa", data={"saToken": secret})
    ready = {
        "conditions": [{"type": "Ready", "status": "True", "category": "Required", "message": "", "lastTransitionTime": transfers.now()}]
    }
    remote_spec = {"url": remote.access.server, "insecure": True, "serviceAccountSecretRef": world.reference("remote-sa")}
    await world.make(resources.MIG_CLUSTERS, "host", spec={"isHostCluster": True}, status=ready)
    await world.make(resources.MIG_CLUSTERS, "remote", spec={"isHostCluster": False, **remote_spec}, status=ready)
    async with Clusters(host) as clusters, asyncio.TaskGroup() as group:
        stepper = lifecycle.stepper(
            clusters,
            namespace=world.namespace,
            settings=Live(),
            wake=lambda ref: loop.wake(Ref(ref.namespace, ref.name)),
            clock=lambda: utc_now() + timedelta(minutes=minutes),
        )
        loop = Loop(host, DVM, stepper.step, namespace=world.namespace)
        tasks = [group.create_task(stepper.run()), group.create_task(loop.run())]
        yield world
        for task in tasks:
            task.cancel()


async def test_receivers_that_do_not_run_are_told_after_three_minutes(host: Client, remote: Client) -> None:
    """RsyncTransferPodsPending names the pods, with the command that tells why; it goes when they run."""
    async with ahead(host, remote, 4) as world:
        space = await application(world, "data")
        async with transfers.played(world) as play:
            play.holds.add("receiver")
            name = await copy(world, space, "data")
            item = await world.until(DVM, name, planes.shows(conditions.RSYNC_TRANSFER_PODS_PENDING), timeout_s=60)
            assert f"oc describe pod {pods.SERVER_NAME} -n {space}" in planes.found(item)[conditions.RSYNC_TRANSFER_PODS_PENDING]["message"]
            play.holds.clear()
            await touch(world.host, space)
            assert planes.found(await over(world, name)).keys() == {conditions.SUCCEEDED, conditions.READY}


async def touch(cluster: Client, space: str) -> None:
    """Something about the pods of copies changes, so that whoever plays their node looks again."""
    for pod in await cluster.list_all(resources.PODS, namespace=space, label_selector=f"{names.APP}={names.RSYNC_APP}"):
        body = {"metadata": {"annotations": {"touched": str(next(_numbers))}}}
        await cluster.patch(resources.PODS, pod["metadata"]["name"], body, namespace=space)


async def test_senders_that_do_not_start_are_told_after_ten_minutes(host: Client, remote: Client) -> None:
    """RsyncClientPodsPending names them, and the status lists them; it goes when they start."""
    async with ahead(host, remote, 11) as world:
        space = await application(world, "data")
        async with transfers.played(world) as play:
            play.pends.add("data")
            name = await copy(world, space, "data")
            item = await world.until(DVM, name, planes.shows(conditions.RSYNC_CLIENT_PODS_PENDING), timeout_s=60)
            assert [entry["namespace"] for entry in item["status"]["pendingSinceTimeLimitPods"]] == [space]
            play.pends.clear()
            await touch(world.remote, space)
            assert planes.found(await over(world, name)).keys() == {conditions.SUCCEEDED, conditions.READY}


async def test_a_way_in_that_does_not_open_is_told_after_three_minutes(host: Client, remote: Client) -> None:
    """RsyncRouteNotAdmitted: no node of the target is Ready, so its port leads nowhere; the copy goes on when one is."""
    async with ahead(host, remote, 4, endpoint="NodePort") as world:
        space = await application(world, "data")
        async with transfers.played(world):
            name = await copy(world, space, "data")
            await world.until(DVM, name, planes.shows(conditions.RSYNC_ROUTE_NOT_ADMITTED), timeout_s=60)
            async with ready_node(host, f"node-{space}"):
                assert planes.found(await over(world, name)).keys() == {conditions.SUCCEEDED, conditions.READY}


@asynccontextmanager
async def ready_node(cluster: Client, name: str) -> AsyncIterator[None]:
    """A node that is Ready, until the block ends."""
    await cluster.create(resources.NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
    status = {
        "addresses": [{"type": "InternalIP", "address": "192.0.2.7"}],
        "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": transfers.now()}],
    }
    try:
        await cluster.patch(resources.NODES, name, {"status": status}, subresource="status", how="strategic")
        yield
    finally:
        await cluster.delete(resources.NODES, name)


async def test_what_cannot_be_deleted_is_told_until_it_can(world: World) -> None:
    """FailedDeletingRsyncPods, with the refusal of the cluster; the copy ends when it lets them be deleted."""
    space = await application(world, "data")
    async with transfers.played(world) as play:
        play.holds.add("data")
        name = await copy(world, space, "data")
        await world.until(DVM, name, lambda item: bool((item.get("status") or {}).get("runningPods")), timeout_s=60)
        async with undeletable_pods(world.remote, space):
            play.holds.clear()
            await touch(world.remote, space)
            item = await world.until(DVM, name, planes.shows(conditions.FAILED_DELETING_RSYNC_PODS), timeout_s=60)
            assert "guarded" in planes.found(item)[conditions.FAILED_DELETING_RSYNC_PODS]["message"]
        assert planes.found(await over(world, name)).keys() == {conditions.SUCCEEDED, conditions.READY}


@asynccontextmanager
async def undeletable_pods(cluster: Client, space: str) -> AsyncIterator[None]:
    """An admission policy keeps the pods of a namespace from being deleted, until the block ends."""
    group, name = "admissionregistration.k8s.io", f"guard-{space}"
    policies = resources.ResourceType(group, "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", namespaced=False)
    bindings = resources.ResourceType(
        group, "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", namespaced=False
    )
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["DELETE"], "resources": ["pods"]}
    policy = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "false", "message": "these pods are guarded", "reason": "Forbidden"}],
    }
    chosen = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": space}}}
    binding = {"policyName": name, "validationActions": ["Deny"], "matchResources": chosen}
    for kind, spec in ((policies, policy), (bindings, binding)):
        await cluster.create(kind, {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name}, "spec": spec})
    try:
        await until_guarded(cluster, space)
        yield
    finally:
        for kind in (bindings, policies):
            await cluster.delete(kind, name)


async def until_guarded(cluster: Client, space: str) -> None:
    """Returns when the API server has taken up the policy: it does so some time after it was written."""
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "try-", "namespace": space},
        "spec": {"containers": [{"name": "a", "image": "a"}]},
    }
    tried = (await cluster.create(resources.PODS, body))["metadata"]["name"]
    async with asyncio.timeout(30):
        while True:
            try:
                await cluster.delete(resources.PODS, tried, namespace=space, grace_s=0)
            except errors.Forbidden:
                return
            tried = (await cluster.create(resources.PODS, body))["metadata"]["name"]
            await asyncio.sleep(0.1)
