"""Given images in the registry of the source, when a migration copies them directly, then the registry of the target has them."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kit import failures, image_streams, migrations, mortal, planes, reach, registries, rows
from kit.planes import World
from kit.registries import Registry
from kit.rows import Case, Row, direct_images
from kit.s3 import S3Server
from mtc.api import conditions, names
from mtc.kube import errors, resources, watch
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.look import sites, tables, tree

pytestmark = pytest.mark.anyio

DIM, DISM = resources.DIRECT_IMAGE_MIGRATIONS, resources.DIRECT_IMAGE_STREAM_MIGRATIONS
_numbers = itertools.count(1)
_LONG_S = 90.0


@dataclass
class Place:
    """An installation whose clusters have image registries.

    Attributes:
        world: the installation.
        source, target: the registries of `remote` and `host`.
        layouts: a folder for images made by hand.
    """

    world: World
    source: Registry
    target: Registry
    layouts: Path

    async def app(self) -> str:
        """A namespace of the source that no other test has."""
        name = f"{self.world.namespace}-app-{next(_numbers)}"
        await self.world.remote.create(
            resources.NAMESPACES,
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": name, "labels": {"team": "shop"}, "annotations": {"seen": "yes"}},
            },
        )
        return name

    def image(self, content: str, path: str, *, architectures: tuple[str, ...] = ("amd64",)) -> str:
        """An image in the registry of the source; its digest."""
        return self.source.push(registries.make(self.layouts, content, architectures=architectures), path)

    async def stream(self, app: str, name: str, tags: dict[str, list[str]], *, also: dict[str, str] | None = None, **labels: str) -> None:
        """An ImageStream of the source."""
        await image_streams.make(self.world.remote, app, name, tags, also=also, **labels)

    async def copy(self, name: str, *namespaces: str, **spec: Any) -> None:
        """A DirectImageMigration that a person makes."""
        refs = {"srcMigClusterRef": self.world.reference("remote"), "destMigClusterRef": self.world.reference("host")}
        await self.world.make(DIM, name, spec={**refs, "namespaces": list(namespaces), **spec})

    async def over(self, kind: ResourceType, name: str) -> Object:
        """The object when it has ended."""
        return await self.world.until(kind, name, lambda item: (item.get("status") or {}).get("phase") == "Completed", timeout_s=_LONG_S)

    async def copies(self, of: Object) -> list[Object]:
        """The copies of ImageStreams that belong to a DirectImageMigration."""
        selector = f"directimagemigration={of['metadata']['uid']}"
        return await self.world.host.list_all(DISM, namespace=self.world.namespace, label_selector=selector)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Registry, Registry]]:
    """Two registries."""
    with registries.registry(tmp_path_factory.mktemp("source")) as source, registries.registry(tmp_path_factory.mktemp("target")) as target:
        yield source, target


@pytest.fixture(scope="module")
async def images(
    host: Client, remote: Client, s3: S3Server, pair: tuple[Registry, Registry], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    """An installation on two clusters with registries, the first of which knows ImageStreams, as OpenShift does."""
    await image_streams.define(remote)
    try:
        async with planes.installation(host, remote) as world:
            place = Place(world, *pair, tmp_path_factory.mktemp("layouts"))
            await settle(place, s3)
            yield place
    finally:
        await image_streams.undefine(remote)


async def settle(place: Place, s3: S3Server) -> None:
    """Clusters and storage that are well; each registry lets in whom its own cluster lets in."""
    world = place.world
    await image_streams.settings(world)
    token = await world.remote_token()
    place.source.allow("ignored", token)
    place.target.allow("ignored", world.token)
    await world.declare_clusters(token=token)
    await world.declare_storage(s3)
    remote = {"url": world.remote.access.server, "insecure": True, "serviceAccountSecretRef": world.reference("remote-sa")}
    await world.make(resources.MIG_CLUSTERS, direct_images.BARE, spec={"isHostCluster": False, **remote})
    await world.make(resources.MIG_CLUSTERS, direct_images.BROKEN, spec={"isHostCluster": False, **remote, "url": "https://127.0.0.1:1"})
    await image_streams.expose(world, place.source, place.target)


def types(item: Object) -> set[str]:
    """The conditions that an object shows."""
    return set(planes.found(item))


# --- copies that a person makes ---------------------------------------------------------------------------------------------


async def test_images_arrive_whole_with_their_history(images: Place) -> None:
    """All architectures, every image that a tag has had, the newest under its name; in a namespace that is made like its source."""
    app = await images.app()
    old = images.image("old", f"{app}/web:1")
    new = images.image("new", f"{app}/web:1", architectures=("amd64", "arm64"))
    other = images.image("other", f"{app}/web:2")
    await images.stream(app, "web", {"1": [old, new], "2": [other]}, also={"base": "quay.example.org/base@sha256:0"})
    await images.copy("whole", f"{app}:{app}-new")
    item = await images.over(DIM, "whole")
    assert item["status"].get("errors") is None, item["status"]["errors"]
    assert types(item) == {conditions.SUCCEEDED, conditions.READY}
    assert images.target.manifest(f"{app}-new/web", "1") == images.source.manifest(f"{app}/web", new)
    assert images.target.manifest(f"{app}-new/web", old) == images.source.manifest(f"{app}/web", old)
    assert images.target.manifest(f"{app}-new/web", "2") == images.source.manifest(f"{app}/web", other)
    (copy,) = await images.copies(item)
    assert types(copy) == {conditions.SUCCEEDED, conditions.READY}
    (entry,) = item["status"]["successfulISs"]
    assert entry["directMigration"]["name"] == copy["metadata"]["name"]
    assert copy["spec"]["destNamespace"] == f"{app}-new"
    assert copy["metadata"]["labels"][names.IMAGE_STREAM] == entry["uid"]
    assert copy["metadata"]["name"].startswith("whole-")
    made = (await images.world.host.get(resources.NAMESPACES, f"{app}-new"))["metadata"]
    assert (made["labels"]["team"], made["annotations"]["seen"]) == ("shop", "yes")


async def test_only_streams_with_the_labels_are_copied(images: Place) -> None:
    """Where the DirectImageMigration asks for labels."""
    app = await images.app()
    for name, labels in (("wanted", {"tier": "web"}), ("left", {"tier": "db"})):
        await images.stream(app, name, {"1": [images.image(name, f"{app}/{name}:1")]}, **labels)
    await images.copy("labels", app, labelSelector={"matchExpressions": [{"key": "tier", "operator": "In", "values": ["web"]}]})
    item = await images.over(DIM, "labels")
    assert [entry["name"] for entry in item["status"]["successfulISs"]] == ["wanted"]
    assert images.target.manifest(f"{app}/wanted", "1") is not None
    assert images.target.manifest(f"{app}/left", "1") is None


async def test_an_image_that_is_missing_is_told_and_the_others_arrive(images: Place) -> None:
    """The errors name the ImageStream and the tag; other tags and streams are copied all the same."""
    app = await images.app()
    gone = "sha256:" + "0" * 64
    await images.stream(app, "half", {"gone": [gone], "there": [images.image("there", f"{app}/half:there")]})
    await images.stream(app, "good", {"1": [images.image("good", f"{app}/good:1")]})
    await images.copy("half", app)
    item = await images.over(DIM, "half")
    assert types(item) == {conditions.FAILED}
    failed = planes.found(item)[conditions.FAILED]
    assert (failed["category"], failed["durable"]) == (conditions.ADVISORY, True)
    (error,) = item["status"]["errors"]
    assert all(word in error for word in (f"{app}/half", "Tag gone", gone))
    assert [entry["name"] for entry in item["status"]["failedISs"]] == ["half"]
    assert [entry["name"] for entry in item["status"]["successfulISs"]] == ["good"]
    assert {entry["spec"]["imageStreamRef"]["name"]: types(entry) for entry in await images.copies(item)} == {
        "half": {conditions.FAILED},
        "good": {conditions.SUCCEEDED, conditions.READY},
    }
    assert images.target.manifest(f"{app}/half", "there") is not None
    assert images.target.manifest(f"{app}/good", "1") is not None


async def test_a_login_that_is_refused_is_told(images: Place) -> None:
    """With what to do about it."""
    app = await images.app()
    await images.stream(app, "web", {"1": [images.image("refused", f"{app}/web:1")]})
    images.target.forbid("ignored")
    try:
        await images.copy("refused", app)
        item = await images.over(DIM, "refused")
    finally:
        images.target.allow("ignored", images.world.token)
    assert types(item) == {conditions.FAILED}
    assert "refuses the login" in item["status"]["errors"][0]


async def test_a_stream_that_vanishes_is_told_as_deleted(images: Place) -> None:
    """Its copy ends with it, and the others count."""
    app = await images.app()
    with images.source.holding(digest := images.image("vanishing", f"{app}/web:1")):
        await images.stream(app, "web", {"1": [digest]})
        await images.copy("vanishing", app)
        await until_programs(f"{app}/web", running=True)
        await images.world.remote.delete(resources.IMAGE_STREAMS, "web", namespace=app)
        item = await images.over(DIM, "vanishing")
        await until_programs(f"{app}/web", running=False)
    (entry,) = item["status"]["deletedISs"]
    assert (entry["name"], entry["notFound"]) == ("web", True)
    assert types(item) == {conditions.SUCCEEDED, conditions.READY}
    assert await images.copies(item) == []


async def test_while_images_are_copied_that_is_told_and_a_deletion_ends_it(images: Place) -> None:
    """Both say that they run, and where; the program that copies is gone when the DirectImageMigration is."""
    app = await images.app()
    with images.source.holding(digest := images.image("ending", f"{app}/web:1")):
        await images.stream(app, "web", {"1": [digest]})
        await images.copy("ending", app)
        item = await images.world.until(DIM, "ending", planes.shows(conditions.RUNNING, conditions.READY))
        assert planes.found(item)[conditions.RUNNING]["reason"] == "WaitingForDirectImageStreamMigrationsToComplete"
        (copy,) = await images.copies(item)
        copy = await images.world.until(DISM, copy["metadata"]["name"], planes.shows(conditions.RUNNING, conditions.READY))
        assert planes.found(copy)[conditions.RUNNING]["reason"] == copy["status"]["phase"] == "MigrateImageStream"
        await until_programs(f"{app}/web", running=True)
        await images.world.host.delete(DIM, "ending", namespace=images.world.namespace)
        await until_programs(f"{app}/web", running=False)


async def test_a_copy_that_somebody_deletes_is_no_success(images: Place) -> None:
    """Its ImageStream counts as failed, with the reason."""
    app = await images.app()
    with images.source.holding(digest := images.image("lost", f"{app}/web:1")):
        await images.stream(app, "web", {"1": [digest]})
        await images.copy("lost", app)
        item = await images.world.until(DIM, "lost", planes.shows(conditions.RUNNING))
        (copy,) = await images.copies(item)
        await images.world.host.delete(DISM, copy["metadata"]["name"], namespace=images.world.namespace)
        item = await images.over(DIM, "lost")
    assert types(item) == {conditions.FAILED}
    assert "was deleted before it had ended" in item["status"]["errors"][0]


def programs(word: str) -> list[str]:
    """The command lines of programs that move an image."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if line.startswith("skopeo") and word in line:
            found.append(line)
    return found


