"""A hook failed: its exit code and last words."""

import re
from collections.abc import Iterable, Sequence

from mtc.diagnose import again, finding, pods, said
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.finding import Evidence, Finding, Rule
from mtc.diagnose.said import Hit
from mtc.diagnose.snapshot import Container
from mtc.words import N_, _

_FAILED = re.compile(
    r"\b(?:The hook|MigHook|[Tt]he hook) \S+.*?(?:failed|does not exist|cannot)|of (?:its pods|at most \d+ tries) have failed|\b(?:pre|post)[Hh]ook \S+ .*error|hook execution failed"
)
#: What a phase says of a Job that has tries left, and what it said in versions before.
_SO_FAR = re.compile(r"of (?:its pods|at most \d+ tries) have failed")
_ENDS = frozenset({"Failed", "FailureTarget"})


def _find(case: Case) -> Iterable[Finding]:
    jobs = [job for job in pods.hook_jobs(case) if _has_ended(job) or _fails(job)]
    hits = said.search(case, _FAILED, where=lambda saying: saying.placed.kind in {"MigMigration", "Backup", "Restore"})
    if not jobs and not hits:
        return
    proof = [*said.evidence(hits)]
    for job in jobs:
        proof += _last_words(case, job) or [Evidence(finding.thing(job), "status.failed", str(job.status.get("failed") or ""))]
    things = [finding.thing(job) for job in jobs] or list(said.things(hits))
    where = jobs[0] if jobs else None
    look = finding.on(where.cluster, f"kubectl -n {where.namespace} logs job/{where.name}") if where else f"`mtc tree {case.name}`"
    if _is_tried_again(case, jobs, hits):
        cause = _("A hook of the plan fails, and its Job tries it again: {things}. The migration waits for it.")
        after = [
            _("remove what it fails of, and the migration goes on by itself; it fails when the Job has no tries left (backoffLimit)"),
            _("`mtc cancel {name}` stops the migration instead").format(name=case.name),
        ]
    else:
        cause = _("A hook of the plan failed, so the migration did not go on: {things}.")
        after = [
            _("correct the MigHook (playbook, image, service account), or take it out of spec.hooks of the plan"),
            *again.migrate(case),
        ]
    yield from finding.one(cause.format(things=finding.listed(things)), things, proof, [look, *after])


def _has_ended(job: Placed) -> bool:
    """Whether the Job tries nothing any more."""
    return any(entry.get("type") in _ENDS and entry.get("status") == "True" for entry in job.status.get("conditions") or ())


def _fails(job: Placed) -> bool:
    return bool(job.status.get("failed") and not job.status.get("succeeded"))


def _is_tried_again(case: Case, jobs: Sequence[Placed], hits: Iterable[Hit]) -> bool:
    """Whether the migration is at work and the Jobs of its hooks have tries left."""
    at_work = case.migration is not None and case.migration.phase not in {"", "Completed"}
    return at_work and bool(jobs) and not any(map(_has_ended, jobs)) and all(_SO_FAR.search(hit.saying.text) for hit in hits)


def _last_words(case: Case, job: Placed) -> list[Evidence]:
    found = []
    for pod in (Placed(job.cluster, item) for item in case.snapshot.owned(job.cluster, "Pod", job.item["metadata"]["uid"])):
        for state in pod.status.get("containerStatuses") or ():
            ended = (state.get("state") or {}).get("terminated") or {}
            tail = case.snapshot.tails.get(Container(job.cluster, job.namespace, pod.name, str(state.get("name"))), ())
            if ended.get("exitCode"):
                words = " | ".join(line for line in tail[-5:] if line.strip())
                found.append(Evidence(finding.thing(pod), f"exit code {ended['exitCode']}", words or str(ended.get("reason") or "")))
    return found[-2:]


RULE = Rule(
    "hook-failed",
    finding.VOLUME + 2,
    N_("Jobs of hooks with their pods and logs, errors of the migration"),
    N_("a hook's Job failed, or the hook cannot run"),
    _find,
)
