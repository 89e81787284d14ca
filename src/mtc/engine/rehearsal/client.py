"""A client that reads as any other, and asks the API server with each write what it would say: `dryRun=All`.

What the server cannot be asked about goes through as if it had agreed, and is remembered with the reason: an object in a
namespace that is not there yet, a kind whose definition would come first, a write that our token may not do.
"""

import re
from typing import Any

from mtc.kube import codec, errors, resources
from mtc.kube.client import Client, Object, PatchType
from mtc.kube.resources import ResourceType

#: Kind, namespace and name.
Key = tuple[str, str, str]

#: What an API server says when a token may not do something, as opposed to an admission plug-in that forbids an object.
_NOT_ALLOWED = ("cannot create resource", "cannot patch resource", "attempting to grant RBAC permissions not currently held")
_NO_DRY_RUN = "does not support dry run"
#: What admission plug-ins say of an object that another one refers to, by its kind.
_MISSING = (
    ("ServiceAccount", re.compile(r'serviceaccount "(?P<name>[^"]+)" not found')),
    ("PriorityClass.scheduling.k8s.io", re.compile(r"no PriorityClass with name (?P<name>\S+) was found")),
)


def key_of(item: Object) -> Key:
    """What tells objects of a run apart."""
    group = item["apiVersion"].partition("/")[0] if "/" in item["apiVersion"] else ""
    kind = f"{item['kind']}.{group}" if group else str(item["kind"])
    return kind, item["metadata"].get("namespace") or "", item["metadata"]["name"]


class RehearsalClient(Client):
    """See the module.

    Attributes:
        unchecked: why the server was not asked about an object, by what it is.
        existing: what was found of objects that exist already.
        asked: objects that were about to be created.
        lacking: rights that the token lacks, one line each.
    """

    def __init__(self, of: Client) -> None:
        # Another way in to the same connections; who made them closes them.
        self.access, self.name, self.transport = of.access, of.name, of.transport
        self.unchecked: dict[Key, str] = {}
        self.existing: dict[Key, Object] = {}
        self.asked: set[Key] = set()
        self.lacking: dict[str, None] = {}
        self._new_namespaces: set[str] = set()

    async def find(self, kind: ResourceType, name: str, *, namespace: str | None = None) -> Object | None:
        """As always; what is found is remembered."""
        found = await super().find(kind, name, namespace=namespace)
        if found is not None:
            self.existing[key_of({"apiVersion": kind.api_version, "kind": kind.kind, **found})] = found
        return found

    async def create_raw(self, kind: ResourceType, body: Object | bytes, *, namespace: str | None = None, dry_run: bool = True) -> bytes:  # noqa: ARG002 - whatever is asked
        """The object as the server would make it; the body where the server was not asked."""
        item: Object = codec.loads(body) if isinstance(body, bytes) else body
        key, space = key_of(item), namespace or item["metadata"].get("namespace") or ""
        self.asked.add(key)
        if space in self._new_namespaces:
            self.unchecked[key] = f"namespace {space} is not there yet"
            return codec.dumps(item)
        try:
            made = await super().create_raw(kind, body, namespace=namespace, dry_run=True)
        except (errors.Forbidden, errors.BadRequest) as error:
            if (why := self._not_asked(kind, space, error)) is None:
                raise
            self.unchecked[key] = why
            made = codec.dumps(item)
        if kind == resources.NAMESPACES:
            self._new_namespaces.add(key[2])
        return made

    def _not_asked(self, kind: ResourceType, space: str, error: errors.KubeError) -> str | None:
        """Why a refusal is none of the object's; None where it is."""
        text = str(error)
        if _NO_DRY_RUN in text:
            return f"an admission webhook of cluster {self.name} cannot be asked without consequences"
        if any(words in text for words in _NOT_ALLOWED):
            self.lacking[f"create {kind.group_resource}{f' in namespace {space}' if space else ''} on cluster {self.name}"] = None
            return "the controller may not create it; the engine has rights of its own"
        for missing, words in _MISSING:
            found = words.search(text)
            if found and {(missing, space, found["name"]), (missing, "", found["name"])} & self.asked:
                return f"{missing.partition('.')[0]} {found['name']} is not there yet"
        return None

    async def patch(
        self,
        kind: ResourceType,
        name: str,
        patch: Object | list[Object],
        *,
        namespace: str | None = None,
        how: PatchType = "merge",
        subresource: str | None = None,
        dry_run: bool = True,  # noqa: ARG002 - whatever is asked
    ) -> Object:
        """The object as it would be."""
        try:
            return await super().patch(kind, name, patch, namespace=namespace, how=how, subresource=subresource, dry_run=True)
        except errors.Forbidden as error:
            key = key_of({"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"namespace": namespace, "name": name}})
            if self._not_asked(kind, namespace or "", error) is None:
                raise
            self.unchecked[key] = "the controller may not change it; the engine has rights of its own"
            return self.existing.get(key, {})

    async def _refused(self, *_: Any, **__: Any) -> Any:
        msg = "a rehearsal only creates and patches"
        raise AssertionError(msg)

    # No code of a restore uses these; if one does one day, it must not reach the cluster from here.
    replace = apply = delete = delete_collection = _refused
