"""Somebody with a kubeconfig of the host cluster who types commands, with or without a terminal.

person = await Person.at(world, tmp_path)
out, err = await person.run("get", "plan")
text = await person.type("cutover", "shop", answers=["y"])
"""

import asyncio
import os
import pty
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import yaml

from kit import copies, planes

_TIMEOUT_S = 120


@dataclass(frozen=True)
class Person:
    """The person.

    Attributes:
        kubeconfig: leads to the host cluster.
        namespace: of the toolkit.
    """

    kubeconfig: Path
    namespace: str

    @classmethod
    async def at(cls, world: planes.World, folder: Path, *, may: str = "cluster-admin") -> "Person":
        """Somebody who may do on the host cluster of a world what a ClusterRole allows."""
        token = await planes.token(world.host, world.namespace, "person", may=may)
        config = {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": world.host.access.server, "insecure-skip-tls-verify": True}}],
            "users": [{"name": "u", "user": {"token": token}}],
        }
        path = folder / "kubeconfig"
        path.write_text(yaml.safe_dump(config))
        return cls(path, world.namespace)

    @property
    def _options(self) -> tuple[str, ...]:
        return (f"--kubeconfig={self.kubeconfig}", f"--namespace={self.namespace}")

    async def start(self, *words: str) -> copies.Running:
        """The command line with a verb, without a terminal."""
        return await copies.start(*words, *self._options)

    async def run(self, *words: str, code: int | None = 0, given: str = "") -> tuple[str, str]:
        """What a verb prints and what it says on stderr, once it has ended as expected.

        Args:
            words: the verb and what follows it.
            code: what it is expected to exit with, None for anything.
            given: its standard input.
        """
        running = await self.start(*words)
        async with asyncio.timeout(_TIMEOUT_S):
            out, err = (part.decode() for part in await running.communicate(given.encode()))
        assert code is None or running.returncode == code, (words, running.returncode, out, err)
        return out, err

    async def type(self, *words: str, answers: Sequence[str] = (), code: int = 0, columns: int = 100) -> str:
        """What a verb shows on a terminal of so many columns, once it has ended as expected; each answer follows a question."""
        parent, child = pty.openpty()
        ioctl(child, TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        environment = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "LINES", "NO_COLOR"}} | {"TERM": "xterm"}
        running = await copies.start_on((child,) * 3, *words, *self._options, env=environment)
        os.close(child)
        # The terminal keeps what is typed until the program asks for it.
        os.write(parent, "".join(f"{answer}\n" for answer in answers).encode())
        seen: list[bytes] = []

        def read() -> None:
            with suppress(OSError):  # how a terminal tells that nobody writes to it any more
                while piece := os.read(parent, 65536):
                    seen.append(piece)

        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await asyncio.to_thread(read)
                await running.wait()
        finally:
            if running.returncode is None:
                running.kill()
            os.close(parent)
        text = b"".join(seen).decode()
        assert running.returncode == code, (words, running.returncode, text)
        return text
