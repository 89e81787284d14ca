"""Given secrets in odd places on two clusters, when somebody gathers an archive, then none is in it, and it explains what went wrong."""

import base64
import gzip
import itertools
import json
import re
import tarfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from kit import hidden, kubelet, planes, s3
from kit.hidden import Secret
from kit.person import Person
from mtc import store
from mtc.api import names
from mtc.gather import layout, reader
from mtc.kube import resources
from mtc.kube.client import Client, Object

pytestmark = pytest.mark.anyio

_numbers = itertools.count(1)
_COUNT = 200
_AGO = "2026-01-01T10:00:00Z"


@dataclass
class Town:
    """A migration that failed, on clusters full of secrets.

    Attributes:
        world: the clusters.
        app: the namespace of the application, on both.
        secrets: all that were hidden.
        logs: what the node gives.
    """

    world: planes.World
    app: str
    secrets: list[Secret]
    logs: dict[tuple[str, str, str, bool], list[str]] = field(default_factory=dict)
    left: Iterator[Secret] = field(init=False)

    def __post_init__(self) -> None:
        self.left = iter(self.secrets)

    def take(self) -> str:
        """The next secret, as it is written somewhere."""
        return next(self.left).written

    async def hold(self) -> None:
        """Each value stands in some Secret of an involved namespace."""
        places = [(self.world.host, self.app), (self.world.remote, self.app), (self.world.host, self.world.namespace)]
        for number, (cluster, namespace) in enumerate(places):
            data = {f"k{index}": base64.b64encode(secret.value.encode()).decode() for index, secret in enumerate(self.secrets[number::3])}
            body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hidden", "namespace": namespace}, "data": data}
            await cluster.create(resources.SECRETS, body)

    async def fill(self, node: str) -> None:
        """Objects and logs with all of them."""
        for cluster in (self.world.remote, self.world.host):
            await self._application(cluster)
        # The node's logs are those of the remote cluster.
        await self._talking_pods(self.world.remote, node)
        await self._failed_run()
        assert not list(self.left), "some secret has no place"

    async def _application(self, cluster: Client) -> None:
        env = [{"name": f"OPTION_{number}", "value": self.take()} for number in range(20)]
        container = {
            "name": "main",
            "image": "registry.example/app:1",
            "command": ["/bin/run", self.take()],
            "args": [f"--greeting={self.take()}", "--port", "80", self.take()],
            "env": env,
        }
        labels = {"app": "web"}
        template = {"metadata": {"labels": labels, "annotations": {"note": self.take()}}, "spec": {"containers": [container]}}
        applied = json.dumps(
            {"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"env": [{"name": "A", "value": self.take()}]}]}}}}
        )
        meta = {
            "name": "web",
            "namespace": self.app,
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied, "x": self.take()},
        }
        spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
        await _make(cluster, resources.DEPLOYMENTS, {"metadata": meta, "spec": spec})
        texts = {f"file-{number}": f"first: line\nsome text with {self.take()} in it\n" for number in range(12)}
        await _make(cluster, resources.CONFIG_MAPS, {"metadata": {"name": "settings", "namespace": self.app}, "data": texts})
        annotations = {f"example.com/note-{number}": self.take() for number in range(6)}
        service = {"ports": [{"port": 80}]}
        await _make(
            cluster, resources.SERVICES, {"metadata": {"name": "web", "namespace": self.app, "annotations": annotations}, "spec": service}
        )
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "none"}
        meta = {"name": "data", "namespace": self.app, "annotations": {"example.com/note": self.take()}}
        await _make(cluster, resources.PERSISTENT_VOLUME_CLAIMS, {"metadata": meta, "spec": claim})
        job = {
            "template": {
                "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "x", "args": [self.take(), self.take()]}]}
            }
        }
        await _make(cluster, resources.JOBS, {"metadata": {"name": "once", "namespace": self.app}, "spec": {**job, "suspend": True}})
        for number in range(10):
            await self._event(cluster, f"e{number}", f"could not connect with {self.take()}: refused")

    async def _event(self, cluster: Client, name: str, message: str) -> None:
        about = {"kind": "Deployment", "name": "web", "namespace": self.app, "apiVersion": "apps/v1"}
        meta = {"name": name, "namespace": self.app}
        body = {
            "metadata": meta,
            "involvedObject": about,
            "type": "Warning",
            "reason": "Refused",
            "message": message,
            "lastTimestamp": _AGO,
        }
        await _make(cluster, resources.EVENTS, body)

    async def _talking_pods(self, cluster: Client, node: str) -> None:
        """An engine, its log before a restart, a stage pod."""
        lines = [f'{_AGO} {{"level":"info","event":"copying","detail":{json.dumps(self.take())},"component":"engine"}}' for _ in range(15)]
        lines += [f"{_AGO} Traceback: could not log in with {self.take()} at db" for _ in range(25)]
        lines += [f'{_AGO} time="2026-01-01" level=info msg={json.dumps(self.take())} backup=x' for _ in range(10)]
        self.logs[self.world.namespace, "velero-1", "main", False] = lines
        self.logs[self.world.namespace, "velero-1", "main", True] = [f"{_AGO} panic: {self.take()}" for _ in range(5)]
        await kubelet.run_pod(cluster, node, self.world.namespace, "velero-1", restarts=1)
        self.logs[self.app, "stage-web", "main", False] = [f"{_AGO} sleeping with {self.take()}" for _ in range(5)]
        labels = {names.IS_STAGE_POD: names.TRUE}
        await kubelet.run_pod(cluster, node, self.app, "stage-web", metadata={"labels": labels})
        # Logs of the application are its own.
        self.logs[self.app, "web-1", "main", False] = [f"{_AGO} the application speaks"]
        await kubelet.run_pod(cluster, node, self.app, "web-1")

    async def _failed_run(self) -> None:
        """A migration whose volume could not be copied; every message holds a secret."""
        world = self.world
        await world.declare_clusters()
        await world.declare_plan("shop", [self.app])
        failed = {"type": "Failed", "status": "True", "category": "Advisory", "message": f"It failed with {self.take()}.", "durable": True}
        step = {"name": "Backup", "started": "2026-01-01T10:00:00Z", "completed": "2026-01-01T10:01:00Z", "failed": True, "message": "x"}
        status = {"phase": "Completed", "conditions": [failed], "errors": [self.take()], "pipeline": [step], "startTimestamp": _AGO}
        run = await self._ours(
            world.host, resources.MIG_MIGRATIONS, "run", {}, {"migPlanRef": world.reference("shop"), "stage": False}, status
        )
        labels = {names.MIGRATED_BY_MIGMIGRATION: run["metadata"]["uid"]}
        times = {"startTimestamp": _AGO, "completionTimestamp": "2026-01-01T10:01:00Z"}
        spec = {"storageLocation": "place", "includedNamespaces": [self.app]}
        await self._ours(
            world.remote, resources.BACKUPS, "run-stage-bcdfg", labels, spec, {"phase": "PartiallyFailed", "errors": 1, **times}
        )
        spec = {
            "node": "n",
            "pod": {"name": "p", "namespace": self.app},
            "volume": "data",
            "backupStorageLocation": "place",
            "repoIdentifier": "r",
        }
        state = {"phase": "Failed", "message": f"restic could not open {self.take()}: disk is full", **times}
        named = {names.BACKUP_NAME: "run-stage-bcdfg"}
        await self._ours(world.remote, resources.POD_VOLUME_BACKUPS, "run-stage-bcdfg-hjklm", named, spec, state)

    async def bucket(self, server: s3.S3Server) -> None:
        """The log and the errors of the Backup, with secrets, as the engine leaves them."""
        place = server.location(prefix="")
        bucket = store.open_location(place)
        lines = [f'time="{_AGO}" level=info msg={json.dumps(f"reading {self.take()}")} backup=run-stage-bcdfg' for _ in range(15)]
        errors = {"errors": {"namespaces": {self.app: [f"cannot use {self.take()}" for _ in range(8)]}}}
        await bucket.put("backups/run-stage-bcdfg/run-stage-bcdfg-logs.gz", gzip.compress("\n".join(lines).encode()))
        await bucket.put("backups/run-stage-bcdfg/run-stage-bcdfg-results.gz", gzip.compress(json.dumps(errors).encode()))
        key = s3.credential(s3.ACCESS_KEY, s3.SECRET_KEY)
        data = {"cloud": base64.b64encode(key).decode()}
        await self.world.make(resources.SECRETS, "place", cluster=self.world.remote, data=data)
        spec = {
            "provider": "aws",
            "objectStorage": {"bucket": place.bucket},
            "config": {"region": "us-east-1", "s3Url": server.url, "s3ForcePathStyle": "true"},
            "credential": {"name": "place", "key": "cloud"},
        }
        await self.world.make(resources.BACKUP_STORAGE_LOCATIONS, "place", cluster=self.world.remote, spec=spec)

    async def _ours(
        self, cluster: Client, kind: resources.ResourceType, name: str, labels: dict[str, str], spec: Object, status: Object
    ) -> Object:
        meta = {"name": name, "namespace": self.world.namespace, "labels": labels}
        made = await _make(cluster, kind, {"metadata": meta, "spec": spec})
        await cluster.patch(kind, name, {"status": status}, namespace=self.world.namespace)
        return made


