"""Descriptions of objects as people read them."""

from datetime import UTC, datetime
from typing import Any

from mtc.api import conditions
from mtc.look import describe

_NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
_ITEM: dict[str, Any] = {
    "apiVersion": "migration.openshift.io/v1alpha1",
    "kind": "MigCluster",
    "metadata": {
        "name": "remote",
        "namespace": "openshift-migration",
        "uid": "1",
        "managedFields": [{"manager": "x"}],
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "kept": "yes"},
    },
    "spec": {"isHostCluster": False, "serviceAccountSecretRef": {"name": "sa"}, "names": ["a", "b"], "parts": [{"x": 1}, {"x": 2}]},
    "status": {
        "conditions": [
            {
                "type": conditions.INVALID_SA_TOKEN,
                "status": "True",
                "reason": conditions.NOT_FOUND,
                "category": "Critical",
                "message": "The token is refused.",
                "lastTransitionTime": "2026-01-01T11:55:00Z",
            }
        ],
        "observedDigest": "",
    },
}
_EVENT = {
    "metadata": {"name": "e"},
    "type": "Warning",
    "reason": "Critical",
    "count": 3,
    "message": "two\nlines",
    "lastTimestamp": "2026-01-01T11:59:00Z",
}


def test_conditions_come_first_with_what_to_do() -> None:
    """Then all fields under readable words, then events; what nobody reads is left out."""
    text = "\n".join(describe.lines(describe.Described("host", _ITEM, (_EVENT,)), now=_NOW))
    assert text.index("Conditions:") < text.index("Spec:") < text.index("Status:") < text.index("Events:")
    assert "InvalidSaToken (Critical, NotFound, for 5m)" in text
    assert "    The token is refused." in text
    assert "Meaning: " in text
    assert "What to do: " in text
    assert "  Service Account Secret Ref:\n    Name:" in text
    assert "Is Host Cluster:  false" in text
    assert "  Names:\n    a\n    b\n" in text
    assert "    X:  1\n\n    X:  2" in text
    assert "Warning  Critical (3 times): two lines" in text
    assert "kept=yes" in text
    assert "managed" not in text.lower()
    assert "last-applied" not in text
