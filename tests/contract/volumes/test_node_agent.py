"""The node agent against a real API server, real restic and a real S3 server; only the kubelet's folders are made by hand."""

import asyncio
import base64
import contextlib
import gzip
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kit import s3, trees
from kit.agents import NAMESPACE, NODE, World
from mtc import store
from mtc.api import names, proof
from mtc.engine import repositories
from mtc.engine.errors import EngineError
from mtc.kube import codec, resources, watch
from mtc.kube.client import Object
from mtc.operator.loop import Loop, Ref

pytestmark = pytest.mark.anyio


async def test_volume_goes_from_one_pod_to_another(world: World) -> None:
    """A PodVolumeBackup and a PodVolumeRestore bring a volume over identically, tell progress, and let the pod start."""
    source, target = await world.pod("shop", "web"), await world.pod("shop-new", "web", waiter="running")
    trees.fill(world.folder(source))
    async with world.agent():
        backup = await world.ended(resources.POD_VOLUME_BACKUPS, await world.backup(source))
        assert (backup["phase"], backup["path"]) == ("Completed", str(world.folder(source)))
        assert backup["progress"]["bytesDone"] == backup["progress"]["totalBytes"] > 160 * 2**20
        assert 3 * 2**20 < backup["incrementalBytes"] < 20 * 2**20
        assert backup["startTimestamp"] <= backup["completionTimestamp"]
        assert not world.marker(target).exists()
        restore = await world.ended(resources.POD_VOLUME_RESTORES, await world.restore(target, backup["snapshotID"]))
    assert (restore["phase"], restore["node"]) == ("Completed", NODE)
    assert restore["progress"]["bytesDone"] == restore["progress"]["totalBytes"] > 160 * 2**20
    assert world.marker(target).exists()
    assert trees.differences(trees.read(world.folder(source)), trees.read(world.folder(target))) == []


async def test_second_pass_builds_on_the_first(world: World) -> None:
    """The newest snapshot of the same claim is the parent, and DeleteExtraFiles makes the target what the source is now."""
    source, target = await world.pod("shop", "web"), await world.pod("shop-new", "web", waiter="running")
    folder = world.folder(source)
    (folder / "big").write_bytes(os.urandom(4 * 2**20))
    (folder / "old").write_text("old")
    labels = {"velero.io/pvc-uid": "claim"}
    async with world.agent():
        await world.ended(resources.POD_VOLUME_BACKUPS, await world.backup(source, labels=labels))
        (folder / "old").unlink()
        (folder / "new").write_text("new")
        (world.folder(target) / "old").write_text("old")
        second = await world.ended(resources.POD_VOLUME_BACKUPS, await world.backup(source, labels=labels))
        assert second["incrementalBytes"] < 2**20
        name = await world.restore(target, second["snapshotID"], settings={"DeleteExtraFiles": "true"})
        assert (await world.ended(resources.POD_VOLUME_RESTORES, name))["phase"] == "Completed"
    assert trees.differences(trees.read(folder), trees.read(world.folder(target))) == []


async def test_restore_waits_for_its_pod(world: World) -> None:
    """Nothing is written before the init container runs; then the restore starts by itself."""
    source, target = await world.pod("shop", "web"), await world.pod("shop-new", "web", waiter="waiting")
    (world.folder(source) / "file").write_text("content")
    async with world.agent():
        name = await world.restore(target, await world.data(source))
        # Another restore of the same agent comes through meanwhile, so the first one has surely been looked at.
        other = await world.pod("shop-new", "other", waiter="running")
        await world.ended(resources.POD_VOLUME_RESTORES, await world.restore(other, await world.data(source)))
        waiting = await world.cluster.get(resources.POD_VOLUME_RESTORES, name, namespace=NAMESPACE)
        assert "phase" not in (waiting.get("status") or {})
        assert list(world.folder(target).iterdir()) == []
        await world.let_wait(target, "running")
        assert (await world.ended(resources.POD_VOLUME_RESTORES, name))["phase"] == "Completed"
    assert (world.folder(target) / "file").read_text() == "content"


