"""Something is being deleted and does not go: a finalizer, or a namespace that waits for its content."""

import re
from collections.abc import Iterable
from datetime import datetime

from mtc.diagnose import finding, said
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.finding import Evidence, Finding, Rule, Thing
from mtc.words import N_, _

#: Deleting a pod with its grace takes half a minute.
_PATIENCE_S = 60.0
_KINDS = ("Pod", "PersistentVolumeClaim", "Service", "Deployment", "StatefulSet", "Job")
_OWN = ("Backup", "Restore", "PodVolumeBackup", "PodVolumeRestore", "DeleteBackupRequest", "MigPlan", "MigMigration")
_TERMINATING = re.compile(r"being terminated|is being deleted and did not go|is terminating|cluster \S+ still has (?P<left>.*)")


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, _TERMINATING)
    spaces = list(_namespaces(case))
    stuck = [*spaces, *(item for kind in _KINDS for item in case.applications(kind) if _is_stuck(case, item))]
    stuck += [item for kind in _OWN for item in _own(case, kind) if _is_stuck(case, item)]
    if not stuck and not hits:
        return
    found = [finding.thing(item) for item in stuck] or list(said.things(hits))
    first, holders = found[0], sorted({holder for item in stuck for holder in _finalizers(item)})
    why = _("finalizers hold it: {names}").format(names=", ".join(holders)) if holders else _("it waits for its content")
    yield from finding.one(
        _("{things} on cluster {cluster} is being deleted and does not go: {why}.").format(
            things=finding.listed(found), cluster=first.cluster, why=why
        ),
        found,
        [*(Evidence(finding.thing(item), "metadata.finalizers", _state(item)) for item in stuck[:4]), *said.evidence(hits)],
        [
            _look(first),
            _("let whoever the finalizer belongs to do its work: its controller may be gone, or wait for a pod that uses the object"),
            _("as a last resort, when nothing is behind it: {command}").format(command=finding.on(first.cluster, _release(first))),
        ],
    )


def _own(case: Case, kind: str) -> Iterable[Placed]:
    if kind.startswith("Mig"):
        return [placed for placed in (case.plan, case.migration) if placed is not None and placed.kind == kind]
    mine = {item.name for item in (*case.backups, *case.restores, *case.volumes)}
    return [item for item in case.toolkit(kind) if item.name in mine or kind == "DeleteBackupRequest"]


def _namespaces(case: Case) -> Iterable[Placed]:
    for cluster, names in case.namespaces.items():
        for name in sorted(names):
            item = case.snapshot.find(cluster, "Namespace", name)
            # That a namespace of the source goes is a cause of its own.
            if item is not None and cluster != case.source and item["metadata"].get("deletionTimestamp"):
                yield Placed(cluster, item)


def _is_stuck(case: Case, placed: Placed) -> bool:
    since = placed.item["metadata"].get("deletionTimestamp")
    return bool(since) and (case.snapshot.taken - datetime.fromisoformat(str(since))).total_seconds() > _PATIENCE_S


def _finalizers(placed: Placed) -> list[str]:
    found = [str(name) for name in placed.item["metadata"].get("finalizers") or ()]
    if placed.kind == "Namespace":
        for entry in placed.status.get("conditions") or ():
            if entry.get("status") == "True" and entry.get("type") in {"NamespaceFinalizersRemaining", "NamespaceContentRemaining"}:
                found += re.findall(r"([a-z0-9.-]+/[a-zA-Z0-9.-]+) in \d+ resource", str(entry.get("message")))
    return found


def _state(placed: Placed) -> str:
    states = [
        str(entry.get("message"))
        for entry in placed.status.get("conditions") or ()
        if placed.kind == "Namespace" and entry.get("status") == "True"
    ]
    return "; ".join([f"since {placed.item['metadata'].get('deletionTimestamp')}", *_finalizers(placed), *states])


def _look(item: Thing) -> str:
    if item.kind == "Namespace":
        return finding.on(item.cluster, f"kubectl get namespace {item.name} -o jsonpath='{{.status.conditions}}'")
    return finding.on(item.cluster, f"kubectl -n {item.namespace} get {item.kind.lower()} {item.name} -o yaml")


def _release(item: Thing) -> str:
    space = f"-n {item.namespace} " if item.namespace else ""
    return f'kubectl {space}patch {item.kind.lower()} {item.name} --type=merge -p \'{{"metadata":{{"finalizers":null}}}}\''


RULE = Rule(
    "stuck-deletion",
    finding.APPLICATION - 4,
    N_("objects of the application and of the toolkit that are being deleted, namespaces of the target"),
    N_("a namespace of the target is going, or an object has not gone a minute after it was deleted"),
    _find,
)
