"""BackupStorageProviderTestFailed: write, read and delete one small object in the bucket.

The object's key is the UID of the MigStorage: random, nobody else's, and always the same, so that a storage which permits
to write but not to delete collects one object and not one for each probe.
"""

import asyncio
from collections.abc import Sequence

from mtc import store
from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks, locations
from mtc.migration.checks.storage import Scope
from mtc.store import errors
from mtc.store.port import probe

_TYPE = conditions.BACKUP_STORAGE_PROVIDER_TEST_FAILED
#: A healthy store answers in milliseconds; with the pause between two probes a failure is told within 30 s.
DEADLINE_S = 10.0
#: Where a location says at which address the storage is.
_ADDRESSES = ("s3Url", "storageAccountURI", "storeEndpoint")


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if scope.provider is None or scope.secret is None:
        return []
    location = locations.of_storage(scope.storage, scope.provider, scope.secret)
    try:
        async with asyncio.timeout(DEADLINE_S):
            await probe(store.open_location(location), scope.storage.uid)
    except TimeoutError:
        address = next((location.config[key] for key in _ADDRESSES if location.config.get(key)), location.provider)
        place = f"bucket {location.bucket} at {address}"
        why = f"no answer from {place} within {DEADLINE_S:g} seconds. Check its URL, the network and its certificate."
    except errors.StoreError as error:
        why = str(error)
    else:
        return []
    meta = scope.secret["metadata"]
    message = (
        f"Writing, reading and deleting a test object in the storage of MigStorage {scope.storage.ref} failed: {why} "
        f"Its credentials are those of Secret {meta['namespace']}/{meta['name']}."
    )
    return [checks.critical(_TYPE, conditions.TEST_FAILED, message)]


CHECK = checks.Check(order=40, types=(_TYPE,), run=_run, after_critical=False)