@pytest.mark.parametrize(("waiter", "words"), [("none", "has no init container"), ("ended", "has left its init container")])
async def test_running_application_is_never_written_to(world: World, waiter: str, words: str) -> None:
    """A pod that is not held back is not touched, and the failure says why."""
    target = await world.pod("shop-new", "web", waiter=waiter)
    async with world.agent():
        status = await world.ended(resources.POD_VOLUME_RESTORES, await world.restore(target, "0123abcd"))
    assert status["phase"] == "Failed"
    assert words in status["message"]
    assert "shop-new/web" in status["message"]
    assert list(world.folder(target).iterdir()) == []


async def test_empty_volume_goes_over(world: World) -> None:
    """An empty volume has a snapshot too, and the pod gets it with owner and mode."""
    source, target = await world.pod("shop", "web"), await world.pod("shop-new", "web", waiter="running")
    os.chown(world.folder(source), 26, 26)
    world.folder(source).chmod(0o2770)
    async with world.agent():
        restore = await world.ended(resources.POD_VOLUME_RESTORES, await world.restore(target, await world.data(source)))
    assert restore["phase"] == "Completed"
    assert trees.differences(trees.read(world.folder(source)), trees.read(world.folder(target))) == []


async def test_claims_are_found(world: World) -> None:
    """Data behind a claim is in a folder named after its PersistentVolume, for CSI drivers one level deeper; hostPath is refused."""
    kinds = {"local": {"path": "/x"}, "csi": {"driver": "none", "volumeHandle": "x"}, "hostPath": {"path": "/x"}}
    volumes = []
    for kind, source in kinds.items():
        name = f"pv-{kind.lower()}-{world.location}"
        spec: dict[str, Any] = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], kind: source}
        if kind == "local":
            term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}]}
            spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": [term]}}
        await world.cluster.create(resources.PERSISTENT_VOLUMES, {"metadata": {"name": name}, "spec": spec})
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeName": name}
        await world.cluster.create(resources.PERSISTENT_VOLUME_CLAIMS, {"metadata": {"name": name, "namespace": "shop"}, "spec": claim})
        volumes.append({"name": kind.lower(), "persistentVolumeClaim": {"claimName": name}})
    spec = {"nodeName": NODE, "containers": [{"name": "main", "image": "none"}], "volumes": volumes}
    pod = await world.cluster.create(resources.PODS, {"metadata": {"name": "claims", "namespace": "shop"}, "spec": spec})
    base = world.pods / str(pod["metadata"]["uid"]) / "volumes"
    expected = {
        "local": base / "kubernetes.io~local-volume" / f"pv-local-{world.location}",
        "csi": base / "kubernetes.io~csi" / f"pv-csi-{world.location}" / "mount",
    }
    for folder in expected.values():
        folder.mkdir(parents=True)
        (folder / "file").write_text("content")
    async with world.agent():
        for name, folder in expected.items():
            status = await world.ended(resources.POD_VOLUME_BACKUPS, await world.backup(pod, volume=name))
            assert (status["phase"], status["path"]) == ("Completed", str(folder))
        refused = await world.ended(resources.POD_VOLUME_BACKUPS, await world.backup(pod, volume="hostpath"))
    assert refused["phase"] == "Failed"
    assert "hostPath" in refused["message"]


async def test_missing_things_are_told(world: World) -> None:
    """What is gone or cannot be moved fails with what, where and why."""
    pod = await world.pod("shop", "web")
    gone = {"metadata": {**pod["metadata"], "uid": "another-uid"}}
    cases = [
        (await world.backup(gone), "shop/web with uid another-uid no longer exists"),
        (await world.backup(pod, volume="absent"), "no volume of that name"),
        (await world.backup(pod, volume="settings"), "configMap"),
        (await world.backup(pod, backupStorageLocation="absent"), "BackupStorageLocation openshift-migration/absent does not exist"),
        (await world.backup(pod, uploaderType="kopia"), "kopia"),
    ]
    async with world.agent():
        for name, words in cases:
            status = await world.ended(resources.POD_VOLUME_BACKUPS, name)
            assert status["phase"] == "Failed"
            assert words in status["message"]
        restore = await world.ended(resources.POD_VOLUME_RESTORES, await world.restore(gone, "0123abcd"))
        assert restore["phase"] == "Failed"
        assert "no longer exists" in restore["message"]


