"""The claims of a stage Backup, for the played engine: saved with their marks, and brought by the very restore of the engine.

Data are not here: whoever plays the engine says how their copies end.
"""

import tempfile
from pathlib import Path

from mtc import store
from mtc.api import names
from mtc.engine import archive, layout, listing, results
from mtc.engine.restore import context as contexts
from mtc.engine.restore import run
from mtc.kube import codec, discovery, resources
from mtc.kube.client import Client, Object

_CLAIMS = resources.PERSISTENT_VOLUME_CLAIMS


async def marked(source: Client, backup: Object) -> list[tuple[str, Object]]:
    """The claims that carry the label of the migration, as `write` takes them."""
    label = backup["spec"]["labelSelector"]["matchLabels"][names.INCLUDED_IN_STAGE_BACKUP]
    found = await source.list_all(_CLAIMS, label_selector=f"{names.INCLUDED_IN_STAGE_BACKUP}={label}")
    return [(_CLAIMS.group_resource, item | {"apiVersion": _CLAIMS.api_version, "kind": _CLAIMS.kind}) for item in found]


async def write(bucket: store.Store, backup: str, items: list[tuple[str, Object]]) -> None:
    """Writes the archive of a Backup: objects by their group resource."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contents.tar.gz"
        with archive.Writer(path) as writer:
            for group_resource, item in items:
                meta, version = item["metadata"], str(item["apiVersion"]).rpartition("/")[2]
                writer.add(group_resource, version, meta.get("namespace", ""), meta["name"], codec.dumps(item))
        await bucket.put_file(layout.BackupFiles(backup).contents, path)


async def bring(target: Client, restore: Object, bucket: store.Store) -> None:
    """Makes the claims on the target."""
    backup = restore["spec"]["backupName"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        await bucket.get_file(layout.BackupFiles(backup).contents, folder / "contents.tar.gz")
        with archive.Reader(folder / "contents.tar.gz", folder) as reader, listing.Listing(folder / "fates.sqlite") as fates:
            log = results.RunLog(folder / "log.gz")
            try:
                context = contexts.build(
                    target,
                    restore,
                    {"metadata": {"name": backup}},
                    form=contexts.Context,
                    reader=reader,
                    discovered=await discovery.discover(target),
                    log=log,
                    fates=fates,
                )
                await run.run(context, progress=_ignore)
            finally:
                log.close()


async def _ignore(_done: int, _total: int) -> None:
    return
