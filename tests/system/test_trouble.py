"""What a person is told, and how soon, when something goes wrong around a migration."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from kit import apps, labs, planes
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.lab import processes as lab_processes
from mtc.lab import programs, servers
from mtc.store import port

#: Within this time trouble is told.
_TOLD_S = 30.0
_VOLUME_MEBIBYTES = 200


async def test_wrong_keys_are_told_and_right_ones_heal(lab: labs.Lab) -> None:
    """When the keys of the bucket stop working, MigStorage and MigPlan say so within 30 s and name the Secret.

    With the right keys both become ready again by themselves.
    """
    space = labs.unique("keys")
    await lab.apply(lab.source, apps.namespace(space), *apps.settings(space, 1))
    await lab.apply(lab.target, *lab.storage(space, keys=lab.keys))
    await lab.until(resources.MIG_STORAGES, space, planes.is_ready)
    await lab.plan(space, [space], storage=space)

    wrong, _ = lab.storage(space, keys={**lab.keys, "aws-secret-access-key": "wrong" * 8})
    await lab.apply(lab.target, wrong)
    storage = await lab.until(resources.MIG_STORAGES, space, lambda item: not planes.is_ready(item), timeout_s=_TOLD_S)
    said = planes.found(storage)["BackupStorageProviderTestFailed"]
    assert said["category"] == "Critical"
    assert f"{labs.SECRETS_NAMESPACE}/{space}-keys" in said["message"], said
    assert "wrongwrong" not in str(storage)
    plan = await lab.until(resources.MIG_PLANS, space, lambda item: not planes.is_ready(item), timeout_s=_TOLD_S)
    assert space in planes.found(plan)["StorageNotReady"]["message"]

    right, _ = lab.storage(space, keys=lab.keys)
    await lab.apply(lab.target, right)
    await lab.until(resources.MIG_STORAGES, space, planes.is_ready)
    await lab.until(resources.MIG_PLANS, space, planes.is_ready)


async def test_a_storage_that_falls_silent_is_told_and_waited_for(lab: labs.Lab) -> None:
    """When the S3 server hangs while a volume is copied, the MigStorage says so within 30 s, and the migration waits.

    When it answers again, the migration ends with all data.
    """
    space = await _application(lab, labs.unique("silent"))
    await _until_copying(lab, space)
    async with _stopped(lab):
        storage = await lab.until(resources.MIG_STORAGES, labs.STORAGE, lambda item: not planes.is_ready(item), timeout_s=_TOLD_S)
        said = planes.found(storage)["BackupStorageProviderTestFailed"]["message"]
        assert lab.values["MTC_LAB_S3_ENDPOINT"] in said, said
    done = await lab.over(f"{space}-final")
    assert labs.succeeded(done), (planes.found(done), done["status"].get("errors"))
    assert not labs.differences(await lab.contents(lab.source, space), await lab.contents(lab.target, space))
    await lab.until(resources.MIG_STORAGES, labs.STORAGE, planes.is_ready)


async def test_a_source_cluster_that_is_gone_is_told_and_waited_for(lab: labs.Lab) -> None:
    """When the network to the source breaks in the middle, MigCluster and MigMigration name the cluster within 30 s.

    When it is back, the migration goes on and ends with all data.
    """
    space = await _application(lab, labs.unique("gone"))
    await _until_copying(lab, space)
    async with _cut_off(lab):
        cluster, migration = await asyncio.gather(
            lab.until(resources.MIG_CLUSTERS, "remote", lambda item: not planes.is_ready(item), timeout_s=_TOLD_S),
            lab.until(resources.MIG_MIGRATIONS, f"{space}-final", lambda item: bool(_waits(item)), timeout_s=_TOLD_S),
        )
        assert lab.source.access.server in planes.found(cluster)["TestConnectFailed"]["message"]
        found = _waits(migration)
        assert all("remote" in said for said in found.values()), found
        assert all("goes on by itself" in said for said in found.values()), found
    done = await lab.over(f"{space}-final")
    assert labs.succeeded(done), (planes.found(done), done["status"].get("errors"))
    assert not labs.differences(await lab.contents(lab.source, space), await lab.contents(lab.target, space))
    await lab.until(resources.MIG_CLUSTERS, "remote", planes.is_ready)


def _waits(migration: Object) -> dict[str, str]:
    """Why a migration waits, by condition: its own request failed, or it looked at its plan after that had noticed."""
    return {key: part["message"] for key, part in planes.found(migration).items() if key in {"ReconcileFailed", "PlanNotReady"}}


async def test_a_source_namespace_that_is_deleted_is_told(lab: labs.Lab) -> None:
    """When the namespace is deleted while its volume is copied, the migration fails within 30 s and names it."""
    space = await _application(lab, labs.unique("deleted"))
    await _until_copying(lab, space)
    await lab.kubectl(lab.source, "delete", "namespace", space, deadline_s=180)
    started = time.monotonic()
    done = await lab.over(f"{space}-final", timeout_s=120)
    assert time.monotonic() - started < _TOLD_S
    assert planes.found(done)["Failed"]["category"] == "Advisory"
    assert any(space in line for line in done["status"]["errors"]), done["status"]["errors"]
    assert not await lab.target.list_all(resources.DEPLOYMENTS, namespace=space)


async def test_data_that_vanish_from_the_bucket_are_told(lab: labs.Lab) -> None:
    """When the repository is emptied before the target has read it, the migration fails and names the volume.

    It also names what it has made on the target, and what stands still on the source.
    """
    space = await _application(lab, labs.unique("vanish"))
    await lab.until_some(lab.source, resources.POD_VOLUME_BACKUPS, _of(space, "Completed"))
    await port.delete_folder(lab.bucket, f"restic/{space}/data/")
    done = await lab.over(f"{space}-final")
    errors = "\n".join(done["status"]["errors"])
    assert "Failed" in planes.found(done), planes.found(done)
    assert "are gone from the storage" in errors, errors
    assert f"PersistentVolumeClaim {space}/data" in errors, errors
    assert f"Deployment {space}/web" in errors, errors
    assert not await lab.target.list_all(resources.DEPLOYMENTS, namespace=space)


async def test_a_bucket_that_is_removed_is_told(lab: labs.Lab) -> None:
    """When the whole bucket is deleted while a volume is copied, MigStorage and migration say so within 30 s, and nothing is claimed.

    A person who does not want to wait for it cancels: the application runs again, and the target has nothing of it.
    """
    space = labs.unique("bucketless")
    weed = await servers.seaweedfs()
    await servers.s3_shell(lab.records, weed, f"s3.bucket.create -name {space}")
    keys = {**lab.keys, "aws-access-key-id": lab.keys["aws-access-key-id"] + servers.USER_KEY_SUFFIX}
    await lab.apply(lab.target, *lab.storage(space, keys=keys, bucket=space))
    await lab.until(resources.MIG_STORAGES, space, planes.is_ready)
    await _application(lab, space, storage=space)
    await _until_copying(lab, space)
    await servers.s3_shell(lab.records, weed, f"s3.bucket.delete -name {space}")
    storage = await lab.until(resources.MIG_STORAGES, space, lambda item: not planes.is_ready(item), timeout_s=_TOLD_S)
    said = planes.found(storage)["BackupStorageProviderTestFailed"]
    assert (said["category"], space in said["message"]) == ("Critical", True), said
    migration = await lab.until(resources.MIG_MIGRATIONS, f"{space}-final", _is_stopped, timeout_s=_TOLD_S)
    assert space in planes.found(migration)["PlanNotReady"]["message"]
    wish = {"spec": {"canceled": True}}
    await lab.target.patch(resources.MIG_MIGRATIONS, f"{space}-final", wish, namespace=labs.TOOLKIT)
    done = await lab.over(f"{space}-final")
    assert "Canceled" in planes.found(done), planes.found(done)
    assert "Succeeded" not in planes.found(done)
    await lab.until_running(lab.source, space)
    assert not await lab.target.list_all(resources.DEPLOYMENTS, namespace=space)


async def test_a_cluster_whose_declaration_is_deleted_is_told_and_waited_for(lab: labs.Lab) -> None:
    """When the MigCluster of the source is deleted while a volume is copied, the migration names it within 30 s.

    When somebody declares it again, the migration goes on and ends with all data.
    """
    space = await _application(lab, labs.unique("undeclared"))
    await _until_copying(lab, space)
    cluster = await lab.target.get(resources.MIG_CLUSTERS, "remote", namespace=labs.TOOLKIT)
    await lab.target.delete(resources.MIG_CLUSTERS, "remote", namespace=labs.TOOLKIT)
    try:
        migration = await lab.until(resources.MIG_MIGRATIONS, f"{space}-final", _is_stopped, timeout_s=_TOLD_S)
        told = " ".join(entry["message"] for entry in planes.found(migration).values())
        assert "remote" in told, told
    finally:
        await lab.apply(lab.target, labs.body(resources.MIG_CLUSTERS, "remote", cluster["spec"]))
    await lab.until(resources.MIG_CLUSTERS, "remote", planes.is_ready)
    done = await lab.over(f"{space}-final")
    assert labs.succeeded(done), (planes.found(done), done["status"].get("errors"))
    assert not labs.differences(await lab.contents(lab.source, space), await lab.contents(lab.target, space))


# --- the application, and what happens to it ------------------------------------------------------------------------------


async def _application(lab: labs.Lab, space: str, *, storage: str = labs.STORAGE) -> str:
    """An application with a volume whose migration has just started; its namespace."""
    await lab.apply(lab.source, apps.namespace(space), apps.claim(space, "data"), apps.deployment(space, "web", lab.image, claims=["data"]))
    await lab.until_running(lab.source, space)
    apps.fill_big((await lab.folders(lab.source, space))["data"], random_mebibytes=_VOLUME_MEBIBYTES)
    await lab.plan(space, [space], storage=storage, volumes=1)
    await lab.start(space, f"{space}-final", quiescePods=True)
    return space


def _is_stopped(migration: Object) -> bool:
    return bool({"ReconcileFailed", "PlanNotReady"} & planes.found(migration).keys())


async def _until_copying(lab: labs.Lab, space: str) -> None:
    await lab.until_some(lab.source, resources.POD_VOLUME_BACKUPS, _of(space, "InProgress"))


def _of(space: str, wanted: str) -> Callable[[Object], bool]:
    return lambda item: item["spec"]["pod"]["namespace"] == space and labs.phase(item) == wanted


@asynccontextmanager
async def _stopped(lab: labs.Lab) -> AsyncIterator[None]:
    """The S3 server keeps its connections and answers nothing."""
    record = lab_processes.read(lab.records.run_directory, servers.S3)
    assert record is not None
    os.kill(record.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(record.pid, signal.SIGCONT)


@asynccontextmanager
async def _cut_off(lab: labs.Lab) -> AsyncIterator[None]:
    """The source cluster is not reached, and reaches nobody."""
    link = lab.records.clusters[0].link
    await programs.run(["ip", "link", "set", link, "down"])
    try:
        yield
    finally:
        await programs.run(["ip", "link", "set", link, "up"])