async def _make(cluster: Client, kind: resources.ResourceType, body: Object) -> Object:
    return await cluster.create(kind, {"apiVersion": kind.api_version, "kind": kind.kind, **body})


def _secrets(seed: int) -> list[Secret]:
    """Values of every shape, each shape written in every way."""
    values, writers = hidden.values(seed, _COUNT), hidden.WRITERS
    # Shapes come in turns of eight: a way is kept for one such turn, or half of the pairs would never be made.
    return [Secret(value, writers[number // 8 % len(writers)](value)) for number, value in enumerate(values)]


@asynccontextmanager
async def _town(host: Client, remote: Client, server: s3.S3Server) -> AsyncIterator[Town]:
    number = next(_numbers)
    town = Town(planes.World(host, remote, f"gather-{number}"), f"gathered-{number}", _secrets(number))
    for cluster in (host, remote):
        await planes.make_namespace(cluster, town.world.namespace)
        await planes.make_namespace(cluster, town.app)
    await town.hold()
    async with kubelet.node(remote, town.logs, name=f"worker-{number}") as node:
        await town.bucket(server)
        await town.fill(node)
        yield town


async def test_an_archive_has_no_secret_and_says_what_went_wrong(host: Client, remote: Client, s3: s3.S3Server, tmp_path: Path) -> None:
    """Two hundred values in variables, arguments, annotations, manifests, messages, logs and URLs, in all encodings: none is found."""
    async with _town(host, remote, s3) as town:
        person = await Person.at(town.world, tmp_path)
        target = tmp_path / "out" / "all.tar.gz"
        out, err = await person.run("must-gather", "-o", str(target))
        assert str(target) in out, err
        assert not [path.name for path in target.parent.iterdir() if path != target], "something was left beside the archive"
        assert target.stat().st_mode & 0o077 == 0
        files = _files(target)
        leaks = [(name, value) for name, data in files.items() for value in hidden.found_in(data, town.secrets)]
        assert not leaks, leaks[:5]
        _judge_content(town, files)
        folder = tmp_path / "folder"
        await person.run("must-gather", "-o", str(folder), "--essential", "--since", "1h")
        kept = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        assert layout.SUMMARY in kept
        assert f"clusters/remote/namespaces/{town.app}/core/configmaps.json" not in kept
        only = tmp_path / "only.tar.gz"
        await person.run("must-gather", "-o", str(only), "--cluster", "remote")
        _judge_only(town, _files(only))
        async with reader.opened(target) as archive:
            pods = await archive.sites.all[1].client.list_all(resources.PODS, namespace=town.app)
            assert {pod["metadata"]["name"] for pod in pods} == {"stage-web", "web-1"}


def _judge_content(town: Town, files: dict[str, bytes]) -> None:
    """What is in the archive besides no secrets."""
    space, app = town.world.namespace, town.app
    manifest = json.loads(files[layout.MANIFEST])
    assert manifest["troubles"] == []
    assert set(manifest["files"]) == set(files) - {layout.MANIFEST}
    assert manifest["masked"]["value"] >= _COUNT
    log = files[f"clusters/remote/namespaces/{space}/pods/velero-1/main/main/logs/current.log"].decode()
    assert log.count("\n") == len(town.logs[space, "velero-1", "main", False])
    assert "could not log in with <removed:value>" in log
    assert f"clusters/remote/namespaces/{space}/pods/velero-1/main/main/logs/previous.log" in files
    assert f"clusters/remote/namespaces/{app}/pods/stage-web/main/main/logs/current.log" in files
    assert f"clusters/remote/namespaces/{app}/pods/web-1/main/main/logs/current.log" not in files
    stored = files["clusters/remote/bucket/backups/run-stage-bcdfg/run-stage-bcdfg-logs"].splitlines()
    assert len([line for line in stored if b"reading" in line and b"<removed:" in line]) == 15
    place = "migplans/migplan-shop/migmigration-run/backup-run-stage-bcdfg"
    assert b"disk is full" in files[f"{place}/podvolumebackup-run-stage-bcdfg-hjklm.yml"]
    secrets = json.loads(files[f"clusters/remote/namespaces/{app}/core/secrets.json"])["items"]
    assert {value for item in secrets for value in item["data"].values()} == {"<removed:type>"}
    summary = files[layout.SUMMARY].decode()
    for text in ("MigMigration", "run-stage-bcdfg-hjklm", "disk is full", "Plan shop", "Refused"):
        assert text in summary
    # Messages hold what is left of addresses; nothing is fetched from one, and nothing leads to one.
    assert "https://user:&lt;removed:" in summary
    page = _Page(summary)
    assert {"clusters/", "migplans/", "manifest.json", "clusters/remote/"} <= set(page.links)
    assert not [link for link in page.links if not _LOCAL.match(link)]
    assert not page.tags & _FETCHING
    assert not re.search(r"url\(|@import", "".join(page.styles), re.IGNORECASE)
    assert "default-src 'none'" in page.policy


def _judge_only(town: Town, files: dict[str, bytes]) -> None:
    """One cluster alone: values of the other one's Secrets are no more in it, and its plans, which the host has, are told."""
    leaks = [(name, value) for name, data in files.items() for value in hidden.found_in(data, town.secrets)]
    assert not leaks, leaks[:5]
    assert "Plan shop" in files[layout.SUMMARY].decode()
    assert "migplans/migplan-shop/migplan-shop.yml" in files
    assert f"clusters/remote/namespaces/{town.app}/apps/deployments.json" in files
    assert not [name for name in files if name.startswith(f"clusters/host/namespaces/{town.app}/")]
    assert not [name for name in files if name.startswith("clusters/host/") and name.endswith(".log")]


#: An address within the archive: without a scheme or a host.
_LOCAL = re.compile(r"(?!//)[\w.#/-]*\Z")
_LINKS = frozenset({"href", "xlink:href", "src", "srcset", "data", "poster", "background", "action", "formaction", "ping", "manifest"})
_FETCHING = frozenset({"script", "link", "base", "img", "iframe", "frame", "object", "embed", "audio", "video", "source", "form"})


class _Page(HTMLParser):
    """What a browser would make of a page: where it leads and what it fetches. What a message says is text, and neither."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.styles: list[str] = []
        self.policy = ""
        self._is_style = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.links += [value for name, value in given.items() if name in _LINKS]
        self.styles.append(given.get("style", ""))
        self._is_style = tag == "style"
        if tag == "meta" and "http-equiv" in given:
            assert given["http-equiv"] == "Content-Security-Policy"  # others, such as refresh, lead away
            self.policy = given["content"]

    def handle_endtag(self, tag: str) -> None:
        self._is_style = self._is_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._is_style:
            self.styles.append(data)


def _files(archive: Path) -> dict[str, bytes]:
    found = {}
    with tarfile.open(archive) as tar:
        for entry in tar:
            if entry.isfile():
                file = tar.extractfile(entry)
                assert file is not None
                found[entry.name.removeprefix(f"{layout.ROOT}/")] = file.read()
    return found


async def test_secrets_that_cannot_be_read_take_the_texts_with_them(host: Client, remote: Client, tmp_path: Path) -> None:
    """A login that may not read Secrets gets an archive all the same, without what may hold their values, and is told."""
    world = planes.World(host, remote, f"gather-{next(_numbers)}")
    await planes.make_namespace(host, world.namespace)
    await _make(host, resources.SECRETS, {"metadata": {"name": "s", "namespace": world.namespace}, "stringData": {"a": "tulip-77-garden"}})
    texts = {"metadata": {"name": "c", "namespace": world.namespace}, "data": {"file": "tulip-77-garden"}}
    await _make(host, resources.CONFIG_MAPS, texts)
    rules = [
        {"apiGroups": ["migration.openshift.io", "velero.io"], "resources": ["*"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["configmaps", "pods", "events", "namespaces"], "verbs": ["get", "list"]},
    ]
    await _make(host, resources.CLUSTER_ROLES, {"metadata": {"name": f"{world.namespace}-reader"}, "rules": rules})
    person = await Person.at(world, tmp_path, may=f"{world.namespace}-reader")
    target = tmp_path / "all.tar.gz"
    _, err = await person.run("must-gather", "-o", str(target), code=3)
    assert f"Secrets of namespace {world.namespace} cannot be read" in err
    files = _files(target)
    assert not [name for name, data in files.items() if b"tulip-77-garden" in data]
    assert json.loads(files[f"clusters/host/namespaces/{world.namespace}/core/configmaps.json"])["items"]


async def test_what_cannot_be_written_is_said_and_nothing_is_left(host: Client, remote: Client, tmp_path: Path) -> None:
    """A folder with something in it is not touched."""
    world = planes.World(host, remote, f"gather-{next(_numbers)}")
    await planes.make_namespace(host, world.namespace)
    person = await Person.at(world, tmp_path)
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "mine").write_text("x")
    _, err = await person.run("must-gather", "-o", str(folder), code=1)
    assert "is not empty" in err
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
