"""What is repeated until trouble has passed, and what is told at once."""

from collections.abc import Iterator
from typing import Any

import pytest

from mtc.kube import access, errors, patient
from mtc.kube.client import Client
from mtc.kube.transport import Transport


def refusal(code: int, reason: str = "") -> errors.KubeError:
    """What a server says that refuses."""
    return errors.from_status(server="far", method="GET", path="/x", code=code, status={"reason": reason}, text="")


class Server(Transport):
    """Answers with these, and then well."""

    def __init__(self, *answers: errors.KubeError) -> None:
        super().__init__(access.Access(server="http://127.0.0.1:9"), name="far")
        self._answers: Iterator[errors.KubeError] = iter(answers)
        self.asked = 0

    async def request(self, *_: Any, **__: Any) -> bytes:
        """The next answer."""
        self.asked += 1
        for answer in self._answers:
            raise answer
        return b"{}"


def client(server: Server, *, patience_s: float = 30) -> Client:
    """A patient client of it."""
    found = Client(server.access, name="far")
    found.transport = server
    return patient.of(found, patience_s=patience_s)


SILENT = errors.Unreachable("no answer")


@pytest.mark.parametrize(
    ("method", "body", "trouble"),
    [
        ("GET", None, SILENT),
        ("GET", None, refusal(410)),
        ("POST", b'{"metadata":{"name":"a"}}', SILENT),
        ("POST", b'{"metadata":{"name":"a"}}', refusal(409, "Conflict")),
        ("POST", b'{"metadata":{"generateName":"a-"}}', refusal(429)),
        ("PATCH", b'{"spec":{}}', refusal(500)),
        ("PATCH", b'{"spec":{}}', refusal(409, "Conflict")),
        ("DELETE", b"{}", refusal(503)),
    ],
)
async def test_what_can_be_done_twice_is_repeated(method: str, body: bytes | None, trouble: errors.KubeError) -> None:
    """Whatever happened to the first try, the second leads to the same end."""
    server = Server(trouble, trouble)
    assert await client(server).transport.request(method, "/x", body=body) == b"{}"
    assert server.asked == 3


@pytest.mark.parametrize(
    ("method", "body", "answer"),
    [
        ("GET", None, refusal(403)),
        ("GET", None, refusal(404)),
        ("POST", b'{"metadata":{"name":"a"}}', refusal(409, "AlreadyExists")),
        ("POST", b'{"metadata":{"generateName":"a-"}}', SILENT),
        ("PATCH", b'{"metadata":{"resourceVersion":"7"}}', refusal(409, "Conflict")),
        ("PUT", b'{"metadata":{"resourceVersion":"7"}}', refusal(409, "Conflict")),
        ("POST", b"{}", refusal(501)),
    ],
)
async def test_what_would_not_get_better_or_be_done_twice_is_told(method: str, body: bytes | None, answer: errors.KubeError) -> None:
    """An answer is no trouble, and an object with a generated name would be made once more."""
    server = Server(answer)
    with pytest.raises(type(answer)):
        await client(server).transport.request(method, "/x", body=body)
    assert server.asked == 1


async def test_pages_that_grew_too_old_are_for_who_has_the_first_ones() -> None:
    """Only the reader of a list can begin it anew."""
    server = Server(refusal(410))
    with pytest.raises(errors.Gone):
        await client(server).transport.request("GET", "/x", params={"continue": "abc"})


async def test_patience_has_an_end() -> None:
    """What lasts too long is told as it is."""
    server = Server(*[SILENT] * 100)
    with pytest.raises(errors.Unreachable):
        await client(server, patience_s=0.5).transport.request("GET", "/x")
    assert 1 < server.asked < 10
