"""Parts of the client that need no server: access, codec, limiter, errors, resource types, discovery."""

import asyncio
import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtc.kube import access, codec, discovery, errors, limiter, resources
from mtc.kube.client import Client

JSON = st.dictionaries(st.text(max_size=5), st.integers(-(2**53), 2**53) | st.text(max_size=5) | st.none(), max_size=5)


def kubeconfig(folder: Path, user: str) -> str:
    """A kubeconfig with one user."""
    path = folder / "config"
    path.write_text(
        f"""
current-context: c
contexts: [{{name: c, context: {{cluster: k, user: u, namespace: shop}}}}]
clusters: [{{name: k, cluster: {{server: "https://127.0.0.1:6443/", insecure-skip-tls-verify: true}}}}]
users: [{{name: u, user: {user}}}]
"""
    )
    return str(path)


async def test_tokens_of_a_kubeconfig(tmp_path: Path) -> None:
    """A token in the file, and one in a file of its own that is read again when it changed."""
    found = access.from_kubeconfig(kubeconfig(tmp_path, "{token: abc}"))
    assert (found.server, found.namespace, await found.token()) == ("https://127.0.0.1:6443", "shop", "abc")
    (tmp_path / "token").write_text("from-file\n")
    assert await access.from_kubeconfig(kubeconfig(tmp_path, "{tokenFile: token}")).token() == "from-file"
    assert "abc" not in repr(found)


@pytest.mark.parametrize(
    ("text", "words"),
    [("[", "not YAML"), ("{}", "no current-context"), ("current-context: x", "no context named 'x'"), ("{current-context: x, contexts: [{name: x, context: {cluster: y}}]}", "no cluster named 'y'")],
)  # fmt: skip
def test_a_broken_kubeconfig_is_told_in_words(tmp_path: Path, text: str, words: str) -> None:
    """The message names the file and what is missing."""
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(errors.AccessError, match=words) as caught:
        access.from_kubeconfig(str(path))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "ftp://x", "https://", "https://host:port", "no url", "https://me:geheim@host", "ftp://me:geheim@host"]
)
def test_urls_that_are_none(url: str) -> None:
    """What is no http(s) URL is refused before a connection is tried."""
    with pytest.raises(errors.AccessError, match="https://host:port") as caught:
        access.from_token(url, "t")
    assert "geheim" not in str(caught.value)


def test_a_ca_that_is_none() -> None:
    """A CA bundle must be PEM."""
    with pytest.raises(errors.AccessError, match="PEM"):
        access.from_token("https://host:6443", "t", ca=base64.b64encode(b"x"))


def test_a_connection_without_a_ca_trusts_the_roots_of_the_system() -> None:
    """In a process of its own: the HTTP library is imported without them, and nothing else is."""
    code = (
        "import os, ssl\n"
        "before = dict(os.environ)\n"
        "from mtc.kube import access, transport\n"
        "assert dict(os.environ) == before\n"
        "found = access.from_token('https://host:6443', 't').tls\n"
        "assert found.cert_store_stats() == ssl.create_default_context().cert_store_stats()\n"
        "assert found.verify_mode == ssl.CERT_REQUIRED and found.check_hostname\n"
    )
    for more in ({}, {"SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt"}):
        subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, **more})


@given(JSON)
def test_list_items_get_their_type_and_keep_the_rest(content: dict[str, object]) -> None:
    """A raw item becomes a whole object: type in front, everything else as it was, in its order."""
    body = {"metadata": {"name": "a"}, **{key: value for key, value in content.items() if key not in {"kind", "apiVersion", "metadata"}}}
    add_type, raw = codec.Typer(api_version="v1", kind="Pod"), codec.dumps(body)
    typed = codec.loads(add_type(raw, codec.head(raw)))
    assert typed == {"apiVersion": "v1", "kind": "Pod", **body}
    assert list(typed)[2:] == list(body)
    whole = codec.dumps(typed)
    assert codec.Typer(api_version="v2", kind="Other")(whole, codec.head(whole)) == whole


@pytest.mark.parametrize("items", ['"items":null,', '"items":[],', ""])
def test_an_empty_list_is_empty_however_it_is_written(items: str) -> None:
    """A server that converts an empty list, for instance to metadata alone, writes null."""
    page = codec.split_page(f'{{{items}"metadata":{{"resourceVersion":"7"}}}}'.encode())
    assert (page.items, page.metadata.resource_version) == ([], "7")


@pytest.mark.parametrize("text", ["", ".", "..", "../secrets", "a/b", "a?watch=true", "a#b", "%2e", "a,b", "a=b", "a b", "a\n", "a" * 254])
def test_what_cannot_be_a_name(text: str) -> None:
    """In a path or a selector it would mean something else than an object of that name."""
    assert not resources.can_be_name(text)


@pytest.mark.parametrize("text", ["web-0", "a.b.c", "system:controller:x", "a" * 253])
def test_what_can_be_a_name(text: str) -> None:
    """Names of roles have colons."""
    assert resources.can_be_name(text)


async def test_such_a_name_is_looked_for_nowhere() -> None:
    """The object does not exist; no server is asked."""
    async with Client(access.Access(server="https://nowhere.invalid"), name="one") as cluster:
        assert await cluster.find(resources.SECRETS, "../pods/web", namespace="shop") is None
        with pytest.raises(errors.NotFound, match="Correct the reference"):
            await cluster.get(resources.SECRETS, "..", namespace="shop")


