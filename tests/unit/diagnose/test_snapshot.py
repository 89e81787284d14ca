"""What a snapshot knows, what a name means in it, and what is hidden in texts."""

import base64
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtc.api import names
from mtc.diagnose import case, collect, mask
from mtc.diagnose.snapshot import Draft, Object, Snapshot
from mtc.kube import errors as kube_errors
from mtc.look import errors
from mtc.look.sites import Site, Sites

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_TOOLKIT = "openshift-migration"


def _object(kind: str, name: str, *, namespace: str = _TOOLKIT, labels: dict[str, str] | None = None, **content: object) -> Object:
    meta = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "labels": labels or {}, "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"kind": kind, "metadata": meta, **content}


def _snapshot() -> Snapshot:
    draft = Draft(_TOOLKIT)
    draft.cluster("remote")
    draft.cluster("host", is_host=True)
    spec = {"namespaces": ["shop:store", "db"], "srcMigClusterRef": {"name": "remote"}, "destMigClusterRef": {"name": "host"}}
    draft.add("host", [_object("MigPlan", "shop", spec=spec)])
    draft.add("host", [_object("MigMigration", "first", spec={"migPlanRef": {"name": "shop"}})])
    run = _object("MigMigration", "second", spec={"migPlanRef": {"name": "shop"}})
    run["metadata"]["creationTimestamp"] = "2026-01-02T00:00:00Z"
    draft.add("host", [run])
    labels = {names.MIGRATED_BY_MIGMIGRATION: "uid-second"}
    draft.add("remote", [_object("Backup", "second-stage-bcdfg", labels=labels, spec={})])
    draft.add("host", [_object("Backup", "second-stage-bcdfg", labels=labels, spec={})])
    volume = _object("PodVolumeBackup", "second-stage-bcdfg-hjklm", labels={names.BACKUP_NAME: "second-stage-bcdfg"})
    draft.add("remote", [volume])
    draft.covered("host", "MigPlan", _TOOLKIT)
    return draft.done(taken=_NOW)


def test_the_host_comes_first_and_what_was_read_whole_is_known() -> None:
    """Only of a collection that was read whole can it be said that something is missing."""
    found = _snapshot()
    assert found.clusters == ("host", "remote")
    assert found.knows("host", "MigPlan", _TOOLKIT)
    assert not found.knows("remote", "Pod", "shop")
    assert found.find("host", "MigPlan", "absent") is None


@pytest.mark.parametrize("name", ["shop", "second", "migration/second", "second-stage-bcdfg", "pvb/second-stage-bcdfg-hjklm"])
def test_a_plan_its_migration_and_what_was_made_for_it_lead_to_the_same_case(name: str) -> None:
    """From wherever one starts: the latest migration, both clusters, the Backup at the source, its volumes."""
    (found,) = case.cases(_snapshot(), name)
    assert found.plan is not None
    assert found.migration is not None
    assert (found.plan.name, found.migration.name, found.source, found.target) == ("shop", "second", "remote", "host")
    assert found.namespaces == {"remote": frozenset({"shop", "db"}), "host": frozenset({"store", "db"})}
    assert [(work.cluster, work.name) for work in found.backups] == [("remote", "second-stage-bcdfg")]
    assert [volume.name for volume in found.volumes] == ["second-stage-bcdfg-hjklm"]


def test_a_name_that_nothing_has_gets_the_nearest_one() -> None:
    """With its kind."""
    with pytest.raises(errors.NothingFound, match=r"Did you mean MigMigration second\?"):
        case.cases(_snapshot(), "secondo")


