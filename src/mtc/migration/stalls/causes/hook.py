"""The Job of a hook makes no pod, and nobody says why."""

from collections.abc import Iterable

from mtc.kube import resources
from mtc.migration.outcome import Subject
from mtc.migration.stalls import refusals
from mtc.migration.stalls.cause import Blocker, Cause
from mtc.migration.stalls.look import Look, describe, title


async def find(look: Look) -> Iterable[Blocker]:
    """One for each Job."""
    refused = {title(owner) for owner, _ in await refusals.find(look)}
    jobs = [job for job in look.awaited(resources.JOBS) if title(job) not in refused]
    found = [await _of(look, job) for job in jobs]
    return [entry for entry in found if entry]


async def _of(look: Look, job: Subject) -> Blocker | None:
    meta, spec, status = job.item["metadata"], job.item.get("spec") or {}, job.item.get("status") or {}
    if spec.get("suspend"):
        patch = """-p '{"spec":{"suspend":false}}'"""
        return Blocker(title(job), "it is suspended.", f"kubectl -n {meta['namespace']} patch job {meta['name']} {patch}")
    if status.get("active") or status.get("failed") or await look.pods_of_job(job):
        return None
    return Blocker(title(job), "no pod was made for it: the controllers of that cluster may not run.", describe(job))


CAUSE = Cause(order=100, reason="HookNotStarting", find=find)
