"""The MigStorage of a plan does not exist."""

from collections.abc import Iterable

from mtc.diagnose import finding, said, storage
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Evidence, Finding, Rule, Thing
from mtc.words import N_, _


def _find(case: Case) -> Iterable[Finding]:
    name, snapshot = storage.storage_name(case), case.snapshot
    if case.plan is None or not snapshot.knows(snapshot.host, "MigStorage", snapshot.namespace):
        return
    if name and snapshot.find(snapshot.host, "MigStorage", name) is not None:
        return
    blockers = [saying for saying in said.everything(case) if saying.source == "condition InvalidStorageRef"]
    if not name and not blockers:
        return
    proof = Evidence(finding.thing(case.plan), "spec.migStorageRef", name or _("not set"))
    yield from finding.one(
        _("MigStorage {name}, through which plan {plan} migrates, does not exist.").format(name=name, plan=case.plan.name)
        if name
        else _("Plan {plan} names no MigStorage, and it needs one to copy through.").format(plan=case.plan.name),
        [Thing("MigStorage", snapshot.namespace, name, snapshot.host), finding.thing(case.plan)],
        [proof, *said.evidence(blockers)],
        [
            _("see which there are: `mtc get migstorage`"),
            _("create it, or correct spec.migStorageRef of the plan; the plan becomes ready by itself"),
        ],
    )


RULE = Rule(
    "storage-undeclared",
    finding.STORAGE - 1,
    N_("the plan's reference and the MigStorages that there are"),
    N_("the MigStorage that the plan names does not exist"),
    _find,
)
