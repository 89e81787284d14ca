"""The port: what a store can do, and how a location is described. Eleven methods, the same for every provider."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Location:
    """Where objects live, as a BackupStorageLocation says it.

    Attributes:
        name: for messages, for instance "BackupStorageLocation openshift-migration/repo-x7k2p".
        provider: aws, azure, gcp, local or memory; the form "velero.io/aws" is the same.
        bucket: bucket or container; for local a folder.
        prefix: folder in the bucket, no slash at its ends.
        config: provider settings with Velero's keys (region, s3Url, s3ForcePathStyle, publicUrl, ...).
        credential: content of the cloud Secret's key: INI, dotenv or JSON text.
        ca: PEM certificates to trust, None for the system's.
    """

    name: str
    provider: str
    bucket: str
    prefix: str = ""
    config: Mapping[str, str] = field(default_factory=dict)
    credential: bytes | None = field(default=None, repr=False)
    ca: bytes | None = field(default=None, repr=False)


class Store(Protocol):
    """A bucket (below a prefix). Keys are relative to the prefix. Every method raises StoreError."""

    @property
    def where(self) -> str:
        """The place for messages: provider, bucket and endpoint, never a credential."""

    async def put(self, key: str, data: bytes) -> None:
        """Writes a small object; it is visible whole or not at all."""

    async def put_new(self, key: str, data: bytes) -> bool:
        """Writes a small object unless there is one; whether it did. After a lost answer, False can mean that the first try has written it.

        A plain StoreError says that the store cannot do that; one that ignores the condition writes as `put` does.
        """

    async def put_file(self, key: str, path: Path) -> None:
        """Writes a large object from a file, in parts."""

    async def get(self, key: str) -> bytes:
        """A small object. Raises ObjectNotFound."""

    async def get_file(self, key: str, path: Path) -> int:
        """Reads a large object into a file; its size in bytes. Raises ObjectNotFound."""

    async def exists(self, key: str) -> bool:
        """Whether the object exists."""

    def keys(self, prefix: str) -> AsyncIterator[str]:
        """All keys that begin with `prefix` (a folder with its slash)."""

    async def folders(self, prefix: str) -> list[str]:
        """Names of the folders directly below `prefix`, sorted."""

    async def delete(self, keys: list[str]) -> None:
        """Removes objects; those that do not exist count as removed."""

    async def sign(self, key: str, expires: timedelta) -> str:
        """A URL with which anybody can GET the object for a while."""


async def delete_folder(store: Store, prefix: str) -> int:
    """Removes everything below `prefix`; the number of objects."""
    found = [key async for key in store.keys(prefix)]
    if found:
        await store.delete(found)
    return len(found)


async def probe(store: Store, key: str) -> None:
    """Writes, reads and deletes one small object, to prove that all three are permitted."""
    await store.put(key, b"\0")
    await store.get(key)
    await store.delete([key])
