"""Given a controller that runs, when a person declares clusters, storage and plans from the command line, then they learn what it finds."""

import json
from pathlib import Path

import pytest
import yaml

from kit import planes
from kit.person import Person
from kit.s3 import ACCESS_KEY, SECRET_KEY, S3Server
from mtc.kube import resources
from mtc.kube.client import Client

pytestmark = pytest.mark.anyio


async def test_from_nothing_to_a_plan_and_back(host: Client, remote: Client, s3: S3Server, tmp_path: Path) -> None:
    """Clusters, storage and plan become ready, what is wrong is told as it is, and no secret is shown anywhere."""
    async with planes.installation(host, remote) as world:
        person = await Person.at(world, tmp_path)
        token = await world.remote_token()
        app = f"{world.namespace}-app"
        for cluster in (host, remote):
            await planes.make_namespace(cluster, app)
        said: list[str] = []

        async def told(*words: str, code: int | None = 0, given: str = "") -> str:
            out, err = await person.run(*words, code=code, given=given)
            said.extend((out, err))
            return out + err

        await told("cluster", "add", "host", "--host", code=None)
        url = remote.access.server
        # A token that the cluster does not know: the API server's own answer is told, with what to do about it.
        wrong = await told("cluster", "add", "remote", "--url", url, "--insecure", "--token-file", "-", given="wr0ng-t0ken", code=1)
        assert "MigCluster remote is not ready" in wrong
        assert "TestConnectFailed" in wrong
        assert "What to do: " in wrong
        assert "MigCluster remote is ready." in await told(
            "cluster", "add", "remote", "--url", url, "--insecure", "--token-file", "-", given=token, code=None
        )
        assert "MigCluster remote is ready." in await told("cluster", "check", "remote", code=None)

        bucket = s3.location(prefix="").bucket
        place = ("--provider", "aws", "--bucket", bucket, "--url", s3.url, "--region", "us-east-1", "--credentials-file", "-")
        printed = await told(
            "storage", "add", "repo", *place, "--dry-run", given=f"aws_access_key_id={ACCESS_KEY}\naws_secret_access_key={SECRET_KEY}"
        )
        assert "create secret generic repo-creds --from-file=aws-access-key-id=FILE" in printed
        assert await host.find(resources.MIG_STORAGES, "repo", namespace=world.namespace) is None
        bad = await told("storage", "add", "repo", *place, given=f"aws_access_key_id={ACCESS_KEY}\naws_secret_access_key=wr0ng-k3y", code=1)
        assert "BackupStorageProviderTestFailed" in bad
        good = await told("storage", "add", "repo", *place, given=f"aws_access_key_id={ACCESS_KEY}\naws_secret_access_key={SECRET_KEY}")
        assert "MigStorage repo is ready." in good
        assert "MigStorage repo is ready." in await told("storage", "check", "repo")

        plan = ("plan", "create", "shop", "--source", "remote", "--target", "host", "--storage", "repo", "--namespaces", app)
        out, _ = await person.run(*plan, "--dry-run", "-o", "yaml")
        declared = yaml.safe_load(out)
        assert declared["kind"] == "MigPlan"
        assert declared["spec"]["namespaces"] == [app]
        assert (declared["spec"]["indirectVolumeMigration"], declared["spec"]["indirectImageMigration"]) == (True, True)
        inside = ("plan", "create", "fast", "--source", "host", "--target", "host", "--storage", "repo", "--namespaces", app, "--dry-run")
        for more, wanted in (((), (False, False)), (("--indirect-images",), (False, True))):
            declared = yaml.safe_load((await person.run(*inside, *more, "-o", "yaml"))[0])
            assert (declared["spec"]["indirectVolumeMigration"], declared["spec"]["indirectImageMigration"]) == wanted
        assert "MigPlan shop is ready." in await told(*plan, code=None)
        assert "There is a MigPlan shop already" in await told(*plan, code=1)
        assert "MigPlan shop is ready." in await told("plan", "check", "shop", code=None)
        await told("plan", "refresh", "shop")
        await world.until(resources.MIG_PLANS, "shop", lambda item: not item["spec"].get("refresh"))

        assert "used by plan shop" in await told("cluster", "remove", "remote", "--yes", code=1)
        await told("plan", "close", "shop", code=2)
        await told("plan", "close", "shop", "--yes")
        await world.until(resources.MIG_PLANS, "shop", lambda item: item["spec"]["closed"] is True)
        await told("plan", "delete", "shop", "--yes")
        assert await host.find(resources.MIG_PLANS, "shop", namespace=world.namespace) is None
        assert f"There is no plan in namespace {world.namespace}. `mtc plan create NAME` makes one." in await told("explain", code=None)
        everything = await told("get", "all", code=None)
        assert "MigCluster: a cluster to migrate from or to" in everything
        assert "MigStorage: the bucket between the clusters" in everything
        await told("get", "all", "--watch", code=2)
        await told("cluster", "remove", "remote", "--yes")
        assert await host.find(resources.SECRETS, "remote-sa", namespace=world.namespace) is None
        for secret in (token, SECRET_KEY, "wr0ng-t0ken", "wr0ng-k3y"):
            assert secret not in "".join(said)


async def test_what_is_missing_is_asked_for_on_a_terminal(host: Client, remote: Client, tmp_path: Path) -> None:
    """By number or by name; elsewhere it is wrong use, and says what there is to choose from."""
    namespace = "declare-asked"
    for cluster in (host, remote):
        await planes.make_namespace(cluster, namespace)
    world = planes.World(host, remote, namespace)
    await world.declare_clusters(token="none")
    await world.make(resources.MIG_STORAGES, "repo", spec={"backupStorageProvider": "aws", "backupStorageConfig": {"awsBucketName": "b"}})
    person = await Person.at(world, tmp_path)
    shown = await person.type("plan", "create", "asked", "--no-wait", answers=["remote", "1", "1", "shop, db:data"])
    assert "Namespaces, separated by commas" in shown
    made = await host.get(resources.MIG_PLANS, "asked", namespace=namespace)
    assert made["spec"]["srcMigClusterRef"]["name"] == "remote"
    assert made["spec"]["destMigClusterRef"]["name"] == "host"
    assert made["spec"]["namespaces"] == ["shop", "db:data"]
    _, err = await person.run("plan", "create", "x", "-o", "json", code=2)
    assert "Known are: host, remote" in json.loads(err)["error"]["message"]
    _, err = await person.run("plan", "check", "asked", "--timeout", "1s", code=4)
    assert "Does it run?" in err
    shown = await person.type("plan", "delete", "asked", answers=["n"], code=1)
    assert "Nothing was done." in shown
