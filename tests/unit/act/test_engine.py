"""Objects of the engine as a person asks for them."""

from datetime import UTC, datetime

import pytest

from mtc.act import engine, errors, finished, selectors
from mtc.api.velero.backup import Backup
from mtc.api.velero.backupstoragelocation import BackupStorageLocation
from mtc.api.velero.restore import Restore
from mtc.api.velero.schedule import Schedule
from mtc.kube import resources
from mtc.look import engine_tables

_NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("app=web", {"matchLabels": {"app": "web"}}),
        ("app==web, tier=db", {"matchLabels": {"app": "web", "tier": "db"}}),
        ("a!=b", {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}),
        ("a in (x, y),!b,c", {"matchExpressions": [
            {"key": "a", "operator": "In", "values": ["x", "y"]}, {"key": "b", "operator": "DoesNotExist"}, {"key": "c", "operator": "Exists"}]}),
        ("a notin (x)", {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["x"]}]}),
    ],
)  # fmt: skip
def test_selectors_are_read_as_kubectl_reads_them(text: str, wanted: dict[str, object]) -> None:
    """And written so that they read the same again."""
    assert selectors.parse(text) == wanted
    assert selectors.parse(selectors.text(wanted)) == wanted


def test_what_is_no_selector_is_refused() -> None:
    """With the forms that there are."""
    for text in ("", ",", "a b", "a=b=c d"):
        with pytest.raises(errors.Incomplete, match="key=value"):
            selectors.parse(text)
    assert selectors.parse_any("a=b or c=d") == [{"matchLabels": {"a": "b"}}, {"matchLabels": {"c": "d"}}]
    assert selectors.text(None) == "<none>"
    with pytest.raises(errors.Incomplete, match="no pair"):
        selectors.pairs("a", what="--labels")


def test_a_backup_has_what_was_asked_for_and_nothing_else() -> None:
    """In the fields of the model; durations as Go writes them."""
    filters = engine.Filters(
        include_namespaces=("a", "b"), exclude_resources=("secrets",), selector="app=web", include_cluster_resources=False
    )
    wish = engine.BackupWish(filters=filters, ttl="24h", location="l", fs_backup=True)
    made = engine.backup("x", "ns", wish, engine.Marks(labels="a=b", annotations="c=d"))
    assert made["metadata"] == {"name": "x", "namespace": "ns", "labels": {"a": "b"}, "annotations": {"c": "d"}}
    assert made["spec"] == {
        "includedNamespaces": ["a", "b"],
        "excludedResources": ["secrets"],
        "includeClusterResources": False,
        "labelSelector": {"matchLabels": {"app": "web"}},
        "ttl": "24h0m0s",
        "storageLocation": "l",
        "defaultVolumesToFsBackup": True,
    }
    assert Backup.from_dict(made).to_dict()["spec"] == made["spec"]
    assert engine.backup("x", "ns", engine.BackupWish(), engine.Marks())["spec"] == {}


def test_filters_that_exclude_each_other_are_refused() -> None:
    """Here, and not by the engine minutes later."""
    with pytest.raises(errors.Incomplete, match="--or-selector"):
        engine.Filters(selector="a=b", or_selector="c=d").spec()
    scoped = engine.Scoped(include_namespaced=("pods",))
    with pytest.raises(errors.Incomplete, match="by scope"):
        engine.BackupWish(filters=engine.Filters(include_resources=("pods",)), scoped=scoped).spec()
    assert engine.BackupWish(scoped=scoped).spec() == {"includedNamespaceScopedResources": ["pods"]}


def test_a_restore_is_called_after_what_it_restores() -> None:
    """With the time; it restores one thing."""
    made = engine.restore(
        "", "ns", engine.RestoreWish(backup="b", mapping="x:y,z=w", existing="update", node_ports=True), engine.Marks(), now=_NOW
    )
    assert made["metadata"]["name"] == "b-20260102030405"
    assert made["spec"] == {
        "backupName": "b",
        "namespaceMapping": {"x": "y", "z": "w"},
        "existingResourcePolicy": "update",
        "preserveNodePorts": True,
    }
    assert Restore.from_dict(made).to_dict()["spec"] == made["spec"]
    for wish in (engine.RestoreWish(), engine.RestoreWish(backup="b", schedule="s")):
        with pytest.raises(errors.Incomplete, match="either"):
            wish.spec()


