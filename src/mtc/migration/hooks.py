"""Hooks: work of the user's own, run as a Job in source or target at four points of a cut-over.

The Job is found again by its labels (phase and UID of the migration), so that it is made once however often the controller is
killed. It is not migrated itself. Pods that failed stay, because their logs are what a person needs then. The deadline counts for
all tries together: the application may stand still meanwhile.
"""

import base64
from collections.abc import Iterable
from typing import Any

from mtc.api import names
from mtc.api.migration.mighook import MigHook
from mtc.api.migration.migplan import HookPhase, PlanHook
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.migration import hook_accounts, parallel, velero_crs
from mtc.migration.flags import Flags
from mtc.migration.outcome import Awaited, Done, Outcome, Subject, Wait, fail
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope

DEFAULT_DEADLINE_S = 1800
_PLAYBOOK_FOLDER, _PLAYBOOK = "/tmp/playbook", "playbook.yml"  # noqa: S108 — in the hook's own container
_ANSIBLE = ["/bin/entrypoint", "ansible-runner", "run", "/tmp/runner", "-p", f"{_PLAYBOOK_FOLDER}/{_PLAYBOOK}"]  # noqa: S108
#: How often a Job tries again; Kubernetes' own default, told because people wait for it.
_RETRIES = 6
#: The Job removes the pod that runs at its deadline, and the log with it: the pod's own deadline comes first. Kubernetes waits 10 s
#: before the next pod.
_POD_FIRST_S = 5


def phase(when: HookPhase, words: str) -> Phase:
    """The phase that runs the hook of one of the four points.

    Args:
        when: which point.
        words: how people call it.
    """

    def applies(flags: Flags) -> bool:
        return when in flags.hooks

    async def run(scope: Scope) -> Outcome:
        return await _run(scope, when)

    name = f"{when}Hooks"
    return Phase(name=name, step=name, description=f"Running the hook {words}.", applies=applies, run=run)


async def delete(scope: Scope) -> None:
    """Deletes the Jobs and ConfigMaps of hooks: those of this migration, or in a rollback those of all migrations of the plan."""
    key, value = (names.MIGRATED_BY_MIGPLAN, scope.plan.uid) if scope.flags.is_rollback else (names.OWNER, scope.uid)
    places = {(cluster, hook.execution_namespace) for hook in scope.plan.spec.hooks for cluster in (scope.source, scope.target)}
    for kind in (resources.JOBS, resources.CONFIG_MAPS):
        for cluster, namespace in places:
            found = await cluster.list_all(kind, namespace=namespace, label_selector=f"{key}={value},{names.PHASE}")
            await parallel.gather(cluster.delete(kind, item["metadata"]["name"], namespace=namespace) for item in found)


async def _run(scope: Scope, when: HookPhase) -> Outcome:
    # Where a plan names several for a point, the last one counts, as in MTC; the plan is told about it.
    wanted = [hook for hook in scope.plan.spec.hooks if hook.phase == when][-1]
    reason, ref = f"{when}HooksFailed", wanted.reference.ref
    found = await scope.host.find(resources.MIG_HOOKS, ref.name, namespace=ref.namespace)
    if found is None:
        return fail(
            reason, f"MigHook {ref}, which MigPlan {scope.plan.ref} names for {when}, does not exist. Create it, or correct the plan."
        )
    hook = MigHook.from_dict(found)
    if hook.spec.target_cluster not in {"source", "destination"}:
        return fail(reason, f"spec.targetCluster of MigHook {ref} is {hook.spec.target_cluster!r}. Set it to source or destination.")
    cluster = scope.source if hook.spec.target_cluster == "source" else scope.target
    job = await _job(scope, cluster, wanted, when)
    if job is None:
        account, space = wanted.service_account, wanted.execution_namespace
        if await cluster.find(resources.SERVICE_ACCOUNTS, account, namespace=space) is None:
            return fail(reason, hook_accounts.absent(wanted, cluster))
        job = await cluster.create(resources.JOBS, await _job_body(scope, cluster, hook, wanted, when))
    return _judge(cluster, wanted, when, job, await _last_failure(cluster, job))


async def _last_failure(cluster: Client, job: Object) -> str:
    if not (job.get("status") or {}).get("failed"):
        return ""
    meta = job["metadata"]
    try:
        pods = await cluster.list_all(resources.PODS, namespace=meta["namespace"], label_selector=f"job-name={meta['name']}")
    except errors.Forbidden:
        # The hook's namespace need not be one of the plan's.
        return ""
    return last_failure(pods)


def last_failure(pods: Iterable[Object]) -> str:
    """How the pod that failed last has ended, as a sentence with its name; "" where none has failed.

    Args:
        pods: those of a Job.
    """
    failed = [pod for pod in pods if (pod.get("status") or {}).get("phase") == "Failed"]
    if not failed:
        return ""
    pod = max(failed, key=lambda item: (str(item["metadata"].get("creationTimestamp")), str(item["metadata"]["name"])))
    status, name = pod["status"], pod["metadata"]["name"]
    if status.get("reason"):
        return f"The last try, pod {name}, ended with {status['reason']}."
    ended = [((entry.get("state") or {}).get("terminated") or {}) for entry in status.get("containerStatuses") or []]
    codes = [entry["exitCode"] for entry in ended if entry.get("exitCode")]
    return f"The last try, pod {name}, ended with exit code {codes[0]}." if codes else f"The last try was pod {name}."


