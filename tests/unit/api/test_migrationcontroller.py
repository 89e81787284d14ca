"""Settings of an installation: read whichever way they were written."""

import pytest

from mtc.api.migration import migrationcontroller
from mtc.api.migration.migrationcontroller import MigrationController, Value


def test_keys_have_underscores_and_defaults() -> None:
    """Keys are Ansible variables, not camelCase, and absent ones have the operator's defaults without being written."""
    controller = MigrationController.from_dict({"spec": {"mig_pv_limit": 500, "cluster_name": "ocp4"}})
    assert controller.spec.mig_pv_limit == 500
    assert controller.spec.mig_namespace_limit == "10"
    assert controller.spec.enable_intelligent_pv_resize is True
    assert controller.spec.excluded_resources is not None
    assert "imagetags" in migrationcontroller.words(controller.spec.excluded_resources)
    assert controller.to_dict()["spec"] == {"mig_pv_limit": 500, "cluster_name": "ocp4"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), ("true", True), ("True", True), ("yes", True), (1, True), (False, False), ("false", False), ("", False), ("no", False)],
)
def test_a_yes_or_no(value: Value, *, expected: bool) -> None:
    """Quoted and unquoted words mean the same."""
    assert migrationcontroller.flag(value, name="disable_image_copy") is expected


def test_an_unset_setting_has_the_readers_default() -> None:
    """None is nobody's decision."""
    assert migrationcontroller.flag(None, name="x", default=True) is True
    assert migrationcontroller.integer(None, name="x", default=20) == 20
    assert migrationcontroller.words(None) == []


@pytest.mark.parametrize("value", ["maybe", 2, ["true"]])
def test_neither_yes_nor_no_is_refused(value: Value) -> None:
    """The message names the setting."""
    with pytest.raises(migrationcontroller.InvalidSetting, match="disable_image_copy"):
        migrationcontroller.flag(value, name="disable_image_copy")


def test_whole_numbers() -> None:
    """A limit may be quoted; zero, fractions and words are refused by name."""
    assert migrationcontroller.integer("100", name="mig_pod_limit", default=1) == 100
    assert migrationcontroller.integer(100, name="mig_pod_limit", default=1) == 100
    for wrong in ("0", 0, -1, "ten", 1.5, ""):
        with pytest.raises(migrationcontroller.InvalidSetting, match="mig_pod_limit"):
            migrationcontroller.integer(wrong, name="mig_pod_limit", default=1)


@pytest.mark.parametrize("value", [["a", "b"], "a,b", "a b", "a, b"])
def test_lists_of_words(value: Value) -> None:
    """Lists, commas and spaces are all in use."""
    assert migrationcontroller.words(value) == ["a", "b"]
