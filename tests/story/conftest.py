"""What all stories share: two control planes and an S3 server, started once; and the search for secrets in what they leave."""

from collections.abc import AsyncIterator, Generator, Iterator

import pytest

from kit import leaks, planes, s3
from mtc.kube.client import Client


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One event loop for the session, so that clusters can be shared."""
    return "asyncio"


@pytest.fixture(scope="session")
async def host(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """The cluster on which the controller works."""
    async with planes.cluster(tmp_path_factory.mktemp("host") / "plane", "host") as cluster:
        yield cluster
        leaks.fail(await leaks.in_cluster(cluster))


@pytest.fixture(scope="session")
async def remote(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """The other cluster."""
    async with planes.cluster(tmp_path_factory.mktemp("remote") / "plane", "remote") as cluster:
        yield cluster
        leaks.fail(await leaks.in_cluster(cluster))


@pytest.fixture(scope="session", name="s3")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.S3Server]:
    """A real S3 server."""
    with s3.s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: "pytest.CallInfo[None]") -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test during which a secret was printed has failed."""
    report = yield
    leaks.judge(report, call)
    return report
