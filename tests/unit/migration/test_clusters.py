"""Clients of MigClusters: what is asked for, and when a client is replaced."""

import base64
from typing import Any

import pytest

from mtc.api import conditions
from mtc.api.migration.migcluster import MigCluster
from mtc.kube.access import Access
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import clusters, errors, sides

pytestmark = pytest.mark.anyio


class FakeHost(Client):
    """A host cluster that has what it is given."""

    def __init__(self, objects: dict[tuple[str, str], Object]) -> None:
        super().__init__(Access(server="http://127.0.0.1:1"), name="host")
        self.objects = objects

    async def find(self, kind: ResourceType, name: str, *, namespace: str | None = None) -> Object | None:
        """The object, None where it does not exist."""
        return self.objects.get((kind.kind, f"{namespace}/{name}"))


def mig_cluster(**spec: Any) -> Object:
    """A MigCluster."""
    meta = {"name": "source", "namespace": "mtc"}
    return {
        "apiVersion": "migration.openshift.io/v1alpha1",
        "kind": "MigCluster",
        "metadata": meta,
        "spec": {"isHostCluster": False, **spec},
    }


def secret(token: str) -> Object:
    """A Secret with a token."""
    return {"metadata": {"name": "sa", "namespace": "config"}, "data": {"saToken": base64.b64encode(token.encode()).decode()}}


REMOTE = {"url": "https://api.example.org:6443", "serviceAccountSecretRef": {"name": "sa", "namespace": "config"}}


async def test_the_host_cluster_is_the_controllers_own() -> None:
    """A MigCluster of the host gives the client that the controller has already."""
    host = FakeHost({("MigCluster", "mtc/source"): mig_cluster(isHostCluster=True)})
    async with clusters.Clusters(host) as found:
        assert await found.get(MigCluster.from_dict(mig_cluster()).ref) is host


async def test_a_client_is_kept_until_its_description_changes() -> None:
    """The same description gives the same client; another token or URL gives another one, with the new token."""
    host = FakeHost({("MigCluster", "mtc/source"): mig_cluster(**REMOTE), ("Secret", "config/sa"): secret("one")})
    ref = MigCluster.from_dict(mig_cluster()).ref
    async with clusters.Clusters(host) as found:
        first = await found.get(ref)
        assert await found.get(ref) is first
        host.objects["Secret", "config/sa"] = secret("two")
        second = await found.get(ref)
        assert second is not first
        assert await second.access.token() == "two"
        host.objects["MigCluster", "mtc/source"] = mig_cluster(**REMOTE | {"url": "https://other.example.org"})
        assert (await found.get(ref)).access.server == "https://other.example.org"


@pytest.mark.parametrize(
    ("spec", "data", "condition", "reason"),
    [
        ({**REMOTE, "url": ""}, {}, conditions.INVALID_URL, "NotSet"),
        ({**REMOTE, "url": "ftp://x"}, {}, conditions.INVALID_URL, "InvalidScheme"),
        ({**REMOTE, "url": "https://x:port"}, {}, conditions.INVALID_URL, "Malformed"),
        ({**REMOTE, "url": "https://"}, {}, conditions.INVALID_URL, "Malformed"),
        ({**REMOTE, "url": "https://me:geheim@x"}, {}, conditions.INVALID_URL, "Malformed"),
        ({**REMOTE, "url": "https://me:geheim@[x"}, {}, conditions.INVALID_URL, "Malformed"),
        ({**REMOTE, "url": "ftp://me:geheim@x"}, {}, conditions.INVALID_URL, "InvalidScheme"),
        ({"url": REMOTE["url"]}, {}, conditions.INVALID_SA_SECRET_REF, "NotSet"),
        ({"url": REMOTE["url"], "serviceAccountSecretRef": {"name": "sa"}}, {}, conditions.INVALID_SA_SECRET_REF, "NotSet"),
        (REMOTE, None, conditions.INVALID_SA_SECRET_REF, "NotFound"),
        (REMOTE, {}, conditions.INVALID_SA_TOKEN, "NotFound"),
        (REMOTE, {"saToken": ""}, conditions.INVALID_SA_TOKEN, "NotSet"),
        (REMOTE, {"saToken": base64.b64encode(b"one\ntwo").decode()}, conditions.INVALID_SA_TOKEN, "NotSet"),
        (REMOTE, {"saToken": base64.b64encode(b"one\x00two").decode()}, conditions.INVALID_SA_TOKEN, "NotSet"),
        ({**REMOTE, "caBundle": "bm8gcGVt"}, {"saToken": "eA=="}, conditions.TEST_CONNECT_FAILED, "ConnectFailed"),
    ],
)
async def test_a_description_that_cannot_work_is_told_with_its_condition(
    spec: dict[str, Any], data: dict[str, str] | None, condition: str, reason: str
) -> None:
    """Each cause is an error that names the MigCluster's condition and reason, and never the token."""
    host = FakeHost({("MigCluster", "mtc/source"): mig_cluster(**spec)})
    if data is not None:
        host.objects["Secret", "config/sa"] = {"metadata": {"name": "sa", "namespace": "config"}, "data": data}
    async with clusters.Clusters(host) as found:
        with pytest.raises(errors.ClusterUnusable) as caught:
            await found.get(MigCluster.from_dict(mig_cluster()).ref)
    assert (caught.value.condition, caught.value.reason) == (condition, reason)
    assert "mtc/source" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_url_that_is_none_is_like_no_other() -> None:
    """Plans that name such a MigCluster are looked at all the same."""
    broken, other = (MigCluster.from_dict(mig_cluster(url=url)) for url in ("https://[::1:6443", "https://x:6443"))
    assert sides.are_one(broken, broken)
    assert not sides.are_one(broken, other)


async def test_a_missing_cluster_is_told() -> None:
    """The message names the MigCluster that does not exist."""
    async with clusters.Clusters(FakeHost({})) as found:
        with pytest.raises(errors.ClusterNotFound, match="mtc/source"):
            await found.get(MigCluster.from_dict(mig_cluster()).ref)


def test_an_identity_does_not_show_its_token() -> None:
    """Neither logs nor tracebacks get to see the token."""
    assert "geheim" not in repr(clusters.Identity("https://x", "geheim", None, insecure=False))


@pytest.mark.parametrize(
    ("other", "is_one"),
    [("https://API.x:6443/", True), ("https://api.x:6443/k8s/clusters/a", False), ("https://api.x", False)],
)
def test_descriptions_of_one_server_are_one_cluster(other: str, *, is_one: bool) -> None:
    """However they write its name; behind a proxy the path tells clusters apart."""
    first, second = (MigCluster.from_dict(mig_cluster(url=url)) for url in ("https://api.x:6443", other))
    assert sides.are_one(first, second) == is_one
