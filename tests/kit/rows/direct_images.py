"""What can be wrong with a DirectImageMigration or a DirectImageStreamMigration.

The cause makes it, because one that is well is over in a moment; cured, it runs to its end, and is Ready.
"""

from typing import Any

from kit.rows import Act, Case, Row
from mtc.api import conditions
from mtc.kube import resources

CRITICAL = conditions.CRITICAL
_NAMESPACES, _STREAM = "DirectImageMigration", "DirectImageStreamMigration"
#: MigClusters that the installation has beside `remote` and `host`: one that does not answer, and one without a registry.
BROKEN, BARE = "broken", "bare"


async def place(case: Case) -> None:
    """A namespace with an ImageStream of which nothing is stored, on both clusters."""
    for cluster in (case.remote, case.host):
        await case.namespace(cluster)
    await make_stream(case)


async def make_stream(case: Case) -> None:
    """The ImageStream."""
    await case.make(resources.IMAGE_STREAMS, "web", cluster=case.remote, namespace=case.name, spec={})


async def nothing(_: Case) -> None:
    """Something is missing."""


async def with_stream_only(case: Case) -> None:
    """The namespace is on the source only."""
    await case.namespace(case.remote)
    await make_stream(case)


async def without_stream(case: Case) -> None:
    """The namespace is on both, and empty."""
    for cluster in (case.remote, case.host):
        await case.namespace(cluster)


async def make_target_namespace(case: Case) -> None:
    """The namespace that was missing."""
    await case.namespace(case.host)


def _spec(case: Case, fields: dict[str, Any]) -> dict[str, Any]:
    named = {"srcMigClusterRef": case.ref("remote"), "destMigClusterRef": case.ref("host")}
    if case.kind == resources.DIRECT_IMAGE_MIGRATIONS:
        return {**named, "namespaces": [case.name], **fields}
    return {**named, "imageStreamRef": {"name": "web", "namespace": case.name}, **fields}


def wrong(**fields: Any) -> Act:
    """Makes it with fields that are wrong; `ref:NAME` stands for a reference."""

    async def make(case: Case) -> None:
        meant = {
            key: case.ref(value[4:]) if isinstance(value, str) and value.startswith("ref:") else value for key, value in fields.items()
        }
        await case.make(case.kind, spec=_spec(case, meant))

    return make


async def put_right(case: Case) -> None:
    """Names what there is."""
    await case.replace_spec(_spec(case, {}))


def _row(kind: str, type_: str, reason: str, *, cause: Act, declare: Act = place, cure: Act = put_right) -> Row:
    return Row(kind=kind, type=type_, reason=reason, category=CRITICAL, declare=declare, cause=cause, cure=cure, fresh=True, images=True)


def _both(kind: str) -> tuple[Row, ...]:
    """What the two kinds have in common."""
    found = []
    for field, invalid, unready, bare in (
        (
            "srcMigClusterRef",
            conditions.INVALID_SOURCE_CLUSTER_REF,
            conditions.SOURCE_CLUSTER_NOT_READY,
            conditions.MISSING_SOURCE_REGISTRY_PATH,
        ),
        (
            "destMigClusterRef",
            conditions.INVALID_DESTINATION_CLUSTER_REF,
            conditions.DESTINATION_CLUSTER_NOT_READY,
            conditions.MISSING_DESTINATION_REGISTRY_PATH,
        ),
    ):
        found += [
            _row(kind, invalid, conditions.NOT_SET, cause=wrong(**{field: {}})),
            _row(kind, invalid, conditions.NOT_FOUND, cause=wrong(**{field: "ref:nobody"})),
            _row(kind, unready, "", cause=wrong(**{field: f"ref:{BROKEN}"})),
            _row(kind, bare, "", cause=wrong(**{field: f"ref:{BARE}"})),
        ]
    found.append(_row(kind, conditions.INVALID_DESTINATION_CLUSTER, conditions.NOT_DISTINCT, cause=wrong(destMigClusterRef="ref:remote")))
    return tuple(found)


ROWS = (
    *_both(_NAMESPACES),
    _row(_NAMESPACES, conditions.NAMESPACE_LIST_EMPTY, conditions.NOT_FOUND, cause=wrong(namespaces=[])),
    _row(_NAMESPACES, conditions.NAMESPACE_NOT_FOUND_ON_SOURCE, conditions.NOT_FOUND, cause=wrong(), declare=nothing, cure=place),
    *_both(_STREAM),
    _row(_STREAM, conditions.INVALID_IMAGE_STREAM_REF, conditions.NOT_SET, cause=wrong(imageStreamRef={})),
    _row(_STREAM, conditions.INVALID_IMAGE_STREAM, conditions.NOT_FOUND, cause=wrong(), declare=without_stream, cure=make_stream),
    _row(
        _STREAM,
        conditions.NAMESPACE_NOT_FOUND_ON_DESTINATION,
        conditions.NOT_FOUND,
        cause=wrong(),
        declare=with_stream_only,
        cure=make_target_namespace,
    ),
)
