"""The ConfigMap with the full list of objects, next to the migration and owned by it: readable where short, packed where long."""

import base64
import gzip
from collections.abc import Sequence

import orjson

from mtc.api import names
from mtc.api.dry_run import PlannedObject
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration.dry_run import objects
from mtc.migration.scope import Scope

#: A ConfigMap may have 1 MiB in all; base64 makes four bytes of three.
_LONGEST_TEXT = 400_000
_LONGEST_PACKED = 600_000
KEY, PACKED_KEY = "report", "report.gz"


async def write(scope: Scope, summary: Object, listed: Sequence[PlannedObject]) -> str:
    """Writes it, or writes it anew; its namespace/name."""
    name = objects.config_map_name(scope.migration.name)
    kind, owner = resources.CONFIG_MAPS, scope.migration
    body: Object = {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {
            "name": name,
            "namespace": owner.namespace,
            "labels": names.correlation_labels("MigMigration", owner.uid),
            "ownerReferences": [{"apiVersion": owner.KIND.api_version, "kind": owner.KIND.kind, "name": owner.name, "uid": owner.uid}],
        },
        **content(summary, listed),
    }
    await scope.host.apply(kind, body)
    return f"{owner.namespace}/{name}"


def content(summary: Object, listed: Sequence[PlannedObject]) -> Object:
    """Fields of the ConfigMap. Pure. The list is cut where even packed it would be too long, and says so."""
    entries = [entry.model_dump(mode="json", exclude_none=True) for entry in listed]
    text = _text(summary, entries, len(entries))
    if len(text) <= _LONGEST_TEXT:
        return {"data": {KEY: text.decode()}, "binaryData": {}}
    kept = len(entries)
    while len(packed := gzip.compress(_text(summary, entries, kept), mtime=0)) > _LONGEST_PACKED:
        kept = kept * _LONGEST_PACKED // len(packed) * 9 // 10
    return {"data": {}, "binaryData": {PACKED_KEY: base64.b64encode(packed).decode()}}


def _text(summary: Object, entries: Sequence[Object], kept: int) -> bytes:
    omitted = {"omitted": len(entries) - kept} if kept < len(entries) else {}
    return orjson.dumps({**summary, "list": entries[:kept], **omitted}, option=orjson.OPT_INDENT_2)
