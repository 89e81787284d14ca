"""Settings: read whichever way they were written, joined place by place, and told where they are wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtc.api import reference
from mtc.api.settings import model, read
from mtc.api.settings.model import ClusterSettings, Settings
from mtc.api.settings.read import Source, Trouble


def of_spec(**values: Any) -> read.Reading[Settings]:
    """What a MigrationController gives."""
    return read.read(Settings, [Source("MigrationController", values)])


def of_env(**values: str) -> read.Reading[Settings]:
    """What an environment gives."""
    return read.read(Settings, [Source("environment", values, is_env=True)])


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), ("true", True), ("True", True), ("yes", True), (1, True), ("T", True), (False, False), ("no", False), ("off", False)],
)
def test_a_flag(value: object, *, expected: bool) -> None:
    """Quoted and unquoted words of YAML, Ansible and Go mean the same."""
    assert of_spec(disable_image_copy=value).settings.disable_image_copy is expected


@pytest.mark.parametrize("value", [7, "7", " 7 ", 7.0])
def test_a_number(value: object) -> None:
    """A limit may be quoted, or come as a fraction that is none."""
    assert of_spec(mig_pv_limit=value).settings.pv_limit == 7


@pytest.mark.parametrize("value", [["a", "b"], "a,b", "a b", "a, b,"])
def test_a_list(value: object) -> None:
    """Lists, commas and spaces are all in use."""
    assert of_spec(mig_pv_move_storageclasses=value).settings.pv_move_storageclasses == ("a", "b")


@pytest.mark.parametrize("value", ["0", 0, -1, "ten", 1.5, True, [], {}, "1.5"])
def test_a_bad_limit_is_told_and_everything_else_applies(value: object) -> None:
    """The sentence names the place and the key, and says what to write; the default holds."""
    found = of_spec(mig_pv_limit=value, mig_pod_limit="5")
    (problem,) = found.problems
    assert (found.settings.pv_limit, found.settings.pod_limit) == (100, 5)
    assert str(problem) == f"MigrationController: `mig_pv_limit` is {value!r}: write a whole number of at least 1"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_what_says_nothing_is_as_good_as_none(value: object) -> None:
    """Templates leave empty values for what nobody gave."""
    found = of_spec(mig_pv_limit=value, rsync_opt_bwlimit=value)
    assert found.settings == Settings()
    assert found.problems == ()


def test_the_higher_place_wins_key_by_key_and_a_bad_value_gives_way() -> None:
    """Environment, then ConfigMap, then MigrationController."""
    found = read.read(
        Settings,
        [
            Source("environment", {"PV_LIMIT": "1", "POD_LIMIT": "2", "NAMESPACE_LIMIT": "3"}, is_env=True, is_ours=False),
            Source("ConfigMap", {"POD_LIMIT": "20", "NAMESPACE_LIMIT": "30"}, is_env=True),
            Source("MigrationController", {"mig_namespace_limit": "many"}),
        ],
    )
    assert (found.settings.pv_limit, found.settings.pod_limit, found.settings.namespace_limit) == (1, 20, 30)
    assert [problem.source for problem in found.problems] == ["MigrationController"]


def test_several_bad_values_of_one_key_are_all_told() -> None:
    """From the highest place down to the first good one."""
    places = [Source(name, {"mig_pv_limit": value}) for name, value in (("low", 4), ("middle", "x"), ("high", 0))]
    found = read.read(Settings, places)
    assert found.settings.pv_limit == 4
    assert [problem.source for problem in found.problems] == ["high", "middle"]


def test_keys_with_humps_are_the_same_keys() -> None:
    """Ansible's operator turns migPvLimit into mig_pv_limit before anything reads it."""
    assert of_spec(migPvLimit=9).settings.pv_limit == 9
    assert read.unknown(Source("MigrationController", {"migPvLimit": 9})) == ()


@pytest.mark.parametrize(
    ("place", "nearest"),
    [
        (Source("MigrationController", {"mig_pv_limits": 1}), "mig_pv_limit"),
        (Source("MigrationController", {"disable_imagecopy": 1}), "disable_image_copy"),
        (Source("MigrationController", {"mig_controler_image": "x"}), "mig_controller_image"),
        (Source("ConfigMap", {"PV_LIMITS": "1"}, is_env=True), "PV_LIMIT"),
    ],
)
def test_an_unknown_key_is_told_with_the_nearest(place: Source, nearest: str) -> None:
    """A misspelling is recognised."""
    (problem,) = read.unknown(place)
    assert problem.trouble is Trouble.UNKNOWN
    assert problem.text == f"is not a setting; did you mean `{nearest}`?"


