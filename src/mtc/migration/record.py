"""The end of a pass over a declaration: one write with everything that changed, or none.

MigCluster, MigStorage and MigPlan have no status subresource: spec, status and annotations go out in one merge patch that
carries the resourceVersion which was read, so that a change meanwhile makes the API server refuse it. An object about
which nothing changed is not written at all.
"""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.kube import errors as kube_errors
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import events

#: Kinds that note which generation was looked at, in place of a digest of the spec.
_BY_GENERATION = frozenset({"MigHook", "MigAnalytic"})


@dataclass(frozen=True)
class Findings:
    """What a pass found out.

    Attributes:
        staged: the conditions that hold.
        removed: types to take away although they are durable.
        status: other fields of the status by their JSON names; None removes a field.
        spec: fields of the spec that the pass fills in.
        through: whether the pass came to its end; where not, what was asked for with `spec.refresh` is still to be done.
    """

    staged: Sequence[Condition]
    removed: frozenset[str] = frozenset()
    status: Mapping[str, Any] = field(default_factory=dict)
    spec: Mapping[str, Any] = field(default_factory=dict)
    through: bool = True


def digest(spec: Mapping[str, Any]) -> str:
    """The digest of a spec, independent of the order of its keys; a request to refresh is no part of what is declared."""
    declared = {key: value for key, value in spec.items() if key != "refresh"}
    return hashlib.sha256(orjson.dumps(declared, option=orjson.OPT_SORT_KEYS)).hexdigest()


def patch(read: Object, findings: Findings, *, now: datetime) -> tuple[Object | None, list[Condition]]:
    """The merge patch that brings an object up to date, None where it is; and the conditions that are new or say something new."""
    old_spec: dict[str, Any] = read.get("spec") or {}
    old_status: dict[str, Any] = read.get("status") or {}
    before = conditions.readable(old_status)
    after = conditions.merge(before, findings.staged, now=now, removed=findings.removed)
    status = {key: value for key, value in findings.status.items() if old_status.get(key) != value}
    if [_shown(item) for item in before] != [_shown(item) for item in after]:
        status["conditions"] = [item.model_dump(mode="json") for item in after]
    spec = _filled_in(old_spec, findings)
    if old_spec.get("refresh") and findings.through:
        spec["refresh"] = False
    if read.get("kind") in _BY_GENERATION:
        status |= _generation(read, changed=bool(spec or status))
    elif old_status.get("observedDigest") != (observed := digest({**old_spec, **spec})):
        status["observedDigest"] = observed
    if not spec and not status:
        return None, []
    meta = {"resourceVersion": read["metadata"]["resourceVersion"], "annotations": {names.TOUCH: str(uuid.uuid4())}}
    body: Object = {"metadata": meta, "status": status}
    if spec:
        body["spec"] = spec
    known = [_shown(item) for item in before]
    return body, [item for item in after if _shown(item) not in known]


def _generation(read: Object, *, changed: bool) -> dict[str, int]:
    """What to note of the generation. Our own write makes another one: that is noted, or each write would ask for the next."""
    generation = int(read["metadata"].get("generation") or 0)
    noted = (read.get("status") or {}).get("observedGeneration")
    return {"observedGeneration": generation + 1} if changed or noted not in {generation, generation + 1} else {}


def _shown(condition: Condition) -> dict[str, Any]:
    # The CRDs that MTC installed have no `items`: the server drops them, which must not look like a change each time.
    return condition.model_dump(mode="json", exclude={"items"})


async def write(
    host: Client, kind: ResourceType, read: Object, findings: Findings, *, now: datetime, tell: events.Tell = events.emit_conditions
) -> str:
    """Writes what changed, and an Event for each changed condition by `tell`. The resourceVersion at which the object stands then.

    Returns "" when somebody changed or removed the object meanwhile: nothing was written, and the pass must be repeated.
    """
    body, changed = patch(read, findings, now=now)
    meta = read["metadata"]
    if body is None:
        return str(meta["resourceVersion"])
    try:
        after = await host.patch(kind, meta["name"], body, namespace=meta["namespace"])
    except (kube_errors.Conflict, kube_errors.NotFound):
        return ""
    await tell(host, read, changed, now=now)
    return str(after["metadata"]["resourceVersion"])


def _filled_in(spec: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    return {key: value for key, value in findings.spec.items() if spec.get(key) != value}
