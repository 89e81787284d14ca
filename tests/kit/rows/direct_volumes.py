"""What can be wrong with a DirectVolumeMigration.

The cause makes it, because one that is well is over in a moment; cured, it is Ready, and waits for a way into the target.
"""

from typing import Any

from kit import volumes as kit_volumes
from kit.rows import Act, Case, Row
from mtc.api import conditions
from mtc.kube import resources

CRITICAL = conditions.CRITICAL
_KIND = "DirectVolumeMigration"
_CSI = {"csi": {"driver": "csi.example.org", "volumeHandle": "one"}}
_BLOCK = "block"


async def place(case: Case) -> None:
    """A namespace of the source with a bound claim, and one that is a block device; and a MigCluster that nobody reaches."""
    await case.namespace(case.remote)
    await kit_volumes.make_volume(case.remote, case.name, "data", _CSI)
    await kit_volumes.make_volume(case.remote, case.name, _BLOCK, _CSI, volume_mode="Block")
    await broken(case)


async def without_claim(case: Case) -> None:
    """The namespace of the source, empty."""
    await case.namespace(case.remote)


async def broken(case: Case) -> None:
    """A MigCluster that is not Ready: nothing says how to get in."""
    await case.make(resources.MIG_CLUSTERS, f"{case.name}-broken", spec={"isHostCluster": False, "url": "https://192.0.2.1:6443"})


async def make_claim(case: Case) -> None:
    """The claim that was missing."""
    await kit_volumes.make_volume(case.remote, case.name, "data", _CSI)


def _spec(case: Case, fields: dict[str, Any]) -> dict[str, Any]:
    claim = {"namespace": case.name, "name": "data", "targetStorageClass": "fast", "targetAccessModes": ["ReadWriteOnce"]}
    named = {"srcMigClusterRef": case.ref("remote"), "destMigClusterRef": case.ref("host"), "createDestinationNamespaces": True}
    return {**named, "persistentVolumeClaims": [claim], **fields}


def wrong(**fields: Any) -> Act:
    """Makes it with fields that are wrong; `ref:WORD` stands for a reference, None for a field that is left out, a name for a claim."""

    async def make(case: Case) -> None:
        meant: dict[str, Any] = {}
        for key, value in fields.items():
            is_ref = isinstance(value, str) and value.startswith("ref:")
            meant[key] = case.ref(f"{case.name}-{value[4:]}") if is_ref else value
        spec = _spec(case, meant)
        if fields.get("persistentVolumeClaims") == _BLOCK:
            spec["persistentVolumeClaims"] = [{**_spec(case, {})["persistentVolumeClaims"][0], "name": _BLOCK}]
        await case.make(case.kind, spec={key: value for key, value in spec.items() if value is not None})

    return make


async def put_right(case: Case) -> None:
    """Names what there is."""
    await case.replace_spec(_spec(case, {}))


def _row(type_: str, reason: str, *, cause: Act, declare: Act = place, cure: Act = put_right) -> Row:
    return Row(kind=_KIND, type=type_, reason=reason, category=CRITICAL, declare=declare, cause=cause, cure=cure, fresh=True)


def _of_cluster(field: str, invalid: str, unready: str) -> tuple[Row, ...]:
    return (
        _row(invalid, conditions.NOT_SET, cause=wrong(**{field: {}})),
        _row(invalid, conditions.NOT_FOUND, cause=wrong(**{field: "ref:nobody"})),
        _row(unready, conditions.NOT_READY, cause=wrong(**{field: "ref:broken"})),
    )


ROWS = (
    *_of_cluster("srcMigClusterRef", conditions.INVALID_SOURCE_CLUSTER_REF, conditions.SOURCE_CLUSTER_NOT_READY),
    *_of_cluster("destMigClusterRef", conditions.INVALID_DESTINATION_CLUSTER_REF, conditions.DESTINATION_CLUSTER_NOT_READY),
    _row(conditions.INVALID_PVCS, conditions.NOT_SET, cause=wrong(persistentVolumeClaims=None)),
    _row(conditions.INVALID_PVCS, conditions.NOT_SUPPORTED, cause=wrong(persistentVolumeClaims=_BLOCK)),
    _row(conditions.INVALID_SPEC, conditions.NOT_SUPPORTED, cause=wrong(liveMigrate=True)),
    _row(conditions.PVCS_NOT_FOUND_ON_SOURCE, conditions.NOT_FOUND, cause=wrong(), declare=without_claim, cure=make_claim),
)
