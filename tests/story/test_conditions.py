"""Given a declaration that is well, when something about it goes wrong, then a condition says it, and goes when it is right again."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kit import kubelet, planes, reach, rows, sts
from kit import volumes as kit_volumes
from kit.planes import World
from kit.rows import Case, Row, cluster, plan, volumes
from kit.s3 import S3Server
from mtc.api import conditions, names
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.migration.settings import MIGRATION_CONTROLLERS
from mtc.store import aws_identity

pytestmark = pytest.mark.anyio

_numbers = itertools.count(1)


def listed(*, old: bool) -> list[object]:
    """The rows as parameters."""
    return [pytest.param(row, id="-".join(part for part in row.key[:3] if part)) for row in reach.ROWS if row.old is old and not row.images]


@pytest.fixture(scope="module")
async def world(host: Client, remote: Client, s3: S3Server) -> AsyncIterator[World]:
    """An installation with clusters and storage that are well, limits that are soon exceeded, and AWS where it can be asked."""
    with pytest.MonkeyPatch.context() as patched, sts.sts_server() as aws:
        patched.setenv(aws_identity.ENDPOINT_VARIABLE, aws.url)
        async with installed(host, remote, s3) as made:
            yield made


@asynccontextmanager
async def installed(host: Client, remote: Client, s3: S3Server) -> AsyncIterator[World]:
    """The installation."""
    async with planes.installation(host, remote) as made:
        for client in (host, remote):
            await made.make(resources.CONFIG_MAPS, names.CLUSTER_CONFIG_MAP, cluster=client, data=dict(cluster.VERSION))
            await volumes.make_classes(client, made.namespace)
        await made.make(MIGRATION_CONTROLLERS, names.CONTROLLER_NAME, spec={"mig_pod_limit": 1, "mig_pv_limit": 1})
        await made.declare_clusters()
        await made.declare_storage(s3)
        yield made


@pytest.fixture(scope="module")
async def old(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A cluster that serves one version less than the others, and on which nothing is installed."""
    flags = ("--runtime-config=autoscaling/v2=false",)
    async with planes.cluster(tmp_path_factory.mktemp("old") / "plane", "old", api_server_flags=flags) as made:
        yield made


async def case_of(row: Row, world: World, old: Client | None = None) -> Case:
    """A case for a row, with a name that no other has."""
    known = await world.host.get(resources.MIG_STORAGES, "repo", namespace=world.namespace)
    bucket = known["spec"]["backupStorageConfig"]["awsBucketName"]
    return Case(world, f"{world.namespace}-row-{next(_numbers)}", rows.KINDS[row.kind], bucket, old)


@pytest.mark.parametrize("row", listed(old=False))
async def test_a_condition_comes_with_its_cause_and_goes_with_it(row: Row, world: World) -> None:
    """With the type, reason and category that programs look for, and Ready exactly while nothing blocks it."""
    await rows.play(row, await case_of(row, world))


@pytest.mark.parametrize("row", listed(old=True))
async def test_a_condition_of_a_plan_to_an_older_cluster(row: Row, world: World, old: Client) -> None:
    """The same, where the target serves less than the source or has no toolkit yet."""
    await rows.play(row, await case_of(row, world, old))


async def test_measuring_volumes_is_told_while_it_lasts(world: World) -> None:
    """Where it takes longer than a moment, the condition tells of it, and is gone with its end."""
    case = Case(world, f"{world.namespace}-row-{next(_numbers)}", resources.MIG_ANALYTICS, "")
    async with case.undo:
        await plan.plan(case)
        await world.until(resources.MIG_PLANS, case.name, planes.is_ready)
        async with kubelet.silent_node(world.remote, name=case.name) as node:
            await kubelet.run_pod(world.remote, node, world.namespace, "agent", metadata={"labels": {"name": names.NODE_AGENT_NAME}})
            await kit_volumes.make_mounted(world.remote, case.name, "data", node=node)
            flags = {"analyzeK8SResources": False, "analyzePVCapacity": False, "analyzeImageCount": False}
            await case.make(resources.MIG_ANALYTICS, spec={"migPlanRef": case.ref(), **flags, "analyzeExtendedPVCapacity": True})
            await case.until(planes.shows(conditions.EXTENDED_PV_ANALYSIS_STARTED))
        item = await case.until(planes.is_ready)
    assert conditions.EXTENDED_PV_ANALYSIS_STARTED not in planes.found(item)
