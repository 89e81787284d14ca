"""Volumes were not copied from cluster to cluster: the errors of the DirectVolumeMigration say why."""

import re
from collections.abc import Iterable, Iterator

from mtc.api.migration.migmigration import MigMigration
from mtc.diagnose import causes, finding
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.causes import Cause
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_KIND = "DirectVolumeMigration"
#: What an error says, what it means, and what a person can do, the clearest first.
_CAUSES = (
    Cause(
        re.compile(r"volume on the target is full"),
        N_("A volume on the target is full."),
        N_("make the claim on the target larger, or free space in the source, and see sizes with `kubectl get pvc -A` on both clusters"),
    ),
    Cause(
        re.compile(r"No sender of|cannot be reached, or the connection broke"),
        N_("Pods of the source do not reach the pods that receive on the target."),
        N_("permit traffic from the source namespaces to the target, or choose another rsync_endpoint_type on the target"),
    ),
    Cause(
        re.compile(r"does not let the sender in"),
        N_("The receiving end did not accept the keys of the senders."),
        N_("find out who changes Secrets directvolumemigration-rsync-server and -client while volumes are copied"),
    ),
    Cause(
        re.compile(r"Some files could not be read or written"),
        N_("Some files could not be read in the source or written on the target."),
        N_("look at the files that the message names; where rsync does not run as root, label the namespace to admit it"),
    ),
    Cause(
        re.compile(r"does not admit a claim"),
        N_("The target does not admit a claim."),
        N_("look at quotas, limits and admission policies of the target namespace"),
    ),
    Cause(
        re.compile(r"is being deleted|does not exist on target"),
        N_("Something on the target is missing, or is being deleted."),
        N_("wait for the end of the deletion, or create what is missing"),
    ),
    Cause(
        re.compile(r""),
        N_("A volume could not be copied."),
        N_("see the attempts of each volume: `kubectl get dvmp -n openshift-migration -o yaml`"),
    ),
)


def _find(case: Case) -> Iterable[Finding]:
    return causes.found(case, _errors(case), _CAUSES, _("Volumes were not copied to the target: {things}. {why}"))


def _errors(case: Case) -> Iterator[tuple[Placed, str]]:
    """What the copy of the last try says; copies of earlier tries are told by the attempts of the migration."""
    if case.migration is None:
        return
    uid = case.migration.item["metadata"]["uid"]
    owner = MigMigration.KIND.singular
    mine = [item for item in case.snapshot.all(case.snapshot.host, _KIND) if (item["metadata"].get("labels") or {}).get(owner) == uid]
    if not mine:
        return
    last = max(mine, key=lambda item: str(item["metadata"].get("creationTimestamp") or ""))
    for text in (last.get("status") or {}).get("errors") or ():
        yield Placed(case.snapshot.host, last), str(text)


RULE = Rule("volume-unsent", finding.VOLUME + 2, N_("errors of the DirectVolumeMigration"), N_("a volume was not copied"), _find)