async def until_programs(word: str, *, running: bool) -> None:
    """Waits until there are such programs, or none."""
    async with asyncio.timeout(_LONG_S):
        while bool(programs(word)) is not running:  # noqa: ASYNC110 - nobody tells of the programs of others
            await asyncio.sleep(0.05)


# --- what is wrong with how they are declared -------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [pytest.param(row, id="-".join(part for part in row.key[:3] if part)) for row in reach.ROWS if row.images])
async def test_a_condition_comes_with_its_cause_and_goes_with_it(row: Row, images: Place) -> None:
    """With the type, reason and category that programs look for; put right, the copy runs."""
    await rows.play(row, Case(images.world, f"{images.world.namespace}-row-{next(_numbers)}", rows.KINDS[row.kind], ""))


# --- migrations -------------------------------------------------------------------------------------------------------------


async def plan(images: Place, app: str, **spec: Any) -> str:
    """A plan that copies images directly, when it is Ready; its name."""
    await images.world.declare_plan(app, [app], indirectImageMigration=False, **spec)
    await images.world.until(resources.MIG_PLANS, app, planes.is_ready)
    return app


async def migrate(images: Place, app: str, name: str) -> None:
    """A stage migration."""
    spec = {"migPlanRef": images.world.reference(app), "stage": True}
    await images.world.make(resources.MIG_MIGRATIONS, name, spec=spec)


