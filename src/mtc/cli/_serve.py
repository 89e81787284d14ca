"""What the long-running verbs share: logging, event loop, client, a clean end on SIGTERM."""

import asyncio
import ctypes
import gc
import os
import signal
from collections.abc import Awaitable, Callable

import uvloop

from mtc.kube import access, client
from mtc.telemetry import health, logs

#: Where readiness is told, for probes; unset on a person's machine.
_HEALTH_PORT = "MTC_HEALTH_PORT"
#: Of mallopt(3).
_ARENA_MAX = -8
#: Bulk work makes a few hundred objects for each request, nearly all of which go without a collector.
_COLLECTED_AFTER = 20_000


def run(component: str, kubeconfig: str | None, context: str | None, serve: Callable[[client.Client], Awaitable[None]]) -> None:
    """Runs a component against a cluster until it is told to stop."""
    logs.configure(component)
    _few_heaps()
    gc.freeze()
    gc.set_threshold(_COLLECTED_AFTER)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_stopped(kubeconfig, context, serve))


async def _until_stopped(kubeconfig: str | None, context: str | None, serve: Callable[[client.Client], Awaitable[None]]) -> None:
    log = logs.get()
    async with (
        client.Client(access.default(kubeconfig, context=context), name=context or client.UNNAMED) as cluster,
        health.served(port(_HEALTH_PORT)) as told,
    ):
        work = asyncio.ensure_future(serve(cluster))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, work.cancel)
        log.info("started", server=cluster.access.server)
        try:
            await cluster.version()
            told.is_ready = True
            await work
        except asyncio.CancelledError:
            log.info("stopped")
        finally:
            work.cancel()


def port(variable: str) -> int | None:
    """The port that a variable of the environment gives, None where it is not set."""
    return int(os.environ[variable]) if os.environ.get(variable) else None


def _few_heaps() -> None:
    """Keeps glibc from giving each thread a heap of its own, which would never shrink again after a large backup."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_ARENA_MAX, 2)
