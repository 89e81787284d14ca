"""What a Backup or Restore selects: namespaces, resources, labels. Pure; resource names are resolved beforehand.

Two families of resource filters exist (velero.io): the old ones (includedResources, excludedResources,
includeClusterResources) and the scoped ones. They cannot be mixed.
"""

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

OLD = ("includedResources", "excludedResources", "includeClusterResources")
SCOPED = (
    "includedClusterScopedResources",
    "excludedClusterScopedResources",
    "includedNamespaceScopedResources",
    "excludedNamespaceScopedResources",
)
#: Snapshot objects are stored by the snapshot actions, never by listing; see velero.io/v1 Backup since 1.17.
AUTO_EXCLUDED = frozenset({"volumesnapshots.snapshot.storage.k8s.io", "volumesnapshotcontents.snapshot.storage.k8s.io"})
_BAD_GLOB = re.compile(r"[|()!{},]|\*\*")
_WILD = re.compile(r"\*|\?|\[[a-z0-9-]+\]")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LONGEST_NAMESPACE = 63


@dataclass(frozen=True)
class Patterns:
    """Includes and excludes by name, with `*`, `?` and `[..]`. No includes means everything."""

    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()

    @classmethod
    def of(cls, includes: Iterable[str] | None, excludes: Iterable[str] | None) -> "Patterns":
        """From CR lists, which may be null."""
        return cls(tuple(includes or ()), tuple(excludes or ()))

    @property
    def is_everything(self) -> bool:
        """Whether nothing can be left out."""
        return not self.excludes and (not self.includes or "*" in self.includes)

    @property
    def is_all_included(self) -> bool:
        """Whether includes leave nothing out."""
        return not self.includes or "*" in self.includes

    def matches(self, name: str) -> bool:
        """Whether a name is selected."""
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in self.excludes):
            return False
        return self.is_all_included or any(fnmatch.fnmatchcase(name, pattern) for pattern in self.includes)

    def lists(self, name: str) -> bool:
        """Whether a name is selected by being named, not by an empty or `*` include."""
        return bool(self.includes) and "*" not in self.includes and self.matches(name)

    def resolved(self, resolve: Callable[[str], str]) -> "Patterns":
        """The same with every entry translated, for instance short names to group resources."""
        return Patterns(tuple(map(resolve, self.includes)), tuple(map(resolve, self.excludes)))

    def problems(self, what: str) -> list[str]:
        """Sentences on what is wrong with the lists."""
        found = []
        if "*" in self.includes and len(self.includes) > 1:
            found.append(f"Included {what} must be '*' alone or a list without it.")
        if "*" in self.excludes:
            found.append(f"Excluded {what} cannot contain '*': leave everything out by including less.")
        found += [
            f"{name!r} is both in the included and in the excluded {what}. Keep it in one list."
            for name in sorted({*self.includes} & {*self.excludes})
        ]
        found += [f"{name!r} in the list of {what} has characters that patterns do not support; use only *, ? and [..]."
                  for name in {*self.includes, *self.excludes} if _BAD_GLOB.search(name)]  # fmt: skip
        return found

    def namespace_problems(self) -> list[str]:
        """Sentences on what is wrong with lists of namespaces: also names that no namespace can have."""
        found = self.problems("namespaces")
        for name in dict.fromkeys([*self.includes, *self.excludes]):
            # An empty name is Velero's word for "no namespace".
            if name and not _BAD_GLOB.search(name) and not _can_be_namespace(name):
                found.append(
                    f"{name!r} in the list of namespaces is neither the name of a namespace (lower-case letters, digits and '-') "
                    f"nor a pattern of such names with *, ? and [..]. Correct it."
                )
        return found


def _can_be_namespace(pattern: str) -> bool:
    longest = len(_WILD.sub("x", pattern.replace("*", "")))
    return bool(_NAMESPACE.fullmatch(_WILD.sub("x", pattern))) and longest <= _LONGEST_NAMESPACE


def strangers(includes: Iterable[str], known: Iterable[str]) -> list[str]:
    """Entries of a list that name none of the known types.

    Args:
        includes: resolved, see `Patterns.resolved`.
        known: the `plural.group` of each type.
    """
    types = [*known]
    return [entry for entry in dict.fromkeys(includes) if not any(fnmatch.fnmatchcase(name, entry) for name in types)]


