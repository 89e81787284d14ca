"""Waits until the controller has looked at a declaration, and tells what it found."""

from collections.abc import Sequence
from dataclasses import dataclass

from mtc.act import following
from mtc.api import catalogue, conditions
from mtc.api.conditions import Condition
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.look.errors import NothingFound
from mtc.migration import record

_DONE, _FAILED, _WITH_WARNINGS = 0, 1, 3
KINDS = {kind.kind: kind for kind in (resources.MIG_CLUSTERS, resources.MIG_STORAGES, resources.MIG_PLANS)}


@dataclass(frozen=True)
class Settled:
    """What the controller says of a declaration.

    Attributes:
        item: the object.
        told: what blocks it and what it warns of, the blockers first.
        is_ready: whether it is Ready.
    """

    item: Object
    told: Sequence[Condition]
    is_ready: bool

    @property
    def code(self) -> int:
        """What the command exits with."""
        if not self.is_ready:
            return _FAILED
        return _WITH_WARNINGS if self.told else _DONE

    def lines(self) -> list[str]:
        """What is wrong, what it means, and what to do."""
        kind = str(self.item["kind"])
        found: list[str] = []
        for entry in self.told:
            found.append(f"  {entry.type} ({entry.category}): {entry.message}")
            known = catalogue.find(kind, entry.type, entry.reason, category=entry.category)
            if known is not None and known.remedy:
                found.append(f"    What to do: {known.remedy}")
        return found


def of(item: Object) -> Settled | None:
    """What the controller says, None as long as it has not looked at what is declared now. Pure."""
    spec, status = item.get("spec") or {}, item.get("status") or {}
    if spec.get("refresh") or status.get("observedDigest") != record.digest(spec):
        return None
    found = conditions.readable(status)
    is_ready = conditions.is_ready(found)
    blockers = [entry for entry in found if entry.is_true and entry.category in conditions.BLOCKERS]
    warnings = [entry for entry in found if entry.is_true and entry.category == conditions.WARN]
    # A plan whose locations are being made is neither ready nor blocked.
    return Settled(item, [*blockers, *warnings], is_ready) if is_ready or blockers else None


async def wait(cluster: Client, kind: ResourceType, name: str, *, namespace: str, timeout_s: float | None) -> Settled:
    """What the controller says of a declaration once it has looked at it.

    Raises:
        NothingFound: it is not, or no longer, there.
        errors.TimedOut: the controller has not looked at it in time.
    """
    return await following.until(
        cluster,
        kind,
        name,
        of,
        namespace=namespace,
        timeout_s=timeout_s,
        gone=f"{kind.kind} {name} is not in namespace {namespace}. `mtc get {kind.kind.lower()}` lists what there is.",
        late=(
            f"The controller has not finished looking at {kind.kind} {name} within {timeout_s or 0:g} s. Does it run? `kubectl -n {namespace} "
            f"get deployment migration-controller` shows it, `mtc describe {kind.kind.lower()} {name}` what is known."
        ),
    )


async def refresh(cluster: Client, kind: ResourceType, name: str, *, namespace: str) -> None:
    """Asks the controller to look again now. Raises NothingFound."""
    if await cluster.find(kind, name, namespace=namespace) is None:
        raise NothingFound(f"There is no {kind.kind} {name} in namespace {namespace}. `mtc get {kind.kind.lower()}` lists what there is.")
    await cluster.patch(kind, name, {"spec": {"refresh": True}}, namespace=namespace)
