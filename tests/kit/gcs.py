"""Google Cloud Storage on loopback: its XML interface, with Google's way of proving who one is, before a real S3 server.

Google documents the XML interface as that of S3: paths, listing in pages, uploads in parts, codes of errors. What differs is
done here: tokens and signed URLs are those of service accounts and are checked as Google does (signature, account, key id,
time), a bucket is there only once it was made, and deleting what is not there is an error. Everything else is answered by
SeaweedFS. The emulators of others speak only the JSON interface, which our client does not use.

    with gcs.gcs_server(s3_server, directory) as server:
        location = server.location()
"""

import asyncio
import base64
import contextlib
import functools
import hashlib
import hmac
import io
import itertools
import json
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import ClientSession, web
from yarl import URL

from kit import leaks, s3
from mtc import store

ACCOUNT = "mtc@project-of-tests.iam.gserviceaccount.com"
KEY_ID = "key-of-tests"
_EXPONENT = 65537
#: What stands before the digest in a signature RSASSA-PKCS1-v1_5 with SHA-256.
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
_KEPT = frozenset({"content-type", "etag", "last-modified", "content-range", "accept-ranges"})
_LARGEST = 2**30
_AUTH = "https://www.googleapis.com/auth"
_SCOPES = frozenset({f"{_AUTH}/cloud-platform", f"{_AUTH}/devstorage.full_control", f"{_AUTH}/devstorage.read_write"})
_names = itertools.count(1)


@dataclass(frozen=True)
class GcsServer:
    """A running server.

    Attributes:
        url: its address, for `storeEndpoint`.
        key: the private key of the account that may do everything.
        stranger: a private key that no account has.
        behind: what keeps the objects.
        buckets: those that exist.
    """

    url: str
    behind: s3.S3Server
    key: str = field(repr=False)
    stranger: str = field(repr=False)
    buckets: set[str] = field(default_factory=set)

    def location(self, bucket: str = "", *, prefix: str = "velero", make: bool = True) -> store.Location:
        """A location of this server; without a name, of a bucket that nobody else uses."""
        name = bucket or f"gcs-{next(_names)}"
        if make:
            s3.make_bucket(self.behind.location(name, make=False))
            self.buckets.add(name)
        config = {"storeEndpoint": self.url}
        return store.Location(f"BackupStorageLocation test/{name}", "gcp", name, prefix, config, self.credential())

    def fetch(self, url: str) -> bytes:
        """What a signed URL leads to: it names Google's own host, and that name is what is signed."""
        parts = urllib.parse.urlsplit(url)
        request = urllib.request.Request(f"{self.url}{parts.path}?{parts.query}", headers={"Host": parts.netloc})
        return bytes(urllib.request.urlopen(request, timeout=10).read())

    def denied(self, location: store.Location) -> store.Location:
        """The location as somebody sees it whose key is not the account's."""
        return replace(location, credential=self.credential(self.stranger))

    def credential(self, key: str = "") -> bytes:
        """The file that Google gives for a service account."""
        content = {
            "type": "service_account",
            "project_id": "project-of-tests",
            "private_key_id": KEY_ID,
            "private_key": key or self.key,
            "client_email": ACCOUNT,
            "client_id": "1",
            "token_uri": f"{self.url}/token",
        }
        return json.dumps(content).encode()


class Refused(Exception):
    """Who asks has not proved who they are."""


@contextlib.contextmanager
def gcs_server(behind: s3.S3Server, directory: Path) -> Iterator[GcsServer]:
    """A server that is ready, in a thread of this process; it ends with the block."""
    directory.mkdir(parents=True, exist_ok=True)
    key, stranger = (_private_key(directory / name) for name in ("account.pem", "stranger.pem"))
    leaks.remember("".join(key.splitlines()[1:3]), "the private key of the Google account")
    buckets: set[str] = set()
    front = Front(behind.url, modulus=_modulus(directory / "account.pem"), buckets=buckets)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="gcs", daemon=True)
    thread.start()
    runner, port = asyncio.run_coroutine_threadsafe(front.start(), loop).result(timeout=30)
    try:
        yield GcsServer(f"http://127.0.0.1:{port}", behind, key, stranger, buckets)
    finally:
        asyncio.run_coroutine_threadsafe(front.stop(runner), loop).result(timeout=30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=30)
        loop.close()


