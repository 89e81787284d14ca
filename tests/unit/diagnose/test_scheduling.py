"""What the scheduler says, and which of its reasons is told as the cause."""

import pytest

from kit.snapshots import causes, unplaced, well
from mtc.diagnose import scheduling

_PLANE = "{node-role.kubernetes.io/control-plane: }"
_AFTER = " preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod."


@pytest.mark.parametrize(
    ("text", "kind", "words", "step"),
    [
        (f"0/3 nodes are available: 1 node(s) had untolerated taint {_PLANE}, 2 Insufficient memory.{_AFTER}", "room", "Insufficient memory", "Allocated"),
        ("0/4 nodes are available: 1 Insufficient cpu, 3 node(s) didn't match Pod's node affinity/selector.", "selector", "affinity/selector", "NODE KEY=VALUE"),
        ("0/2 nodes are available: 2 Insufficient nvidia.com/gpu.", "room", "Insufficient nvidia.com/gpu", "requests"),
        ("0/3 nodes are available: 3 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }.", "unwell", "disk-pressure", "kubectl describe nodes"),
        (f"0/2 nodes are available: 1 node(s) had untolerated taint {_PLANE}, 1 node(s) had untolerated taint {{node.kubernetes.io/not-ready: }}.", "unwell", "not-ready", "goes by itself"),
        ("0/1 nodes are available: 1 node(s) had untolerated taint {example.com/team.a: yes}.", "taint", "{example.com/team.a: yes}", "kubectl taint nodes NODE KEY-"),
        ("0/1 nodes are available: 1 node(s) had taint {gpu: yes}, that the pod didn't tolerate.", "taint", "gpu", "toleration"),
        (f"0/1 nodes are available: 1 node(s) had untolerated taint {_PLANE}.", "control-plane", "control-plane", "kubectl taint nodes NODE KEY-"),
        (f"0/3 nodes are available: 1 node(s) had untolerated taint {_PLANE}, 2 node(s) were unschedulable.", "cordoned", "were unschedulable", "uncordon"),
        ("0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.", "port", "free ports", "hostPort"),
        ("0/3 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 node(s) didn't match pod topology spread constraints.", "room", "Insufficient cpu, Insufficient memory", "lower the requests"),
    ],
)  # fmt: skip
def test_the_reason_that_keeps_most_nodes_away_is_the_cause(text: str, kind: str, words: str, step: str) -> None:
    """With its words whole, and with the step that helps against it."""
    draft = well()
    unplaced(text)(draft)
    (only,) = causes(draft)
    assert only.rule == "pods-unschedulable"
    found = scheduling.main(text)
    assert found is not None
    assert found.kind == kind
    assert words in only.finding.cause
    assert any(step in line for line in only.finding.steps), only.finding.steps


def test_a_message_without_reasons_has_none() -> None:
    """Nor do words about preemption count."""
    assert scheduling.main("no nodes available to schedule pods") is None
    assert scheduling.reasons(
        "0/1 nodes are available: 1 Too many pods. preemption: 0/1 nodes are available: 1 No preemption victims."
    ) == [scheduling.Reason("room", 1, "Too many pods")]