async def _job(scope: Scope, cluster: Client, wanted: PlanHook, when: HookPhase) -> Object | None:
    selector = f"{names.OWNER}={scope.uid},{names.PHASE}={when}"
    found = await cluster.list_all(resources.JOBS, namespace=wanted.execution_namespace, label_selector=selector)
    # A hook that has failed is run again by the next try, with what its MigHook says by then; one that was through is not.
    meant = [item for item in found if velero_crs.attempt_of(item) == scope.migration.attempt or _has_ended(item, "Complete")]
    return min(meant, key=lambda item: str(item["metadata"]["name"]), default=None)


def _has_ended(job: Object, how: str) -> bool:
    found = (job.get("status") or {}).get("conditions") or []
    return any(entry["type"] == how and entry.get("status") == "True" for entry in found)


def _judge(cluster: Client, wanted: PlanHook, when: HookPhase, job: Object, last: str) -> Outcome:
    where = f"{job['metadata']['namespace']}/{job['metadata']['name']}"
    status = job.get("status") or {}
    ended = {entry["type"]: entry for entry in status.get("conditions") or [] if entry.get("status") == "True"}
    if "Complete" in ended:
        return Done(progress=(f"Job {where}: Succeeded",))
    look = f"`kubectl -n {job['metadata']['namespace']} logs job/{job['metadata']['name']}`"
    if failed := ended.get("Failed"):
        why = f"{failed.get('reason') or 'no reason'}: {failed.get('message') or 'without a message'}"
        text = f"The hook {wanted.reference.ref} for {when} failed: Job {where} on cluster {cluster.name} ended with {why}. {last}".strip()
        return fail(f"{when}HooksFailed", f"{text} Its logs tell more: {look} on that cluster. Correct the hook, then migrate again.")
    tries = int(status.get("failed") or 0)
    most = int(job["spec"].get("backoffLimit", _RETRIES)) + 1
    seen = f"{tries} of at most {most} tries have failed. {last}".strip() if tries else ""
    told = f" {seen} {look} on that cluster tells why." if tries else ""
    return Wait(
        for_=(Awaited(cluster, resources.JOBS, wanted.execution_namespace, f"{names.PHASE}={when}"),),
        reason="HookRunning",
        message=f"Job {where} of the hook {wanted.reference.ref} on cluster {cluster.name} has not ended.{told}",
        progress=(f"Job {where}: Running. {seen}" if seen else f"Job {where}: Running",),
        objects=(Subject(cluster, job),),
        mark=f"{where} {status.get('active')} {status.get('ready')} {tries}",
    )


def _labels(scope: Scope, hook: MigHook, when: HookPhase) -> dict[str, str]:
    return {
        **names.correlation_labels("MigHook", hook.uid),
        names.PHASE: when,
        names.OWNER: scope.uid,
        names.MIGRATED_BY_MIGPLAN: scope.plan.uid,
        # A hook may run in a namespace that is being migrated.
        names.EXCLUDE_FROM_BACKUP: "true",
    }


async def _job_body(scope: Scope, cluster: Client, hook: MigHook, wanted: PlanHook, when: HookPhase) -> Object:
    labels = _labels(scope, hook, when)
    deadline_s = hook.spec.active_deadline_seconds or DEFAULT_DEADLINE_S
    container: dict[str, Any] = {
        "name": names.hook_generate_name(scope.plan.name, when).rstrip("-").replace(".", "-"),
        "image": hook.spec.image,
        "env": [
            {"name": "MIGRATION_NAMESPACES", "value": ",".join(scope.plan.spec.namespaces)},
            {"name": "MIGRATION_PLAN_NAME", "value": scope.plan.name},
        ],
    }
    pod: dict[str, Any] = {
        "restartPolicy": "Never",
        "serviceAccountName": wanted.service_account,
        "activeDeadlineSeconds": deadline_s,
        "containers": [container],
    }
    if not hook.spec.custom:
        playbook = await _playbook(scope, cluster, hook, wanted, when)
        container |= {"command": _ANSIBLE, "volumeMounts": [{"name": "playbook", "mountPath": _PLAYBOOK_FOLDER}]}
        pod["volumes"] = [{"name": "playbook", "configMap": {"name": playbook}}]
    return {
        "apiVersion": resources.JOBS.api_version,
        "kind": resources.JOBS.kind,
        "metadata": {
            "generateName": names.hook_generate_name(scope.plan.name, when),
            "namespace": wanted.execution_namespace,
            "labels": labels,
            "annotations": velero_crs.attempt_note(scope),
        },
        "spec": {
            "backoffLimit": _RETRIES,
            "activeDeadlineSeconds": deadline_s + _POD_FIRST_S,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


async def _playbook(scope: Scope, cluster: Client, hook: MigHook, wanted: PlanHook, when: HookPhase) -> str:
    """The name of the ConfigMap with the playbook, made unless it exists."""
    labels = _labels(scope, hook, when)
    selector, space = f"{names.OWNER}={scope.uid},{names.PHASE}={when}", wanted.execution_namespace
    listed = await cluster.list_all(resources.CONFIG_MAPS, namespace=space, label_selector=selector)
    found = [item for item in listed if velero_crs.attempt_of(item) == scope.migration.attempt]
    if not found:
        body = {
            "apiVersion": resources.CONFIG_MAPS.api_version,
            "kind": resources.CONFIG_MAPS.kind,
            "metadata": {
                "generateName": names.hook_generate_name(scope.plan.name, when),
                "namespace": space,
                "labels": labels,
                "annotations": velero_crs.attempt_note(scope),
            },
            "data": {_PLAYBOOK: base64.b64decode(hook.spec.playbook).decode()},
        }
        found = [await cluster.create(resources.CONFIG_MAPS, body)]
    return str(found[0]["metadata"]["name"])
