"""A claim is not bound although its class exists: no provisioner, a failed one, no fitting volume."""

from collections.abc import Iterable, Iterator

from mtc.diagnose import finding, pods, said, scheduling
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.finding import Evidence, Finding, Rule
from mtc.words import N_, _

#: A volume is made within seconds; some providers take longer.
_MADE_S = 60.0


def _find(case: Case) -> Iterable[Finding]:
    for claim in case.applications("PersistentVolumeClaim"):
        spec = claim.item.get("spec") or {}
        warned = [event for event in case.snapshot.events(claim.cluster, claim.item) if event.get("type") == "Warning"]
        failed = [event for event in warned if event.get("reason") in {"ProvisioningFailed", "FailedBinding", "VolumeMismatch"}]
        failed = [event for event in failed if "not found" not in str(event.get("message"))]
        waits = claim.phase == "Pending" and said.age_s(case, claim.item) > _MADE_S and _is_wanted(case, claim)
        if claim.phase not in {"Pending", "Lost"} or not (failed or waits or claim.phase == "Lost"):
            continue
        if not failed and claim.phase == "Pending" and _waits_for_its_pod(case, claim):
            continue
        proof = [Evidence(finding.thing(claim), "status.phase", claim.phase), *_provisioner(case, claim)]
        proof += [Evidence(finding.thing(claim), f"event {event.get('reason')}", str(event.get("message"))) for event in failed[-2:]]
        yield from finding.one(
            _("{claim} on cluster {cluster} gets no volume from StorageClass {name}, so no pod that mounts it can start.").format(
                claim=claim.ref, cluster=claim.cluster, name=spec.get("storageClassName") or _("(none)")
            ),
            [finding.thing(claim)],
            proof,
            [
                finding.on(claim.cluster, f"kubectl -n {claim.namespace} describe pvc {claim.name}"),
                _("look at the provisioner of the class and its pods, at its quota, and whether size and access mode are possible"),
                _("choose another class in the plan, or repair this one"),
            ],
        )


def _provisioner(case: Case, claim: Placed) -> Iterator[Evidence]:
    """Who is to make the volume, as the cluster says itself while it waits for that."""
    waits = [event for event in case.snapshot.events(claim.cluster, claim.item) if event.get("reason") == "ExternalProvisioning"]
    for event in waits[-1:]:
        yield Evidence(finding.thing(claim), "event ExternalProvisioning", str(event.get("message")))


def _is_wanted(case: Case, claim: Placed) -> bool:
    """Whether a pod waits for it: a class may wait for the first one."""
    return any(True for _pod in _pods(case, claim))


def _waits_for_its_pod(case: Case, claim: Placed) -> bool:
    """Whether its class makes a volume only where a pod is to run, and no node takes the pod for another reason."""
    wanted = case.snapshot.find(claim.cluster, "StorageClass", str((claim.item.get("spec") or {}).get("storageClassName") or ""))
    if (wanted or {}).get("volumeBindingMode") != "WaitForFirstConsumer":
        return False
    told = [text for pod in _pods(case, claim) for source, text in pods.words(pod) if source == "condition PodScheduled"]
    return any((reason := scheduling.main(text)) is not None and reason.kind != scheduling.VOLUME for text in told)


def _pods(case: Case, claim: Placed) -> Iterator[Placed]:
    """Those that mount it."""
    for item in case.snapshot.all(claim.cluster, "Pod", namespace=claim.namespace):
        volumes = (item.get("spec") or {}).get("volumes") or ()
        if any((volume.get("persistentVolumeClaim") or {}).get("claimName") == claim.name for volume in volumes):
            yield Placed(claim.cluster, item)


RULE = Rule(
    "claim-unbound",
    finding.APPLICATION - 2,
    N_("claims that wait, with their events"),
    N_("a provisioner failed, or a claim that a pod mounts is not bound after a minute"),
    _find,
)
