"""What can be wrong with a MigCluster."""

from typing import Any

from kit import planes
from kit.rows import Act, Case, Row, encoded
from mtc.api import conditions, names
from mtc.kube import resources

KIND = "MigCluster"
VERSION = {"OPERATOR_VERSION": "1.8.4"}


async def declare(case: Case) -> None:
    """Another way to the remote cluster, with a Secret of its own."""
    known = await case.host.get(resources.SECRETS, "remote-sa", namespace=case.world.namespace)
    await case.make(resources.SECRETS, data=known["data"])
    url = case.remote.access.server
    await case.make(case.kind, spec={"isHostCluster": False, "url": url, "insecure": True, "serviceAccountSecretRef": case.ref()})


def row(type_: str, reason: str, *, cause: Act, cure: Act, category: str = conditions.CRITICAL) -> Row:
    """A row of MigClusters."""
    return Row(kind=KIND, type=type_, reason=reason, category=category, declare=declare, cause=cause, cure=cure)


def spec(**fields: Any) -> Act:
    """Changes fields."""
    return lambda case: case.spec(**fields)


async def right_url(case: Case) -> None:
    """The URL of the remote cluster."""
    await case.spec(url=case.remote.access.server)


async def delete_secret(case: Case) -> None:
    """The Secret is gone."""
    await case.delete(resources.SECRETS)


async def make_secret(case: Case) -> None:
    """The Secret is there again."""
    await case.make(resources.SECRETS, data={"saToken": await right_token(case)})


async def right_token(case: Case) -> str:
    """The token that works, as in a Secret."""
    known = await case.host.get(resources.SECRETS, "remote-sa", namespace=case.world.namespace)
    return str(known["data"]["saToken"])


def token(value: str | None) -> Act:
    """Another content of the key."""
    return lambda case: case.patch(resources.SECRETS, {"data": {"saToken": value, "other": ""}})


async def restore_token(case: Case) -> None:
    """The token that works."""
    await case.patch(resources.SECRETS, {"data": {"saToken": await right_token(case)}})


async def weak_token(case: Case) -> None:
    """The token of an account without rights."""
    weak = await planes.token(case.remote, case.world.namespace, case.name)
    await case.patch(resources.SECRETS, {"data": {"saToken": encoded(weak)}})


def version(data: dict[str, str | None]) -> Act:
    """Another version of the toolkit on the remote cluster."""
    return lambda case: case.patch(resources.CONFIG_MAPS, {"data": data}, names.CLUSTER_CONFIG_MAP, cluster=case.remote)


ROWS = (
    row(conditions.INVALID_URL, conditions.NOT_SET, cause=spec(url=None), cure=right_url),
    row(conditions.INVALID_URL, conditions.MALFORMED, cause=spec(url="https://[::1"), cure=right_url),
    row(conditions.INVALID_URL, conditions.INVALID_SCHEME, cause=spec(url="ftp://example.org"), cure=right_url),
    row(
        conditions.INVALID_SA_SECRET_REF,
        conditions.NOT_SET,
        cause=spec(serviceAccountSecretRef=None),
        cure=lambda case: case.spec(serviceAccountSecretRef=case.ref()),
    ),
    row(conditions.INVALID_SA_SECRET_REF, conditions.NOT_FOUND, cause=delete_secret, cure=make_secret),
    row(conditions.INVALID_SA_TOKEN, conditions.NOT_FOUND, cause=token(None), cure=restore_token),
    row(conditions.INVALID_SA_TOKEN, conditions.NOT_SET, cause=token(""), cure=restore_token),
    row(conditions.TEST_CONNECT_FAILED, conditions.CONNECT_FAILED, cause=spec(insecure=False), cure=spec(insecure=True)),
    row(conditions.SA_TOKEN_NOT_PRIVILEGED, conditions.UNAUTHORIZED, cause=weak_token, cure=restore_token),
    row(
        conditions.INVALID_REGISTRY_ROUTE,
        conditions.ROUTE_TEST_FAILED,
        cause=spec(exposedRegistryPath="127.0.0.1:1"),
        cure=spec(exposedRegistryPath=None),
    ),
    row(
        conditions.CLUSTER_OPERATOR_VERSION_NOT_FOUND,
        conditions.VERSION_NOT_FOUND,
        category=conditions.WARN,
        cause=version({"OPERATOR_VERSION": None}),
        cure=version(dict(VERSION)),
    ),
    row(
        conditions.OPERATOR_VERSION_MISMATCH,
        conditions.VERSION_CHECK_FAILED,
        category=conditions.WARN,
        cause=version({"OPERATOR_VERSION": "1.7.9"}),
        cure=version(dict(VERSION)),
    ),
)