async def test_cancel_while_it_runs(world: World) -> None:
    """`spec.cancel` stops a running backup, and one that still waits for a place."""
    pod = await world.pod("shop", "web")
    for number in range(40):
        (world.folder(pod) / f"file-{number}").write_bytes(os.urandom(8 * 2**20))
    async with world.agent(concurrency=1):
        running = await world.backup(pod)
        await world.until(
            resources.POD_VOLUME_BACKUPS, running, lambda status: status.get("phase") == "InProgress" and "progress" in status
        )
        queued = await world.backup(pod)
        for name in (queued, running):
            await world.cluster.patch(resources.POD_VOLUME_BACKUPS, name, {"spec": {"cancel": True}}, namespace=NAMESPACE)
            status = await world.ended(resources.POD_VOLUME_BACKUPS, name)
            assert (status["phase"], status.get("snapshotID")) == ("Canceled", None)


async def test_pod_deleted_while_its_volume_is_filled(world: World) -> None:
    """A restore ends when its pod does, with the reason."""
    source, target = await world.pod("shop", "web"), await world.pod("shop-new", "web", waiter="running")
    for number in range(40):
        (world.folder(source) / f"file-{number}").write_bytes(os.urandom(8 * 2**20))
    async with world.agent():
        name = await world.restore(target, await world.data(source))
        await world.until(resources.POD_VOLUME_RESTORES, name, lambda status: "progress" in status)
        await world.cluster.delete(resources.PODS, "web", namespace="shop-new", grace_s=0)
        status = await world.ended(resources.POD_VOLUME_RESTORES, name)
    assert status["phase"] == "Failed"
    assert "was deleted" in status["message"]
    assert not world.marker(target).exists()


async def test_kill_and_go_on(world: World, restic_program: str, tmp_path: Path) -> None:
    """After kill -9 in the middle of a backup and of a restore the next process does both again, with the same result."""
    source, target = await world.pod("shop", "web"), await world.pod("shop-new", "web", waiter="running")
    for number in range(40):
        (world.folder(source) / f"file-{number}").write_bytes(os.urandom(8 * 2**20))
    kinds = resources.POD_VOLUME_BACKUPS, resources.POD_VOLUME_RESTORES
    name, snapshot = await world.backup(source), ""
    for kind in kinds:
        if kind is resources.POD_VOLUME_RESTORES:
            name = await world.restore(target, snapshot)
        async with world.process(restic_program, tmp_path / "agent.log"):
            await world.until(kind, name, lambda status: status.get("phase") == "InProgress" and "progress" in status)
        await _until_ended(_restics_in(tmp_path))
        async with world.process(restic_program, tmp_path / "agent.log"):
            status = await world.ended(kind, name)
        assert status["phase"] == "Completed"
        snapshot = status.get("snapshotID", "")
    assert trees.differences(trees.read(world.folder(source)), trees.read(world.folder(target))) == []
    assert world.marker(target).exists()


async def test_filled_volume_is_not_filled_twice(world: World) -> None:
    """Killed after the marker and before the status, the agent only writes the status: the application may be running by then."""
    target = await world.pod("shop-new", "web", waiter="ended")
    world.marker(target).touch()
    (world.folder(target) / "file").write_text("of the running application")
    name = await world.restore(target, "0123abcd")
    status = {"phase": "InProgress", "node": NODE}
    await world.cluster.patch(resources.POD_VOLUME_RESTORES, name, {"status": status}, namespace=NAMESPACE)
    async with world.agent():
        assert (await world.ended(resources.POD_VOLUME_RESTORES, name))["phase"] == "Completed"
    assert (world.folder(target) / "file").read_text() == "of the running application"


