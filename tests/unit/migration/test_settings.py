"""Settings of the controller and of clusters, with MTC's keys."""

import pytest

from mtc.migration import errors, settings


@pytest.mark.parametrize(
    ("value", "problem"), [("x", "is not an integer"), ("0", "is below 1"), ("-3", "is below 1"), ("1.5", "is not an integer")]
)
def test_a_limit_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str, problem: str) -> None:
    """The message names the variable and says which of the two is wrong."""
    monkeypatch.setenv("PV_LIMIT", value)
    with pytest.raises(errors.InvalidSettings, match=f"PV_LIMIT='{value}' {problem}"):
        settings.Settings.from_environment()


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits, comma lists and booleans as Go spells them; a boolean that is none keeps its default."""
    for name, value in {"NAMESPACE_LIMIT": "3", "EXCLUDED_RESOURCES": "a, b,", "DISABLE_IMAGE_COPY": "T"}.items():
        monkeypatch.setenv(name, value)
    found = settings.Settings.from_environment()
    assert (found.namespace_limit, found.excluded_resources, found.disable_image_copy) == (3, ("a", "b"), True)
    assert found.pv_limit == 100
    monkeypatch.setenv("DISABLE_IMAGE_COPY", "perhaps")
    assert settings.Settings.from_environment().disable_image_copy is False


def test_settings_of_a_cluster_come_from_its_config_map() -> None:
    """Known keys are read, unknown ones left alone, empty ones are as good as none."""
    data = {
        "STAGE_IMAGE": "pause",
        "RSYNC_PRIVILEGED": "true",
        "OPERATOR_VERSION": "1.8.0",
        "REGISTRY_VALIDATION_SUBPATH": "",
        "OTHER": "x",
    }
    found = settings.ClusterSettings.from_data(data)
    assert (found.stage_image, found.rsync_privileged, found.operator_version) == ("pause", True, "1.8.0")
    assert found.registry_validation_subpath.startswith("/v2/")
    assert settings.ClusterSettings.from_data(None) == settings.ClusterSettings()
