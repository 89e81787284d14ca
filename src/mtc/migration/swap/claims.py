"""Which claim takes the place of which. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mtc.api.migration.migplan import Action, MigPlan, PlanPv


@dataclass(frozen=True)
class NewClaim:
    """A claim that takes the place of another one.

    Attributes:
        name: of the claim.
        storage_class: its class, "" for the default one.
        access_mode: the one that was chosen for it, "" for those of the other claim.
    """

    name: str
    storage_class: str = ""
    access_mode: str = ""


#: New claims of one namespace, by the name of the claim whose place they take.
Names = Mapping[str, NewClaim]


def forward(plan: MigPlan) -> dict[str, Names]:
    """By namespace, the claims that a conversion makes."""
    return _by_namespace((pv, pv.pvc.mapping.source, _converted(pv)) for pv in _volumes(plan))


def backward(plan: MigPlan) -> dict[str, Names]:
    """By namespace, the claims that were there before it."""
    return _by_namespace((pv, pv.pvc.mapping.target, NewClaim(pv.pvc.mapping.source, pv.storage_class)) for pv in _volumes(plan))


def _volumes(plan: MigPlan) -> list[PlanPv]:
    found = plan.spec.persistent_volumes
    return [pv for pv in found if pv.selection.action == Action.COPY and pv.pvc.mapping.is_mapped]


def _converted(pv: PlanPv) -> NewClaim:
    return NewClaim(pv.pvc.mapping.target, pv.selection.storage_class, pv.selection.access_mode)


def _by_namespace(entries: Iterable[tuple[PlanPv, str, NewClaim]]) -> dict[str, Names]:
    found: dict[str, dict[str, NewClaim]] = {}
    for pv, name, new in entries:
        found.setdefault(pv.pvc.namespace, {})[name] = new
    return dict(found)
