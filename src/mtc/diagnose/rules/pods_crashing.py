"""Containers die again and again: exit code and last words."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, pods, said, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_DIES = re.compile(
    r"CrashLoopBackOff|exit code (?P<code>\d+)|OOMKilled|RunContainerError|CreateContainerError|StartError|ContainerCannotRun"
)
#: It cannot be started for want of something that it mounts.
_MOUNT = re.compile(r"subPath|volume-subpaths|error mounting \"/var/lib/kubelet")


def _find(case: Case) -> Iterable[Finding]:
    hits = [hit for hit in starting.search(case, _DIES) if hit.saying.source.startswith("container")]
    hits = [hit for hit in hits if not pods.is_hook_pod(case, hit.saying.placed) and not _MOUNT.search(hit.saying.text)]
    if not hits:
        return
    text = " ".join(hit.saying.text for hit in hits)
    memory = "OOMKilled" in text
    code = next((hit.part("code") for hit in hits if hit.part("code")), "")
    why = _("it needs more memory than its limit") if memory else _("exit code {code}").format(code=code) if code else _("it cannot be run")
    last = [item for hit in hits for item in starting.last_words(case, hit.saying.placed, hit.saying.source.removeprefix("container "))]
    first = hits[0].saying.placed
    containers = sorted({hit.saying.source.removeprefix("container ") for hit in hits})
    yield from finding.one(
        _("Container {names} of {pods} dies again and again: {why}.").format(
            names=", ".join(containers), pods=starting.names(hits), why=why
        ),
        said.things(hits),
        [*said.evidence(hits)[:3], *dict.fromkeys(last[:2])],
        [
            finding.on(first.cluster, f"kubectl -n {first.namespace} logs {first.name} -c {containers[0]} --previous"),
            _("raise its memory limit")
            if memory
            else _("its last words say why: often a service, a right or a file that is there on the source and not on the target"),
        ],
        weight=starting.weight(case, hits),
    )


RULE = Rule(
    "pods-crashing",
    finding.APPLICATION + 4,
    N_("containers that have died, with exit codes and last lines of their logs"),
    N_("a container waits to be started again after it died, or cannot be run"),
    _find,
)
