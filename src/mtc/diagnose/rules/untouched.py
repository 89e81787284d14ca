"""Nobody has taken up an object: no status a while after it was made."""

from collections.abc import Iterable

from mtc.diagnose import finding, said
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.finding import Evidence, Finding, Rule
from mtc.words import N_, _

#: What is alive takes an object within a second or two; a controller that starts needs longer.
_TAKEN_S = 45.0
_BY_ENGINE = frozenset({"Backup", "Restore"})


def _find(case: Case) -> Iterable[Finding]:
    mine = (case.subject, case.plan, case.migration, *case.backups, *case.restores)
    waiting = {item.ref: item for item in mine if item is not None and _waits(case, item)}
    for item in waiting.values():
        who = "velero" if item.kind in _BY_ENGINE else "migration-controller"
        yield from finding.one(
            _(
                "Nobody has taken up {thing} since it was made: {who} of cluster {cluster} does not run, or looks at another namespace."
            ).format(thing=item.ref, who=who, cluster=item.cluster),
            [finding.thing(item)],
            [Evidence(finding.thing(item), "status", _("none since {time}").format(time=item.item["metadata"].get("creationTimestamp")))],
            [
                finding.on(item.cluster, f"kubectl -n {case.snapshot.namespace} get deploy,pods"),
                finding.on(item.cluster, f"kubectl -n {case.snapshot.namespace} logs deployment/{who}"),
            ],
        )


def _waits(case: Case, item: Placed) -> bool:
    kinds = _BY_ENGINE | {"MigPlan", "MigMigration", "MigCluster", "MigStorage"}
    return item.kind in kinds and not item.status and said.age_s(case, item.item) > _TAKEN_S


RULE = Rule(
    "untouched",
    finding.TOOLKIT + 3,
    N_("the status of what was asked about, and of what was made for it"),
    N_("an object has no status 45 seconds after it was made"),
    _find,
)
