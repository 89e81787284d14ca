"""CronJob, stopped by suspending it, and Job, stopped by allowing no pod at a time."""

from dataclasses import replace

from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration.quiesce.workload import (
    Patch,
    Workload,
    annotations,
    patch,
    pod_template,
)

_SUSPEND, _PARALLELISM = names.PRE_QUIESCE_SUSPEND, names.PRE_QUIESCE_REPLICAS
_ENDED = frozenset({"Complete", "Failed"})


def suspend(item: Object) -> Patch | None:
    """Suspends a CronJob, unless somebody has done so already."""
    if (item.get("spec") or {}).get("suspend"):
        return None
    return patch(annotate={_SUSPEND: "true"}, spec={"suspend": True})


def resume(item: Object) -> list[Patch]:
    """Resumes a CronJob that we suspended."""
    if _SUSPEND not in annotations(item):
        return []
    return [patch(annotate={_SUSPEND: None}, spec={"suspend": False})]


def is_suspended(item: Object) -> bool:
    """Whether we suspended it."""
    return _SUSPEND in annotations(item) and bool((item.get("spec") or {}).get("suspend"))


def job_template(item: Object) -> Object:
    """The pod template inside the Job template of a CronJob."""
    return pod_template((item.get("spec") or {}).get("jobTemplate") or {})


def parallelism(item: Object) -> int:
    """How many pods a Job may have at a time; unset means one."""
    wanted = (item.get("spec") or {}).get("parallelism")
    return 1 if wanted is None else int(wanted)


def has_ended(item: Object) -> bool:
    """Whether a Job is through and will never start a pod again."""
    found = (item.get("status") or {}).get("conditions") or []
    return any(condition.get("type") in _ENDED and condition.get("status") == "True" for condition in found)


def hold(item: Object) -> Patch | None:
    """Stops a Job, unless it is stopped or through."""
    if parallelism(item) == 0 or has_ended(item):
        return None
    return patch(annotate={_PARALLELISM: str(parallelism(item))}, spec={"parallelism": 0})


def release(item: Object) -> list[Patch]:
    """Lets a Job go on that we stopped."""
    before = annotations(item).get(_PARALLELISM)
    if before is None:
        return []
    return [patch(annotate={_PARALLELISM: None}, spec={"parallelism": int(before)} if parallelism(item) == 0 else {})]


def is_held(item: Object) -> bool:
    """Whether we stopped it."""
    return _PARALLELISM in annotations(item) and parallelism(item) == 0


CRON_JOB = Workload(resources.CRON_JOBS, suspend, resume, is_suspended, job_template)
#: Kubernetes before 1.21 serves only this one.
CRON_JOB_BETA = replace(CRON_JOB, kind=replace(resources.CRON_JOBS, version="v1beta1"))
JOB = Workload(resources.JOBS, hold, release, is_held, pod_template)
