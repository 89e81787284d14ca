"""From counts and differences to `status.proof` and its conditions. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.api.proof import Proof, ProofCounts, ProofDifference, ProofState
from mtc.migration.scope import Scope

#: As many as a status can carry and a person reads.
_MOST = 20
_NAMED = 5

Part = Literal["objects", "volumes"]


@dataclass
class Findings:
    """What the comparison of one part came to.

    Attributes:
        counts: how many.
        differences: the first of them.
        trouble: what should have been compared and could not be, a sentence each.
        left: what is of a kind that is never compared, a sentence each.
        files, content_bytes: of volumes.
    """

    counts: ProofCounts = field(default_factory=ProofCounts)
    differences: list[ProofDifference] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    files: int = 0
    content_bytes: int = 0


def skipped_because(scope: Scope) -> str:
    """Why nothing is to be proved, "" where it is."""
    for item in (scope.migration, scope.plan):
        if (item.metadata.get("annotations") or {}).get(names.SKIP_PROOF) == "true":
            return f"Annotation {names.SKIP_PROOF} of {item.KIND.kind} {item.ref} asks not to compare what arrived."
    if not scope.settings.migration_proof:
        return "Setting migration_proof is off, so what arrived was not compared."
    return ""


def skipped(why: str, *, now: datetime) -> Proof:
    """The status of a proof that nobody wants."""
    return Proof(state=ProofState.SKIPPED, message=why, completed=now)


def joined(old: Proof | None, part: Part, found: Findings, *, report: str | None, now: datetime) -> Proof:
    """The proof with what was found about one part, in place of what it said about that part before."""
    other: Part = "volumes" if part == "objects" else "objects"
    kept = [item for item in old.differences if (item.path is not None) == (other == "volumes")] if old else []
    known = {item for item in (old.not_compared if old else []) if item.startswith(_HEADS[other])}
    counts = {part: found.counts, other: getattr(old, other) if old else None}
    volumes = found if part == "volumes" else None
    notes = [*(f"{_HEADS[part]}{text}" for text in (*found.trouble, *found.left)), *sorted(known)]
    return Proof(
        state=_state(counts.values(), has_trouble=bool(notes)),
        message=_message(counts["objects"], counts["volumes"]),
        objects=counts["objects"],
        volumes=counts["volumes"],
        files=volumes.files if volumes else (old.files if old else 0),
        content_bytes=volumes.content_bytes if volumes else (old.content_bytes if old else 0),
        differences=[*found.differences, *kept][:_MOST],
        not_compared=notes[:_MOST],
        report=report or (old.report if old else None),
        completed=now,
    )


_HEADS: dict[Part, str] = {"objects": "Objects: ", "volumes": "Volumes: "}


def _state(counts: Iterable[ProofCounts | None], *, has_trouble: bool) -> ProofState:
    present = [count for count in counts if count]
    if any(count.different for count in present):
        return ProofState.DIFFERENT
    if has_trouble or any(count.not_compared for count in present):
        return ProofState.NOT_PROVED
    return ProofState.PROVED


def _message(objects: ProofCounts | None, volumes: ProofCounts | None) -> str:
    parts = []
    for count, word in ((volumes, "volumes"), (objects, "objects")):
        if count:
            more = f", {count.not_compared} not compared" if count.not_compared else ""
            parts.append(f"{count.compared} {word} compared, {count.different} of them different{more}")
    return f"{'; '.join(parts)}." if parts else "Nothing was compared."


def told(scope: Scope, proof: Proof, found: Findings) -> tuple[Condition, ...]:
    """The conditions of a proof; `found` is what the part that was compared last has found."""
    result = []
    if proof.state == ProofState.DIFFERENT:
        result.append(_failed(scope, proof))
    if proof.not_compared:
        before = conditions.find(scope.migration.status.conditions, conditions.NOT_PROVED)
        own = len(found.trouble) + len(found.left)
        is_trouble = bool(found.trouble) or (before is not None and before.category == conditions.WARN and len(proof.not_compared) > own)
        result.append(_not_proved(proof.not_compared, is_trouble=is_trouble))
    return tuple(result)


def _failed(scope: Scope, proof: Proof) -> Condition:
    items = [described(item) for item in proof.differences]
    total = sum(count.different for count in (proof.objects, proof.volumes) if count)
    text = f"What arrived on cluster {scope.target.name} differs from what was saved ({proof.message[:-1]}): {_some(items, total)}."
    if proof.report:
        text += f" All differences are in the bucket as {proof.report}."
    return Condition(type=conditions.PROOF_FAILED, category=conditions.WARN, reason=conditions.ERRORS_DETECTED, message=text, durable=True)


def described(item: ProofDifference) -> str:
    """A difference in a few words."""
    where = f"{item.namespace}/{item.name}" if item.namespace else item.name
    file = f" file {item.path}" if item.path is not None else ""
    return f"{item.kind} {where}{file} ({', '.join(item.what[:3])})"


def _some(items: Sequence[str], total: int) -> str:
    shown = "; ".join(items[:_NAMED])
    return f"{shown}; and more" if total > _NAMED or len(items) > _NAMED else shown


def _not_proved(texts: Sequence[str], *, is_trouble: bool) -> Condition:
    more = f" And {len(texts) - _NAMED} more; see status.proof.notCompared." if len(texts) > _NAMED else ""
    category, reason = (conditions.WARN, conditions.ERRORS_DETECTED) if is_trouble else (conditions.ADVISORY, conditions.NOT_SUPPORTED)
    message = " ".join(texts[:_NAMED]) + more
    return Condition(type=conditions.NOT_PROVED, category=category, reason=reason, message=message, durable=True)
