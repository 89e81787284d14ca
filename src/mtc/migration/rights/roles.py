"""Roles as Kubernetes objects: those that grant what is missing, and what the manifests of least privilege are made of. Pure."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from mtc.kube.client import Object
from mtc.migration.rights.needed import Right
from mtc.migration.rights.reviews import Missing

_GROUP = "rbac.authorization.k8s.io"
_VERSION = f"{_GROUP}/v1"
_ACCOUNT = "system:serviceaccount:"
_LONGEST_NAME = 200
#: In which verbs are written.
_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")


@dataclass(frozen=True)
class Granted:
    """Who gets rights.

    Attributes:
        user: name of the user as the API server knows it; "" where that is not known.
    """

    user: str

    @property
    def subjects(self) -> list[Object]:
        """As in a binding."""
        if self.user.startswith(_ACCOUNT):
            namespace, _, name = self.user.removeprefix(_ACCOUNT).partition(":")
            return [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]
        return [{"apiGroup": _GROUP, "kind": "User", "name": self.user}]


def rules(rights: Iterable[Right]) -> list[Object]:
    """The rules of a role: resources of one group with the same verbs share a rule."""
    together: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for right in rights:
        verbs = tuple(sorted(right.verbs, key=_VERBS.index))
        together.setdefault((right.group, verbs, right.names), []).append(right.resource)
    return [
        {"apiGroups": [group], "resources": resources} | ({"resourceNames": list(names)} if names else {}) | {"verbs": list(verbs)}
        for (group, verbs, names), resources in sorted(together.items())
    ]


def role(kind: str, name: str, rights: Iterable[Right], *, namespace: str = "") -> Object:
    """A Role or ClusterRole."""
    meta: Object = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": _VERSION, "kind": kind, "metadata": meta, "rules": rules(rights)}


def binding(kind: str, name: str, role_kind: str, role_name: str, subjects: list[Object], *, namespace: str = "") -> Object:
    """A RoleBinding or ClusterRoleBinding."""
    meta: Object = {"name": name} | ({"namespace": namespace} if namespace else {})
    reference = {"apiGroup": _GROUP, "kind": role_kind, "name": role_name}
    return {"apiVersion": _VERSION, "kind": kind, "metadata": meta, "roleRef": reference, "subjects": subjects}


def granting(missing: Sequence[Missing], *, prefix: str, to: Granted, absent: Collection[str] = ()) -> list[Object]:
    """The roles and bindings that grant exactly what is missing.

    Args:
        missing: what is missing on a cluster.
        prefix: of their names; the rest tells their rules apart, so that one never takes the place of another.
        to: who lacks it; without a name there are roles only.
        absent: namespaces that do not exist, in which nothing can be bound: there the rights are granted in the whole cluster.
    """
    by_namespace: dict[str, list[Right]] = {}
    for item in missing:
        namespace = "" if item.namespace in absent else item.namespace
        rights = by_namespace.setdefault(namespace, [])
        if item.right not in rights:
            rights.append(item.right)
    places: dict[tuple[Right, ...], list[str]] = {}
    for namespace, rights in by_namespace.items():
        places.setdefault(tuple(rights), []).append(namespace)
    return [item for rights, namespaces in places.items() for item in _granting(rights, namespaces, prefix, to)]


def _granting(rights: tuple[Right, ...], namespaces: list[str], prefix: str, to: Granted) -> Iterable[Object]:
    digest = hashlib.sha256(repr((rights, to.user)).encode()).hexdigest()[:8]
    name = f"{prefix[:_LONGEST_NAME]}-{digest}"
    only = namespaces[0] if len(namespaces) == 1 else ""
    kind = "Role" if only else "ClusterRole"
    yield role(kind, name, rights, namespace=only)
    if to.user:
        for namespace in namespaces:
            yield binding("RoleBinding" if namespace else "ClusterRoleBinding", name, kind, name, to.subjects, namespace=namespace)


def text(objects: Iterable[Object]) -> str:
    """The objects as YAML, ready to apply."""
    dumped: Any = yaml.safe_dump_all(objects, sort_keys=False, default_flow_style=None, width=160)
    return str(dumped)
