"""Commands in containers (exec) and their logs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from mtc.kube import errors, resources
from mtc.kube.client import Client
from mtc.kube.http import aiohttp

_STDIN, _STDOUT, _STDERR, _ERROR = 0, 1, 2, 3


@dataclass(frozen=True)
class ExecResult:
    """How a command ended. `exit_code` is the process's own; output as bytes."""

    exit_code: int
    stdout: bytes
    stderr: bytes


async def execute(
    cluster: Client,
    pod: str,
    command: Sequence[str],
    *,
    namespace: str,
    container: str | None = None,
    stdin: bytes | None = None,
    deadline_s: float = 60.0,
) -> ExecResult:
    """Runs a command in a container over WebSocket (v5.channel.k8s.io, v4 on older servers).

    Raises:
        errors.ExecFailed: the command could not be started, or did not end in time.
        errors.ApiError: the pod does not exist or exec is not allowed.
    """
    params: list[tuple[str, str]] = [("command", word) for word in command]
    params += [("stdout", "true"), ("stderr", "true")]
    params += [("stdin", "true")] if stdin is not None else []
    params += [("container", container)] if container else []
    path = resources.PODS.path(namespace=namespace, name=pod, subresource="exec")
    output: dict[int, bytearray] = {_STDOUT: bytearray(), _STDERR: bytearray(), _ERROR: bytearray()}
    where = f"exec in pod {namespace}/{pod} on cluster {cluster.name}"
    try:
        async with asyncio.timeout(deadline_s), _Socket(cluster, path, params) as socket:
            if stdin is not None:
                await socket.send_bytes(bytes([_STDIN]) + stdin)
                if socket.protocol == "v5.channel.k8s.io":
                    await socket.send_bytes(bytes([255, _STDIN]))
            async for message in socket:
                if message.type == aiohttp.WSMsgType.BINARY and message.data:
                    output.setdefault(message.data[0], bytearray()).extend(message.data[1:])
    except TimeoutError as error:
        msg = f"{where}: {command[0]!r} did not end within {deadline_s:.0f} s."
        raise errors.ExecFailed(msg) from error
    except aiohttp.WSServerHandshakeError as error:
        raise _refused(cluster, path, pod, error.status) from error
    except aiohttp.ClientError as error:
        msg = f"{where}: the connection broke ({error or type(error).__name__})."
        raise errors.Unreachable(msg) from error
    return ExecResult(_exit_code(where, bytes(output[_ERROR])), bytes(output[_STDOUT]), bytes(output[_STDERR]))


#: What a server means by refusing a WebSocket; it sends no more than the number.
_REFUSALS = {401: "the token is not accepted", 403: "the account may not run commands in pods", 404: "there is no such pod"}


def _refused(cluster: Client, path: str, pod: str, code: int) -> errors.ApiError:
    # With the name of an object, 404 means that this is missing, and not the type.
    status = {"details": {"name": pod}} if code == 404 else {}
    text = _REFUSALS.get(code, "the server refused to run the command")
    return errors.from_status(server=cluster.name, method="GET", path=path, code=code, status=status, text=text)


class _Socket:
    """A WebSocket to the API server with a session of its own, because exec streams must not share a pool."""

    def __init__(self, cluster: Client, path: str, params: list[tuple[str, str]]) -> None:
        self._cluster, self._path, self._params = cluster, path, params
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> aiohttp.ClientWebSocketResponse:
        access = self._cluster.access
        token = await access.token()
        self._session = aiohttp.ClientSession()
        try:
            return await self._session.ws_connect(
                access.server + self._path,
                params=self._params,
                protocols=("v5.channel.k8s.io", "v4.channel.k8s.io"),
                headers={"Authorization": f"Bearer {token}"} if token else {},
                ssl=access.tls if access.tls is not None else True,
                max_msg_size=0,
            )
        except BaseException:
            await self._session.close()
            raise

    async def __aexit__(self, *_: object) -> None:
        if self._session:
            await self._session.close()


def _exit_code(where: str, error: bytes) -> int:
    if not error:
        msg = f"{where}: the stream ended without saying how the command ended."
        raise errors.ExecFailed(msg)
    status: dict[str, Any] = orjson.loads(error)
    if status.get("status") == "Success":
        return 0
    for cause in (status.get("details") or {}).get("causes") or []:
        if cause.get("reason") == "ExitCode":
            return int(cause["message"])
    msg = f"{where}: {status.get('message', 'failed')}"
    raise errors.ExecFailed(msg)


async def logs(
    cluster: Client,
    pod: str,
    *,
    namespace: str,
    container: str | None = None,
    follow: bool = False,
    tail: int | None = None,
    previous: bool = False,
    timestamps: bool = False,
    since_s: int | None = None,
) -> AsyncIterator[bytes]:
    """The lines of a container's log, without their newlines; with `since_s` those of the last seconds only."""
    params = {
        "container": container or "",
        "tailLines": "" if tail is None else str(tail),
        "sinceSeconds": "" if since_s is None else str(since_s),
    }
    flags = {"follow": follow, "previous": previous, "timestamps": timestamps}
    params = {key: value for key, value in params.items() if value} | {key: "true" for key, value in flags.items() if value}
    path = resources.PODS.path(namespace=namespace, name=pod, subresource="log")
    async with cluster.transport.open("GET", path, params=params) as response:
        async for line in response.content:
            yield line.rstrip(b"\n")
