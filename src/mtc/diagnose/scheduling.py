"""What the scheduler says of a pod that it cannot place: one reason a group of nodes, all of them in one sentence.

`0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient memory. preemption: ...`

The reason that keeps most nodes away is the one to remove; that a control plane takes no applications is as it should be.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

TAINT, SELECTOR, ROOM, CORDONED, PORT, UNWELL, VOLUME, CONTROL_PLANE, OTHER = (
    "taint", "selector", "room", "cordoned", "port", "unwell", "volume", "control-plane", "other")  # fmt: skip
#: Of reasons that keep as many nodes away, the one that a person can do most about counts.
_ORDER = (ROOM, PORT, SELECTOR, TAINT, VOLUME, UNWELL, CORDONED, OTHER, CONTROL_PLANE)
_REASON = re.compile(r"(?:^|[,:] )(?P<nodes>\d+) (?P<what>.+?)(?=, \d+ |\.?$)")
_KINDS = (
    (CORDONED, re.compile(r"were unschedulable|node\.kubernetes\.io/unschedulable")),
    (CONTROL_PLANE, re.compile(r"taint.*node-role\.kubernetes\.io/(?:control-plane|master|infra)\b")),
    (UNWELL, re.compile(r"taint.*node\.(?:kubernetes|cloudprovider\.kubernetes)\.io/")),
    (TAINT, re.compile(r"taint")),
    (ROOM, re.compile(r"Insufficient |Too many pods|cannot allocate all claims")),
    (VOLUME, re.compile(r"volume|storage|persistentvolume", re.IGNORECASE)),
    (SELECTOR, re.compile(r"didn't (?:match|satisfy)|did not match|affinity|topology spread")),
    (PORT, re.compile(r"free ports")),
)


class Reason(NamedTuple):
    """Why some nodes do not take a pod.

    Attributes:
        kind: one of the kinds above.
        nodes: how many.
        what: the scheduler's words.
    """

    kind: str
    nodes: int
    what: str


def reasons(text: str) -> list[Reason]:
    """All that a message of the scheduler gives; what it says of preemption is left away."""
    told = re.split(r"\.?\s*preemption:", text)[0].strip()
    return [Reason(_kind(found["what"]), int(found["nodes"]), found["what"].strip()) for found in _REASON.finditer(told)]


def main(text: str) -> Reason | None:
    """The reason that keeps most nodes away, with the words of all reasons of its kind; None where a message gives none."""
    found = reasons(text)
    nodes: dict[str, int] = {}
    for reason in found:
        nodes[reason.kind] = nodes.get(reason.kind, 0) + reason.nodes
    if len(nodes) > 1:
        nodes.pop(CONTROL_PLANE, None)
    if not nodes:
        return None
    kind = min(nodes, key=lambda kind: (-nodes[kind], _ORDER.index(kind)))
    return Reason(kind, nodes[kind], _joined(reason.what for reason in found if reason.kind == kind))


def _kind(what: str) -> str:
    return next((kind for kind, pattern in _KINDS if pattern.search(what)), OTHER)


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(texts))