async def answer(world: World, name: str, request: str) -> proof.VolumeAnswer:
    """Asks the node agent to compare a volume, and waits for what it says."""
    patch: Object = {"metadata": {"annotations": {names.PROVE: request}}}
    await world.cluster.patch(resources.POD_VOLUME_RESTORES, name, patch, namespace=NAMESPACE)
    async with asyncio.timeout(120):
        events: Any = watch.watch(world.cluster, resources.POD_VOLUME_RESTORES, namespace=NAMESPACE, field_selector=f"metadata.name={name}")
        async with contextlib.aclosing(events):
            async for event in events:
                marks = (event.object or {}).get("metadata", {}).get("annotations") or {}
                if found := proof.read_answer(marks.get(names.PROOF), request):
                    return found
    raise AssertionError("unreachable")


async def test_filled_volume_is_proved_and_what_was_tampered_with_is_named(
    world: World, s3_server: s3.S3Server, shared_bucket: str
) -> None:
    """Asked for it, the agent compares: nothing at first; then one byte and one mode are found, in the answer and in the bucket."""
    source, target = await world.pod("shop", "web"), await world.pod("shop-new", "web", waiter="running")
    trees.fill(world.folder(source))
    async with world.agent():
        name = await world.restore(target, await world.data(source))
        assert (await world.ended(resources.POD_VOLUME_RESTORES, name))["phase"] == "Completed"
        item = await world.cluster.get(resources.POD_VOLUME_RESTORES, name, namespace=NAMESPACE)
        assert item["metadata"]["annotations"] == {names.PROVABLE: "true"}
        first = await answer(world, name, "backups/b/b-proof-1.jsonl.gz")
        with (world.folder(target) / "zeros").open("r+b") as file:
            file.seek(2**20)
            file.write(b"x")
        (world.folder(target) / "world").chmod(0o600)
        second = await answer(world, name, "backups/b/b-proof-2.jsonl.gz")
    assert (first.compared, first.claim, first.differences, first.report, first.message) == (True, "shop-new/data", 0, False, "")
    assert first.files == len(trees.read(world.folder(target)))
    assert (second.differences, second.report) == (2, True)
    found = {item.path: item.what for item in second.first}
    assert found == {"zeros": ["time of the last change differs", "content differs"], "world": ["mode 0666 became 0600"]}
    bsl = await world.cluster.get(resources.BACKUP_STORAGE_LOCATIONS, world.location, namespace=NAMESPACE)
    location = s3_server.location(shared_bucket, prefix=bsl["spec"]["objectStorage"]["prefix"], make=False)
    lines = gzip.decompress(await store.open_location(location).get("backups/b/b-proof-2.jsonl.gz")).splitlines()
    assert {line["path"]: line["what"] for line in map(codec.loads, lines)} == found


async def test_volume_whose_pod_is_gone_is_not_proved(world: World) -> None:
    """The answer says so, because nobody would give another one."""
    source, target = await world.pod("shop", "web"), await world.pod("shop-new", "web", waiter="running")
    (world.folder(source) / "file").write_text("content")
    async with world.agent():
        name = await world.restore(target, await world.data(source))
        assert (await world.ended(resources.POD_VOLUME_RESTORES, name))["phase"] == "Completed"
        await world.cluster.delete(resources.PODS, "web", namespace="shop-new", grace_s=0)
        found = await answer(world, name, "key")
    assert not found.compared
    assert "shop-new/web" in found.message


async def test_other_nodes_are_left_alone(world: World) -> None:
    """An agent does nothing about pods of other nodes."""
    source = await world.pod("shop", "web")
    (world.folder(source) / "file").write_text("content")
    far = await world.pod("shop", "far", node="node-2")
    target = await world.pod("shop-new", "far", node="node-2", waiter="running")
    async with world.agent():
        backup = await world.backup(far, node="node-2")
        restore = await world.restore(target, await world.data(source))
        await world.data(source)
        for kind, name in ((resources.POD_VOLUME_BACKUPS, backup), (resources.POD_VOLUME_RESTORES, restore)):
            found = await world.cluster.get(kind, name, namespace=NAMESPACE)
            assert "phase" not in (found.get("status") or {})


