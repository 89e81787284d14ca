"""Bindings follow the namespaces that are mapped: accounts, and the groups and users that stand for accounts."""

from mtc.engine.actions import Action, Outcome
from mtc.engine.restore.context import Subject
from mtc.kube.client import Object

_GROUP = "system:serviceaccounts:"
_USER = "system:serviceaccount:"


async def apply(binding: Object, subject: Subject) -> Outcome:
    """The binding with its subjects in the target namespaces."""
    target = subject.context.target_namespace
    for entry in binding.get("subjects") or []:
        name = str(entry.get("name", ""))
        if entry.get("namespace"):
            entry["namespace"] = target(entry["namespace"])
        if entry.get("kind") == "Group" and name.startswith(_GROUP):
            entry["name"] = _GROUP + target(name.removeprefix(_GROUP))
        elif entry.get("kind") == "User" and name.startswith(_USER):
            namespace, _, account = name.removeprefix(_USER).partition(":")
            entry["name"] = f"{_USER}{target(namespace)}:{account}"
    return Outcome(binding)


_RBAC = "rbac.authorization.k8s.io"
ACTION = Action("velero.io/role-bindings", frozenset({f"rolebindings.{_RBAC}", f"clusterrolebindings.{_RBAC}"}), apply)
