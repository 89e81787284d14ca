"""A control plane on loopback, for tests that need a real API server but no pods.

    from mtc.lab import controlplane

    async with controlplane.control_plane(directory) as kubeconfig:     # a Path; its user may do everything
        ...

    control_plane(directory, address="127.0.0.1", controller_manager=True, api_server_flags=())

It starts etcd, kube-apiserver and (unless told otherwise) kube-controller-manager on free ports, needs neither root nor
network namespaces, is ready in about 5 seconds, and leaves no process behind, even when the test process is killed.
`directory` receives data, certificates and `*.log`; use a new one for each control plane. The programs are built on first
use, which takes minutes: a session fixture that awaits `mtc.lab.binaries.kubernetes()` tells that apart from the tests.
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

from mtc.lab import binaries, errors, kubernetes, pki, probes, programs

_START_TRIES = 3
_READY_S = 60
_STOP_S = 10
_SERVICE_ADDRESS = "10.96.0.1"


@contextlib.asynccontextmanager
async def control_plane(
    directory: Path, *, address: str = "127.0.0.1", controller_manager: bool = True, api_server_flags: tuple[str, ...] = ()
) -> AsyncIterator[Path]:
    """A running API server on loopback; the path of a kubeconfig whose user may do everything.

    Args:
        directory: empty or new folder for data, certificates and logs.
        address: loopback address to listen on.
        controller_manager: whether namespaces get deleted, owned objects collected, service accounts made.
        api_server_flags: more flags for the API server.

    Raises:
        errors.LabError: it could not be started; the message has the end of the log of the program that failed.
    """
    built = await binaries.kubernetes()
    directory.mkdir(parents=True, exist_ok=True)
    authority = await pki.create(directory / "pki", kubernetes.certificates(addresses=(address, _SERVICE_ADDRESS)))
    children = _Children(directory)
    try:
        for attempt in range(1, _START_TRIES + 1):
            settings = kubernetes.Settings(
                built, directory, authority, address, address, ports=_free_ports(address), api_server_flags=api_server_flags
            )
            kubeconfig = kubernetes.write_kubeconfigs(settings, cluster="control-plane")
            try:
                await _start(children, settings, controller_manager=controller_manager)
                break
            except errors.ProgramFailed:
                # Another process may have taken a free port between the look and the start.
                await children.stop()
                if attempt == _START_TRIES:
                    raise
        yield kubeconfig
    finally:
        await children.stop()


async def _start(children: "_Children", settings: kubernetes.Settings, *, controller_manager: bool) -> None:
    await children.start("etcd", kubernetes.etcd_argv(settings))
    await children.start(kubernetes.API_SERVER, kubernetes.api_server_argv(settings))
    ready = asyncio.create_task(
        probes.until_answers(f"{settings.server}/readyz", authority=settings.authority.certificate, deadline_s=_READY_S)
    )
    try:
        await children.while_alive(ready)
    finally:
        ready.cancel()
    if controller_manager:
        await children.start(kubernetes.CONTROLLER_MANAGER, kubernetes.controller_manager_argv(settings))


class _Children:
    """Programs that end with this process, however it ends."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._started: list[tuple[str, asyncio.subprocess.Process]] = []

    async def start(self, name: str, argv: list[str]) -> None:
        with self._log(name).open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *("setpriv", "--pdeathsig", "KILL", "--", *argv),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._directory,
            )
        self._started.append((name, process))

    async def while_alive(self, task: "asyncio.Task[None]") -> None:
        """Wait for the task, unless a program ends first."""
        ends = {asyncio.create_task(process.wait()): name for name, process in self._started}
        try:
            done, _ = await asyncio.wait({task, *ends}, return_when=asyncio.FIRST_COMPLETED)
            if task in done:
                await task
                return
            name = next(ends[end] for end in ends if end in done)
        finally:
            for end in ends:
                end.cancel()
        wrote = programs.last_lines(self._log(name).read_text(errors="replace"))
        raise errors.ProgramFailed(f"{name} ended while the control plane was starting; the end of {self._log(name)}:\n{wrote}", code=None)

    async def stop(self) -> None:
        """End the programs, the last started first, so that none of them waits for one that is gone."""
        while self._started:
            _, process = self._started.pop()
            if process.returncode is not None:
                continue
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(_STOP_S):
                    await process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()

    def _log(self, name: str) -> Path:
        return self._directory / f"{name}.log"


def _free_ports(address: str) -> kubernetes.Ports:
    """Ports that nothing listens on now; all sockets are held until the last is found, so that they differ."""
    with contextlib.ExitStack() as stack:
        found: list[int] = []
        for _ in range(5):
            listener = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            listener.bind((address, 0))
            found.append(int(listener.getsockname()[1]))
    return kubernetes.Ports(*found)
