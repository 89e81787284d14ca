"""What rules about objects that could not be made share."""

import re
from collections.abc import Callable, Iterable, Sequence

from mtc.diagnose import finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Thing
from mtc.diagnose.said import Hit

#: Velero's own words for an object: resource/namespace/name or resource.group/name.
_VELERO = re.compile(
    r"error (?:restoring|creating|updating) (?P<resource>[a-z0-9.]+)/(?:(?P<space>[a-z0-9-]+)/)?(?P<name>[a-zA-Z0-9.:-]+[a-zA-Z0-9])"
)
_KINDS = frozenset({"Restore", "Backup", "MigMigration", "MigPlan"})


def search(case: Case, pattern: re.Pattern[str]) -> list[Hit]:
    """What Backups, Restores and the migration say of objects and matches."""
    return said.search(case, pattern, where=lambda saying: saying.placed.kind in _KINDS)


def things(hits: Iterable[Hit]) -> tuple[Thing, ...]:
    """The objects that hits are about."""
    found: list[Thing] = []
    for hit in hits:
        velero = _VELERO.search(hit.saying.text)
        if velero:
            found.append(Thing(velero["resource"], velero["space"] or "", velero["name"], hit.saying.placed.cluster))
        else:
            found += said.things([hit])
    return finding.unique(found)


def explain(
    case: Case,
    pattern: re.Pattern[str],
    cause: Callable[[Sequence[Hit], Sequence[Thing]], str],
    steps: Callable[[Sequence[Hit], Sequence[Thing]], Iterable[str]],
    *,
    unless: re.Pattern[str] | None = None,
) -> Iterable[Finding]:
    """A finding for all objects of which something is said that matches, and another pattern does not."""
    hits = [hit for hit in search(case, pattern) if unless is None or not unless.search(hit.saying.text)]
    if hits:
        about = things(hits)
        yield from finding.one(cause(hits, about), about, said.evidence(hits), steps(hits, about))


def look(item: Thing) -> str:
    """The command that shows an object."""
    space = f"-n {item.namespace} " if item.namespace else ""
    return finding.on(item.cluster, f"kubectl {space}get {item.kind.lower()} {item.name} -o yaml")