def test_a_schedule_has_the_fields_of_the_model() -> None:
    """What says no times is refused."""
    wish = engine.BackupWish(filters=engine.Filters(include_namespaces=("a",)))
    made = engine.schedule("s", "ns", cron="0 1 * * *", wish=wish, marks=engine.Marks(labels="l=m"), paused=True, owner=True)
    assert Schedule.from_dict(made).to_dict()["spec"] == made["spec"]
    with pytest.raises(errors.Incomplete, match="five fields"):
        engine.schedule("s", "ns", cron="daily", wish=wish, marks=engine.Marks(), paused=False, owner=False)


def test_a_location_has_the_fields_of_the_model() -> None:
    """The credential is a reference, never a value."""
    made = engine.location(
        "l",
        "ns",
        provider="aws",
        bucket="b",
        prefix="p",
        credential="s=k",
        config="region=r,s3Url=http://x:1",
        ca="Q0E=",
        is_default=True,
        sync_period="1m",
    )
    assert made["spec"]["config"] == {"region": "r", "s3Url": "http://x:1"}
    assert made["spec"]["credential"] == {"name": "s", "key": "k"}
    assert BackupStorageLocation.from_dict(made).to_dict()["spec"] == made["spec"]
    for wrong in ("s", "s=", "a=b,c=d"):
        with pytest.raises(errors.Incomplete):
            engine.credential_of(wrong)


def test_an_end_is_a_code_and_a_line() -> None:
    """Warnings are not failures, and validation errors are told."""
    item = {"kind": "Backup", "metadata": {"name": "b"}}
    for status, code, text in (
        ({"phase": "Completed"}, 0, "Backup b: Completed"),
        ({"phase": "Completed", "warnings": 2}, 3, "Backup b: Completed (2 warnings)"),
        ({"phase": "PartiallyFailed", "errors": 1}, 1, "Backup b: PartiallyFailed (1 errors)"),
        ({"phase": "FailedValidation", "validationErrors": ["No bucket."]}, 1, "Backup b: FailedValidation\n  No bucket."),
    ):
        assert finished.code({**item, "status": status}) == code
        assert finished.text({**item, "status": status}) == text
    assert (
        finished.progress({**item, "status": {"phase": "InProgress", "progress": {"totalItems": 9, "itemsBackedUp": 3}}})
        == "InProgress: 3 of 9 objects"
    )


def test_tables_have_the_columns_that_people_know_and_fit_100_columns() -> None:
    """The newest first; what is not known is said to be so."""
    old = {
        "metadata": {"name": "old", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"storageLocation": "l" * 60},
        "status": {"phase": "Completed", "expiration": "2026-01-01T00:00:00Z"},
    }
    new = {
        "metadata": {"name": "new", "creationTimestamp": "2026-01-02T00:00:00Z"},
        "spec": {"labelSelector": {"matchLabels": {"app": "web"}}},
        "status": {"expiration": "2026-01-03T03:04:05Z"},
    }
    table = engine_tables.table(resources.BACKUPS, [old, new], selector=selectors.text, now=_NOW)
    assert [name.upper() for name in table.columns] == [
        "NAME",
        "STATUS",
        "ERRORS",
        "WARNINGS",
        "CREATED",
        "EXPIRES",
        "STORAGE LOCATION",
        "SELECTOR",
    ]
    assert table.rows[0] == ("new", "New", "0", "0", "2026-01-02 00:00:00", "1d", "", "app=web")
    assert table.rows[1][5] == "expired"
    assert max(map(len, table.text(width=100, whole=1).splitlines())) <= 100
    for kind in (resources.RESTORES, resources.SCHEDULES, resources.BACKUP_STORAGE_LOCATIONS):
        item = {"metadata": {"name": "x"}, "spec": {"objectStorage": {"bucket": "b", "prefix": "p"}}}
        assert engine_tables.table(kind, [item], selector=selectors.text, now=_NOW).rows[0][0] == "x"
