"""A folder of the file system: provider `local`, for tests and for trying things out. The bucket is the folder's path."""

from pathlib import Path

from obstore.store import LocalStore

from mtc.store import errors
from mtc.store.bucket import Bucket
from mtc.store.port import Location

PROVIDER = "local"


def open_store(location: Location) -> Bucket:
    """The store. Raises BadLocation when the folder does not exist."""
    folder = Path(location.bucket)
    if not folder.is_absolute() or not folder.is_dir():
        msg = f"{location.name}: bucket {location.bucket!r} must be the absolute path of an existing folder for provider local."
        raise errors.BadLocation(msg)
    root = folder / location.prefix
    root.mkdir(parents=True, exist_ok=True)
    return Bucket(LocalStore(root, automatic_cleanup=True), where=f"folder {root}")