def direct_step(item: Object) -> Object:
    """The step of the pipeline that tells of images."""
    (step,) = [entry for entry in item["status"]["pipeline"] if entry["name"] == "DirectImage"]
    return step


async def test_a_stage_migration_brings_images_twice_and_sends_only_what_is_new(images: Place) -> None:
    """Its pipeline counts them; the second one finds the first one's images at the target."""
    app = await images.app()
    first = images.image("first", f"{app}/web:1")
    await images.stream(app, "web", {"1": [first]})
    await plan(images, app)
    await migrate(images, app, f"{app}-a")
    item = await images.over(resources.MIG_MIGRATIONS, f"{app}-a")
    assert types(item) == {conditions.SUCCEEDED, conditions.READY}
    lines = direct_step(item)["progress"]
    assert lines[0] == "ImageStreams: 1 in all, 0 running, 1 successful, 0 failed"
    assert lines[1].startswith(f"ImageStream {app}/web (DirectImageStreamMigration ")
    assert lines[1].endswith(": Completed")
    (dim,) = await images.world.host.list_all(
        DIM, namespace=images.world.namespace, label_selector=f"migmigration={item['metadata']['uid']}"
    )
    assert dim["metadata"]["ownerReferences"][0]["name"] == f"{app}-a"
    assert images.target.writes().count(f"{app}/web 1") == 1

    await images.world.remote.delete(resources.IMAGE_STREAMS, "web", namespace=app)
    second = images.image("second", f"{app}/web:1")
    await images.stream(app, "web", {"1": [first, second]})
    await migrate(images, app, f"{app}-b")
    await images.over(resources.MIG_MIGRATIONS, f"{app}-b")
    found = images.target.manifest(f"{app}/web", "1")
    assert found is not None
    assert found[0] == second
    assert images.target.writes().count(f"{app}/web 1") == 2


