"""The controller or an engine does not run, so nothing goes on."""

from collections.abc import Iterable

from mtc.api import names
from mtc.diagnose import finding
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.finding import Evidence, Finding, Rule
from mtc.words import N_, _

#: A pod that is replaced is away for a moment.
_NEEDS = {names.CONTROLLER_NAME: N_("nothing is decided, and no status changes"), names.VELERO_NAME: N_("no Backup or Restore goes on")}


def _find(case: Case) -> Iterable[Finding]:
    snapshot = case.snapshot
    for cluster in dict.fromkeys((*case.clusters, snapshot.host)):
        for name, effect in _NEEDS.items():
            item = snapshot.find(cluster, "Deployment", name, namespace=snapshot.namespace)
            if item is None or (name == names.CONTROLLER_NAME and cluster != snapshot.host):
                continue
            placed = Placed(cluster, item)
            wanted = (item.get("spec") or {}).get("replicas", 1)
            if wanted and placed.status.get("availableReplicas"):
                continue
            why = _("it is scaled to 0") if not wanted else _("no pod of it is available")
            yield from finding.one(
                _("Deployment {name} on cluster {cluster} does not run: {why}. Until it does, {effect}.").format(
                    name=name, cluster=cluster, why=why, effect=_(effect)
                ),
                [finding.thing(placed)],
                [Evidence(finding.thing(placed), "status", _said(placed)), *_events(case, placed)],
                _steps(placed, wanted=bool(wanted)),
            )


def _steps(placed: Placed, *, wanted: bool) -> list[str]:
    start = f"kubectl -n {placed.namespace} "
    if not wanted:
        return [finding.on(placed.cluster, f"{start}scale deployment {placed.name} --replicas=1")]
    return [
        finding.on(placed.cluster, f"{start}describe pods -l app.kubernetes.io/name={placed.name}"),
        finding.on(placed.cluster, f"{start}logs deployment/{placed.name} --previous"),
        _("what runs goes on by itself once it is back"),
    ]


def _said(placed: Placed) -> str:
    spec, status = placed.item.get("spec") or {}, placed.status
    parts = [f"replicas {spec.get('replicas', 1)}", f"available {status.get('availableReplicas') or 0}"]
    for entry in status.get("conditions") or ():
        # That pods are refused is told by a condition that is True.
        is_trouble = entry.get("status") == ("True" if entry.get("type") == "ReplicaFailure" else "False")
        parts += [str(entry["message"])] if is_trouble and entry.get("message") else []
    return ", ".join(parts)


def _events(case: Case, placed: Placed) -> list[Evidence]:
    found = []
    for owned in case.snapshot.owned(placed.cluster, "ReplicaSet", placed.item["metadata"]["uid"]):
        events = [event for event in case.snapshot.events(placed.cluster, owned) if event.get("type") == "Warning"]
        found += [
            Evidence(finding.thing(Placed(placed.cluster, owned)), f"event {event.get('reason')}", str(event.get("message")))
            for event in events
        ]
    return found[-2:]


RULE = Rule(
    "process-down",
    finding.TOOLKIT + 1,
    N_("Deployments migration-controller and velero"),
    N_("one of them has no available pod"),
    _find,
)