def test_what_is_no_misspelling_is_not_told() -> None:
    """The environment belongs to everybody, and a ConfigMap has keys that begin with the name of a cluster."""
    assert read.unknown(Source("environment", {"PATH": "/bin", "PV_LIMITS": "1"}, is_env=True, is_ours=False)) == ()
    assert read.unknown(Source("ConfigMap", {"ocp3_PROMETHEUS_URL": "https://x"}, is_env=True)) == ()


def test_a_key_without_likeness_has_another_next_step_and_a_long_one_is_cut() -> None:
    """No far-fetched proposal, no wall of text."""
    (problem,) = read.unknown(Source("MigrationController", {"ü" * 5000: 1}))
    assert "did you mean" not in problem.text
    assert len(problem.key) < 100


def test_passwords_are_not_repeated() -> None:
    """A proxy's URL may hold one."""
    (problem,) = of_spec(stunnel_tcp_proxy="user:hunter2@proxy").problems
    assert "hunter2" not in str(problem)
    assert of_spec(stunnel_tcp_proxy="http://user:hunter2@proxy:3128").problems == ()


def test_excluded_resources_are_the_sum_of_all_switches() -> None:
    """The list in effect has each resource once."""
    found = of_spec(
        excluded_resources=["events"], additional_excluded_resources="widgets,events", disable_pv_migration="yes", disable_image_migration=1
    )
    expected = ("events", "widgets", "imagestreams", "imagestreamtags", "persistentvolumes", "persistentvolumeclaims")
    assert found.settings.excluded_resources == expected
    assert of_env(EXCLUDED_RESOURCES="a, b,").settings.excluded_resources == ("a", "b")
    assert Settings().excluded_resources == model.DEFAULT_EXCLUDED_RESOURCES


def test_keys_without_effect_are_named_when_they_are_set() -> None:
    """Nobody believes that they do something."""
    assert of_spec(rsync_opt_info="COPY2", mig_pv_limit=3).idle == ("rsync_opt_info",)


def test_a_cluster_has_settings_of_its_own() -> None:
    """Its ConfigMap is read with the same keys and the same leniency; a choice is spelled any way."""
    config = Source("ConfigMap", {"STAGE_IMAGE": "pause", "RSYNC_PRIVILEGED": "True", "REGISTRY_VALIDATION_SUBPATH": ""}, is_env=True)
    spec = Source("MigrationController", {"cluster_subdomain": "apps.example.org", "rsync_endpoint_type": "clusterip"})
    found = read.read(ClusterSettings, [config, spec])
    assert found.problems == ()
    assert (found.settings.stage_image, found.settings.rsync_privileged) == ("pause", True)
    assert (found.settings.cluster_subdomain, found.settings.rsync_endpoint_type) == ("apps.example.org", "ClusterIP")
    assert found.settings.registry_validation_subpath == "/v2/_catalog?n=5"


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_KEYS = sorted(key.key for group in (Settings, ClusterSettings) for key in group.keys().values() if key.key)


@given(st.dictionaries(st.sampled_from(_KEYS) | st.text(max_size=30), _anything, max_size=5))
def test_nothing_that_stands_there_is_an_error(values: dict[str, Any]) -> None:
    """Whatever the values, there are settings, and each bad value is told exactly once."""
    place = Source("MigrationController", values)
    for group in (Settings, ClusterSettings):
        found = read.read(group, [place])
        assert len({problem.key for problem in found.problems}) == len(found.problems)
    assert all(problem.key for problem in read.unknown(place)) or "" in values


def test_no_two_settings_share_a_name() -> None:
    """A key of the MigrationController or of the ConfigMap means one thing."""
    keys = [key for group in (Settings, ClusterSettings) for key in group.keys().values()] + [*model.image_keys()]
    for names in ([key.key for key in keys if key.key], [key.env for key in keys if key.env]):
        assert len(names) == len(set(names))
    assert all(key.meaning.endswith(".") for key in keys)


def test_the_defaults_are_usable() -> None:
    """A default, written out as a person would, is read as itself."""
    for group in (Settings, ClusterSettings):
        for name, key in group.keys().items():
            if key.key and key.default not in (None, "", (), {}):
                written = list(key.default) if isinstance(key.default, tuple) else key.default
                assert getattr(read.read(group, [Source("x", {key.key: written})]).settings, name) == key.default


def test_the_page_says_what_has_no_effect() -> None:
    """Who reads the reference does not believe that a key does something when it does not."""
    text = reference.files()["settings.md"]
    rows = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("| `")}
    assert "No effect yet" in rows["`rsync_opt_info`"]
    assert "No effect yet" not in rows["`mig_pv_limit`"]
    keys = [key for group in (Settings, ClusterSettings) for key in group.keys().values()] + [*model.image_keys()]
    assert all(f"`{key.key or key.env}`" in text for key in keys)