@dataclass(frozen=True)
class Resources:
    """Which resource types a Backup stores.

    Attributes:
        namespaced, cluster: the lists for either scope (the same for old filters).
        include_cluster: the old filter's tri-state, None for automatic.
        scoped: whether the scoped family is in force.
        all_namespaces: whether the namespace filter leaves nothing out.
    """

    namespaced: Patterns
    cluster: Patterns
    include_cluster: bool | None
    scoped: bool
    all_namespaces: bool

    @classmethod
    def of(cls, spec: Mapping[str, Any], *, namespaces: Patterns, resolve: Callable[[str], str]) -> "Resources":
        """From a Backup's spec."""
        if any(spec.get(key) is not None and spec.get(key) != [] for key in OLD):
            both = Patterns.of(spec.get("includedResources"), spec.get("excludedResources")).resolved(resolve)
            return cls(both, both, spec.get("includeClusterResources"), False, namespaces.is_everything)
        cluster = Patterns.of(spec.get("includedClusterScopedResources"), spec.get("excludedClusterScopedResources"))
        namespaced = Patterns.of(spec.get("includedNamespaceScopedResources"), spec.get("excludedNamespaceScopedResources"))
        return cls(namespaced.resolved(resolve), cluster.resolved(resolve), None, True, namespaces.is_everything)

    def admits_namespaced(self, group_resource: str) -> bool:
        """Whether objects of a namespaced type are stored."""
        if self.scoped and "*" in self.namespaced.excludes:
            return False
        return group_resource not in AUTO_EXCLUDED and self.namespaced.matches(group_resource)

    def lists_cluster(self, group_resource: str) -> bool:
        """Whether all objects of a cluster-scoped type are stored (as opposed to those that others refer to)."""
        if group_resource in AUTO_EXCLUDED:
            return False
        if group_resource == "namespaces":
            return False  # decided name by name
        if self.scoped:
            if self.cluster.includes:
                return self.cluster.matches(group_resource)
            namespaced_everything = {*self.namespaced.excludes} <= AUTO_EXCLUDED and self.namespaced.is_all_included
            cluster_everything = {*self.cluster.excludes} <= AUTO_EXCLUDED
            return cluster_everything and self.all_namespaces and namespaced_everything
        if self.include_cluster is None:
            return self.all_namespaces and self.cluster.matches(group_resource)
        return self.include_cluster and self.cluster.matches(group_resource)

    def admits_related_cluster(self, group_resource: str) -> bool:
        """Whether a cluster-scoped object is stored when a stored object refers to it."""
        if self.scoped:
            return "*" not in self.cluster.excludes and not any(item == group_resource for item in self.cluster.excludes)
        return self.include_cluster is not False and self.cluster.matches(group_resource)


def selector_text(selector: Mapping[str, Any] | None) -> str:
    """A LabelSelector as the query of a list; "" for none."""
    if not selector:
        return ""
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for rule in selector.get("matchExpressions") or []:
        values = ",".join(rule.get("values") or [])
        match rule.get("operator"):
            case "In":
                parts.append(f"{rule['key']} in ({values})")
            case "NotIn":
                parts.append(f"{rule['key']} notin ({values})")
            case "Exists":
                parts.append(rule["key"])
            case "DoesNotExist":
                parts.append(f"!{rule['key']}")
    return ",".join(parts)


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector matches labels; none matches all."""
    if not selector:
        return True
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_holds(rule, labels) for rule in selector.get("matchExpressions") or [])


def _holds(rule: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = rule["key"], rule.get("values") or []
    match rule.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False


def any_selects(spec: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether labelSelector, or one of orLabelSelectors, of a Backup or Restore matches; no selector matches all."""
    alternatives = spec.get("orLabelSelectors") or []
    if alternatives:
        return any(selects(item, labels) for item in alternatives)
    return selects(spec.get("labelSelector"), labels)


def selector_queries(spec: Mapping[str, Any]) -> list[str]:
    """The list queries that together cover the label selection; [""] for none."""
    alternatives = [selector_text(item) for item in spec.get("orLabelSelectors") or []]
    return alternatives or [selector_text(spec.get("labelSelector"))]


def conflicts(spec: Mapping[str, Any]) -> list[str]:
    """Sentences on filters of a Backup that exclude each other."""
    found = []
    old, scoped = ([key for key in keys if spec.get(key)] for keys in (OLD, SCOPED))
    if spec.get("includeClusterResources") is not None and "includeClusterResources" not in old:
        old.append("includeClusterResources")
    if old and scoped:
        found.append(f"spec has both {', '.join(old)} and {', '.join(scoped)}. Use either the old or the scoped resource filters.")
    if spec.get("labelSelector") and spec.get("orLabelSelectors"):
        found.append("spec has both labelSelector and orLabelSelectors. Use one of them.")
    return found
