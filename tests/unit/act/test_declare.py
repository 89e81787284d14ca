"""Declarations as a person describes them, credentials as they are read, and what the controller says about both."""

import base64
from pathlib import Path

import pytest

from mtc.act import declare, errors, secrets, settle
from mtc.api import names
from mtc.api.migration.migcluster import MigCluster
from mtc.api.migration.migstorage import MigStorage
from mtc.migration import record

_SECRET = {"name": "s", "namespace": "ns"}


def test_a_cluster_is_declared_as_the_controller_reads_it() -> None:
    """What was not given is not written."""
    spec = declare.cluster("c", "ns", url="https://c:6443", secret=_SECRET, ca="PEM", insecure=False)["spec"]
    assert spec == {
        "isHostCluster": False,
        "url": "https://c:6443",
        "serviceAccountSecretRef": _SECRET,
        "caBundle": base64.b64encode(b"PEM").decode(),
    }
    read = MigCluster.from_dict(declare.cluster("c", "ns", url="u", secret=_SECRET, ca="", insecure=True, registry="r.example"))
    assert read.spec.insecure
    assert read.spec.exposed_registry_path == "r.example"


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (
            declare.Storage(provider="aws", bucket="b", region="r", url="http://s"),
            {"awsBucketName": "b", "awsRegion": "r", "awsS3Url": "http://s"},
        ),
        (declare.Storage(provider="azure", bucket="c", account="a"), {"azureStorageContainer": "c", "azureStorageAccount": "a"}),
        (declare.Storage(provider="gcp", bucket="b", endpoint="e"), {"gcpBucket": "b", "gcpStoreEndpoint": "e"}),
    ],
)
def test_a_storage_has_the_fields_of_its_provider(found: declare.Storage, wanted: dict[str, str]) -> None:
    """And they are those of the model."""
    made = declare.storage("s", "ns", found, secret=_SECRET)
    assert made["spec"]["backupStorageConfig"] == {**wanted, "credsSecretRef": _SECRET}
    assert MigStorage.from_dict(made).to_dict()["spec"] == made["spec"]


def test_what_a_provider_does_not_have_is_refused() -> None:
    """As is a provider that nobody knows, and a storage without a bucket."""
    for found, why in (
        (declare.Storage(provider="gcp", bucket="b", region="r"), "no --region"),
        (declare.Storage(provider="ftp", bucket="b"), "no provider"),
        (declare.Storage(provider="aws", bucket=""), "--bucket"),
    ):
        with pytest.raises(errors.Incomplete, match=why):
            declare.storage("s", "ns", found, secret=_SECRET)


def test_a_plan_with_a_broken_namespace_is_refused() -> None:
    """Before it is made."""
    with pytest.raises(names.InvalidMapping):
        declare.plan("p", "ns", source="a", target="b", storage_name="s", namespaces=["a:b:c"], indirect_volumes=True, indirect_images=True)


@pytest.mark.parametrize(
    ("target", "volumes", "images", "wanted"),
    [
        ("b", None, None, (True, True)),
        ("a", None, None, (False, False)),
        ("a", True, None, (True, False)),
        ("b", None, False, (True, False)),
    ],
)
def test_a_plan_inside_one_cluster_has_the_type_of_one(
    target: str,
    volumes: bool | None,  # noqa: FBT001 - a parameter of the test
    images: bool | None,  # noqa: FBT001 - a parameter of the test
    wanted: tuple[bool, bool],
) -> None:
    """Both fields are false where nobody says otherwise: with one of them such a plan is never ready."""
    spec = declare.plan(
        "p", "ns", source="a", target=target, storage_name="s", namespaces=["n"], indirect_volumes=volumes, indirect_images=images
    )["spec"]
    assert (spec["indirectVolumeMigration"], spec["indirectImageMigration"]) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "[default]\naws_access_key_id = id\naws_secret_access_key = k%y=\n",
        "[other]\naws_access_key_id=id\naws_secret_access_key=k%y=",
        "aws-access-key-id=id\naws-secret-access-key=k%y=",
        "AWS_ACCESS_KEY_ID=id\nAWS_SECRET_ACCESS_KEY=k%y=",
    ],
)
def test_keys_of_s3_are_read_in_the_forms_that_people_have(text: str) -> None:
    """AWS's own file, our names of the keys, and variables."""
    assert secrets.aws(text) == {"aws-access-key-id": "id", "aws-secret-access-key": "k%y="}


def test_a_broken_credentials_file_is_not_shown() -> None:
    """Its lines may be the secret itself."""
    for text in ("sw0rdfish", "aws_access_key_id=id\nsw0rdfish", "aws_access_key_id=sw0rdfish"):
        with pytest.raises(errors.Incomplete) as caught:
            secrets.aws(text)
        assert "sw0rdfish" not in str(caught.value)


def test_an_unreadable_or_empty_secret_says_what_was_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the place, and the way to give it."""
    with pytest.raises(errors.Incomplete, match="The token cannot be read"):
        secrets.from_file(str(tmp_path / "none"), what="The token")
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(errors.Incomplete, match="is empty"):
        secrets.from_file(str(tmp_path / "empty"), what="The token")
    monkeypatch.setenv("TOKEN", " ")
    with pytest.raises(errors.Incomplete, match="TOKEN is not set"):
        secrets.from_variable("TOKEN", what="The token")


def test_a_declaration_is_settled_once_its_present_form_was_looked_at() -> None:
    """Not while a refresh is asked for, and not while it is neither ready nor blocked."""
    item = declare.cluster("c", "ns", url="u", secret=_SECRET, ca="", insecure=True)
    ready = {"type": "Ready", "status": "True", "category": "Required", "message": "Ready."}
    broken = {"type": "InvalidURL", "status": "True", "category": "Critical", "reason": "Malformed", "message": "No URL."}
    odd = {"type": "OperatorVersionMismatch", "status": "True", "category": "Warn", "message": "Old."}
    seen = {"observedDigest": record.digest(item["spec"])}
    assert settle.of(item) is None
    assert settle.of({**item, "status": seen}) is None
    assert settle.of({**item, "status": {**seen, "conditions": [ready]}, "spec": {**item["spec"], "refresh": True}}) is None
    assert settle.of({**item, "status": {"observedDigest": "old", "conditions": [ready]}}) is None
    for found, code in (([ready], 0), ([ready, odd], 3), ([broken, odd], 1)):
        settled = settle.of({**item, "status": {**seen, "conditions": found}})
        assert settled is not None
        assert settled.code == code
    assert settled is not None
    assert settled.lines()[0] == "  InvalidURL (Critical): No URL."
    assert settled.lines()[1].startswith("    What to do: ")
