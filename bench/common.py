"""What the benchmarks share: a figure, and a program of ours as a process of its own."""

import asyncio
import os
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mtc.kube import codec
from mtc.kube.client import Client

_AT_ONCE = 32
# Clusters and storages are looked at every few seconds, leases are renewed: fewer requests than this in such a time are no work.
_QUIET_REQUESTS = 60
_QUIET_S = 5


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    value: float
    goal: str
    met: bool
    detail: str


@asynccontextmanager
async def process(verb: str, kubeconfig: Path, **environment: str) -> AsyncIterator[int]:
    """`mtc VERB` against a cluster until the end of the block; its pid."""
    argv = [str(Path(sys.executable).with_name("mtc")), verb, "--kubeconfig", str(kubeconfig)]
    started = await asyncio.create_subprocess_exec(*argv, env={**os.environ, "MTC_LOG_LEVEL": "warning", **environment})
    try:
        yield started.pid
    finally:
        started.terminate()
        await started.wait()


@contextmanager
def little_garbage() -> Iterator[None]:
    """Servers in Go that begin within it collect garbage less often: where many of them share two processors, with what is measured."""
    before = dict(os.environ)
    os.environ.update(GOGC="400", GOMEMLIMIT="768MiB")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def with_token(path: Path, server: str, token: str) -> Path:
    """A kubeconfig with a token, as programs in pods have one: certificates of clients cost API servers a signature for each request."""
    cluster = {"name": "c", "cluster": {"server": server, "insecure-skip-tls-verify": True}}
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    users = [{"name": "u", "user": {"token": token}}]
    path.write_bytes(codec.dumps({"clusters": [cluster], "contexts": [context], "users": users, "current-context": "c"}))
    return path


async def at_once(works: Iterable[Awaitable[object]]) -> None:
    """Does works, many of them at the same time."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(work: Awaitable[object]) -> None:
        async with places:
            await work

    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(one(work))


async def requests(cluster: Client) -> Counter[tuple[str, str]]:
    """How many requests an API server has answered so far, by verb and resource, whoever made them; watches are not counted."""
    text = (await cluster.transport.request("GET", "/metrics", headers={"Accept": "text/plain"})).decode()
    found: Counter[tuple[str, str]] = Counter()
    for line in text.splitlines():
        if line.startswith("apiserver_request_total{"):
            labels, _, value = line.rpartition(" ")
            marks = dict(re.findall(r'(\w+)="([^"]*)"', labels))
            if marks["verb"] not in {"WATCH", "CONNECT"}:
                found[marks["verb"], marks["resource"]] += int(float(value))
    return found


async def all_requests(*clusters: Client) -> int:
    """How many requests API servers have answered so far."""
    return sum([(await requests(cluster)).total() for cluster in clusters])


async def quiet(*clusters: Client) -> None:
    """Waits until all programs have done what there was to do; some of them look after something all the time."""
    before, now = 0, await all_requests(*clusters)
    while now - before > _QUIET_REQUESTS:
        await asyncio.sleep(_QUIET_S)
        before, now = now, await all_requests(*clusters)


def peak_mib(pid: int) -> float:
    """Peak resident memory of a process so far."""
    return _kib(pid, "VmHWM") / 1024


def resident_mib(pid: int) -> float:
    """Resident memory of a process now."""
    return _kib(pid, "VmRSS") / 1024


def cpu_s(pid: int) -> float:
    """Processor time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _kib(pid: int, key: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(key)).split()[1])
