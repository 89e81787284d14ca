"""What a cluster serves, read in two requests (aggregated discovery) or one a group version on old servers."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mtc.kube import errors
from mtc.kube.client import Client
from mtc.kube.resources import ResourceType

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


@dataclass(frozen=True)
class Discovery:
    """The served types.

    Attributes:
        preferred: each group's resources in the version that the server prefers, core group first.
        served: the same in every version.
        broken: group versions that could not be read, with the reason (an aggregated API that is down).
    """

    preferred: tuple[ResourceType, ...]
    served: tuple[ResourceType, ...]
    broken: tuple[str, ...] = ()

    def find(self, name: str) -> ResourceType | None:
        """The type that a person means: plural, singular, short name or kind, with or without `.group`; None if unknown."""
        wanted, _, group = name.lower().partition(".")
        for kind in self.preferred:
            if group and kind.group != group:
                continue
            if wanted in {kind.plural, kind.singular, kind.kind.lower(), *kind.short_names}:
                return kind
        return None

    def by_kind(self, api_version: str, kind: str) -> ResourceType | None:
        """The type of an object, None where it is not served in this very version."""
        return self._by_kind.get((api_version, kind))

    def by_group_resource(self, group_resource: str) -> ResourceType | None:
        """The preferred version of `plural.group` (or `plural` of the core group)."""
        return next((item for item in self.preferred if item.group_resource == group_resource), None)

    def serves(self, group: str, version: str, plural: str) -> bool:
        """Whether this very version of a resource is served."""
        return (group, version, plural) in self._names

    @cached_property
    def _by_kind(self) -> dict[tuple[str, str], ResourceType]:
        # The first of a kind counts.
        return {(item.api_version, item.kind): item for item in reversed(self.served)}

    @cached_property
    def _names(self) -> frozenset[tuple[str, str, str]]:
        return frozenset((item.group, item.version, item.plural) for item in self.served)


async def discover(cluster: Client) -> Discovery:
    """Reads discovery afresh. Raises KubeError when the server cannot be reached at all."""
    paths = ("/api", "/apis")
    found = await asyncio.gather(*(document(cluster, path) for path in paths))
    data = [cluster.parsed(item, path) for item, path in zip(found, paths, strict=True)]
    if strange := [path for path, document in zip(paths, data, strict=True) if not isinstance(document, dict)]:
        raise cluster.foreign(strange[0])
    if all(document.get("kind") == "APIGroupDiscoveryList" for document in data):
        return _aggregated(data)
    return await _legacy(cluster, data)


async def document(cluster: Client, path: str) -> bytes:
    """What the server answers at `/api` or `/apis`: everything in one document, or a list of groups on old servers."""
    return await cluster.transport.request("GET", path, headers={"Accept": _AGGREGATED})


def _aggregated(documents: Iterable[dict[str, Any]]) -> Discovery:
    served: list[ResourceType] = []
    broken: list[str] = []
    for document in documents:
        for item in document.get("items") or []:
            group = item.get("metadata", {}).get("name", "")
            for version in item.get("versions") or []:
                if version.get("freshness") == "Stale":
                    broken.append(f"{group}/{version['version']}: its API server does not answer")
                served.extend(_aggregated_types(group, version))
    return _result(served, broken)


def _aggregated_types(group: str, version: dict[str, Any]) -> Iterator[ResourceType]:
    for resource in version.get("resources") or []:
        kind = resource.get("responseKind") or {}
        yield ResourceType(
            group=group,
            version=version["version"],
            plural=resource["resource"],
            kind=kind.get("kind", ""),
            namespaced=resource.get("scope") == "Namespaced",
            verbs=frozenset(resource.get("verbs") or []),
            short_names=tuple(resource.get("shortNames") or []),
            singular=resource.get("singularResource", ""),
        )


async def _legacy(cluster: Client, roots: list[dict[str, Any]]) -> Discovery:
    versions = [("", version) for version in roots[0].get("versions", ["v1"])]
    for group in roots[1].get("groups") or []:
        preferred = (group.get("preferredVersion") or {}).get("version")
        ordered = sorted((item["version"] for item in group["versions"]), key=lambda version: version != preferred)
        versions += [(group["name"], version) for version in ordered]
    served: list[ResourceType] = []
    broken: list[str] = []

    async def read(group: str, version: str) -> list[ResourceType]:
        try:
            document = await cluster.get_path(f"/apis/{group}/{version}" if group else f"/api/{version}")
        except errors.KubeError as error:
            broken.append(f"{group}/{version}: {error}")
            return []
        return list(_legacy_types(group, version, document))

    for types in await asyncio.gather(*(read(group, version) for group, version in versions)):
        served.extend(types)
    return _result(served, broken)


def _legacy_types(group: str, version: str, document: dict[str, Any]) -> Iterator[ResourceType]:
    for resource in document.get("resources") or []:
        if "/" in resource["name"]:
            continue
        yield ResourceType(
            group=group,
            version=version,
            plural=resource["name"],
            kind=resource.get("kind", ""),
            namespaced=bool(resource.get("namespaced")),
            verbs=frozenset(resource.get("verbs") or []),
            short_names=tuple(resource.get("shortNames") or []),
            singular=resource.get("singularName", ""),
        )


def _result(served: list[ResourceType], broken: list[str]) -> Discovery:
    # Servers name the versions of a group in order of preference; the first version that has a resource wins.
    seen: dict[str, ResourceType] = {}
    for kind in served:
        seen.setdefault(kind.group_resource, kind)
    singular = [replace(kind, singular=kind.singular or kind.kind.lower()) for kind in seen.values()]
    return Discovery(preferred=tuple(singular), served=tuple(served), broken=tuple(broken))