def test_values_of_secrets_are_hidden_and_names_of_objects_are_not() -> None:
    """Whole values, their lines, what stands behind an equals sign; a namespace that a Secret repeats stays readable."""
    data = {"password": "hunter2", "namespace": "shop", "cloud": "[default]\naws_secret_access_key = AbCdEfGhIjKl\n"}
    secret: dict[str, object] = {"data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}}
    hide = mask.Mask(mask.values_of(secret), public={"shop"})
    shown = hide.text("in shop: login with hunter2 was refused, key AbCdEfGhIjKl")
    assert shown == f"in shop: login with {mask.HIDDEN} was refused, key {mask.HIDDEN}"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("connect postgres://app:s3cr3t!@db:5432/shop", "s3cr3t!"),
        ("PASSWORD=abc123", "abc123"),
        ('{"api_key": "abc123"}', "abc123"),
        ("Authorization: Bearer abcdefghijk", "abcdefghijk"),
        ("token eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJl rejected", "eyJhbGciOiJSUzI1NiJ9"),
        ("GET https://b/x?X-Amz-Signature=0123abcd&y=1", "0123abcd"),
        ("using AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    ],
)
def test_what_has_the_form_of_a_secret_is_hidden(text: str, secret: str) -> None:
    """Whatever the Secrets of the clusters hold."""
    shown = mask.Mask().text(text)
    assert secret not in shown
    assert mask.HIDDEN in shown


def test_plain_sentences_stay_as_they_are() -> None:
    """A message about a token is no token."""
    text = "PodVolumeBackup openshift-migration/x failed: the password of the repository is wrong (exit code 12)"
    assert mask.Mask().text(text) == text


def test_the_sentence_of_a_storage_about_an_unknown_key_can_be_read() -> None:
    """What stands behind the same words in another way is a secret."""
    text = "access is denied (InvalidAccessKeyId: The AWS access key ID you provided does not exist in our records)"
    assert mask.Mask().text(text) == text
    assert "TheAWS123" not in mask.Mask().text("access_key_id: TheAWS123")
    assert "hidden7" not in mask.Mask().text("InvalidAccessKeyId: hidden7")


@settings(deadline=None)
@given(st.lists(st.text(alphabet="ab\n =", min_size=1, max_size=14), max_size=6), st.text(alphabet="ab\n =c\ud800", max_size=60))
def test_of_values_that_stand_in_each_other_the_longest_is_hidden(values: list[str], text: str) -> None:
    """At each place, as if all of them were tried there one after the other."""
    parts = {
        part for value in values for line in (value.strip(), *value.splitlines()) for part in (line.strip(), line.partition("=")[2].strip())
    }
    wanted = sorted((part for part in parts if len(part) >= 6 and part != "aaaaaa"), key=len, reverse=True)
    text = text.encode(errors="replace").decode() if wanted else text
    plain = re.sub("|".join(map(re.escape, wanted)), mask.HIDDEN, text) if wanted else text
    assert mask.Mask(values, public={"aaaaaa"}).text(text) == mask.Mask().text(plain)


def test_objects_are_found_by_namespace_and_by_name() -> None:
    """In the order in which they came; of a name that several have, the first, or that of the namespace."""
    draft = Draft(_TOOLKIT)
    draft.cluster("host", is_host=True)
    found = [_object("Pod", name, namespace=space) for space in ("a", "b") for name in ("x", "y")]
    draft.add("host", [*found, {"kind": "Node", "metadata": {"name": "x"}}])
    snapshot = draft.done(taken=_NOW)
    assert snapshot.all("host", "Pod") == tuple(found)
    assert snapshot.all("host", "Pod", namespace="b") == tuple(found[2:])
    assert snapshot.all("host", "Pod", namespace="c") == snapshot.all("remote", "Pod", namespace="a") == ()
    assert snapshot.find("host", "Pod", "y") is found[1]
    assert snapshot.find("host", "Pod", "y", namespace="b") is found[3]
    assert snapshot.find("host", "Pod", "z") is snapshot.find("host", "Node", "x", namespace="a") is None
    assert snapshot.find("host", "Node", "x") is not None


class _Silent:
    async def version(self, **_deadline: float) -> None:
        raise kube_errors.Unreachable("GET /version on cluster host: no answer.")


async def test_a_cluster_that_does_not_answer_is_trouble_of_the_command() -> None:
    """Its exit code tells of it, as of a cluster that could not be opened."""
    sites = Sites((Site("host", _Silent(), is_host=True),))  # type: ignore[arg-type]
    found = await collect.collect(sites, "", namespace=_TOOLKIT, clock=lambda: _NOW)
    assert found.why_unread("host") == "GET /version on cluster host: no answer."
    assert sites.troubles == ["cluster host: GET /version on cluster host: no answer."]
