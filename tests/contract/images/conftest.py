"""Two real registries, started once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import registries
from kit.registries import Registry


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One kind of event loop."""
    return "asyncio"


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """The registry that has images."""
    with registries.registry(tmp_path_factory.mktemp("source")) as made:
        yield made


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """The registry that gets them."""
    with registries.registry(tmp_path_factory.mktemp("target")) as made:
        yield made


@pytest.fixture(scope="session")
def layouts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for images made by hand."""
    return tmp_path_factory.mktemp("layouts")