async def test_a_migration_goes_on_without_images_that_cannot_be_copied(images: Place) -> None:
    """It ends with a warning that names the DirectImageMigration."""
    app = await images.app()
    await images.stream(app, "web", {"1": ["sha256:" + "1" * 64]})
    await plan(images, app)
    await migrate(images, app, app)
    item = await images.over(resources.MIG_MIGRATIONS, app)
    assert types(item) == {conditions.DIRECT_IMAGE_MIGRATION_FAILED, conditions.SUCCEEDED_WITH_WARNINGS, conditions.READY}
    failed = planes.found(item)[conditions.DIRECT_IMAGE_MIGRATION_FAILED]
    assert (failed["category"], failed["durable"]) == (conditions.WARN, True)
    (dim,) = await images.world.host.list_all(
        DIM, namespace=images.world.namespace, label_selector=f"migmigration={item['metadata']['uid']}"
    )
    assert f"{dim['metadata']['namespace']}/{dim['metadata']['name']}" in failed["message"]
    assert direct_step(item)["progress"][0] == "ImageStreams: 1 in all, 0 running, 0 successful, 1 failed"
    # Whoever asks finds it.
    explanation = await failures.explained(images.world.host, app, namespace=images.world.namespace)
    assert explanation.findings[0].rule == "image-uncopied"
    async with sites.opened(images.world.host, images.world.namespace) as found:
        shown = await tree.of(found, app, namespace=images.world.namespace)
        table = await tables.of_site(found.host, DISM, namespace=images.world.namespace, name=direct_copy(shown).name)
    assert direct_copy(shown).is_broken
    assert "1" * 64 in direct_copy(shown).note
    assert table is not None
    assert (
        dict(zip(table.columns, table.rows[0], strict=True)).items()
        >= {"Namespace": app, "ImageStream": "web", "Phase": "Completed"}.items()
    )


