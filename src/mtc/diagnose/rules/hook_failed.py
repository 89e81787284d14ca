"""A hook failed: its exit code and last words."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, pods, said
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.finding import Evidence, Finding, Rule
from mtc.diagnose.snapshot import Container
from mtc.words import N_, _

_FAILED = re.compile(
    r"\b(?:The hook|MigHook|[Tt]he hook) \S+.*?(?:failed|does not exist|cannot)|of its pods have failed|\b(?:pre|post)[Hh]ook \S+ .*error|hook execution failed"
)


def _find(case: Case) -> Iterable[Finding]:
    jobs = [job for job in pods.hook_jobs(case) if _has_failed(job)]
    hits = said.search(case, _FAILED, where=lambda saying: saying.placed.kind in {"MigMigration", "Backup", "Restore"})
    if not jobs and not hits:
        return
    proof = [*said.evidence(hits)]
    for job in jobs:
        proof += _last_words(case, job)
    things = [finding.thing(job) for job in jobs] or list(said.things(hits))
    where = jobs[0] if jobs else None
    look = f"kubectl -n {where.namespace} logs job/{where.name}" if where else "mtc tree NAME"
    yield from finding.one(
        _("A hook of the plan failed, so the migration did not go on: {things}.").format(things=finding.listed(things)),
        things,
        proof,
        [
            finding.on(where.cluster, look) if where else f"`{look}`",
            _("correct the MigHook (playbook, image, service account), or take it out of spec.hooks of the plan; then migrate again"),
        ],
    )


def _has_failed(job: Placed) -> bool:
    ended = any(entry.get("type") == "Failed" and entry.get("status") == "True" for entry in job.status.get("conditions") or ())
    return ended or bool(job.status.get("failed") and not job.status.get("succeeded"))


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
