"""Whether NFS servers answer from the target, which volumes that are moved need.

Where the target is the host cluster, the controller itself tries, because it runs there. Elsewhere a pod of the engine does, with
whatever program it has: Python in our image, else nc or bash. What was found out is kept for a while, for all plans.
"""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass

from mtc.api import names
from mtc.kube import errors, resources, streams
from mtc.kube.client import Client, Object
from mtc.migration import parallel
from mtc.migration.shared import Shared

PORT = 2049
_TRY_S = 3.0
#: With the start of a program in a pod, and a name server that does not answer.
_EXEC_S = 15.0
_KEPT_S = 60.0
#: Bad news are looked at again soon.
_AGAIN_S = 5.0
_PODS = f"{names.COMPONENT}={names.VELERO_NAME}"
#: What comes from the source is given to programs on the target: nothing that could be taken for an option.
_SERVER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:_-]{0,252}")
_OPEN, _CLOSED, _NOTHING = "open", "closed", "nothing"
_PYTHON = f"""
import socket, sys
try:
    socket.create_connection((sys.argv[1], {PORT}), {_TRY_S:g}).close()
    print("{_OPEN}")
except OSError:
    print("{_CLOSED}")
"""
# $0 is the Python program, $1 the server.
_SHELL = f"""
tell() {{ if "$@" >/dev/null 2>&1; then echo {_OPEN}; else echo {_CLOSED}; fi; }}
if command -v python3 >/dev/null 2>&1; then exec python3 -c "$0" "$1"; fi
if command -v nc >/dev/null 2>&1; then tell nc -z -w {_TRY_S:.0f} "$1" {PORT}
elif command -v bash >/dev/null 2>&1; then tell timeout {_TRY_S:.0f} bash -c 'exec 3<>"/dev/tcp/$0/{PORT}"' "$1"
else echo {_NOTHING}; fi
"""


@dataclass(frozen=True)
class Answers:
    """What was found out about servers.

    Attributes:
        closed: do not answer.
        unknown: could not be tried.
        why: why not, for people.
    """

    closed: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    why: str = ""


def server_of(pv: Object) -> str:
    """The NFS server of a volume, "" where it has none."""
    return str((pv["spec"].get("nfs") or {}).get("server") or "")


async def ask(target: Client, servers: Iterable[str], *, is_host: bool, namespace: str, shared: Shared) -> Answers:
    """Tries the servers from the target, all at once.

    Args:
        target: the cluster.
        servers: names or addresses.
        is_host: whether the target is the cluster on which this runs.
        namespace: of the toolkit.
        shared: where answers are kept.
    """
    wanted = sorted(set(servers))
    words = await parallel.gather(_known(target, server, is_host=is_host, namespace=namespace, shared=shared) for server in wanted)
    found = dict(zip(wanted, words, strict=True))
    unknown = frozenset(server for server, word in found.items() if word not in {_OPEN, _CLOSED})
    return Answers(
        closed=frozenset(server for server, word in found.items() if word == _CLOSED),
        unknown=unknown,
        why=" ".join(dict.fromkeys(found[server] for server in sorted(unknown))),
    )


async def _known(target: Client, server: str, *, is_host: bool, namespace: str, shared: Shared) -> str:
    """`open`, `closed`, or why that is not known."""

    async def read() -> str:
        if not _SERVER.fullmatch(server):
            return _CLOSED
        return await _dial(server) if is_host else await _in_pod(target, server, namespace)

    word = await shared.get(target, ("nfs", server), read, max_age_s=_KEPT_S)
    return word if word == _OPEN else await shared.get(target, ("nfs", server), read, max_age_s=_AGAIN_S)


async def _dial(server: str) -> str:
    try:
        async with asyncio.timeout(_TRY_S):
            _, writer = await asyncio.open_connection(server, PORT)
    except (OSError, TimeoutError):
        return _CLOSED
    writer.close()
    return _OPEN


async def _in_pod(target: Client, server: str, namespace: str) -> str:
    try:
        found = await target.list_all(resources.PODS, namespace=namespace, label_selector=_PODS)
        running = sorted(pod["metadata"]["name"] for pod in found if _is_running(pod))
        if not running:
            return f"No pod with label {_PODS} runs in namespace {namespace} of cluster {target.name}."
        command = ["sh", "-c", _SHELL, _PYTHON, server]
        result = await streams.execute(target, running[0], command, namespace=namespace, deadline_s=_EXEC_S)
    except errors.KubeError as error:
        return str(error)
    word = result.stdout.decode(errors="replace").strip()
    if word in {_OPEN, _CLOSED}:
        return word
    return f"Pod {namespace}/{running[0]} of cluster {target.name} has no program that could try (python3, nc or bash)."


def _is_running(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") == "Running" and not pod["metadata"].get("deletionTimestamp")
