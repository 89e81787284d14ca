"""What the long-running verbs share: logging, event loop, client, a clean end on SIGTERM."""

import asyncio
import signal
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from mtc.kube import access, client
from mtc.telemetry import logs

#: Exists in the folder of temporary files while the component serves and its API server answers; readiness probes look for it.
READY_FILE = "mtc-ready"


def run(component: str, kubeconfig: str | None, context: str | None, serve: Callable[[client.Client], Awaitable[None]]) -> None:
    """Runs a component against a cluster until it is told to stop."""
    logs.configure(component)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_stopped(kubeconfig, context, serve))


async def _until_stopped(kubeconfig: str | None, context: str | None, serve: Callable[[client.Client], Awaitable[None]]) -> None:
    log = logs.get()
    ready = Path(tempfile.gettempdir()) / READY_FILE
    ready.unlink(missing_ok=True)
    async with client.Client(access.default(kubeconfig, context=context), name=context or "cluster") as cluster:
        work = asyncio.ensure_future(serve(cluster))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, work.cancel)
        log.info("started", server=cluster.access.server)
        try:
            await cluster.version()
            ready.touch()
            await work
        except asyncio.CancelledError:
            log.info("stopped")
        finally:
            ready.unlink(missing_ok=True)
            work.cancel()
