"""An archive answers as the clusters did; what is no archive is refused."""

import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from kit import pieces
from mtc.gather import bars, errors, folder, last_look, layout, objects, reader, redact, secrets, summary, wanted
from mtc.kube import errors as kube_errors
from mtc.kube import resources, streams
from mtc.kube.access import Access
from mtc.kube.client import Client
from mtc.look import tree
from mtc.look.sites import Site
from mtc.look.together import Together

pytestmark = pytest.mark.anyio

_SPACE = "openshift-migration"


def _list(root: Path, kind: resources.ResourceType, namespace: str, *items: dict[str, Any]) -> None:
    path = root / layout.objects("host", kind, namespace)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(layout.HEAD + layout.BETWEEN.join(json.dumps(item).encode() for item in items) + layout.END)


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    root = tmp_path / "a" / layout.ROOT
    plan = pieces.plan().to_dict()
    plan |= {"apiVersion": "migration.openshift.io/v1alpha1", "kind": "MigPlan"}
    plan["metadata"]["creationTimestamp"] = "2026-01-01T09:00:00Z"
    status = {"phase": "Completed", "conditions": [{"type": "Failed", "status": "True", "category": "Advisory", "message": "<b>No</b>."}]}
    run = pieces.migration().to_dict() | {"apiVersion": "migration.openshift.io/v1alpha1", "kind": "MigMigration", "status": status}
    _list(root, resources.MIG_PLANS, _SPACE, plan)
    _list(root, resources.MIG_MIGRATIONS, _SPACE, run)
    pods = [{"kind": "Pod", "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}}} for name in ("a", "b")]
    _list(root, resources.PODS, "shop", *pods)
    log = root / layout.log("host", "shop", "a", "main", previous=False)
    log.parent.mkdir(parents=True)
    log.write_text("2026-01-01T10:00:00Z one\n2026-01-01T10:00:01Z two\n")
    (root / layout.cluster("host") / layout.VERSION).write_text('{"gitVersion":"v1.36.3"}')
    read = [layout.entry(kind, _SPACE) for kind in (*wanted.toolkit(is_host=True), resources.PODS, resources.JOBS)]
    read += [layout.entry(kind, "") for kind in wanted.surrounding()] + ["shop/pods", "shop/services"]
    clusters = {"host": {"host": True, "read": read, "objects": {"shop/pods": 2}, "clockOffsetSeconds": 0.2}}
    manifest = {
        "format": 1, "program": "mtc 0", "taken": "2026-01-01T11:00:00+00:00", "namespace": _SPACE,
        "since": None, "essential": False, "clusters": clusters, "unreachable": [], "troubles": [],
    }  # fmt: skip
    (root / layout.MANIFEST).write_text(json.dumps(manifest))
    return root


async def test_it_answers_like_an_api_server(root: Path, tmp_path: Path) -> None:
    """Objects, selectors, absent objects, collections that nobody took, logs and the version; from a folder and from a file."""
    target = tmp_path / "all.tar.gz"
    folder.pack(root, target)
    for path in (root, root.parent, target):
        async with reader.opened(path) as archive:
            client = archive.sites.host.client
            assert [pod["metadata"]["name"] for pod in await client.list_all(resources.PODS, label_selector="app=b")] == ["b"]
            for field, found in (("metadata.name=b", ["b"]), ("metadata.namespace=shop", ["a", "b"]), ("metadata.name=shop", [])):
                assert [pod["metadata"]["name"] for pod in await client.list_all(resources.PODS, field_selector=field)] == found
            assert (await client.get(resources.PODS, "a", namespace="shop"))["kind"] == "Pod"
            assert await client.find(resources.PODS, "c", namespace="shop") is None
            assert await client.list_all(resources.SERVICES, namespace="shop") == []
            with pytest.raises(kube_errors.Forbidden, match="not taken"):
                await client.list_all(resources.CONFIG_MAPS, namespace="shop")
            lines = streams.logs(client, "a", namespace="shop", container="main", tail=1)
            assert [line async for line in lines] == [b"2026-01-01T10:00:01Z two"]
            assert (await client.version())["gitVersion"] == "v1.36.3"
            assert archive.sites.now == datetime(2026, 1, 1, 11, tzinfo=UTC)
            root_node = await tree.of(archive.sites, "shop", namespace=_SPACE)
            assert [child.name for child in root_node.children] == ["m"]


async def test_what_could_not_be_read_is_not_taken_for_nothing(root: Path) -> None:
    """Of a whole cluster as well as of a namespace; the page is made all the same."""
    file = root / layout.MANIFEST
    manifest = json.loads(file.read_bytes())
    read = manifest["clusters"]["host"]["read"]
    manifest["clusters"]["host"]["read"] = [entry for entry in read if entry != "nodes" and not entry.endswith("/events")]
    file.write_text(json.dumps(manifest))
    archive = reader.of_folder(root)
    for kind in (resources.NODES, resources.EVENTS):
        with pytest.raises(kube_errors.Forbidden, match="not taken"):
            await archive.sites.host.client.list_all(kind)
    assert b"Plan shop" in await summary.page(archive)


async def test_the_page_says_what_is_in_it_and_escapes_it(root: Path) -> None:
    """Texts of others cannot become markup."""
    page = (await summary.page(reader.of_folder(root))).decode()
    assert "Plan shop" in page
    assert "&lt;b&gt;No&lt;/b&gt;." in page
    assert "<b>No" not in page


async def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    """A person is told what it is instead."""
    (tmp_path / "broken.tar.gz").write_bytes(b"\x1f\x8b nothing")
    for name in ("broken.tar.gz", "absent", "."):
        with pytest.raises(errors.NoArchive):
            async with reader.opened(tmp_path / name):
                pass


def test_a_file_appears_whole_and_within_the_folder(tmp_path: Path) -> None:
    """Neither a name with dots in it nor a failure leaves something behind."""
    written = folder.Folder(tmp_path)
    with pytest.raises(errors.GatherError, match="outside"):
        written.write("../x", b"")
    with contextlib.suppress(KeyError), written.file("a/b") as file:
        file.write(b"half")
        raise KeyError
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    written.write("a/b", b"whole")
    assert written.files == {"a/b": 5}


def test_a_value_in_a_file_or_in_its_name_keeps_the_archive_back(tmp_path: Path) -> None:
    """Nothing is handed out then."""
    values = secrets.Values()
    values.add(b"tulip-77-garden")
    for number, (name, text) in enumerate((("a/b.json", "a tulip-77-garden"), ("pods/tulip-77-garden/x.log", "nothing"))):
        (tmp_path / str(number)).mkdir()
        written = folder.Folder(tmp_path / str(number))
        written.write("fine.json", b"{}")
        first, beside = last_look.LastLook(written, values), last_look.LastLook(written, values)
        first.go_on()
        beside.go_on_beside()
        assert first.checksums == beside.checksums == {"fine.json": hashlib.sha256(b"{}").hexdigest()}
        written.write(name, text.encode())
        for look in (first.go_on, beside.go_on_beside):
            with pytest.raises(errors.Leak) as caught:
                look()
            assert "tulip" not in str(caught.value)


def test_the_search_loads_nothing_from_the_folder_it_is_called_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process gets all secrets."""
    (tmp_path / "archive").mkdir()
    written = folder.Folder(tmp_path / "archive")
    written.write("fine.json", b"{}")
    (tmp_path / "json.py").write_text("open('was-here', 'w')\n")
    monkeypatch.chdir(tmp_path)
    last = last_look.LastLook(written, secrets.Values())
    last.go_on_beside()
    assert set(last.checksums) == {"fine.json"}
    assert not (tmp_path / "was-here").exists()


def test_a_search_that_was_stopped_leaves_its_files_for_the_next(tmp_path: Path) -> None:
    """What a process of its own did not look through is not taken for looked through."""
    written = folder.Folder(tmp_path)
    written.write("fine.json", b"{}")
    last = last_look.LastLook(written, secrets.Values())
    last.stop()
    last.go_on_beside()
    assert not last.checksums
    last.go_on()
    assert set(last.checksums) == {"fine.json"}


class _Pages:
    """What a cluster answers, page by page: Events of these hours."""

    def __init__(self, *hours: tuple[int, ...]) -> None:
        self._pages = hours

    async def pages(self, *_: Any, **__: Any) -> AsyncIterator[list[bytes]]:
        """The pages."""
        for hours in self._pages:
            times = (f"2026-01-01T{hour:02}:00:00Z" for hour in hours)
            yield [json.dumps({"metadata": {"name": time, "namespace": "shop"}, "lastTimestamp": time}).encode() for time in times]


@pytest.mark.parametrize(
    ("pages", "left"),
    [([(9, 11)], 1), ([(8, 9)], 0), ([(8, 9), (11, 12), (10,), (13,)], 3), ([(11,), (8,), (12,)], 2), ([()], None)],
    ids=["one page", "all old", "old first", "old between", "none"],
)
async def test_any_program_can_read_what_is_left_of_a_collection(tmp_path: Path, pages: list[tuple[int, ...]], left: int | None) -> None:
    """Pages of which nothing stays leave no trace; a collection without objects leaves no file."""
    since = datetime(2026, 1, 1, 10, 30, tzinfo=UTC)
    taking = objects.Taking(folder.Folder(tmp_path), redact.Redactor(secrets.Values()), _SPACE, since)
    site, together = Site("host", Client(Access(server="http://127.0.0.1:1"), name="host"), is_host=True), _Pages(*pages)
    count = await taking._collection(site, cast("Together", together), resources.EVENTS, "shop", objects.Taken())
    assert count == (left or 0)
    path = tmp_path / layout.objects("host", resources.EVENTS, "shop")
    assert path.exists() is (left is not None)
    if left is not None:
        assert len(json.loads(path.read_text())["items"]) == left


def test_texts_of_a_namespace_without_known_secrets_are_left_out() -> None:
    """Everything that a person may have written a secret into."""
    item = {
        "kind": "Deployment",
        "metadata": {"name": "x", "annotations": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "args": ["1"], "env": [{"name": "A", "value": "b"}], "image": "i"}]},
    }
    assert objects.without_free_text(item) == {
        "kind": "Deployment",
        "metadata": {"name": "x", "annotations": "<removed:unknown>"},
        "spec": {"containers": [{"name": "c", "args": "<removed:unknown>", "env": "<removed:unknown>", "image": "i"}]},
    }


def test_namespaces_are_those_of_plans_hooks_and_named_secrets() -> None:
    """On the source by its name, on the target by the name that it gets there."""
    plan = pieces.plan(namespaces=("a", "b:c", "x:y:z")).to_dict()
    plan["spec"]["hooks"] = [{"executionNamespace": "tools"}]
    declared = [{"spec": {"serviceAccountSecretRef": {"name": "s", "namespace": "keys"}, "x": {"credsSecretRef": {"namespace": "more"}}}}]
    found = wanted.spaces("host", ["host", "remote"], [plan], declared)
    assert found["remote"].applications == {"a", "b", "tools"}
    assert found["host"].applications == {"a", "c", "tools"}
    assert found["host"].secrets == {"keys", "more"}


def test_bars_lie_within_the_whole() -> None:
    """What still lasts reaches to now; what takes no time can be seen."""
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    minute = timedelta(minutes=1)
    spans = [
        bars.Span("a", "", begun, begun + minute),
        bars.Span("b", "", begun + 2 * minute, None),
        bars.Span("c", "", begun + 4 * minute, begun + 4 * minute),
    ]
    found = bars.of(spans, now=begun + 4 * minute)
    assert [(bar.left, bar.width) for bar in found] == [(0.0, 25.0), (50.0, 50.0), (99.6, 0.4)]
    assert bars.of([], now=begun) == []
