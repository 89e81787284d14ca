"""What Velero would do and this engine does not is refused, or told."""

from typing import Any

import pytest

from mtc.engine import unsupported


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        ({"hooks": {"resources": [{"name": "freeze"}]}}, "spec.hooks"),
        ({"resourcePolicy": {"kind": "configmap", "name": "skip"}}, "spec.resourcePolicy"),
    ],
)
def test_backups_that_ask_for_it_are_refused(spec: dict[str, Any], word: str) -> None:
    """A sentence for each field."""
    assert [text.split(":")[0] for text in unsupported.of_backup(spec)] == [word]


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        ({"hooks": {"resources": [{"name": "thaw"}]}}, "spec.hooks"),
        ({"resourceModifier": {"kind": "ConfigMap", "name": "rules"}}, "spec.resourceModifier"),
        ({"restoreStatus": {"includedResources": ["widgets"]}}, "spec.restoreStatus"),
    ],
)
def test_restores_that_ask_for_it_are_refused(spec: dict[str, Any], word: str) -> None:
    """A sentence for each field."""
    assert [text.split(":")[0] for text in unsupported.of_restore(spec)] == [word]


def test_empty_fields_ask_for_nothing() -> None:
    """Tools write them always."""
    assert unsupported.of_backup({"hooks": {"resources": []}, "resourcePolicy": None, "orderedResources": {}}) == []
    assert unsupported.of_restore({"hooks": {}, "restoreStatus": {"excludedResources": ["a"]}}) == []
    assert unsupported.warnings_of_backup({"orderedResources": None}) == []


def test_pods_with_commands_are_told_of() -> None:
    """By the annotation that makes Velero run something, before or after, each at its own time."""
    pod = {"metadata": {"namespace": "shop", "name": "db", "annotations": {"pre.hook.backup.velero.io/command": "[]"}}}
    assert "pod shop/db (pre.hook.backup.velero.io/command)" in unsupported.hooks_of_backup(pod)
    assert unsupported.hooks_of_restore(pod) == ""
    pod["metadata"]["annotations"] = {"post.hook.restore.velero.io/command": "[]", "post.hook.restore.velero.io/container": "a"}
    assert "(post.hook.restore.velero.io/command)" in unsupported.hooks_of_restore(pod)
    assert unsupported.hooks_of_backup(pod) == ""
