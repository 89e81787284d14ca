"""A volume cannot be attached or mounted: in use on another node, unknown driver, failed server."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_FAILED = re.compile(
    r"Multi-Attach error|FailedAttachVolume|AttachVolume\.\w+ failed|MountVolume\.\w+ failed|[Uu]nable to (?:attach or )?mount volumes?|mount failed|already (?:used|attached)|node\(s\) (?:had|unavailable due to) .*volume|volume node affinity conflict"
)
#: What is mounted is an object that is missing.
_OTHER = re.compile(r"(?:configmap|secret) \"[^\"]+\" not found|object \S+ not registered", re.IGNORECASE)


def _find(case: Case) -> Iterable[Finding]:
    hits = [hit for hit in starting.search(case, _FAILED) if not _OTHER.search(hit.saying.text)]
    if not hits:
        return
    busy = any("Multi-Attach" in hit.saying.text or "already" in hit.saying.text for hit in hits)
    why = _("another node still uses it, and it can be used on one only") if busy else _("the storage did not give it")
    yield from finding.one(
        _("A volume of {pods} cannot be mounted: {why}.").format(pods=starting.names(hits), why=why),
        said.things(hits),
        said.evidence(hits),
        [
            starting.describe(hits),
            _("stop the pod that uses the volume elsewhere, or stop the application before you migrate (quiescePods)")
            if busy
            else _("look at the driver of the volume on that node, at its server, and at the node of the PersistentVolume"),
        ],
        weight=starting.weight(case, hits),
    )


RULE = Rule(
    "volume-mount", finding.APPLICATION + 1, N_("events of pods that wait"), N_("a volume cannot be attached to a node or mounted"), _find
)
