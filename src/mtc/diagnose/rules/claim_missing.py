"""A pod mounts a claim that does not exist, or whose volume is gone."""

import re
from collections.abc import Iterable

from mtc.api import names
from mtc.diagnose import again, finding, said, starting
from mtc.diagnose.case import Case, mappings
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_MISSING = re.compile(
    r"persistentvolumeclaims? \"(?P<claim>[^\"]+)\" (?:not found|bound to non-?existent persistentvolume \"(?P<volume>[^\"]*)\")",
    re.IGNORECASE,
)


def _find(case: Case) -> Iterable[Finding]:
    hits = starting.search(case, _MISSING)
    if not hits:
        return
    pod, claim, volume = finding.thing(hits[0].saying.placed), hits[0].part("claim"), hits[0].part("volume")
    lacks = Thing("PersistentVolumeClaim", pod.namespace, claim, pod.cluster)
    gone = Thing("PersistentVolume", "", volume, pod.cluster)
    why = (
        _("{thing}, to which its claim {claim} is bound, does not exist").format(thing=gone.ref, claim=claim)
        if volume
        else _("it mounts {thing}, which does not exist").format(thing=lacks.ref)
    )
    copied = _is_copied(case, lacks)
    if copied:
        why = _("{why}, and with it the data that plan {plan} copies into it").format(why=why, plan=case.plan.name if case.plan else "")
    yield from finding.one(
        _("{pods} cannot start: {why} on cluster {cluster}.").format(pods=starting.names(hits), why=why, cluster=pod.cluster),
        [lacks, *([gone] if volume else []), *said.things(hits)],
        said.evidence(hits),
        [
            finding.on(pod.cluster, f"kubectl -n {pod.namespace} get pvc"),
            *(_when_copied(case, lacks) if copied else _when_left(case)),
        ],
        weight=starting.weight(case, hits),
    )


def _when_left(case: Case) -> list[str]:
    """Where the plan did not bring the claim over."""
    return [
        _("see what the plan does with the volume: action `skip` in spec.persistentVolumes leaves the claim behind"),
        _("make the claim on the target by hand, and the pod starts by itself; or choose another action in the plan"),
        *again.migrate(case),
    ]


def _when_copied(case: Case, claim: Thing) -> list[str]:
    """Where the claim was to have data: an empty one would let the application start without them."""
    never = _("make no empty {claim} by hand: the application would start without its data, which are still on source cluster {cluster}")
    plan = case.plan.name if case.plan else ""
    if again.final(case):
        back = _("take the migration back and migrate again: `mtc rollback {plan}`, then `mtc cutover {plan}`")
    elif again.has_failed(case):
        back = _("or take the migration back: `mtc rollback {plan}`, then `mtc cutover {plan}` copies the volume anew")
    else:
        back = _("find out who deletes claims or namespaces there; when the migration has ended, `mtc rollback {plan}`, and migrate again")
    steps = [never.format(claim=claim.ref, cluster=case.source), *again.retry(case)]
    return steps if case.is_closed else [*steps, back.format(plan=plan)]


def _is_copied(case: Case, claim: Thing) -> bool:
    """Whether the plan copies the volume of a claim of the target."""
    if case.plan is None or claim.cluster != case.target:
        return False
    spaces = {mapping.source: mapping.target for mapping in mappings(case.plan)}
    for volume in (case.plan.item.get("spec") or {}).get("persistentVolumes") or ():
        wanted, space = volume.get("pvc") or {}, str((volume.get("pvc") or {}).get("namespace") or "")
        if (volume.get("selection") or {}).get("action") != "copy" or spaces.get(space, space) != claim.namespace:
            continue
        try:
            named = names.parse_pvc_mapping(str(wanted.get("name") or "")).target
        except names.InvalidMapping:
            continue
        if named == claim.name:
            return True
    return False


RULE = Rule(
    "claim-missing",
    finding.APPLICATION - 3,
    N_("pods that wait, and the scheduler's words"),
    N_("a claim that a pod mounts, or the volume of such a claim, does not exist"),
    _find,
)