async def test_repository_is_made_on_request(world: World) -> None:
    """`ensure` makes record and repository, answers with Velero's identifier, and again at once."""
    async with _repositories(world):
        identifier = await repositories.ensure(world.cluster, namespace=NAMESPACE, volume_namespace="shop", location=world.location)
        again = await repositories.ensure(world.cluster, namespace=NAMESPACE, volume_namespace="shop", location=world.location)
    bsl = await world.cluster.get(resources.BACKUP_STORAGE_LOCATIONS, world.location, namespace=NAMESPACE)
    storage = bsl["spec"]["objectStorage"]
    assert identifier == again == f"s3:{bsl['spec']['config']['s3Url']}/{storage['bucket']}/{storage['prefix']}/restic/shop"
    record = await world.cluster.get(resources.BACKUP_REPOSITORIES, f"shop-{world.location}-restic", namespace=NAMESPACE)
    assert record["metadata"]["labels"] == {
        "velero.io/volume-namespace": "shop",
        "velero.io/storage-location": world.location,
        "velero.io/repository-type": "restic",
    }
    assert record["status"]["phase"] == "Ready"
    secret = await world.cluster.get(resources.SECRETS, "velero-repo-credentials", namespace=NAMESPACE)
    assert base64.b64decode(secret["data"]["repository-password"]) == b"static-passw0rd"


async def test_unusable_repository_is_told_and_heals(world: World) -> None:
    """Who needs a repository gets the reason why it cannot be used; after the repair the next request succeeds at once."""
    patch = {"spec": {"objectStorage": {"bucket": "misspelt"}}}
    good = (await world.cluster.get(resources.BACKUP_STORAGE_LOCATIONS, world.location, namespace=NAMESPACE))["spec"]["objectStorage"][
        "bucket"
    ]
    await world.cluster.patch(resources.BACKUP_STORAGE_LOCATIONS, world.location, patch, namespace=NAMESPACE)
    async with _repositories(world):
        for _ in range(2):
            with pytest.raises(EngineError, match="misspelt"):
                await repositories.ensure(world.cluster, namespace=NAMESPACE, volume_namespace="shop", location=world.location)
        patch["spec"]["objectStorage"]["bucket"] = good
        await world.cluster.patch(resources.BACKUP_STORAGE_LOCATIONS, world.location, patch, namespace=NAMESPACE)
        async with asyncio.timeout(60):
            identifier = await repositories.ensure(world.cluster, namespace=NAMESPACE, volume_namespace="shop", location=world.location)
    assert identifier.endswith("/restic/shop")


async def test_repository_is_pruned_when_it_is_time(world: World) -> None:
    """A repository whose last maintenance is long ago is pruned, and the record says so."""
    async with _repositories(world):
        await repositories.ensure(world.cluster, namespace=NAMESPACE, volume_namespace="shop", location=world.location)
        name = f"shop-{world.location}-restic"
        old = {"status": {"lastMaintenanceTime": "2020-01-01T00:00:00Z"}}
        await world.cluster.patch(resources.BACKUP_REPOSITORIES, name, old, namespace=NAMESPACE)
        status = await world.until(resources.BACKUP_REPOSITORIES, name, lambda status: bool(status.get("recentMaintenance")))
    assert [item["result"] for item in status["recentMaintenance"]] == ["Succeeded"]
    assert status["lastMaintenanceTime"] > "2020-01-02"


@contextlib.asynccontextmanager
async def _repositories(world: World) -> AsyncIterator[None]:
    keeper = repositories.Repositories(world.cluster, world.mover)

    async def step(ref: Ref) -> float | None:
        return await keeper.step(ref.namespace, ref.name)

    task = asyncio.create_task(Loop(world.cluster, resources.BACKUP_REPOSITORIES, step, namespace=NAMESPACE).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _restics_in(folder: Path) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_bytes()
            if command.startswith(b"/") and b"restic" in command.split(b"\0")[0] and str(folder).encode() in command:
                found.append(int(process.name))
    return found


async def _until_ended(processes: list[int]) -> None:
    """Returns when the processes are gone; the kernel needs a moment to take their memory back."""
    async with asyncio.timeout(10):
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                handle, ended = os.pidfd_open(process), asyncio.Event()
                asyncio.get_running_loop().add_reader(handle, ended.set)
                try:
                    await ended.wait()
                finally:
                    asyncio.get_running_loop().remove_reader(handle)
                    os.close(handle)
