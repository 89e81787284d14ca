"""One pass over a MigStorage: is it described well, and does the bucket take, give and forget an object?"""

from collections.abc import Callable
from datetime import datetime

from mtc.api import base, common, conditions
from mtc.api.migration.migstorage import MigStorage
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import checks, passes, record
from mtc.migration.checks import storage as package
from mtc.migration.reconcile_cluster import utc_now
from mtc.migration.topics import Result, Topic

#: A failing storage shall be told within 30 s: this, the deadline of the probe, and room for a busy controller.
INTERVAL_S = 18.0
CHECKS: tuple[checks.Check[package.Scope], ...] = checks.load(package)


async def step(ref: base.Ref, *, host: Client, clock: Callable[[], datetime] = utc_now) -> Result:
    """One pass over a MigStorage.

    Args:
        ref: which one; it may be gone.
        host: the cluster where it lives.
        clock: the time.
    """
    done = await passes.over(resources.MIG_STORAGES, ref, host=host, look=lambda read: _look(read, host), clock=clock)
    return Result(after_s=done.again_s(INTERVAL_S), topics=_topics(done.read, host)) if done else Result()


async def _look(read: Object, host: Client) -> record.Findings:
    storage = MigStorage.from_dict(read)
    backup, snapshot = secret_refs(storage)
    scope = package.Scope(storage, await _secret(host, backup), await _secret(host, snapshot))
    staged = await checks.run(CHECKS, scope)
    if not conditions.has_blocker(staged):
        staged.append(conditions.ready(f"Storage {storage.name} can be written, read and emptied."))
    return record.Findings(staged)


def secret_refs(storage: MigStorage) -> tuple[base.Ref | None, base.Ref | None]:
    """Which Secrets hold the credentials for backups and for snapshots; None where nothing is named.

    Without a snapshot provider, what is named for snapshots is not used, and need not exist.
    """
    spec = storage.spec
    snapshots = spec.volume_snapshot_config.creds_secret_ref if spec.volume_snapshot_config and spec.volume_snapshot_provider else None
    return _ref(spec.backup_storage_config.creds_secret_ref), _ref(snapshots)


def _ref(reference: common.ObjectReference | None) -> base.Ref | None:
    return reference.ref if reference is not None and reference.is_set else None


async def _secret(host: Client, ref: base.Ref | None) -> Object | None:
    return await host.find(resources.SECRETS, ref.name, namespace=ref.namespace) if ref else None


def _topics(read: Object, host: Client) -> frozenset[Topic]:
    try:
        refs = secret_refs(MigStorage.from_dict(read))
    except base.InvalidResource:
        return frozenset()
    return frozenset(Topic(host, resources.SECRETS, ref.namespace, ref.name) for ref in refs if ref)
