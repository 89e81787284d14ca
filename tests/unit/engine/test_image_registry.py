"""Where the registry of a cluster is, by what clusters of different age tell."""

import json
from typing import Any

import pytest

from mtc.engine import image_registry
from mtc.kube.access import Access
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

SERVICE = {"spec": {"clusterIP": "172.30.1.1", "ports": [{"port": 5000}]}}
POLICY = {"imagePolicyConfig": {"internalRegistryHostname": "image-registry.openshift-image-registry.svc:5000"}}


class Cluster(Client):
    """One that has what it is given."""

    def __init__(self, minor: str, objects: dict[str, Object], streams: list[str]) -> None:
        super().__init__(Access(server="http://127.0.0.1:1"), name="one")
        self._minor, self._objects, self._streams = minor, objects, streams

    async def version(self, **_: Any) -> dict[str, str]:  # type: ignore[override] - as far as it is used
        """Its version."""
        return {"minor": self._minor}

    async def find(self, kind: ResourceType, name: str, *, namespace: str | None = None) -> Object | None:
        """An object."""
        return self._objects.get(f"{kind.kind} {namespace}/{name}")

    async def list_all(self, *_: Any, **__: Any) -> list[Object]:
        """Its ImageStreams."""
        return [{"status": {"dockerImageRepository": name}} for name in self._streams]


def config(text: str) -> dict[str, Object]:
    """The settings of OpenShift's API server, beside a Service of somebody."""
    return {"ConfigMap openshift-apiserver/config": {"data": {"config.yaml": text}}, "Service default/docker-registry": SERVICE}


@pytest.mark.parametrize(
    ("minor", "objects", "streams", "host"),
    [
        ("28", {}, ["registry.svc:5000/openshift/cli"], "registry.svc:5000"),
        ("28", {}, ["", "[::1/odd"], "[::1"),
        ("11+", config(json.dumps(POLICY)), [], "172.30.1.1:5000"),
        ("11", {}, [], ""),
        ("11", {"Service default/docker-registry": {"spec": {"clusterIP": "None", "ports": [{"port": 1}]}}}, [], ""),
        ("11", {"Service default/docker-registry": {"spec": {"clusterIP": "fd00::1", "ports": [{"port": 1}]}}}, [], "[fd00::1]:1"),
        ("12", config(json.dumps(POLICY)), [], POLICY["imagePolicyConfig"]["internalRegistryHostname"]),
        ("", config(json.dumps(POLICY)), [], POLICY["imagePolicyConfig"]["internalRegistryHostname"]),
        ("28", config("{"), [], ""),
        ("28", config("[1]"), [], ""),
        ("28", config('{"imagePolicyConfig": null}'), [], ""),
        ("28", {}, [], ""),
    ],
)
async def test_three_places_tell_the_registry(minor: str, objects: dict[str, Object], streams: list[str], host: str) -> None:
    """An ImageStream everywhere, a Service in OpenShift 3, the API server's settings after that."""
    assert await image_registry.internal(Cluster(minor, objects, streams)) == host
