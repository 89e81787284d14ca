"""A real S3 server and a real restic, for everything about volume data."""

import asyncio
import contextlib
import itertools
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from kit import agents, s3
from kit.agents import World
from mtc.kube import access
from mtc.kube.client import Client
from mtc.lab import controlplane, debian
from mtc.movers.restic import init
from mtc.movers.volumes.port import Repository, VolumeMover
from mtc.movers.volumes.restic import Restic

_namespaces = itertools.count(1)
_locations = itertools.count(1)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One kind of event loop."""
    return "asyncio"


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.S3Server]:
    """One server for all tests; each makes buckets of its own."""
    with s3.s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def restic_program() -> str:
    """The path of a restic as recent as that of our image."""
    return str(asyncio.run(debian.restic()))


@pytest.fixture(scope="session", params=["restic"])
def mover(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> VolumeMover:
    """Every adapter of the port in turn, each the only one that makes its repositories: it waits for no rivals."""
    patience = init.Patience(settle_s=0.0, runs=0.0, runs_of_others=0.0, rival_s=2.0)
    return Restic(program=request.getfixturevalue(f"{request.param}_program"), cache=tmp_path_factory.mktemp("cache"), patience=patience)


@pytest.fixture(scope="session", params=["restic"])
def rivals(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[VolumeMover]:
    """Four of every adapter that know nothing of each other."""
    program, patience = request.getfixturevalue(f"{request.param}_program"), init.Patience(settle_s=1.0)
    return [Restic(program=program, cache=tmp_path_factory.mktemp("cache"), patience=patience) for _ in range(4)]


@pytest.fixture(scope="session")
def shared_bucket(s3_server: s3.S3Server) -> str:
    """A bucket for all repositories."""
    return s3_server.location().bucket


@pytest.fixture(scope="session")
def new_repository(s3_server: s3.S3Server, shared_bucket: str) -> Callable[[], Repository]:
    """Names a place for a repository that nobody has made yet."""

    def name() -> Repository:
        location = s3_server.location(shared_bucket, make=False)
        return Repository(location=location, volume_namespace=f"ns-{next(_namespaces)}", password=b"static-passw0rd")

    return name


@pytest.fixture
def repository(new_repository: Callable[[], Repository]) -> Repository:
    """Such a place."""
    return new_repository()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The root folder of a volume to copy."""
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """The root folder of a volume to fill."""
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


@pytest.fixture
def ext4(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Makes volumes with a file system of their own."""
    with contextlib.ExitStack() as mounted:

        def make(name: str) -> Path:
            image, folder = tmp_path / f"{name}.img", tmp_path / f"{name}-volume"
            image.touch()
            os.truncate(image, 64 * 2**20)
            folder.mkdir()
            subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
            subprocess.run(["mount", "-o", "loop", str(image), str(folder)], check=True)
            mounted.callback(subprocess.run, ["umount", str(folder)], check=True)
            return folder

        yield make


@pytest.fixture(scope="module")
async def plane(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """The kubeconfig of a control plane with the kinds that a node agent needs."""
    async with controlplane.control_plane(tmp_path_factory.mktemp("plane") / "data", controller_manager=False) as kubeconfig:
        async with Client(access.from_kubeconfig(str(kubeconfig)), name="test") as cluster:
            await agents.prepare(cluster)
        yield kubeconfig


@pytest.fixture
async def world(plane: Path, s3_server: s3.S3Server, shared_bucket: str, mover: VolumeMover, tmp_path: Path) -> AsyncIterator[World]:
    """A cluster with a location of its own."""
    number = next(_locations)
    location = s3_server.location(shared_bucket, prefix=f"story-{number}", make=False)
    async with Client(access.from_kubeconfig(str(plane)), name="test") as cluster:
        await agents.make_location(cluster, f"location-{number}", location.bucket, location.prefix, s3_server.url)
        yield World(cluster, plane, tmp_path / "pods", f"location-{number}", mover)
        await agents.clear(cluster)
