"""The servers of the clouds that stores are opened on, started once for the session."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from kit import azure_login, azurite, gcs, s3
from mtc.lab import pki


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.S3Server]:
    """A real S3 server."""
    with s3.s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[azurite.AzureServer]:
    """An emulator of Azure's storage."""
    with azurite.azure_server(tmp_path_factory.mktemp("azure")) as server:
        yield server


@pytest.fixture(scope="session")
def gcp(aws: s3.S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[gcs.GcsServer]:
    """Google's storage, in front of the S3 server."""
    with gcs.gcs_server(aws, tmp_path_factory.mktemp("gcs")) as server:
        yield server


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> azurite.Tls:
    """Certificates for servers on loopback."""
    request = pki.Request(name="server", user="server", addresses=("IP:127.0.0.1",))
    folder = tmp_path_factory.mktemp("tls")
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(lambda: asyncio.run(pki.create(folder, [request]))).result()
    pair = made.pair("server")
    return azurite.Tls(pair.certificate, pair.key, made.certificate)


@pytest.fixture(scope="session")
def azure_https(tls: azurite.Tls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[azurite.AzureServer]:
    """An emulator of Azure's storage that takes tokens."""
    with azurite.azure_server(tmp_path_factory.mktemp("azure-https"), tls=tls) as server:
        yield server


@pytest.fixture
def login(tls: azurite.Tls) -> Iterator[azure_login.Login]:
    """Azure's login service and resource manager."""
    with azure_login.login_server(tls) as server:
        yield server
