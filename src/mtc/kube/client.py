"""Verbs on Kubernetes objects of one cluster.

Objects are dicts (or bytes where bulk work needs speed); nothing is defaulted, dropped or reordered on the way.
"""

from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from mtc.kube import codec, errors, resources
from mtc.kube.access import Access
from mtc.kube.resources import ResourceType
from mtc.kube.transport import DEADLINE_S, Transport

PAGE_SIZE = 500
FIELD_MANAGER = "mtc"
Propagation = Literal["Background", "Foreground", "Orphan"]
PatchType = Literal["merge", "json", "strategic", "apply"]
_PATCH_CONTENT = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}
#: The answer is not warned of fields that it drops: thousands of such headers would make it unreadable.
_WRITE = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Ignore"}
JSON = {"Content-Type": "application/json"}
METADATA_LIST = {"Accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}
METADATA = {"Accept": "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}
Object = dict[str, Any]
#: What messages call a cluster of which nobody has said a name.
UNNAMED = "cluster"


class Client:
    """One cluster, by a name that messages use.

    Example:
        async with Client(access.default(), name="source") as cluster:
            pod = await cluster.get(resources.PODS, "web-0", namespace="shop")
    """

    def __init__(self, access: Access, *, name: str = UNNAMED) -> None:
        self.access = access
        self.name = name
        self.transport = Transport(access, name=name)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends all connections."""
        await self.transport.close()

    def is_called(self, name: str) -> None:
        """From now on messages call the cluster so, unless it has a name: what it is called may stand in the cluster itself."""
        if self.name == UNNAMED:
            self.name = self.transport.name = name

    @property
    def live(self) -> "Client":
        """The client that asks the server itself; see `reading.Reader`."""
        return self

    async def get_path(self, path: str, *, params: Mapping[str, str] | None = None, deadline_s: float = DEADLINE_S) -> Any:
        """The parsed answer of a plain GET, for instance of /version."""
        return self.parsed(await self.transport.request("GET", path, params=params, deadline_s=deadline_s), path)

    async def version(self, *, deadline_s: float = 5.0) -> dict[str, str]:
        """What /version says: `gitVersion`, `major`, `minor` and more."""
        answer = await self.get_path("/version", deadline_s=deadline_s)
        if not isinstance(answer, dict) or "gitVersion" not in answer:
            raise self.foreign("/version")
        return answer

    def parsed(self, data: bytes, path: str) -> Any:
        """The answer at a path as Python values. Raises errors.Unreachable where it can be none of an API server."""
        try:
            return codec.loads(data)
        except ValueError:
            # Without its cause, which holds the whole answer.
            raise self.foreign(path) from None

    def foreign(self, path: str) -> errors.Unreachable:
        """Somebody else has answered for the API server: a proxy, a page for signing in, a console."""
        msg = (
            f"{path} on cluster {self.name}: what {self.access.server} answers is no answer of a Kubernetes API server. Correct the URL, or "
            "look whether a proxy, a page for signing in, or a page that tells of maintenance stands in between."
        )
        return errors.Unreachable(msg)

    def _object(self, data: bytes, path: str) -> Object:
        value = self.parsed(data, path)
        if not isinstance(value, dict):
            raise self.foreign(path)
        return value

    async def get(self, kind: ResourceType, name: str, *, namespace: str | None = None) -> Object:
        """One object. Raises errors.NotFound."""
        for part in (name, *([namespace] if namespace else [])):
            if not resources.can_be_name(part):
                raise self._unnamed(kind, part)
        path = kind.path(namespace=namespace, name=name)
        return self._object(await self.transport.request("GET", path), path)

    def _unnamed(self, kind: ResourceType, text: str) -> errors.NotFound:
        msg = f"There is no {kind.kind} of {text[:63]!r} on cluster {self.name}: nothing can have such a name. Correct the reference."
        return errors.NotFound(msg, code=404, status={}, detail=msg)

    async def find(self, kind: ResourceType, name: str, *, namespace: str | None = None) -> Object | None:
        """One object, or None when it, or its type, does not exist."""
        try:
            return await self.get(kind, name, namespace=namespace)
        except (errors.NotFound, errors.NotServed):
            return None

    async def pages(
        self,
        kind: ResourceType,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = PAGE_SIZE,
        metadata_only: bool = False,
    ) -> AsyncIterator[codec.RawPage]:
        """All objects of a collection, a page of raw items at a time; with `metadata_only` the items hold nothing else.

        A continue token that expired on the way (HTTP 410) is replaced by the server's hint to go on from the newest
        state; without such a hint errors.Gone is raised. What can be no namespace is errors.NotFound.
        """
        if namespace and not resources.can_be_name(namespace):
            raise self._unnamed(kind, namespace)
        path = kind.path(namespace=namespace)
        params = _selectors(label_selector, field_selector) | {"limit": str(limit)}
        headers = METADATA_LIST if metadata_only else None
        while True:
            try:
                data = await self.transport.request("GET", path, params=params, headers=headers, deadline_s=2 * DEADLINE_S)
            except errors.Gone as error:
                token = (error.status.get("metadata") or {}).get("continue")
                if not token or "continue" not in params:
                    raise
                params = params | {"continue": token}
                continue
            try:
                page = codec.split_page(data)
            except msgspec.MsgspecError:
                raise self.foreign(path) from None
            if not page.kind.endswith("List"):
                raise self.foreign(path)
            yield page
            if not page.metadata.continue_:
                return
            params = params | {"continue": page.metadata.continue_}

    async def iterate(
        self, kind: ResourceType, *, namespace: str | None = None, label_selector: str = "", field_selector: str = ""
    ) -> AsyncIterator[Object]:
        """All objects of a collection one by one, with `apiVersion` and `kind` as single objects have them."""
        async for page in self.pages(kind, namespace=namespace, label_selector=label_selector, field_selector=field_selector):
            for raw in page.items:
                yield typed(kind, raw)

    async def list_all(
        self, kind: ResourceType, *, namespace: str | None = None, label_selector: str = "", field_selector: str = ""
    ) -> list[Object]:
        """`iterate` at once, for collections known to be small; empty when the type is not served."""
        try:
            found = self.iterate(kind, namespace=namespace, label_selector=label_selector, field_selector=field_selector)
            return [item async for item in found]
        except errors.NotServed:
            return []

    async def create(self, kind: ResourceType, body: Object | bytes, *, namespace: str | None = None, dry_run: bool = False) -> Object:
        """The created object. Raises errors.AlreadyExists, errors.Invalid, errors.Forbidden and the like."""
        return self._object(await self.create_raw(kind, body, namespace=namespace, dry_run=dry_run), kind.plural)

    async def create_raw(self, kind: ResourceType, body: Object | bytes, *, namespace: str | None = None, dry_run: bool = False) -> bytes:
        """As `create`, the answer unparsed: bulk work rarely looks at it."""
        if namespace is None and isinstance(body, dict):
            namespace = body["metadata"].get("namespace")
        data = body if isinstance(body, bytes) else codec.dumps_body(body)
        params = _WRITE | ({"dryRun": "All"} if dry_run else {})
        return await self.transport.request("POST", kind.path(namespace=namespace), params=params, body=data, headers=JSON)

    async def replace(self, kind: ResourceType, body: Object) -> Object:
        """PUT; with a resourceVersion in the body it raises errors.Conflict when the object changed meanwhile."""
        meta = body["metadata"]
        path = kind.path(namespace=meta.get("namespace"), name=meta["name"])
        data = await self.transport.request("PUT", path, body=codec.dumps_body(body), headers=JSON, params=_WRITE)
        return self._object(data, path)

    async def patch(
        self,
        kind: ResourceType,
        name: str,
        patch: Object | list[Object],
        *,
        namespace: str | None = None,
        how: PatchType = "merge",
        subresource: str | None = None,
        dry_run: bool = False,
    ) -> Object:
        """The patched object. A merge patch with `metadata.resourceVersion` raises errors.Conflict on a change meanwhile."""
        path = kind.path(namespace=namespace, name=name, subresource=subresource)
        params = _WRITE | ({"force": "true"} if how == "apply" else {}) | ({"dryRun": "All"} if dry_run else {})
        headers = {"Content-Type": _PATCH_CONTENT[how]}
        return self._object(await self.transport.request("PATCH", path, params=params, body=codec.dumps_body(patch), headers=headers), path)

    async def apply(
        self, kind: ResourceType, body: Object, *, manager: str = FIELD_MANAGER, dry_run: bool = False, force: bool = True
    ) -> Object:
        """Server-side apply: the object as it is after it; fields of other managers stay. Without `force` errors.Conflict where they differ."""
        meta = body["metadata"]
        path = kind.path(namespace=meta.get("namespace"), name=meta["name"])
        params = _WRITE | {"fieldManager": manager, "force": "true" if force else "false"} | ({"dryRun": "All"} if dry_run else {})
        headers = {"Content-Type": _PATCH_CONTENT["apply"]}
        return self._object(await self.transport.request("PATCH", path, params=params, body=codec.dumps_body(body), headers=headers), path)

    async def delete(
        self,
        kind: ResourceType,
        name: str,
        *,
        namespace: str | None = None,
        propagation: Propagation = "Background",
        uid: str | None = None,
        grace_s: int | None = None,
    ) -> bool:
        """Whether there was something to delete. With `uid`, only that very object (else errors.Conflict)."""
        options: Object = {"propagationPolicy": propagation}
        if uid:
            options["preconditions"] = {"uid": uid}
        if grace_s is not None:
            options["gracePeriodSeconds"] = grace_s
        try:
            path = kind.path(namespace=namespace, name=name)
            await self.transport.request("DELETE", path, body=codec.dumps(options), headers=JSON)
        except errors.NotFound:
            return False
        return True

    async def delete_collection(
        self, kind: ResourceType, *, namespace: str | None = None, label_selector: str = "", propagation: Propagation = "Background"
    ) -> None:
        """Deletes what a selector matches. Raises errors.NotServed where the type cannot be deleted at once."""
        path = kind.path(namespace=namespace)
        body = codec.dumps({"propagationPolicy": propagation})
        await self.transport.request("DELETE", path, params=_selectors(label_selector, ""), body=body, headers=JSON)


def typed(kind: ResourceType, raw: msgspec.Raw | bytes) -> Object:
    """A list item as a dict with the type that single objects carry."""
    item = codec.loads(bytes(raw))
    if not isinstance(item, dict):
        msg = "The API server answered with something that is not an object. Is there a proxy in between that answers for it?"
        raise errors.Unreachable(msg)
    if "kind" in item:
        return item
    return {"apiVersion": kind.api_version, "kind": kind.kind, **item}


def _selectors(label_selector: str, field_selector: str) -> dict[str, str]:
    params = {"labelSelector": label_selector, "fieldSelector": field_selector}
    return {key: value for key, value in params.items() if value}
