"""What the analysis of a plan's volumes says about their sizes, and what becomes of it in the plan's entries. Pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mtc.api import base, conditions, names, quantities
from mtc.api.conditions import Condition
from mtc.api.migration.miganalytic import MigAnalytic
from mtc.api.migration.migplan import Action, PlanPv
from mtc.migration.volumes.entries import Entry

Claim = tuple[str, str]

#: So long a plan waits for the figures that it has asked for. What took longer is not what the volumes hold now, and is not used.
LIMIT_S = 120.0


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """The newest analysis of a plan's volumes.

    Attributes:
        ref: the MigAnalytic.
        trouble: why there are no figures, for people; "" where there are.
        failed: its condition about volumes that could not be measured, None where all were.
        proposals: the capacity that each measured claim should get.
        requests: what these claims ask for, which is what a copy gets that nobody enlarges.
        is_pending: whether the figures are still to come; what was known before stays so long.
        since: when they came, None while they are to come.
        late_s: how long measuring has taken, where that was too long for what the plan has asked for; what was known before stays.
    """

    ref: base.Ref
    is_pending: bool = False
    since: datetime | None = None
    late_s: int | None = None
    trouble: str = ""
    failed: Condition | None = None
    proposals: Mapping[Claim, str] = field(default_factory=dict)
    requests: Mapping[Claim, str] = field(default_factory=dict)


def newest(analytics: Iterable[MigAnalytic]) -> Analysis | None:
    """What the newest MigAnalytic says that measures volumes; None where none does."""
    measuring = [item for item in analytics if item.spec.analyze_extended_pv_capacity]
    if not measuring:
        return None
    latest = max(measuring, key=_weight)
    took_s = latest.status.measuring_seconds or 0
    found = latest.status.conditions
    blockers = [item for item in found if item.is_true and item.category in conditions.BLOCKERS]
    if blockers:
        return Analysis(ref=latest.ref, trouble=" ".join(item.message for item in blockers))
    if latest.spec.refresh or not conditions.is_ready(found):
        return Analysis(ref=latest.ref, is_pending=True)
    measured = {
        (namespace.namespace, volume.name): volume
        for namespace in latest.status.analytics.namespaces
        for volume in namespace.persistent_volumes
        if volume.proposed_capacity is not None and volume.usage_percentage is not None
    }
    ready = conditions.find(found, conditions.READY)
    return Analysis(
        ref=latest.ref,
        since=ready.last_transition_time if ready is not None else None,
        late_s=took_s if _is_own(latest) and took_s > LIMIT_S else None,
        failed=conditions.find(found, conditions.EXTENDED_PV_ANALYSIS_FAILED),
        proposals={claim: str(volume.proposed_capacity) for claim, volume in measured.items()},
        requests={claim: str(volume.requested_capacity) for claim, volume in measured.items() if volume.requested_capacity is not None},
    )


def _weight(item: MigAnalytic) -> tuple[bool, str, str]:
    """What a person asked for counts before what the plan asked for itself, and the newer before the older."""
    return not _is_own(item), str(item.metadata.get("creationTimestamp", "")), item.name


def _is_own(item: MigAnalytic) -> bool:
    """Whether the plan itself has asked for it."""
    return names.CREATED_BY in (item.metadata.get("labels") or {})


def source_claim(volume: PlanPv) -> Claim:
    """Namespace and name of a volume's claim in the source."""
    try:
        return volume.pvc.namespace, names.parse_pvc_mapping(volume.pvc.name).source
    except names.InvalidMapping:
        return volume.pvc.namespace, volume.pvc.name


def with_proposals(entries: Sequence[Entry], analysis: Analysis | None, *, confirmed: bool = False) -> list[Entry]:
    """The entries with the capacities that are proposed for copied volumes; a larger one must be confirmed anew.

    Args:
        entries: of the plan.
        analysis: the newest one.
        confirmed: whether the settings confirm every proposal.
    """
    if analysis is None or analysis.is_pending or analysis.late_s is not None:
        return list(entries)
    found = [_with_proposal(entry, analysis) for entry in entries]
    return [{**entry, "capacityConfirmed": True} if confirmed and "proposedCapacity" in entry else entry for entry in found]


def _with_proposal(entry: Entry, analysis: Analysis) -> Entry:
    volume = PlanPv.model_validate(entry)
    claim = source_claim(volume)
    proposed = analysis.proposals.get(claim)
    asked = analysis.requests.get(claim, volume.capacity)
    if proposed is None or volume.selection.action != Action.COPY or _size(proposed) <= _size(asked):
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
