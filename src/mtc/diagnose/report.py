"""From a snapshot and a name to an explanation: all rules, ranked; as data for programs and as text for people."""

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from mtc.api import conditions
from mtc.diagnose import again, rules, safety
from mtc.diagnose import case as cases
from mtc.diagnose.case import Case
from mtc.diagnose.finding import COURSE, KNOWN, Evidence, Finding, Thing
from mtc.diagnose.mask import Mask
from mtc.diagnose.safety import Safety
from mtc.diagnose.snapshot import Snapshot
from mtc.words import _

#: Findings of these repeat what others say.
_SUMMING_UP = frozenset({"condition", "stalled", "known-so-far", "object-refused"})
#: Tells of pods of which no other does.
_REST_OF_PODS = "pods-waiting"
#: Tells what a migration waits for.
_STANDS_STILL = "stalled"
#: A message longer than this says the same with its beginning.
_LONGEST = 600
_WIDTH = 100


@dataclass(frozen=True)
class Explained:
    """A finding with the rule that found it.

    Attributes:
        rule: its name.
        rank: less is nearer to the root.
        finding: what was found, with everything masked.
    """

    rule: str
    rank: int
    finding: Finding

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            "rule": self.rule,
            "rank": self.rank,
            "cause": self.finding.cause,
            "objects": [item._asdict() for item in self.finding.things],
            "evidence": [{"object": item.thing._asdict(), "source": item.source, "text": item.text} for item in self.finding.evidence],
            "steps": [*self.finding.steps],
        }


@dataclass(frozen=True)
class Explanation:
    """What is to be said about a subject.

    Attributes:
        subject: what was asked about.
        state: how it is, in a few words.
        findings: causes, the root first; empty when all is well as far as it can be seen.
        safety: of the application.
        unread: what could not be looked at, and why.
    """

    subject: Thing
    state: str
    findings: tuple[Explained, ...]
    safety: Safety
    unread: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            "subject": self.subject._asdict(),
            "state": self.state,
            "findings": [item.to_dict() for item in self.findings],
            "application": self.safety.to_dict(),
            "unread": [*self.unread],
        }


def explain(snapshot: Snapshot, name: str) -> list[Explanation]:
    """The explanation of an object; without a name, one for each plan.

    Raises:
        mtc.look.errors.LookError: there is nothing of that name.
    """
    return [_of(found) for found in cases.cases(snapshot, name)]


def _of(case: Case) -> Explanation:
    snapshot, subject = case.snapshot, case.subject
    what = Thing(subject.kind, subject.namespace, subject.name, subject.cluster)
    unread = tuple(
        _("cluster {cluster}: {why}").format(cluster=cluster, why=snapshot.mask.text(why))
        if kind == "*"
        else _("cluster {cluster}: {kind} not read: {why}").format(cluster=cluster, kind=kind, why=snapshot.mask.text(why))
        for (cluster, kind), why in sorted(snapshot.unread.items())
    )
    return Explanation(what, _state(case), tuple(ranked(case)), safety.of(case), unread)


def ranked(case: Case) -> list[Explained]:
    """What all rules find, the root first; what only repeats others is left away."""
    found = [
        Explained(rule.name, rule.rank + item.weight, _masked(item, case.snapshot.mask))
        for rule in rules.every()
        for item in rule.find(case)
    ]
    found.sort(key=lambda item: item.rank)
    kept: list[Explained] = []
    for item in found:
        told = {evidence.text for other in kept for evidence in other.finding.evidence}
        texts = {evidence.text for evidence in item.finding.evidence}
        if item.rule in _SUMMING_UP and kept and texts <= told:
            continue
        if item.rule == _REST_OF_PODS and set(item.finding.things) <= {thing for other in kept for thing in other.finding.things}:
            continue
        if item.rank >= KNOWN and any(other.rank < COURSE and not _is_aside(other) for other in kept):
            continue
        kept.append(item)
    # While a migration stands still, what keeps it is what people ask for.
    ordered = sorted(kept, key=_is_aside) if any(item.rule == _STANDS_STILL for item in kept) else kept
    return _of_closed(case, ordered)