async def test_the_limiter_holds_its_limit_and_adapts() -> None:
    """Never more at once than the limit; a 429 lowers it, quick answers raise it again."""
    tested = limiter.Limiter(initial=8)
    running = peak = 0

    async def work() -> None:
        nonlocal running, peak
        async with tested:
            running += 1
            peak = max(peak, running)
            await asyncio.sleep(0)
            running -= 1

    async with asyncio.TaskGroup() as group:
        for _ in range(100):
            group.create_task(work())
    assert peak == 8
    for _ in range(20):
        tested.answered(0.001)
    tested.throttled()
    assert tested.limit < 8
    lowered = tested.limit
    async with tested, tested, tested, tested:
        for _ in range(50):
            tested.answered(0.001)
    assert tested.limit > lowered


async def test_the_limiter_lets_those_in_no_hurry_go_one_by_one_when_others_are_through() -> None:
    """While requests fill the limit nobody in no hurry goes; then one after the other, in order, also when one has given up."""
    tested = limiter.Limiter(initial=8)
    gone: list[int] = []

    async def patient(number: int) -> None:
        await tested.until_calm(at_most_s=60)
        gone.append(number)

    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            await tested.__aenter__()
        waiting = [group.create_task(patient(number)) for number in range(20)]
        await asyncio.sleep(0.01)
        assert not gone
        waiting[1].cancel()
        for _ in range(8):
            await tested.__aexit__()
    assert gone == [0, *range(2, 20)]
    await tested.until_calm(at_most_s=0)


async def test_who_comes_last_lets_all_others_go_first() -> None:
    """Also those who came later."""
    tested = limiter.Limiter(initial=8)
    gone: list[str] = []

    async def patient(name: str, *, last: bool) -> None:
        limiter.COMES_LAST.set(last)
        await tested.until_calm(at_most_s=60)
        gone.append(name)

    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            await tested.__aenter__()
        for name, last in (("a", True), ("b", True), ("c", False), ("d", False)):
            group.create_task(patient(name, last=last))
        await asyncio.sleep(0.01)
        for _ in range(8):
            await tested.__aexit__()
    assert gone == ["c", "d", "a", "b"]


async def test_nobody_waits_for_ever_for_a_busy_limiter() -> None:
    """The time to wait is bounded, and who has waited it out is skipped later."""
    tested = limiter.Limiter(initial=8)
    for _ in range(8):
        await tested.__aenter__()
    await tested.until_calm(at_most_s=0.01)
    later = asyncio.create_task(tested.until_calm(at_most_s=60))
    await asyncio.sleep(0)
    assert not later.done()
    for _ in range(8):
        await tested.__aexit__()
    await asyncio.wait_for(later, 10)


async def test_a_cancelled_wait_gives_its_place_back() -> None:
    """Cancellation does not leak places."""
    tested = limiter.Limiter(initial=4)

    async def hold(release: asyncio.Event) -> None:
        async with tested:
            await release.wait()

    release = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        holders = [group.create_task(hold(release)) for _ in range(4)]
        waiting = [group.create_task(hold(release)) for _ in range(4)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        release.set()
        await asyncio.wait(holders)
    async with asyncio.timeout(1), tested, tested, tested, tested:
        pass


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        (404, {"details": {"name": "x"}, "reason": "NotFound"}, errors.NotFound),
        (404, {"message": "the server could not find the requested resource", "reason": "NotFound"}, errors.NotServed),
        (409, {"reason": "AlreadyExists"}, errors.AlreadyExists),
        (409, {"reason": "Conflict"}, errors.Conflict),
        (410, {"reason": "Expired"}, errors.Gone),
        (422, {"reason": "Invalid"}, errors.Invalid),
        (503, {}, errors.ServerError),
    ],
)
def test_answers_become_errors(code: int, status: dict[str, object], kind: type[errors.ApiError]) -> None:
    """Each kind of refusal has its own class, and says where it happened."""
    error = errors.from_status(server="source", method="GET", path="/x", code=code, status=status, text="")
    assert type(error) is kind
    assert "cluster source" in str(error)


def test_paths() -> None:
    """URLs of collections, objects and subresources."""
    assert resources.PODS.path(namespace="a", name="b", subresource="log") == "/api/v1/namespaces/a/pods/b/log"
    assert resources.DEPLOYMENTS.path() == "/apis/apps/v1/deployments"
    assert resources.NAMESPACES.path(namespace="ignored", name="x") == "/api/v1/namespaces/x"
    assert resources.DEPLOYMENTS.group_resource == "deployments.apps"


def test_types_are_found_by_any_of_their_names() -> None:
    """Plural, singular, short name or kind, with or without group; the preferred version wins."""
    kind = resources.ResourceType("apps", "v1", "deployments", "Deployment", short_names=("deploy",), singular="deployment")
    old = resources.ResourceType("apps", "v1beta1", "deployments", "Deployment")
    found = discovery.Discovery(preferred=(kind,), served=(kind, old))
    for name in ("deployments", "deploy", "Deployment", "deployment.apps", "deployments.apps"):
        assert found.find(name) is kind
    assert found.find("deployments.extensions") is None
    assert found.by_kind("apps/v1beta1", "Deployment") is old
    assert found.by_kind("apps/v2", "Deployment") is None


async def test_a_connection_that_was_ended_stays_so() -> None:
    """Who still holds the client of a cluster that is gone opens no other connection, and is told why."""
    client = Client(access.Access(server="https://127.0.0.1:1"), name="gone")
    await client.close()
    with pytest.raises(errors.Unreachable, match="cluster gone has been ended"):
        await client.create(resources.NAMESPACES, {"metadata": {"name": "any"}})