class Front:
    """Checks who asks, and passes on what they ask for in the words of S3."""

    def __init__(self, behind: str, *, modulus: int, buckets: set[str]) -> None:
        self._behind = behind
        self._modulus = modulus
        self._buckets = buckets
        self._session: ClientSession | None = None

    async def start(self) -> tuple[web.AppRunner, int]:
        """Listens on a free port."""
        self._session = ClientSession()
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner, int(runner.addresses[0][1])

    async def stop(self, runner: web.AppRunner) -> None:
        """Listens no longer."""
        if self._session:
            await self._session.close()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check(request)
        except Refused as error:
            return _problem(401, "AuthenticationRequired", f"Authentication required: {error}.")
        bucket, _, key = urllib.parse.unquote(request.raw_path.split("?", 1)[0]).lstrip("/").partition("/")
        if bucket not in self._buckets:
            return _problem(404, "NoSuchBucket", "The specified bucket does not exist.")
        if request.method == "DELETE" and not request.query and (await self._pass(request, "HEAD", bucket, key)).status == 404:
            return _problem(404, "NoSuchKey", "The specified key does not exist.")
        return await self._pass(request, request.method, bucket, key)

    async def _pass(self, request: web.Request, method: str, bucket: str, key: str) -> web.Response:
        assert self._session
        path = urllib.parse.quote(f"/{bucket}/{key}" if key else f"/{bucket}", safe="/-_.~")
        query = _query({name: value for name, value in request.query.items() if not name.startswith("X-Goog-")})
        body = await request.read() if method in {"PUT", "POST"} else b""
        host = urllib.parse.urlsplit(self._behind).netloc
        extra = {name: request.headers[name] for name in ("Range",) if name in request.headers}
        if request.headers.get("x-goog-if-generation-match") == "0":
            # "Only where there is none", as each of them says it; both answer 412.
            extra["If-None-Match"] = "*"
        headers = _signed(method, host, path, query, extra)
        url = f"{self._behind}{path}{f'?{query}' if query else ''}"
        async with self._session.request(method, URL(url, encoded=True), data=io.BytesIO(body), headers=headers) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() in _KEPT}
            if method == "HEAD":
                kept["Content-Length"] = answer.headers.get("Content-Length", "0")
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)

    def _check(self, request: web.Request) -> None:
        if "X-Goog-Signature" in request.query:
            self._check_url(request)
            return
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or token.count(".") != 2:
            raise Refused("there is no token")
        head, claims, signature = token.split(".")
        self._verify(f"{head}.{claims}".encode(), _unbase64(signature))
        said, header = json.loads(_unbase64(claims)), json.loads(_unbase64(head))
        now = time.time()
        if header["alg"] != "RS256" or header["kid"] != KEY_ID or said["iss"] != ACCOUNT or said["sub"] != ACCOUNT:
            raise Refused("the token is not that of a known account")
        if not said["iat"] - 60 <= now < said["exp"] <= said["iat"] + 3600:
            raise Refused("the token is not of this hour")
        if said["scope"] not in _SCOPES:
            raise Refused("the token is not for storage")

    def _check_url(self, request: web.Request) -> None:
        """A signed URL, version 4: the signature covers method, path, query and host."""
        query = dict(request.query)
        signature = bytes.fromhex(query.pop("X-Goog-Signature"))
        account, scope = query["X-Goog-Credential"].split("/", 1)
        signed_at = datetime.strptime(query["X-Goog-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if account != ACCOUNT or not 0 <= (datetime.now(UTC) - signed_at).total_seconds() + 60 < int(query["X-Goog-Expires"]) + 60:
            raise Refused("the URL is of nobody known, or too old")
        path = request.raw_path.split("?", 1)[0]
        parts = [request.method, path, _query(query), f"host:{request.headers['Host']}\n", "host", "UNSIGNED-PAYLOAD"]
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        self._verify("\n".join(["GOOG4-RSA-SHA256", query["X-Goog-Date"], scope, digest]).encode(), signature)

    def _verify(self, text: bytes, signature: bytes) -> None:
        size = (self._modulus.bit_length() + 7) // 8
        opened = pow(int.from_bytes(signature), _EXPONENT, self._modulus).to_bytes(size)
        tail = b"\0" + _DIGEST_INFO + hashlib.sha256(text).digest()
        if opened != b"\0\1" + b"\xff" * (size - 2 - len(tail)) + tail:
            raise Refused("the signature is wrong")


def _problem(status: int, code: str, message: str) -> web.Response:
    text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return web.Response(status=status, text=text, content_type="application/xml")


def _query(parameters: Mapping[str, str]) -> str:
    quote = functools.partial(urllib.parse.quote, safe="-_.~")
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in sorted(parameters.items()))


def _signed(method: str, host: str, path: str, query: str, extra: Mapping[str, str]) -> dict[str, str]:
    """Headers of a request to S3, signed with the key of its administrator."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{s3.REGION}/s3/aws4_request"
    headers = {"host": host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-date": stamp}
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    asked = f"{method}\n{path}\n{query}\n{lines}\n{names}\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(asked.encode()).hexdigest()
    key = f"AWS4{s3.SECRET_KEY}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    proof = f"AWS4-HMAC-SHA256 Credential={s3.ACCESS_KEY}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "Authorization": proof, **extra}


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _private_key(path: Path) -> str:
    argv = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(path)]
    subprocess.run(argv, check=True, capture_output=True)
    return path.read_text()


def _modulus(path: Path) -> int:
    argv = ["openssl", "rsa", "-in", str(path), "-noout", "-modulus"]
    shown = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    return int(shown.strip().removeprefix("Modulus="), 16)
