"""What the rollback of a conversion of storage does: which workloads get their old claims back, and which claims go."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mtc.api.migration.migplan import MigPlan
from mtc.errors import MtcError
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.look.sites import Sites
from mtc.migration.quiesce import work as quiesce
from mtc.migration.swap import claims, users
from mtc.migration.swap.claims import Names

#: Their pod templates or claim templates cannot be changed.
_MADE_ANEW = frozenset({resources.STATEFUL_SETS.kind, resources.JOBS.kind})


@dataclass(frozen=True)
class Converted:
    """A conversion that is taken back.

    Attributes:
        workloads: what is stopped and gets its old claims back, as `Kind namespace/name`.
        made_anew: those of them that are deleted and made again.
        claims: the claims that are deleted, as `namespace/name`, each with the one whose place it took, "" where the plan knows none.
        missing: old claims, as `namespace/name`, that workloads would get back and that do not exist.
    """

    workloads: Sequence[str]
    made_anew: Sequence[str]
    claims: Mapping[str, str]
    missing: Sequence[str]


async def of(sites: Sites, plan: MigPlan, doomed: Iterable[Object], unseen: list[str]) -> Converted | None:
    """The conversion of a plan; None where it cannot be looked at, and why is added to `unseen`.

    Args:
        sites: the clusters.
        plan: the plan.
        doomed: the objects that a rollback deletes.
        unseen: sentences about what could not be looked at.
    """
    reference = plan.spec.src_mig_cluster_ref
    site = sites.find(reference.name or "") if reference else None
    if site is None:
        return None  # which has been told by those who looked for what stands still
    back = claims.backward(plan)
    try:
        workloads = await users.of(site.client, back)
        missing = await users.missing(site.client, back, used=True)
    except MtcError as error:
        unseen.append(str(error))
        return None
    named = quiesce.describe(workloads)
    anew = [name for name in named if name.partition(" ")[0] in _MADE_ANEW]
    return Converted(named, anew, going(doomed, back), missing)


def going(doomed: Iterable[Object], back: Mapping[str, Names]) -> dict[str, str]:
    """The claims among objects that are deleted, each with the one whose place it took. Pure.

    Args:
        doomed: the objects.
        back: by namespace, the old claims by the name of the new one.
    """
    found: dict[str, str] = {}
    for item in doomed:
        if item["kind"] == resources.PERSISTENT_VOLUME_CLAIMS.kind:
            namespace, name = item["metadata"]["namespace"], item["metadata"]["name"]
            old = back.get(namespace, {}).get(name)
            found[f"{namespace}/{name}"] = f"{namespace}/{old.name}" if old else ""
    return dict(sorted(found.items()))
