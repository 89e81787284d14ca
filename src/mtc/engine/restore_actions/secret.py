"""A service account's token Secret is filled by the target cluster; the old token is worth nothing there."""

from mtc.engine.actions import Action, Outcome
from mtc.engine.restore.context import Subject
from mtc.kube import resources
from mtc.kube.client import Object

_ACCOUNT = "kubernetes.io/service-account.name"


async def apply(secret: Object, subject: Subject) -> Outcome:
    """The Secret emptied of the token; nothing when the target makes one of its own for that account."""
    if secret.get("type") != "kubernetes.io/service-account-token":
        return Outcome(secret)
    annotations = secret["metadata"].get("annotations") or {}
    account = annotations.get(_ACCOUNT, "")
    if secret["metadata"]["name"].startswith(f"{account}-token-"):
        cluster = subject.context.cluster
        if await cluster.find(resources.SERVICE_ACCOUNTS, account, namespace=subject.target_namespace):
            return Outcome(None, why="the target makes tokens of its own for this account")
    annotations.pop("kubernetes.io/service-account.uid", None)
    for key in ("token", "ca.crt"):
        (secret.get("data") or {}).pop(key, None)
    return Outcome(secret)


ACTION = Action("velero.io/secret", frozenset({"secrets"}), apply)
