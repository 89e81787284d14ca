"""Reading and writing custom resources: nothing that others wrote is lost, and what is wrong is named."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtc.api import base, conditions
from mtc.api.migration.migcluster import MigCluster
from mtc.api.migration.migmigration import MigMigration, MigMigrationSpec, Step
from mtc.api.migration.migplan import MigPlan
from mtc.api.velero.backup import Backup, Phase

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=10,
)
UNKNOWN = st.dictionaries(st.text(min_size=1).map(lambda text: f"future-{text}"), JSON, max_size=4)


@settings(max_examples=40)  # each example is a whole object: more only costs time
@given(root=UNKNOWN, metadata=UNKNOWN, spec=UNKNOWN, status=UNKNOWN, nested=UNKNOWN)
def test_unknown_fields_survive_unchanged(
    root: dict[str, object], metadata: dict[str, object], spec: dict[str, object], status: dict[str, object], nested: dict[str, object]
) -> None:
    """Fields of a newer version, with nulls and whatever else is in them, are written back as they were read."""
    obj = {
        "apiVersion": "migration.openshift.io/v1alpha1",
        "kind": "MigPlan",
        "metadata": {"name": "shop"} | metadata,
        "spec": {"namespaces": ["shop"], "persistentVolumes": [{"name": "pv", "pvc": {"name": "data"} | nested}]} | spec,
        "status": {"suffix": "abcd"} | status,
    } | root
    assert MigPlan.from_dict(obj).to_dict() == obj


def test_absent_fields_stay_absent() -> None:
    """Our defaults are not written into objects that somebody else made."""
    obj = {"apiVersion": "velero.io/v1", "kind": "Backup", "metadata": {"name": "b"}}
    backup = Backup.from_dict(obj)
    assert backup.spec.included_namespaces == []
    assert backup.status.progress is None
    assert backup.to_dict() == obj


def test_empty_fields_that_were_written_stay_written() -> None:
    """An explicit `false`, an empty list or an empty struct is not the same as nothing to everybody."""
    obj = {
        "apiVersion": "velero.io/v1",
        "kind": "Backup",
        "metadata": {},
        "spec": {"hooks": {"resources": []}, "excludedResources": [], "snapshotVolumes": False, "metadata": {}},
    }
    assert Backup.from_dict(obj).to_dict() == obj


def test_a_null_counts_as_absent() -> None:
    """Manifests of 2019 are full of nulls in lists and maps; they mean what Go makes of them."""
    backup = Backup.from_dict({"spec": {"excludedNamespaces": None, "includeClusterResources": None}, "status": {"validationErrors": None}})
    assert backup.spec.excluded_namespaces == []
    assert "spec" not in backup.to_dict() or backup.to_dict()["spec"] == {}


def test_what_is_changed_is_written() -> None:
    """Assignments and changes in place reach the JSON, also where the object had nothing before."""
    backup = Backup.from_dict({"metadata": {"name": "b"}})
    backup.status.phase = Phase.IN_PROGRESS
    backup.status.start_timestamp = datetime(2026, 11, 23, 15, 54, 40, 999_999, tzinfo=timezone(timedelta(hours=1)))
    backup.status.validation_errors.append("no such location")
    backup.labels["a"] = "b"
    assert backup.to_dict() == {
        "apiVersion": "velero.io/v1",
        "kind": "Backup",
        "metadata": {"name": "b", "labels": {"a": "b"}},
        "status": {"phase": "InProgress", "startTimestamp": "2026-11-23T14:54:40Z", "validationErrors": ["no such location"]},
    }
    assert type(backup.to_dict()["status"]["phase"]) is str


def test_setting_none_takes_a_field_away() -> None:
    """What is taken away is not written as null, which an API server might refuse."""
    backup = Backup.from_dict({"spec": {"storageLocation": "repo"}, "status": {"phase": "New"}})
    backup.spec.storage_location = None
    assert backup.to_dict()["spec"] == {}


def test_a_new_object_carries_its_kind_and_what_mtc_requires() -> None:
    """`stage` is written even when false, because MTC's CRD refuses a MigMigration without it."""
    migration = MigMigration(metadata={"name": "m"}, spec=MigMigrationSpec(quiesce_pods=True))
    migration.status.pipeline.append(Step(name="Prepare"))
    migration.status.conditions.append(conditions.ready("ready"))
    written = migration.to_dict()
    assert (written["apiVersion"], written["kind"]) == ("migration.openshift.io/v1alpha1", "MigMigration")
    assert written["spec"] == {"stage": False, "quiescePods": True}
    assert written["status"]["pipeline"] == [{"name": "Prepare"}]
    assert MigMigration.from_dict(written).to_dict() == written


