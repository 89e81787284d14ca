"""InvalidRegistryRoute: the image registry under `spec.exposedRegistryPath` must answer as one, with the token of the MigCluster."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.kube import access, codec, errors
from mtc.kube.client import Client
from mtc.migration import checks
from mtc.migration.checks.cluster import Scope
from mtc.migration.clusters import CONNECT_DEADLINE_S

_TYPE = conditions.INVALID_REGISTRY_ROUTE
_DEFAULT_PATH = "/v2/_catalog?n=5"


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    path = scope.cluster.spec.exposed_registry_path
    if not path or scope.client is None or scope.settings is None:
        return []
    server = f"https://{path.removeprefix('https://').removeprefix('http://').rstrip('/')}"
    subpath = scope.settings.registry_validation_subpath
    problem = await _problem(server, "/" + subpath.lstrip("/"), await scope.client.access.token() or "")
    if not problem:
        return []
    message = (
        f"The image registry {path!r} in spec.exposedRegistryPath of MigCluster {scope.cluster.ref} cannot be used: {problem} "
        "Direct image copies need it: give the host of its route, or remove the field."
    )
    return [checks.critical(_TYPE, conditions.ROUTE_TEST_FAILED, message)]


async def _problem(server: str, subpath: str, token: str) -> str:
    try:
        # The certificate of a route is usually the router's own; what counts here is that a registry answers.
        way = access.from_token(server, token, insecure=True)
        async with Client(way, name="image registry") as registry:
            body = await registry.transport.request("GET", subpath, deadline_s=CONNECT_DEADLINE_S)
        answer = codec.loads(body) if subpath == _DEFAULT_PATH else {"repositories": []}
    except errors.KubeError as error:
        return str(error)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or "repositories" not in answer:
        return f"{server}{subpath} answers with something that is no list of repositories."
    return ""


CHECK = checks.Check(order=50, types=(_TYPE,), run=_run, after_critical=False)
