"""One implementation of the port over obstore, which speaks S3, Azure, GCS, files and memory alike."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import obstore
from obstore import exceptions

from mtc.store import errors

#: Retries inside obstore: short enough that a dead endpoint is told within half a minute.
RETRY: dict[str, Any] = {"max_retries": 4, "retry_timeout": timedelta(seconds=20)}
CLIENT: dict[str, Any] = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=300), "user_agent": "mtc"}
#: S3 takes no smaller parts, and all parts on the way are in memory.
_PART_BYTES = 5 * 2**20
_PARTS_AT_ONCE = 2
#: obstore sends all requests for a list of keys at once; a server that is slow drops connections then.
_DELETED_AT_ONCE = 256
_DELETIONS_AT_ONCE = 16
_FULL = re.compile(
    r"NoSpace|QuotaExceeded|InsufficientStorage|StorageFull|XMinioStorageFull|EntityTooLarge|no space left|\b507\b", re.IGNORECASE
)
_DENIED = re.compile(
    r"AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|Forbidden|InvalidAuthenticationInfo|\b401\b|\b403\b", re.IGNORECASE
)
#: The settings of its own that obstore shows with every error: words of them are no cause.
_SETTINGS = re.compile(r"\b(?:retry_timeout|max_retries)\b: \S+")
_NO_BUCKET = re.compile(
    r"NoSuchBucket|ContainerNotFound|specified (?:bucket|container) does not exist|bucket does not exist", re.IGNORECASE
)
#: What the library's TLS says of a certificate stands in the structure of its report only, with what else there is to know in brackets.
_UNTRUSTED = re.compile(r"InvalidCertificate\(\s*(?:Other\(\s*(?:OtherError\(\s*)?)?(\w+)")
_UNREACHABLE = re.compile(
    r"error sending request|dns error|Connection refused|timed out|timeout|certificate|connection closed|reset"
    r"|error decoding response body|request or response body error|ServiceUnavailable|SlowDown|InternalError|\b(?:429|500|502|503|504)\b",
    re.IGNORECASE,
)

#: A connection that had been open already was closed by the other side.
_DROPPED = re.compile(r"kind: Interrupted|kind: ConnectionReset|IncompleteMessage")


class Identity(Protocol):
    """Where credentials come from that are looked up while the store is used."""

    problem: errors.StoreError | None

    def forget(self) -> None:
        """Looks the credential up anew next time."""


class Bucket:
    """The port over an obstore store.

    Args:
        store: an obstore store, already below the prefix.
        where: place for messages.
        signer: makes the store whose address signed URLs shall show; None where URLs cannot be signed.
        identity: what looks credentials up for the store; None where it has them.
    """

    def __init__(self, store: Any, *, where: str, signer: Callable[[], Any] | None = None, identity: Identity | None = None) -> None:
        self._store = store
        self._where = where
        self._signer = signer
        self._identity = identity

    @property
    def where(self) -> str:
        """The place for messages."""
        return self._where

    async def put(self, key: str, data: bytes) -> None:
        """Writes a small object."""
        with self._told(f"write {key}"):
            await obstore.put_async(self._store, key, data, use_multipart=False)

    async def put_new(self, key: str, data: bytes) -> bool:
        """Writes a small object unless there is one."""
        try:
            with self._told(f"write {key}"):
                await obstore.put_async(self._store, key, data, mode="create", use_multipart=False)
        except errors.StoreError as error:
            if isinstance(error.__cause__, FileExistsError | exceptions.AlreadyExistsError | exceptions.PreconditionError):
                return False
            raise
        return True

    async def put_file(self, key: str, path: Path) -> None:
        """Writes a large object from a file, in parts."""
        with self._told(f"write {key}"):
            await obstore.put_async(self._store, key, path, chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE)

    async def get(self, key: str) -> bytes:
        """A small object."""
        with self._told(f"read {key}"):
            answer = await obstore.get_async(self._store, key)
            return bytes(await answer.bytes_async())

    async def get_file(self, key: str, path: Path) -> int:
        """Reads a large object into a file."""
        with self._told(f"read {key}"):
            answer = await obstore.get_async(self._store, key)
            size = 0
            with path.open("wb") as file:
                async for chunk in answer.stream(min_chunk_size=2**20):
                    size += await asyncio.to_thread(file.write, chunk)
            return size

    async def exists(self, key: str) -> bool:
        """Whether the object exists."""
        try:
            with self._told(f"look for {key}"):
                await obstore.head_async(self._store, key)
        except errors.ObjectNotFound:
            return False
        return True

    async def keys(self, prefix: str) -> AsyncIterator[str]:
        """All keys that begin with the prefix."""
        with self._told(f"list {prefix}"):
            async for chunk in obstore.list(self._store, prefix=prefix):
                for item in chunk:
                    yield item["path"]

    async def folders(self, prefix: str) -> list[str]:
        """Names of the folders directly below the prefix."""
        with self._told(f"list {prefix or '/'}"):
            answer = await obstore.list_with_delimiter_async(self._store, prefix=prefix or None)
        return sorted(path.rstrip("/").rsplit("/", 1)[-1] for path in answer["common_prefixes"])

    async def delete(self, keys: list[str]) -> None:
        """Removes objects."""
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            await self._delete(keys[start : start + _DELETED_AT_ONCE])

    async def _delete(self, keys: list[str], *, tries: int = 3) -> None:
        try:
            with self._told("delete objects"):
                await obstore.delete_async(self._store, keys)
        except errors.ObjectNotFound:
            # Some stores stop at the first key that is gone: go on one by one.
            if len(keys) > 1:
                await self._delete_each(keys)
        except errors.StoreUnreachable as error:
            # A server may close a quiet connection just when a request is on its way; obstore repeats no POST, for it cannot know.
            if tries == 1 or not _DROPPED.search(str(error.__cause__)):
                raise
            await self._delete(keys, tries=tries - 1)

    async def _delete_each(self, keys: list[str]) -> None:
        places = asyncio.Semaphore(_DELETIONS_AT_ONCE)

        async def one(key: str) -> None:
            async with places:
                await self._delete([key])

        found = await asyncio.gather(*(one(key) for key in keys), return_exceptions=True)
        for error in found:
            if error is not None:
                raise error

    async def sign(self, key: str, expires: timedelta) -> str:
        """A URL with which anybody can GET the object for a while."""
        if self._signer is None:
            msg = f"{self._where} cannot make download URLs. Read {key} there with its own tools."
            raise errors.StoreError(msg)
        with self._told(f"sign {key}"):
            url: str = await obstore.sign_async(self._signer(), "GET", key, expires)
            return url

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, exceptions.BaseError, OSError, ValueError) as error:
            told = self._error(doing, error)
            if self._identity and isinstance(told, errors.AccessDenied):
                self._identity.forget()
                told = self._blamed(doing, self._identity) or told
            raise told from error

    def _blamed(self, doing: str, identity: Identity) -> errors.StoreError | None:
        """The error when it was the look-up of the credential that failed; obstore calls every such failure a lack of rights."""
        if identity.problem is None:
            return None
        return type(identity.problem)(f"Cannot {doing} in {self._where}: no credential for it: {identity.problem}.")

    def _error(self, doing: str, error: Exception) -> errors.StoreError:
        text = _SETTINGS.sub("", str(error))
        brief = _brief(text)
        start = f"Cannot {doing} in {self._where}"
        if _NO_BUCKET.search(text):
            return errors.BucketNotFound(f"{start}: the bucket does not exist. Create it, or correct its name.")
        if isinstance(error, FileNotFoundError):
            return errors.ObjectNotFound(f"{start}: there is no such object.")
        if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError) or _DENIED.search(text):
            return errors.AccessDenied(f"{start}: access is denied ({brief}). Check the credentials and the rights on the bucket.")
        if _FULL.search(text):
            return errors.StoreFull(f"{start}: there is no space left ({brief}). Free space or raise the quota.")
        if _UNREACHABLE.search(text):
            return errors.StoreUnreachable(f"{start}: no useful answer ({brief}). Check its URL, the network and its certificate.")
        return errors.StoreError(f"{start}: {brief}.")


def _brief(text: str) -> str:
    """The part of obstore's report that helps a person: S3 code and message, or the innermost cause."""
    code, message = re.search(r"<Code>(.*?)</Code>", text), re.search(r"<Message>([^\n<]*)", text)
    if code:
        return f"{code[1]}: {message[1].rstrip('. ')}" if message else code[1]
    status = re.search(r"status (?:code:? )?(\d{3} [A-Za-z ]+?)(?:[:,]|$)", text, re.MULTILINE)
    if status:
        return f"HTTP {status[1]}"
    if untrusted := _UNTRUSTED.search(text):
        return f"invalid peer certificate: {untrusted[1].removesuffix('Context')}"
    causes = re.findall(r"(certificate[^\"\n{}]*|dns error[^\"\n{}]*|Connection refused|operation timed out|tcp connect error)", text)
    if causes:
        return str(max(causes, key=len)).strip()
    return text.split("\n", 1)[0][:200].rstrip(". ")