def direct_copy(root: tree.Node) -> tree.Node:
    """The copy of an ImageStream in the tree of a plan."""
    (migration,) = root.children
    (whole,) = [child for child in migration.children if child.kind == DIM.kind]
    (copy,) = whole.children
    return copy


async def test_a_canceled_migration_ends_the_copies(images: Place) -> None:
    """Nothing of them is left when it is over."""
    app = await images.app()
    with images.source.holding(digest := images.image("canceled", f"{app}/web:1")):
        await images.stream(app, "web", {"1": [digest]})
        await plan(images, app)
        await migrate(images, app, app)
        await until_programs(f"{app}/web", running=True)
        await images.world.host.patch(resources.MIG_MIGRATIONS, app, {"spec": {"canceled": True}}, namespace=images.world.namespace)
        item = await images.over(resources.MIG_MIGRATIONS, app)
        await until_programs(f"{app}/web", running=False)
    assert types(item) == {conditions.CANCELED}
    for kind in (DIM, DISM):
        left = await images.world.host.list_all(
            kind, namespace=images.world.namespace, label_selector=f"migmigration={item['metadata']['uid']}"
        )
        assert left == []


async def test_without_image_streams_nothing_is_made(images: Place) -> None:
    """A plan that copies images directly, of a namespace that has none."""
    app = await images.app()
    await plan(images, app)
    await migrate(images, app, app)
    item = await images.over(resources.MIG_MIGRATIONS, app)
    assert conditions.STAGE_NO_OP in types(item)
    assert "DirectImage" not in {step["name"] for step in item["status"]["pipeline"]}
    with pytest.raises(errors.NotFound):
        await images.world.host.get(resources.NAMESPACES, app)


async def test_a_controller_that_ends_goes_on_where_it_was(images: Place, host: Client, remote: Client, s3: S3Server) -> None:
    """The next one finds the copy that has been asked for, sends what is missing, and nothing that is there."""
    world = await planes.prepared(host, remote)
    place = Place(world, images.source, images.target, images.layouts)
    app = await place.app()
    there, late = place.image("there first", f"{app}/web:a"), place.image("late", f"{app}/web:b")
    await place.stream(app, "web", {"a": [there], "b": [late]})
    with images.source.holding(late):
        async with planes.controlled(world):
            await settle(place, s3)
            await place.copy("again", app)
            await until_programs(late, running=True)
        await until_programs(late, running=False)
    assert images.target.manifest(f"{app}/web", "a") is not None
    async with planes.controlled(world):
        item = await place.over(DIM, "again")
    assert types(item) == {conditions.SUCCEEDED, conditions.READY}
    assert len(await place.copies(item)) == 1
    assert [images.target.writes().count(f"{app}/web {tag}") for tag in ("a", "b")] == [1, 1]


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
async def test_a_migration_that_dies_anywhere_asks_for_one_copy(images: Place, host: Client, remote: Client, *, before: bool) -> None:
    """However often its controller dies around a write; each try that was asked for afterwards asks for one of its own."""
    assert images.world.remote is remote
    async with migrations.stage(host, remote) as world, asyncio.TaskGroup() as group:
        await Place(planes.World(host, remote, world.namespace), images.source, images.target, images.layouts).stream(
            world.app, "web", {"1": ["sha256:" + "2" * 64]}
        )
        await world.declare(volumes=[])
        await world.migrate("mortal", stage=True)
        ending = group.create_task(end_copies(world))
        await mortal.live_and_die(world, "mortal", mortal.Reaper(before=before, at=mortal.is_write))
        ending.cancel()
        over = await world.until_over("mortal")
        made = await world.list(host, DIM)
    assert types(over) == {conditions.SUCCEEDED, conditions.READY}
    assert len(made) == 1
    assert made[0]["spec"]["namespaces"] == [world.app]


async def end_copies(world: migrations.World) -> None:
    """Plays who copies: every DirectImageMigration is over at once."""
    async for event in watch.watch(world.host, DIM, namespace=world.namespace):
        if event.type == "ADDED":
            name = event.object["metadata"]["name"]
            await world.host.patch(DIM, name, {"status": {"phase": "Completed"}}, namespace=world.namespace)
