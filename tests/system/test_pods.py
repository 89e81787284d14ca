"""What runs inside of pods of a cluster: commands and their output, logs, and what the toolkit finds out by them."""

import socket
from urllib.parse import urlsplit

import pytest

from kit import apps, labs, planes
from mtc.kube import errors, resources, streams
from mtc.kube.client import Client, Object
from mtc.migration.shared import Shared
from mtc.migration.volumes import nfs

_ENGINE = "component=velero"


async def engine_of(cluster: Client) -> str:
    """The running pod of the engine of a cluster."""
    found = await cluster.list_all(resources.PODS, namespace=labs.TOOLKIT, label_selector=_ENGINE)
    [name] = [
        pod["metadata"]["name"] for pod in found if pod["status"]["phase"] == "Running" and not pod["metadata"].get("deletionTimestamp")
    ]
    return str(name)


async def test_a_command_in_a_pod_tells_how_it_ended_and_what_it_wrote(lab: labs.Lab) -> None:
    """Exit code, both outputs apart, input to its end; a program that is not there, and one that takes too long, are errors."""
    pod = await engine_of(lab.source)

    async def run(*command: str, stdin: bytes | None = None, deadline_s: float = 20.0) -> streams.ExecResult:
        return await streams.execute(lab.source, pod, command, namespace=labs.TOOLKIT, stdin=stdin, deadline_s=deadline_s)

    assert await run("sh", "-c", "echo out; echo err >&2; exit 7") == streams.ExecResult(7, b"out\n", b"err\n")
    large = bytes(range(256)) * 2000
    assert (await run("cat", stdin=large)).stdout == large
    assert (await run("printf", "%s", "a b;c")).stdout == b"a b;c"
    with pytest.raises(errors.ExecFailed, match="nothing-of-this-name"):
        await run("nothing-of-this-name")
    with pytest.raises(errors.ExecFailed, match="did not end within 1 s"):
        await run("sleep", "30", deadline_s=1.0)
    with pytest.raises(errors.NotFound, match="no-such-pod"):
        await streams.execute(lab.source, "no-such-pod", ["true"], namespace=labs.TOOLKIT)


async def test_logs_come_line_by_line(lab: labs.Lab) -> None:
    """The last lines of a container, each whole, and with the time where that is asked for."""
    space = labs.unique("logs")
    talk = ("sh", "-c", "for n in 1 2 3; do echo line $n; done; sleep infinity")
    pod: Object = apps.item(resources.PODS, space, "talks", spec=apps.pod_spec(lab.image, command=talk))
    await lab.apply(lab.source, apps.namespace(space), pod)
    await lab.kubectl(lab.source, "wait", "-n", space, "--for=condition=Ready", "pod/talks", "--timeout=120s", deadline_s=130)
    lines = [line async for line in streams.logs(lab.source, "talks", namespace=space)]
    assert lines == [b"line 1", b"line 2", b"line 3"]
    [last] = [line async for line in streams.logs(lab.source, "talks", namespace=space, tail=1, timestamps=True)]
    assert last.endswith(b" line 3")
    assert last.startswith(b"20")


async def test_nfs_servers_are_tried_from_a_pod_of_the_engine(lab: labs.Lab) -> None:
    """One that listens is open, one that does not is closed, and both answers come from inside of the cluster."""
    reachable = urlsplit(lab.values["MTC_LAB_S3_ENDPOINT"]).hostname
    assert reachable is not None
    with socket.create_server((reachable, nfs.PORT)):
        found = await nfs.ask(lab.source, [reachable, "127.0.0.1"], is_host=False, namespace=labs.TOOLKIT, shared=Shared())
    assert found.closed == {"127.0.0.1"}
    assert not found.unknown, found.why
    nowhere = await nfs.ask(lab.source, [reachable], is_host=False, namespace="default", shared=Shared())
    assert nowhere.unknown == {reachable}


async def test_volumes_are_measured_by_the_node_agents(lab: labs.Lab) -> None:
    """A MigAnalytic shows how full each volume is that a running pod mounts; one that nothing mounts is named."""
    space = labs.unique("full")
    await lab.apply(
        lab.source,
        apps.namespace(space),
        *(apps.claim(space, name) for name in ("pages", "idle")),
        apps.deployment(space, "web", lab.image, claims=["pages"]),
        apps.deployment(space, "once", lab.image, claims=["idle"]),
    )
    await lab.until_running(lab.source, space)
    await lab.source.patch(resources.DEPLOYMENTS, "once", {"spec": {"replicas": 0}}, namespace=space)
    apps.fill_big((await lab.folders(lab.source, space))["pages"], random_mebibytes=3)
    await lab.kubectl(lab.source, "wait", "-n", space, "--for=delete", "pod", "-l", "app=once", "--timeout=120s", deadline_s=130)
    await lab.plan(space, [space], volumes=2)
    flags = {"analyzeK8SResources": True, "analyzePVCapacity": True, "analyzeImageCount": False, "analyzeExtendedPVCapacity": True}
    spec = {"migPlanRef": {"name": space, "namespace": labs.TOOLKIT}, **flags}
    await lab.apply(lab.target, labs.body(resources.MIG_ANALYTICS, space, spec))
    done = await lab.until(resources.MIG_ANALYTICS, space, planes.is_ready)
    [namespace] = done["status"]["analytics"]["namespaces"]
    by_name = {entry["name"]: entry for entry in namespace["persistentVolumes"]}
    assert 0 < by_name["pages"]["usagePercentage"] <= 100
    assert by_name["pages"]["sparseFilesFound"] is False
    assert "usagePercentage" not in by_name["idle"]
    failed = planes.found(done)["ExtendedPVAnalysisFailed"]
    assert failed["reason"] == "FailedRunningDf"
    assert len(failed["items"]) == 1
