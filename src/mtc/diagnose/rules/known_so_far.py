"""What is known where no cause is: the phase that failed, the words of Backups, Restores and volumes, warnings of what is involved."""

from collections.abc import Iterable

from mtc.api import conditions
from mtc.diagnose import finding, said
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.finding import Evidence, Finding, Rule
from mtc.diagnose.snapshot import Work, last_time
from mtc.words import N_, _

_ENDED_BADLY = frozenset({"Failed", "PartiallyFailed", "FailedValidation", "FinalizingPartiallyFailed"})


def _find(case: Case) -> Iterable[Finding]:
    broken = [item for item in (*case.backups, *case.restores, *case.volumes) if item.phase in _ENDED_BADLY]
    failed = _failure(case)
    if not broken and failed is None:
        return
    run = case.migration
    words = [saying for saying in said.everything(case) if not saying.source.startswith("event")]
    proof = [*said.evidence(words), *_logs(case, broken), *_warnings(case)]
    proof = proof or [Evidence(finding.thing(item), "status.phase", item.phase) for item in broken[:3]]
    where = run or case.subject
    phase = failed.reason if failed and failed.reason else where.phase
    name = (run or case.subject).name
    things = [finding.thing(item) for item in broken] or [finding.thing(where)]
    yield from finding.one(
        _("{what} failed in phase {phase}. No rule knows this cause; this is what the objects themselves say.").format(
            what=where.ref, phase=phase or "?"
        ),
        things,
        proof,
        [
            _("see where it broke: `mtc tree {name}`").format(name=name),
            _("read what the processes wrote: `mtc logs {name} --level warning`").format(name=name),
        ],
    )


def _failure(case: Case) -> conditions.Condition | None:
    found = conditions.readable(case.migration.status) if case.migration else []
    return next((entry for entry in found if entry.type == conditions.FAILED), None)


def _logs(case: Case, broken: list[Placed]) -> list[Evidence]:
    found = []
    for item in broken:
        results = case.snapshot.results.get(Work(item.cluster, item.kind, item.name))
        found += [Evidence(finding.thing(item), "log", line) for line in (results.log[-2:] if results and not results.errors else ())]
    return found


def _warnings(case: Case) -> list[Evidence]:
    """Warnings about what is involved, the newest."""
    found = []
    involved = [item for item in (case.migration, case.plan, *case.backups, *case.restores, *case.volumes) if item is not None]
    for item in (*involved, *case.applications("Pod"), *case.applications("PersistentVolumeClaim")):
        found += [
            (last_time(event), item, event) for event in case.snapshot.events(item.cluster, item.item) if event.get("type") == "Warning"
        ]
    newest = sorted(found, key=lambda entry: entry[0])[-3:]
    return [Evidence(finding.thing(item), f"event {event.get('reason')}", str(event.get("message"))) for _time, item, event in newest]


RULE = Rule(
    "known-so-far",
    finding.KNOWN,
    N_("everything that the objects say, results and logs in the bucket, warnings of what is involved"),
    N_("the migration, a Backup, a Restore or a volume failed; shown only when no other rule found the cause"),
    _find,
)
