"""What the analysis of a plan's volumes says about their sizes, and what becomes of it in the plan's entries. Pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mtc.api import base, conditions, names, quantities
from mtc.api.conditions import Condition
from mtc.api.migration.miganalytic import MigAnalytic
from mtc.api.migration.migplan import Action, PlanPv
from mtc.migration.volumes.entries import Entry

Claim = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """The newest analysis of a plan's volumes.

    Attributes:
        ref: the MigAnalytic.
        trouble: why there are no figures, for people; "" where there are.
        failed: its condition about volumes that could not be measured, None where all were.
        proposals: the capacity that each measured claim should get.
    """

    ref: base.Ref
    trouble: str = ""
    failed: Condition | None = None
    proposals: Mapping[Claim, str] = field(default_factory=dict)


def newest(analytics: Iterable[MigAnalytic]) -> Analysis | None:
    """What the newest MigAnalytic says that measures volumes; None where none does, or its figures are not there yet."""
    measuring = [item for item in analytics if item.spec.analyze_extended_pv_capacity]
    if not measuring:
        return None
    latest = max(measuring, key=lambda item: (str(item.metadata.get("creationTimestamp", "")), item.name))
    found = latest.status.conditions
    blockers = [item for item in found if item.is_true and item.category in conditions.BLOCKERS]
    if blockers:
        return Analysis(ref=latest.ref, trouble=" ".join(item.message for item in blockers))
    if not conditions.is_ready(found):
        return None
    proposals = {
        (namespace.namespace, volume.name): str(volume.proposed_capacity)
        for namespace in latest.status.analytics.namespaces
        for volume in namespace.persistent_volumes
        if volume.proposed_capacity is not None and volume.usage_percentage is not None
    }
    return Analysis(ref=latest.ref, failed=conditions.find(found, conditions.EXTENDED_PV_ANALYSIS_FAILED), proposals=proposals)


def source_claim(volume: PlanPv) -> Claim:
    """Namespace and name of a volume's claim in the source."""
    try:
        return volume.pvc.namespace, names.parse_pvc_mapping(volume.pvc.name).source
    except names.InvalidMapping:
        return volume.pvc.namespace, volume.pvc.name


def with_proposals(entries: Sequence[Entry], analysis: Analysis | None) -> list[Entry]:
    """The entries with the capacities that are proposed for copied volumes; a larger one must be confirmed anew."""
    return [_with_proposal(entry, analysis.proposals) for entry in entries] if analysis is not None else list(entries)


def _with_proposal(entry: Entry, proposals: Mapping[Claim, str]) -> Entry:
    volume = PlanPv.model_validate(entry)
    proposed = proposals.get(source_claim(volume))
    if proposed is None or volume.selection.action != Action.COPY or _size(proposed) <= _size(volume.capacity):
        return {key: value for key, value in entry.items() if key not in {"proposedCapacity", "capacityConfirmed"}}
    confirmed = volume.capacity_confirmed and _size(proposed) <= _size(volume.proposed_capacity)
    if volume.proposed_capacity is not None and _size(volume.proposed_capacity) == _size(proposed):
        return entry
    return {**entry, "proposedCapacity": proposed, "capacityConfirmed": confirmed}


def _size(value: int | str | None) -> int:
    try:
        return quantities.to_bytes(value) if value is not None else 0
    except quantities.InvalidQuantity:
        return 0
