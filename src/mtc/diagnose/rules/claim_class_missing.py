"""A claim names a storage class that the cluster does not have, or none where there is no default."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Evidence, Finding, Rule, Thing
from mtc.words import N_, _

_MISSING = re.compile(r"storageclass(?:es)?(?:\.storage\.k8s\.io)? \"(?P<name>[^\"]*)\" not found|StorageClass \S+ does not exist")
_DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")


def _find(case: Case) -> Iterable[Finding]:
    for claim in case.applications("PersistentVolumeClaim"):
        if claim.phase not in {"Pending", ""} or not case.snapshot.knows(claim.cluster, "StorageClass"):
            continue
        spec, classes = claim.item.get("spec") or {}, case.snapshot.all(claim.cluster, "StorageClass")
        wanted = spec.get("storageClassName")
        known = sorted(item["metadata"]["name"] for item in classes)
        default = any((item["metadata"].get("annotations") or {}).get(key) == "true" for item in classes for key in _DEFAULT)
        if spec.get("volumeName") or (wanted and wanted in known) or wanted == "" or (wanted is None and default):
            continue
        hits = [hit for hit in said.search(case, _MISSING) if hit.saying.placed.name == claim.name]
        if not (classes or hits):  # an archive may have none of them
            continue
        have = ", ".join(known) or _("none")
        named = Thing("StorageClass", "", str(wanted), claim.cluster)
        why = (
            _("{claim} wants StorageClass {name}, which cluster {cluster} does not have (it has: {have}).").format(
                claim=claim.ref, name=wanted, cluster=claim.cluster, have=have
            )
            if wanted
            else _("{claim} names no StorageClass, and cluster {cluster} has no default one (it has: {have}).").format(
                claim=claim.ref, cluster=claim.cluster, have=have
            )
        )
        yield from finding.one(
            why,
            [finding.thing(claim), *([named] if wanted else [])],
            [Evidence(finding.thing(claim), "spec.storageClassName", str(wanted or _("not set"))), *said.evidence(hits)],
            [
                _("choose a class that the target has in spec.persistentVolumes[].selection.storageClass of the plan"),
                *again.migrate(case),
                _(
                    "or create the class, or mark a default one: `kubectl annotate sc NAME storageclass.kubernetes.io/is-default-class=true`"
                ),
            ],
        )


RULE = Rule(
    "claim-class-missing",
    finding.APPLICATION - 3,
    N_("claims that wait, and the classes of their cluster"),
    N_("a claim's StorageClass does not exist, or there is no default for one that names none"),
    _find,
)
