"""A control plane, an S3 server, and real Velero's command line."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from kit import planes, s3
from mtc.kube.client import Client
from mtc.lab import binaries


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One event loop for the session, so that the cluster can be shared."""
    return "asyncio"


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the control plane keeps its files."""
    return tmp_path_factory.mktemp("plane") / "plane"


@pytest.fixture(scope="session")
async def cluster(anyio_backend: str, plane: Path) -> AsyncIterator[Client]:
    """A control plane with all our kinds."""
    async with planes.cluster(plane, "interop") as client:
        yield client


@pytest.fixture(scope="session", name="s3")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.S3Server]:
    """A real S3 server."""
    with s3.s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
async def velero(anyio_backend: str) -> Path:
    """Real Velero's program."""
    return await binaries.velero()


@pytest.fixture(scope="session")
async def velero_plugins(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with real Velero's plug-in for S3."""
    folder = tmp_path_factory.mktemp("plugins")
    (folder / "velero-plugin-for-aws").symlink_to(await binaries.velero_plugin_for_aws())
    return folder
