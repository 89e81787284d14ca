"""What is taken for a leftover of an earlier migration, however much is made while it is looked for."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from kit import pieces
from mtc.kube import access, codec
from mtc.kube.client import Client, Object
from mtc.migration import stale
from mtc.migration.scope import Scope

MAKER = "migration.openshift.io/migrated-by-migmigration"


def found(name: str, *, of: str = "", owner: str = "", phase: str = "InProgress") -> Object:
    """An object of the toolkit's namespace."""
    meta: Object = {"name": name, "uid": f"uid-{name}", "namespace": "openshift-migration"}
    meta |= {"labels": {MAKER: f"uid-{of}"} if of else {}}
    meta |= {"ownerReferences": [{"uid": f"uid-{owner}"}] if owner else []}
    return {"metadata": meta, "status": {"phase": phase}}


@dataclass
class Server:
    """Has objects, and more of them after so many reads.

    Attributes:
        before: what is there from the beginning, by plural.
        born: what is there later.
        after: the number of reads after which it is.
        deleted: what was deleted.
    """

    before: dict[str, list[Object]]
    born: dict[str, list[Object]]
    after: int
    reads: int = 0
    deleted: list[str] = field(default_factory=list)

    async def request(self, method: str, path: str, *, params: dict[str, str] | None = None, **_: Any) -> bytes:
        """A list, or a deletion."""
        if method == "DELETE":
            self.deleted.append(path.rpartition("/")[2])
            return b"{}"
        plural = path.rpartition("/")[2]
        items = [*self.before.get(plural, []), *(self.born.get(plural, []) if self.reads >= self.after else [])]
        self.reads += 1
        if (params or {}).get("labelSelector") == MAKER:
            items = [item for item in items if item["metadata"]["labels"]]
        return codec.dumps({"metadata": {"resourceVersion": "9"}, "items": items})


def scope(server: Server) -> Scope:
    """A pass in one cluster that such a server is."""
    cluster = Client(access.Access(server="https://nowhere.invalid"), name="host")
    cluster.transport = server  # type: ignore[assignment] - the same verbs
    return replace(pieces.scope(pieces.migration(), pieces.plan()), host=cluster, source=cluster, target=cluster)


LEFT = {
    "migmigrations": [found("old", phase="Completed")],
    "backups": [found("b-old", of="old")],
    "podvolumebackups": [found("pvb-old", owner="b-old")],
    "restores": [found("r-old", of="old")],
    "podvolumerestores": [found("pvr-old", owner="r-old")],
}
NEW = {
    "migmigrations": [found("new")],
    "backups": [found("b-new", of="new"), found("b-velero")],
    "podvolumebackups": [found("pvb-new", owner="b-new"), found("pvb-velero", owner="b-velero")],
    "restores": [found("r-new", of="new"), found("r-velero")],
    "podvolumerestores": [found("pvr-new", owner="r-new"), found("pvr-velero", owner="r-velero")],
}


@pytest.mark.parametrize("after", range(7))
async def test_what_is_made_while_leftovers_are_looked_for_is_none(after: int) -> None:
    """Of another migration that begins, or of a Backup of Velero's own: only what has an owner of an ended migration goes."""
    server = Server(LEFT, NEW, after)
    assert await stale.delete_volume_objects(scope(server), scope(server).source) == 2
    assert sorted(server.deleted) == ["pvb-old", "pvr-old"]


@pytest.mark.parametrize("after", range(4))
async def test_backups_of_a_migration_that_begins_meanwhile_are_kept(after: int) -> None:
    """Its Backups are there before anybody may see the migration itself as ended."""
    server = Server({**LEFT, "deletebackuprequests": [found("asked")]}, NEW, after)
    assert (await stale.delete_backups_and_restores(scope(server), scope(server).source))[:2] == (1, 1)
    assert sorted(server.deleted) == ["b-old", "r-old"]
