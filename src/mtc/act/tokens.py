"""A token of the toolkit's service account on another cluster, asked of that cluster with the rights of the person."""

from mtc.act import errors
from mtc.api import names
from mtc.kube import codec, resources
from mtc.kube import errors as kube_errors
from mtc.kube.client import JSON, Client

#: What the documentation asks for: a month. API servers shorten what they think too long.
LIFE_S = 30 * 24 * 3600


async def request(cluster: Client, *, namespace: str, account: str = names.CONTROLLER_NAME) -> str:
    """A token.

    Args:
        cluster: the other cluster.
        namespace: of the toolkit there.
        account: the service account.

    Raises:
        errors.NotPossible: the account is not there.
    """
    path = resources.SERVICE_ACCOUNTS.path(namespace=namespace, name=account, subresource="token")
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": LIFE_S}}
    try:
        answer = codec.loads(await cluster.transport.request("POST", path, body=codec.dumps(body), headers=JSON))
    except kube_errors.NotFound as error:
        msg = (
            f"Cluster {cluster.name} has no service account {namespace}/{account}, so there is no token for it. "
            "Install the toolkit there first (`mtc install`), or give a token with --token-file."
        )
        raise errors.NotPossible(msg) from error
    return str(answer["status"]["token"])
