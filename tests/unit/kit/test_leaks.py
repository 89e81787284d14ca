"""The search for secrets finds them: a search that cannot find anything would prove nothing."""

import base64
import urllib.parse
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from kit import leaks
from mtc import errors
from mtc.kube import access
from mtc.kube.client import Client

SECRET = "p+ss/w0rd with = signs"
KNOWN = {SECRET: "the password"}
TOKEN = "eyJhbGciOiJSUzI1NiJ9." + "claims" * 20 + ".signature-of-the-token-that-is-long-enough"


@pytest.mark.parametrize(
    "text",
    [
        f"it is {SECRET}.",
        f"data: {base64.b64encode(SECRET.encode()).decode()}",
        f"https://host/?key={urllib.parse.quote(SECRET, safe='')}",
        f"https://host/?key={urllib.parse.quote_plus(SECRET)}",
    ],
)
def test_a_secret_is_found_however_it_is_written(text: str) -> None:
    """The leak names the secret and the place, and never says the value."""
    (leak,) = leaks.search(text, "a log", KNOWN)
    assert (leak.secret, leak.place) == ("the password", "a log")
    assert SECRET not in str(leak)


def test_the_end_of_a_token_is_enough() -> None:
    """Logs cut long lines at the front as well."""
    assert leaks.search(f"…{TOKEN[-40:]}", "a log", {TOKEN: "a token"})


def test_what_is_no_secret_is_not_found() -> None:
    """Words like those of a secret are allowed."""
    assert leaks.search("the password is p+ss and not told", "a log", KNOWN) == []


def test_a_word_that_stands_everywhere_cannot_be_looked_for() -> None:
    """A secret of a test must be long enough to be told from other text."""
    with pytest.raises(ValueError, match="too short"):
        leaks.remember("key", "a key")


def report_of(*, printed: str) -> pytest.TestReport:
    """A test that has passed."""
    return pytest.TestReport("test_x", ("x", 1, "x"), {}, "passed", None, "call", sections=[("Captured stdout call", printed)])


def call_of(error: Exception | None) -> "pytest.CallInfo[None]":
    """The call of a test."""

    def run() -> None:
        if error:
            raise error

    return pytest.CallInfo.from_call(run, "call")


def test_a_test_that_printed_a_secret_has_failed() -> None:
    """So has one whose error says it; one that did neither has passed."""
    value = leaks.remember("a-secret-of-this-test-alone", "the secret of this test")
    printed, quiet = report_of(printed=f"token={value}"), report_of(printed="token=***")
    leaks.judge(printed, call_of(None))
    assert printed.failed
    assert "the secret of this test can be read in what test_x printed" in str(printed.longrepr)
    leaks.judge(quiet, call_of(None))
    assert quiet.passed
    leaks.judge(quiet, call_of(errors.MtcError(f"denied with {value}")))
    assert quiet.failed


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """An API server with one Secret, and one MigCluster whose condition repeats it."""

    async def answer(request: web.Request) -> web.Response:
        items: list[object] = []
        meta = {"name": "one", "namespace": "mtc", "uid": "u"}
        if request.path.endswith("/secrets"):
            items = [{"metadata": meta, "data": {"saToken": base64.b64encode(b"token-of-the-cluster").decode(), "other": "AAAA"}}]
        if request.path.endswith("/migclusters"):
            items = [{"metadata": meta, "status": {"conditions": [{"type": "X", "message": "token-of-the-cluster is wrong"}]}}]
        return web.json_response({"kind": "List", "metadata": {}, "items": items})

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_cluster_that_shows_a_secret_is_found_out(server: str) -> None:
    """The values of the cluster's own Secrets are looked for in all our kinds and in Events."""
    async with Client(access.Access(server=server), name="host") as cluster:
        (leak,) = await leaks.in_cluster(cluster)
        assert leak.secret == "saToken of Secret mtc/one"
        assert leak.place == "MigCluster mtc/one of cluster host"
        with pytest.raises(AssertionError, match="MigCluster mtc/one"):
            leaks.fail([leak])
