"""Which writes of a process have changed something: those that leave an object as it was do not count, nor does what others write.

The object is read before a write and compared with the answer. Its status is left out, because others write it meanwhile, and so
is what follows from a change (versions, times of field managers).
"""

from collections.abc import Mapping
from typing import Any

from mtc.kube import codec, errors
from mtc.kube.transport import Transport

_FOLLOWS = ("resourceVersion", "generation", "managedFields")
_WRITES_NOTHING = ("/authorization.k8s.io/", "/authentication.k8s.io/", "/exec", "/events")


async def before(transport: Transport, method: str, path: str, params: Mapping[str, str]) -> Any:
    """What there is at a path before a write; None where there is nothing."""
    if method == "POST" or not _counts(path, params):
        return None
    try:
        return codec.loads(
            await transport.request("GET", path, params={key: value for key, value in params.items() if key == "labelSelector"})
        )
    except errors.NotFound:
        return None


def change(method: str, path: str, params: Mapping[str, str], found: Any, answer: bytes) -> str:
    """What a write has changed; empty where nothing."""
    if not _counts(path, params):
        return ""
    if method == "POST":
        return f"made {codec.loads(answer)['metadata']['name']} in {path}"
    if method == "DELETE":
        items = found.get("items", [found]) if found else []
        gone = [item["metadata"]["name"] for item in items if not item["metadata"].get("deletionTimestamp")]
        return f"deleted {', '.join(gone)} in {path}" if gone else ""
    was, now = _declared(found or {}), _declared(codec.loads(answer))
    different = sorted(key for key in was.keys() | now.keys() if was.get(key) != now.get(key))
    return f"changed {', '.join(different)} of {path}" if different else ""


def _counts(path: str, params: Mapping[str, str]) -> bool:
    return "dryRun" not in params and not any(part in path for part in _WRITES_NOTHING)


def _declared(item: dict[str, Any]) -> dict[str, Any]:
    meta = {key: value for key, value in (item.get("metadata") or {}).items() if key not in _FOLLOWS}
    return {key: value for key, value in item.items() if key not in {"metadata", "status"}} | {f"metadata.{key}": meta[key] for key in meta}
