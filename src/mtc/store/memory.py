"""Memory of this process: provider `memory`, for unit tests. Locations of one bucket name share their objects."""

from functools import cache

from obstore.store import MemoryStore

from mtc.store.bucket import Bucket
from mtc.store.port import Location

PROVIDER = "memory"


@cache
def _bucket(_name: str) -> MemoryStore:
    return MemoryStore()


def open_store(location: Location) -> Bucket:
    """The store of a bucket name and prefix."""
    return Bucket(_bucket(f"{location.bucket}/{location.prefix}"), where=f"memory bucket {location.bucket}")
