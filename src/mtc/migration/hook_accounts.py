"""Service accounts that hooks of a plan will run as: one that is missing must not be found out when the application stands still."""

from mtc.api.migration.mighook import MigHook
from mtc.api.migration.migplan import PlanHook
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.migration import parallel
from mtc.migration.scope import Scope

#: What was migrated is there by then.
_ARRIVED = "PostRestore"


async def missing(scope: Scope) -> list[str]:
    """One sentence for each hook of this run whose account does not exist where it is to run, and does not come with the application."""
    # Where a plan names several for a point, the last one counts, as in MTC.
    meant = {hook.phase: hook for hook in scope.plan.spec.hooks}
    found = await parallel.gather(_missing(scope, hook) for hook in meant.values())
    return [text for text in found if text]


async def _missing(scope: Scope, wanted: PlanHook) -> str:
    ref, account, space = wanted.reference.ref, wanted.service_account, wanted.execution_namespace
    item = await scope.host.find(resources.MIG_HOOKS, ref.name, namespace=ref.namespace)
    if item is None or not account:
        return ""  # its plan says so
    target = MigHook.from_dict(item).spec.target_cluster != "source"
    cluster = scope.target if target else scope.source
    if await _has(cluster, space, account):
        return ""
    if target and wanted.phase == _ARRIVED and await _comes(scope, space, account):
        return ""
    return absent(wanted, cluster)


async def _comes(scope: Scope, space: str, account: str) -> bool:
    origins = [entry.source for entry in scope.namespaces if entry.target == space]
    # A namespace that is made has this one by itself.
    return bool(origins) and (account == "default" or await _has(scope.source, origins[0], account))


async def _has(cluster: Client, space: str, account: str) -> bool:
    return await cluster.find(resources.SERVICE_ACCOUNTS, account, namespace=space) is not None


def absent(wanted: PlanHook, cluster: Client) -> str:
    """What is said of such a hook."""
    return (
        f"ServiceAccount {wanted.execution_namespace}/{wanted.service_account}, as which the hook {wanted.reference.ref} for {wanted.phase} shall run, "
        f"does not exist on cluster {cluster.name}. Create it there, or correct the plan."
    )
