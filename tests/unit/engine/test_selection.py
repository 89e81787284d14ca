"""What backups and restores select."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtc.engine import selection
from mtc.engine.selection import Patterns, Resources

NAMES = st.text("abc-", min_size=1, max_size=6)


def resources_of(spec: dict[str, Any], *, namespaces: Patterns = Patterns()) -> Resources:  # noqa: B008 - immutable
    """The filter of a Backup's spec on a cluster that knows two short names."""
    return Resources.of(spec, namespaces=namespaces, resolve=lambda name: {"po": "pods", "deploy": "deployments.apps"}.get(name, name))


@given(NAMES, st.lists(NAMES), st.lists(NAMES))
def test_excluding_wins_over_including(name: str, includes: list[str], excludes: list[str]) -> None:
    """A name that is excluded is never selected, whatever is included."""
    assert not Patterns.of([*includes, name], [*excludes, name]).matches(name)
    if name not in excludes:
        assert Patterns.of(None, excludes).matches(name)
        assert Patterns.of([*includes, name], excludes).matches(name)


@pytest.mark.parametrize(
    ("pattern", "name", "selected"), [("shop-*", "shop-db", True), ("shop-?", "shop-db", False), ("[ab]*", "beta", True)]
)
def test_patterns_are_globs(pattern: str, name: str, *, selected: bool) -> None:
    """Namespaces may be named by pattern."""
    assert Patterns.of([pattern], None).matches(name) is selected


def test_an_unfiltered_backup_stores_the_whole_cluster() -> None:
    """Without any filter cluster-scoped objects are stored, as the documentation of Velero says."""
    everything = resources_of({})
    assert everything.admits_namespaced("pods")
    assert everything.lists_cluster("clusterroles.rbac.authorization.k8s.io")
    assert not everything.lists_cluster("volumesnapshotcontents.snapshot.storage.k8s.io")


def test_a_backup_of_a_namespace_stores_only_related_cluster_objects() -> None:
    """With a namespace filter a cluster-scoped object is stored only when a stored object needs it."""
    of_namespace = resources_of({}, namespaces=Patterns.of(["shop"], None))
    assert not of_namespace.lists_cluster("persistentvolumes")
    assert of_namespace.admits_related_cluster("persistentvolumes")


@pytest.mark.parametrize(
    ("flag", "everywhere", "listed", "related"),
    [(True, False, True, True), (False, True, False, False), (None, True, True, True), (None, False, False, True)],
)
def test_the_flag_for_cluster_resources(*, flag: bool | None, everywhere: bool, listed: bool, related: bool) -> None:
    """True takes all, False takes none, not even needed ones, unset depends on the namespaces."""
    namespaces = Patterns() if everywhere else Patterns.of(["shop"], None)
    chosen = resources_of({"includeClusterResources": flag, "excludedResources": ["events"]}, namespaces=namespaces)
    assert chosen.lists_cluster("storageclasses.storage.k8s.io") is listed
    assert chosen.admits_related_cluster("persistentvolumes") is related


def test_resources_may_be_called_by_short_names() -> None:
    """`po` means pods."""
    chosen = resources_of({"includedResources": ["po", "deploy"]})
    assert chosen.admits_namespaced("pods")
    assert chosen.admits_namespaced("deployments.apps")
    assert not chosen.admits_namespaced("secrets")
    assert not chosen.admits_related_cluster("persistentvolumes")


def test_scoped_filters_treat_the_scopes_apart() -> None:
    """The lists for namespaced and for cluster-scoped types do not touch each other."""
    chosen = resources_of(
        {"includedNamespaceScopedResources": ["pods"], "includedClusterScopedResources": ["storageclasses.storage.k8s.io"]}
    )
    assert chosen.admits_namespaced("pods")
    assert not chosen.admits_namespaced("secrets")
    assert chosen.lists_cluster("storageclasses.storage.k8s.io")
    assert not chosen.lists_cluster("clusterroles.rbac.authorization.k8s.io")
    assert not resources_of({"excludedClusterScopedResources": ["*"]}).admits_related_cluster("persistentvolumes")


def test_old_and_scoped_filters_exclude_each_other() -> None:
    """Using both is told, naming the fields."""
    problems = selection.conflicts({"includeClusterResources": False, "excludedClusterScopedResources": ["x"]})
    assert len(problems) == 1
    assert "includeClusterResources" in problems[0]
    assert "excludedClusterScopedResources" in problems[0]
    assert selection.conflicts({"labelSelector": {"matchLabels": {"a": "b"}}, "orLabelSelectors": [{}]})


@pytest.mark.parametrize(
    ("selector", "labels", "selected"),
    [
        (None, {}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "2"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, {"a": "2"}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {}, True),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {}, True),
    ],
)
def test_label_selectors(selector: dict[str, Any] | None, labels: dict[str, str], *, selected: bool) -> None:
    """Selectors mean here what they mean to the API server."""
    assert selection.selects(selector, labels) is selected


def test_selectors_as_queries() -> None:
    """One query for a selector, one for each alternative."""
    either = {"orLabelSelectors": [{"matchLabels": {"a": "1"}}, {"matchExpressions": [{"key": "b", "operator": "Exists"}]}]}
    assert selection.selector_queries(either) == ["a=1", "b"]
    assert selection.selector_queries({}) == [""]
    assert selection.any_selects(either, {"b": "x"})
    assert not selection.any_selects(either, {"a": "2"})


@pytest.mark.parametrize("name", ["shop", "*", "shop-*", "team-[ab]?", "a" * 63, "", "[0-9]x"])
def test_namespaces_may_be_names_or_patterns(name: str) -> None:
    """Also the empty name, which is Velero's for objects without a namespace."""
    assert Patterns.of([name], None).namespace_problems() == []
    assert Patterns.of([name], None).namespace_problems() == Patterns.of(None, [name] if name != "*" else []).namespace_problems()


@pytest.mark.parametrize("name", ["[odd1", "odd]", "Shop", "shop_1", "-shop", "shop-", "shop.example", "a" * 64, "[]"])
def test_what_no_namespace_can_be_called_is_a_problem(name: str) -> None:
    """It would select nothing, and the backup would look complete."""
    for patterns in (Patterns.of([name], None), Patterns.of(None, [name])):
        (problem,) = patterns.namespace_problems()
        assert repr(name) in problem


def test_an_entry_that_no_type_fits_is_a_stranger() -> None:
    """Patterns fit as they do elsewhere."""
    known = ["pods", "deployments.apps", "shops.example.com"]
    assert selection.strangers(["pods", "*.apps", "*", "nosuchkind", "*.org", "nosuchkind"], known) == ["nosuchkind", "*.org"]
