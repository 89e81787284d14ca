"""Which claims of the source a plan takes for data of the application."""

from typing import Any, cast

import pytest

from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration.volumes import discovery

pytestmark = pytest.mark.anyio


def _claim(name: str, *owners: str) -> Object:
    made_by = [{"kind": kind, "name": "maker", "controller": True} for kind in owners]
    meta = {"name": name, "namespace": "shop", "ownerReferences": made_by}
    return {"metadata": meta, "spec": {"volumeName": f"pv-{name}"}, "status": {"phase": "Bound"}}


class _Source:
    """A cluster with claims of many makers."""

    name = "source"

    async def list_all(self, kind: ResourceType, **_: Any) -> list[Object]:
        if kind != resources.PERSISTENT_VOLUME_CLAIMS:
            return []
        return [_claim("data"), _claim("db", "StatefulSet"), _claim("scratch", "Pod"), _claim("prime", "PersistentVolumeClaim")]

    async def find(self, _: ResourceType, name: str, **__: Any) -> Object:
        claim = {"namespace": "shop", "name": name.removeprefix("pv-")}
        return {"metadata": {"name": name}, "spec": {"claimRef": claim, "capacity": {"storage": "1Gi"}}}


async def test_what_goes_with_its_maker_is_no_data_of_the_application() -> None:
    """A pod's own claim ends when the pod is stopped, and a working copy belongs to its importer; a StatefulSet keeps its claims."""
    wanted = discovery.Wanted(namespaces=["shop"], suffix="abcd", plan_uid="u", is_conversion=False)
    found, lost = await discovery.volumes(cast("Client", _Source()), wanted)
    assert [item.pvc["metadata"]["name"] for item in found] == ["data", "db"]
    assert lost == []
