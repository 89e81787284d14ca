"""The settings of a running controller, and what is said of them."""

from mtc.api.settings.read import Problem, Trouble
from mtc.kube import resources
from mtc.migration import reconcile_settings, settings
from mtc.migration.settings import ClusterSettings, Live, Settings


def test_the_environment_holds_until_something_higher_is_read() -> None:
    """A controller without MigrationController and ConfigMap runs with its variables; a bad one keeps its default."""
    live = Live({"PV_LIMIT": "7", "POD_LIMIT": "x", "PATH": "/bin"})
    assert (live.current.pv_limit, live.current.pod_limit) == (7, 100)


def test_a_change_is_named_and_counted_and_the_same_again_is_none() -> None:
    """Whoever depends on settings is woken by a change and by nothing else."""
    live = Live()
    assert live.become(Settings(pv_limit=3), ClusterSettings(stage_image="x")) == ["pv_limit", "stage_image"]
    assert live.version == 1
    assert live.become(Settings(pv_limit=3), ClusterSettings(stage_image="x")) == []
    assert live.version == 1


def test_a_place_knows_its_keys() -> None:
    """ConfigMaps have the names of the environment; data of another form is no data."""
    meta = {"namespace": "mtc", "name": "migration-controller"}
    config = settings.source(resources.CONFIG_MAPS, {"metadata": meta, "data": {"PV_LIMIT": "1"}})
    assert (config.name, config.is_env, config.values) == ("ConfigMap mtc/migration-controller", True, {"PV_LIMIT": "1"})
    assert settings.source(settings.MIGRATION_CONTROLLERS, {"metadata": meta, "spec": None}).values == {}


def test_each_trouble_is_told_once_while_it_lasts() -> None:
    """The log does not repeat itself; what was repaired and broken again is told again."""
    reporter = reconcile_settings.Reporter()
    one, two = (Problem("ConfigMap", key, Trouble.UNKNOWN, "is odd") for key in ("a", "b"))
    assert reporter.fresh([one]) == [one]
    assert reporter.fresh([one, two]) == [two]
    assert reporter.fresh([]) == []
    assert reporter.fresh([one]) == [one]
