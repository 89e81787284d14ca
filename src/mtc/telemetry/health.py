"""Tells probes whether a component serves: GET on any path answers 200 or 503."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from mtc.telemetry import answers


class Health:
    """The state that is told; set `is_ready` when the component serves."""

    def __init__(self) -> None:
        self.is_ready = False

    async def answer(self, _path: str) -> answers.Answer:
        """The state."""
        return answers.Answer(b"ok\n") if self.is_ready else answers.Answer(b"starting\n", HTTPStatus.SERVICE_UNAVAILABLE)


@asynccontextmanager
async def served(port: int | None) -> AsyncIterator[Health]:
    """The health of this process, told on a port of all addresses of its pod; None for nowhere, as on a person's machine."""
    health = Health()
    async with answers.served(port, health.answer):
        yield health
