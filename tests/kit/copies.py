"""`mtc` as a process of its own that begins at once: the copy of a process that has imported everything already.

An interpreter that imports the toolkit works for more than a second before it does anything, and stories start some hundred of them. Here
one process imports it, and is copied (fork) for each program that is started. A copy has memory, files, environment, signals, an exit
code and an id of its own, as any process has. That `mtc` begins from nothing as well is seen where it is started as people do it: in
tests/unit/cli and tests/system.

    running = await copies.start("get", "plan")
    out, err = await running.communicate()
"""

import asyncio
import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TextIO

#: More than a command line with an environment has.
_LARGEST = 2**20
_DOOR = "door"
_START_S = 120


class Running:
    """A program that was started, with the interface of an asyncio.subprocess.Process.

    Attributes:
        pid: its id.
        returncode: its exit code, negative for a signal, as soon as it has ended.
        stdin, stdout, stderr: its streams, where it was started with pipes.
        ended: done when it has ended.
    """

    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader

    def __init__(self, pid: int, told: asyncio.StreamReader, way: asyncio.StreamWriter) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.ended = asyncio.create_task(self._end(told, way))

    async def _end(self, told: asyncio.StreamReader, way: asyncio.StreamWriter) -> int:
        self.returncode = int(await told.readline())
        way.close()
        return self.returncode

    async def wait(self) -> int:
        """Its exit code, when it has ended."""
        return await asyncio.shield(self.ended)

    async def communicate(self, given: bytes = b"") -> tuple[bytes, bytes]:
        """What it wrote until its end; this is what it can read."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # who has ended reads nothing
            self.stdin.write(given)
            await self.stdin.drain()
        self.stdin.close()
        out, err, _ = await asyncio.gather(self.stdout.read(), self.stderr.read(), self.wait())
        return out, err

    def send_signal(self, number: int) -> None:
        """Sends it a signal, unless it has ended."""
        with contextlib.suppress(ProcessLookupError):
            if self.returncode is None:
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Asks it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it."""
        self.send_signal(signal.SIGKILL)


async def start(*words: str, env: Mapping[str, str] = os.environ) -> Running:
    """`mtc` with these words, between pipes."""
    loop = asyncio.get_running_loop()
    (theirs_in, ours_in), (ours_out, theirs_out), (ours_err, theirs_err) = os.pipe(), os.pipe(), os.pipe()
    running = await start_on((theirs_in, theirs_out, theirs_err), *words, env=env)
    for end in (theirs_in, theirs_out, theirs_err):
        os.close(end)
    running.stdout, running.stderr = asyncio.StreamReader(), asyncio.StreamReader()
    for reader, end in ((running.stdout, ours_out), (running.stderr, ours_err)):
        await loop.connect_read_pipe(lambda reader=reader: asyncio.StreamReaderProtocol(reader), os.fdopen(end, "rb"))
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), os.fdopen(ours_in, "wb")
    )
    running.stdin = asyncio.StreamWriter(transport, protocol, None, loop)
    running.ended.add_done_callback(lambda _: running.stdin.close())
    return running


async def start_on(streams: Sequence[int], *words: str, env: Mapping[str, str] = os.environ) -> Running:
    """`mtc` with these words, with three open files as its streams, in a session of its own."""
    way = socket.socket(socket.AF_UNIX)
    way.connect(str(await asyncio.to_thread(_original)))
    socket.send_fds(way, [json.dumps({"words": words, "env": dict(env), "folder": str(Path.cwd())}).encode()], streams)
    way.shutdown(socket.SHUT_WR)
    told, writer = await asyncio.open_connection(sock=way)
    return Running(int(await told.readline()), told, writer)


@cache
def _original() -> Path:
    """The socket of the process that is copied, which ends with this one."""
    folder = tempfile.TemporaryDirectory(prefix="mtc-copies-")
    process = subprocess.Popen(
        (sys.executable, "-m", __spec__.name, folder.name),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        start_new_session=True,
    )
    assert process.stdin
    assert process.stdout

    def end() -> None:
        process.communicate(timeout=_START_S)
        folder.cleanup()

    atexit.register(end)
    assert process.stdout.readline(), "what imports the toolkit for all programs has ended"
    return Path(folder.name) / _DOOR


# --- in the process that is copied ----------------------------------------------------------------------------------------


def main(folder: Path) -> None:
    """Copies this process for everybody who asks at a socket, until its standard input ends; in a copy, the program."""
    _import_everything()
    # What is there is never looked at by the collector of a copy, which would copy its memory.
    gc.freeze()
    request = _serve(folder)
    if request is not None:
        _become(request)
        from mtc.cli.main import main as program

        program()


def _import_everything() -> None:
    import mtc

    for module in pkgutil.walk_packages(mtc.__path__, "mtc."):
        importlib.import_module(module.name)


def _serve(folder: Path) -> dict[str, Any] | None:
    """What a copy is to do; None in the original at its end."""
    with socket.socket(socket.AF_UNIX) as door, selectors.DefaultSelector() as events:
        door.bind(str(folder / _DOOR))
        door.listen(16)
        events.register(door, selectors.EVENT_READ)
        events.register(0, selectors.EVENT_READ)
        print("ready", flush=True)
        while True:
            for key, _ in events.select():
                if key.fd == 0:
                    return None
                if key.fileobj is door:
                    if (request := _begin(door.accept()[0], events)) is not None:
                        return request
                else:
                    _tell_end(events, key)


def _begin(way: socket.socket, events: selectors.BaseSelector) -> dict[str, Any] | None:
    """Starts a copy; what it is to do, there."""
    request, streams, _, _ = socket.recv_fds(way, _LARGEST, 3)
    while piece := way.recv(_LARGEST):
        request += piece
    pid = os.fork()
    if pid == 0:
        way.close()
        return {**json.loads(request), "streams": streams}
    for stream in streams:
        os.close(stream)
    _send(way, pid)
    events.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, way))
    return None


def _tell_end(events: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    pid, way = key.data
    events.unregister(key.fd)
    os.close(key.fd)
    _send(way, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    way.close()


def _send(way: socket.socket, number: int) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # nobody waits for it any more
        way.sendall(f"{number}\n".encode())


def _become(request: dict[str, Any]) -> None:
    """Makes of the copy what an interpreter is that was started so."""
    for number, stream in enumerate(request["streams"]):
        os.dup2(stream, number)
        os.close(stream)
    os.setsid()
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    # A shell without job control has what it starts in the background ignore this one.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["mtc", *request["words"]]
    for name, number in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        setattr(sys, name, _stream(number))


def _stream(number: int) -> TextIO:
    """A standard stream, as an interpreter opens it at its start."""
    lines = number == 2 or (number == 1 and os.isatty(1))
    errors = "backslashreplace" if number == 2 else None
    return open(number, "w" if number else "r", encoding="utf-8", errors=errors, buffering=1 if lines else -1, closefd=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