def _of_closed(case: Case, found: list[Explained]) -> list[Explained]:
    """The same; where the plan is closed, the first one also says what is to be done in place of another migration.

    Most rules end with one, and each of them would have to know.
    """
    news = again.closed(case)
    if not news or not found or any(step in item.finding.steps for item in found for step in news):
        return found
    first, *others = found
    return [replace(first, finding=replace(first.finding, steps=(*first.finding.steps, *news))), *others]


def _is_aside(item: Explained) -> bool:
    """Whether a finding only warns: it explains no failure."""
    return item.rule == "version-mismatch" or (item.rule == "condition" and "(Warn)" in item.finding.evidence[0].source)


def _masked(finding: Finding, mask: Mask) -> Finding:
    proof = tuple(Evidence(item.thing, item.source, _short(mask.text(item.text))) for item in finding.evidence)
    return Finding(_short(mask.text(finding.cause)), finding.things, proof, tuple(map(mask.text, finding.steps)), finding.weight)


def _short(text: str) -> str:
    joined = " ".join(text.split())
    return joined if len(joined) <= _LONGEST else f"{joined[: _LONGEST - 1]}…"


def _state(case: Case) -> str:
    """How the subject is, in a few words."""
    subject = case.migration if case.subject.kind == "MigPlan" and case.migration else case.subject
    found = {entry.type: entry for entry in conditions.readable(subject.status)}
    of_run = _("its latest migration {name}: ").format(name=subject.name) if subject is not case.subject else ""
    for end in (conditions.FAILED, conditions.CANCELED, conditions.SUCCEEDED_WITH_WARNINGS, conditions.SUCCEEDED):
        if end in found:
            has_phase = end == conditions.FAILED and found[end].reason and subject.status.get("itinerary")
            where = _(" in phase {phase}").format(phase=found[end].reason) if has_phase else ""
            return f"{of_run}{end}{where}"
    blockers = [name for name, entry in found.items() if entry.category in conditions.BLOCKERS]
    if subject.phase:
        return of_run + _("in phase {phase}").format(phase=subject.phase) + (f" ({', '.join(blockers)})" if blockers else "")
    if blockers:
        return of_run + ", ".join(blockers)
    return of_run + (conditions.READY if conditions.READY in found else _("not begun"))


def lines(explanation: Explanation, *, width: int = _WIDTH) -> Iterator[str]:
    """The text for people."""
    subject, wrap = explanation.subject, _Wrap(width)
    yield from wrap(_("{thing} on cluster {cluster}: {state}").format(thing=subject.ref, cluster=subject.cluster, state=explanation.state))
    yield ""
    if not explanation.findings:
        yield from wrap(_("No cause of trouble was found: as far as it can be seen, all is well."))
    for number, item in enumerate(explanation.findings, 1):
        title = _("Cause") if number == 1 else _("Also ({number})").format(number=number)
        yield from wrap(f"{title}: {item.finding.cause}", hang="  ")
        yield from _body(item, wrap)
        yield ""
    yield from wrap(_("Application: {text}").format(text=explanation.safety.text), hang="  ")
    for stopped in explanation.safety.stopped:
        yield f"  - {stopped.ref}"
    for step in explanation.safety.steps:
        yield from wrap(f"  → {step}", hang="    ")
    for text in explanation.unread:
        yield from wrap(_("Not looked at: {text}").format(text=text), hang="  ")


def _body(item: Explained, wrap: "_Wrap") -> Iterator[str]:
    yield from wrap(
        "  " + _("Objects: {things}").format(things=", ".join(f"{thing.ref} @{thing.cluster}" for thing in item.finding.things[:5])),
        hang="    ",
    )
    yield "  " + _("Evidence:")
    for proof in item.finding.evidence:
        yield from wrap(f"  - {proof.thing.ref} @{proof.thing.cluster}, {proof.source}: {proof.text}", hang="    ")
    yield "  " + _("Next:")
    for number, step in enumerate(item.finding.steps, 1):
        yield from wrap(f"  {number}. {step}", hang="     ")


class _Wrap:
    """Breaks lines to a width; words longer than that stay whole, because they are copied."""

    def __init__(self, width: int) -> None:
        self._width = width

    def __call__(self, text: str, *, hang: str = "") -> Iterable[str]:
        return textwrap.wrap(text, self._width, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False)
