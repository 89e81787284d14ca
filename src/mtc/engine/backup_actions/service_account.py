"""A service account brings the cluster-wide rights that it has: bindings that name it, and their roles."""

from mtc.engine.actions import Action, Outcome, Related
from mtc.engine.backup.context import Context
from mtc.kube.client import Object

_GROUP = "rbac.authorization.k8s.io"


async def apply(account: Object, context: Context) -> Outcome:
    """The account, unchanged, with its ClusterRoleBindings and their ClusterRoles."""
    meta = account["metadata"]
    related: list[Related] = []
    for binding in await context.cluster_role_bindings():
        named = any(
            subject.get("kind") == "ServiceAccount"
            and subject.get("name") == meta["name"]
            and subject.get("namespace") == meta["namespace"]
            for subject in binding.get("subjects") or []
        )
        if named:
            related.append(Related(f"clusterrolebindings.{_GROUP}", "", binding["metadata"]["name"]))
            related.append(Related(f"clusterroles.{_GROUP}", "", binding["roleRef"]["name"]))
    return Outcome(account, tuple(related))


ACTION = Action("velero.io/service-account", frozenset({"serviceaccounts"}), apply)
