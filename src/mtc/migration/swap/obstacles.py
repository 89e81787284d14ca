"""What stands in the way of a conversion of storage: looked for before anything is stopped, copied or changed."""

from collections.abc import Iterable, Iterator

from mtc.api import names
from mtc.api.migration.migplan import MigPlan
from mtc.kube.client import Client, Object
from mtc.migration.quiesce import kinds, pods, retention
from mtc.migration.quiesce import work as quiesce
from mtc.migration.quiesce.workload import annotations
from mtc.migration.scope import Scope
from mtc.migration.swap import claims, stateful_set, users
from mtc.migration.swap.claims import Names
from mtc.migration.volumes import workloads

#: Who makes pods: what a conversion changes, and what is between that and the pods. Virtual machines have a sentence of their own.
_MAKERS = {workload.kind.kind for workload in kinds.STOPPED} | {"ReplicaSet", "ReplicationController", "Job", "VirtualMachineInstance"}


async def find(scope: Scope, plan: MigPlan, *, goes_on: bool) -> list[str]:
    """One sentence or two for each obstacle; empty when the conversion can be done.

    Args:
        scope: the pass.
        plan: the plan as it is now.
        goes_on: whether this is another try, which goes on with what an earlier one has not converted.
    """
    forward = claims.forward(plan)
    found = [] if goes_on else await done_before(scope, plan)
    for namespace in forward:
        items = await users.workloads(scope.source, namespace)
        if scope.flags.quiesce:
            sets = [item for workload, item in items if workload.kind == kinds.STATEFUL_SET.kind]
            existing = await users.claim_names(scope.source, namespace)
            found.extend(text for item in sets for text in of_stateful_set(item, forward[namespace], existing, sets))
            found.extend(await _virtual_machines(scope.source, namespace, forward[namespace]))
            found.extend(of_pods(await pods.running(scope.source, [namespace]), forward[namespace]))
    return found


async def done_before(scope: Scope, plan: MigPlan) -> list[str]:
    """A sentence or two for each namespace with workloads that use claims of a conversion."""
    found = []
    for namespace, made in claims.backward(plan).items():
        if using := await users.of(scope.source, {namespace: made}):
            found.append(
                f"{', '.join(quiesce.describe(using))} use claims that this plan has made: the conversion has been done, at least in part. Copying "
                "once more would replace what has been written to them since. Roll the plan back, or make another plan. (Another try of a "
                "migration that failed in the middle of this goes on by itself, unless what is not converted yet has run since it was copied.)"
            )
    return found


def of_stateful_set(item: Object, converted: Names, existing: Iterable[str], others: Iterable[Object]) -> Iterator[str]:
    """Why a StatefulSet cannot get other claims. Pure.

    Args:
        item: the set.
        converted: the claims of its namespace that are converted.
        existing: all claims of its namespace.
        others: all StatefulSets of its namespace.
    """
    if not stateful_set.needs(item, converted):
        return
    label, name = f"StatefulSet {item['metadata']['namespace']}/{item['metadata']['name']}", item["metadata"]["name"]
    existing = list(existing)
    for template in stateful_set.templates(item, converted):
        made = [claim for claim in existing if stateful_set.is_made_of(item, template.name, claim)]
        if left := sorted(set(made) - set(template.converted)):
            yield (
                f"{label} makes the claims {', '.join(sorted(made))} of one template, and the plan skips {', '.join(left)}: its pod would "
                "start with an empty volume. Choose copy for all of them, or for none."
            )
        if "" in template.new or len(template.new) > 1:
            yield (
                f"The new names of the claims {', '.join(template.converted)} do not fit {label}: they have to be `TEMPLATE-{name}-NUMBER` "
                "with one TEMPLATE for all of them. Correct pvc.name in the plan, or leave it to the plan by removing what is behind the colon."
            )
    if retention.when_scaled(item):
        yield (
            f"{label} deletes its claims when it is scaled down, which the conversion does first. Set whenScaled of its "
            "persistentVolumeClaimRetentionPolicy to Retain until the migration is over."
        )
    taken = stateful_set.temporary_name(name)
    if any(other["metadata"]["name"] == taken and annotations(other).get(names.NAME_BEFORE) != name for other in others):
        yield f"{label} would be kept as {taken} while it is made anew, and a StatefulSet of that name exists. Give that one another name."


async def _virtual_machines(cluster: Client, namespace: str, converted: Names) -> list[str]:
    found = await cluster.list_all(workloads.VIRTUAL_MACHINES, namespace=namespace)
    using = [item for item in found if set(workloads.claims_of(workloads.VIRTUAL_MACHINES, item)) & converted.keys()]
    if not using:
        return []
    text = "use claims that are to be converted, and this version cannot stop virtual machines and give them other disks."
    return [f"{', '.join(quiesce.describe(using))} {text} Choose skip for their claims."]


def of_pods(running: Iterable[Object], converted: Names) -> list[str]:
    """Which pods would go on with the claims that are converted, because nobody makes them anew. Pure."""
    staying = [pod for pod in running if not pod["metadata"].get("deletionTimestamp")]
    using = [pod for pod in staying if set(pods.mounted(pod)) & converted.keys() and not _is_given_others(pod)]
    if not using:
        return []
    listed = ", ".join(sorted(f"{pod['metadata']['namespace']}/{pod['metadata']['name']}" for pod in using))
    text = (
        "use claims that are to be converted, and no workload makes them that could give them others: they would go on with the old ones."
    )
    return [f"Pods {listed} {text} Delete them, stop first what makes them anew, or choose skip for their claims."]


def _is_given_others(pod: Object) -> bool:
    owner = next((owner for owner in pod["metadata"].get("ownerReferences") or () if owner.get("controller")), None)
    return owner is not None and owner.get("kind") in _MAKERS
