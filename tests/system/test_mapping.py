"""A migration into a namespace of another name, and what is left of it when its plan is deleted."""

import asyncio
import gzip
import urllib.request
from dataclasses import dataclass

import pytest

from kit import apps, labs, planes, trees
from mtc.kube import resources
from mtc.kube.client import Client, Object


@dataclass(frozen=True)
class Mapped:
    """A finished migration from one namespace to another.

    Attributes:
        source, target: the namespaces.
        before: what lay on the volumes of the source when it had ended.
        migration: the MigMigration.
        backups, restores: what it made.
    """

    source: str
    target: str
    before: dict[str, dict[bytes, trees.Entry]]
    migration: Object
    backups: list[Object]
    restores: list[Object]


@pytest.fixture(scope="module")
async def mapped(lab: labs.Lab) -> Mapped:
    """An application with a bare pod that writes where nobody can stop it, moved to a namespace of another name."""
    space, to = labs.unique("here"), labs.unique("there")
    await lab.apply(
        lab.source,
        apps.namespace(space),
        *(apps.claim(space, name) for name in ("pages", "solo")),
        *apps.surroundings(space),
        apps.deployment(space, "web", lab.image, claims=["pages"]),
        apps.stateful_set(space, "db", lab.image, template="data", replicas=1, size="1Gi"),
        apps.bare_pod(space, "alone", lab.image, claims=["solo"]),
    )
    await lab.until_running(lab.source, space)
    for name, folder in (await lab.folders(lab.source, space)).items():
        apps.fill_few(folder, {"name": name, "ünï": "code"})
    await lab.plan(space, [f"{space}:{to}"], volumes=3)
    done = await lab.migrate(space, f"{space}-final", quiescePods=True)
    backups, restores = await lab.made_for(done)
    return Mapped(space, to, await lab.contents(lab.source, space), done, backups, restores)


async def test_an_application_arrives_under_another_name(lab: labs.Lab, mapped: Mapped) -> None:
    """With `source:target` in the plan, objects, volumes and references between them are in the target namespace only."""
    assert labs.is_over(mapped.migration)
    assert "Failed" not in planes.found(mapped.migration), mapped.migration["status"]
    await lab.until_running(lab.target, mapped.target)
    assert not labs.differences(mapped.before, await lab.contents(lab.target, mapped.target))
    assert await lab.target.find(resources.NAMESPACES, mapped.source) is None
    binding = await lab.target.get_path(f"/apis/rbac.authorization.k8s.io/v1/namespaces/{mapped.target}/rolebindings/runner-reads")
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "runner", "namespace": mapped.target}]


async def test_a_pod_that_nobody_can_stop_is_told(mapped: Mapped) -> None:
    """A bare pod that uses a copied volume cannot be quiesced: the migration says so, names it, and is no plain success."""
    found = planes.found(mapped.migration)
    assert "SucceededWithWarnings" in found
    assert "Succeeded" not in found
    assert found["PodsNotQuiesced"]["items"] == [f"Pod {mapped.source}/alone"]


async def test_backups_and_logs_survive_their_plan(lab: labs.Lab, mapped: Mapped) -> None:
    """A deleted plan takes its migrations along, and leaves Backups and Restores on both clusters, whose logs can be read."""
    await lab.kubectl(lab.target, "delete", "migplan", mapped.source, "-n", labs.TOOLKIT)
    name = mapped.migration["metadata"]["name"]
    await lab.kubectl(lab.target, "wait", "--for=delete", f"migmigration/{name}", "-n", labs.TOOLKIT, "--timeout=60s", deadline_s=70)
    for item in mapped.backups:
        for cluster in (lab.source, lab.target):
            there = await cluster.get(resources.BACKUPS, item["metadata"]["name"], namespace=labs.TOOLKIT)
            assert labs.phase(there) == "Completed"
            assert b"level" in await download(lab, cluster, "BackupLog", item["metadata"]["name"])
    for item in mapped.restores:
        assert await lab.target.find(resources.RESTORES, item["metadata"]["name"], namespace=labs.TOOLKIT)
        assert b"level" in await download(lab, lab.target, "RestoreLog", item["metadata"]["name"])


async def download(lab: labs.Lab, cluster: Client, kind: str, name: str) -> bytes:
    """A log, as `velero backup logs` and `velero restore logs` fetch it."""
    request = labs.unique("download")
    wanted = labs.body(resources.DOWNLOAD_REQUESTS, request, {"target": {"kind": kind, "name": name}})
    await cluster.create(resources.DOWNLOAD_REQUESTS, wanted)
    answered = await lab.until(resources.DOWNLOAD_REQUESTS, request, lambda item: labs.phase(item) == "Processed", cluster=cluster)
    url = answered["status"]["downloadURL"]
    assert url, answered["status"]
    return gzip.decompress(await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=30).read()))