def test_where_an_object_is() -> None:
    """Namespace, name and UID are at hand, also before they exist."""
    plan = MigPlan.from_dict({"metadata": {"namespace": "openshift-migration", "name": "shop", "uid": "u"}})
    assert plan.ref == base.Ref(namespace="openshift-migration", name="shop")
    assert str(plan.ref) == "openshift-migration/shop"
    assert plan.uid == "u"
    assert MigPlan.from_dict({"metadata": {"generateName": "shop-"}}).name == ""


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"url": 5}, "spec.url must be a string, not a number"),
        ({"insecure": "true"}, "spec.insecure must be true or false, not a string"),
        ({"serviceAccountSecretRef": []}, "spec.serviceAccountSecretRef must be an object, not a list"),
        ({"serviceAccountSecretRef": {"name": {}}}, "spec.serviceAccountSecretRef.name must be a string, not an object"),
    ],
)
def test_a_wrong_field_is_named_in_plain_words(spec: dict[str, object], expected: str) -> None:
    """The message has the object, the path of the field and what should be there."""
    with pytest.raises(base.InvalidResource) as caught:
        MigCluster.from_dict({"metadata": {"namespace": "openshift-migration", "name": "ocp3"}, "spec": spec})
    assert str(caught.value) == f"MigCluster openshift-migration/ocp3 has an unexpected form: {expected}"


def test_all_wrong_fields_are_named_at_once() -> None:
    """A person who corrects a manifest does not want to learn of the mistakes one by one."""
    with pytest.raises(base.InvalidResource) as caught:
        Backup.from_dict(
            {
                "metadata": {"generateName": "b-"},
                "spec": {
                    "ttl": "30 days",
                    "hooks": {"resources": [{"pre": [{"exec": {"command": []}}]}]},
                    "includedNamespaces": "shop",
                    "uploaderConfig": {"parallelFilesUpload": 1.5},
                },
                "status": {"expiration": "tomorrow"},
            }
        )
    text = str(caught.value)
    assert text.startswith("Backup b- has")
    assert "spec.ttl: '30 days' is not a duration" in text
    assert "spec.hooks.resources[0].name is required and missing" in text
    assert "spec.hooks.resources[0].pre[0].exec.command" in text
    assert "spec.includedNamespaces must be a list, not a string" in text
    assert "spec.uploaderConfig.parallelFilesUpload must be a whole number, not a fraction" in text
    assert "status.expiration: must be an RFC 3339 time" in text


def test_a_value_that_may_be_a_secret_is_not_shown() -> None:
    """Of a field with a wrong type only the type is told."""
    with pytest.raises(base.InvalidResource) as caught:
        MigCluster.from_dict({"spec": {"caBundle": ["hunter2"]}})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("obj", [{"kind": "Restore"}, {"apiVersion": "velero.io/v2"}, [], None])
def test_an_object_of_another_kind_is_refused(obj: object) -> None:
    """A Restore read as a Backup would look like an empty Backup."""
    with pytest.raises(base.InvalidResource, match="Backup"):
        Backup.from_dict(obj)  # type: ignore[arg-type]  # that is the point


def test_times_may_come_from_yaml() -> None:
    """YAML parsers turn unquoted times into datetimes, with or without zone."""
    migration = MigMigration.from_dict({"spec": {"stage": False}, "status": {"startTimestamp": datetime(2019, 8, 29, 1, 1, 29)}})  # noqa: DTZ001
    assert migration.status.start_timestamp == datetime(2019, 8, 29, 1, 1, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z"),
        ("2026-11-23T15:54:40.5+14:00", "2026-11-23T01:54:40Z"),
    ],
)
def test_odd_times_are_written_as_the_server_takes_them(text: str, written: str) -> None:
    """Go's zero time stands in many objects; nothing is lost because of an hour before all hours."""
    assert base.format_time(datetime.fromisoformat(text)) == written


def test_one_object_of_another_form_does_not_hide_the_others() -> None:
    """Whoever looks at all objects of a kind sees those that can be read."""
    good = {"metadata": {"name": "good"}, "spec": {"isHostCluster": True}}
    assert [item.name for item in MigCluster.readable([{"spec": {"url": 5}}, good])] == ["good"]
