"""Names: the strings and rules that MTC, Velero and we must agree on."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtc.api import names

NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,250}[a-z0-9])?", fullmatch=True)
# A label or annotation key: an optional DNS prefix, a slash, and a name of at most 63 characters.
KEY = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")


@given(NAMES)
def test_a_label_value_always_fits_and_short_ones_are_unchanged(name: str) -> None:
    """Whatever an object is called, its name can stand in a label, and is itself wherever it fits."""
    value = names.label_value(name)
    assert len(value) <= 63
    assert (value == name) == (len(name) <= 63)


def test_a_long_label_value_is_shortened_as_velero_does() -> None:
    """Velero finds our objects by label only if both shorten alike: 57 characters and 6 hex digits of SHA-256."""
    name = "a-backup-with-a-name-that-is-quite-a-bit-longer-than-a-label-may-be-20261123"
    assert names.label_value(name) == name[:57] + hashlib.sha256(name.encode()).hexdigest()[:6]
    assert names.label_value("x" * 64) == "x" * 57 + "7ce100"
    assert names.label_value("x" * 63) == "x" * 63


@given(NAMES, st.sampled_from(["initial", "stage", "final"]))
def test_generated_names_leave_room_for_the_servers_suffix(name: str, suffix: str) -> None:
    """An API server appends five characters; a Backup's name must still fit into a label unshortened."""
    generated = names.generate_name(name, suffix)
    assert len(generated) + 5 <= 63
    assert generated.endswith(f"-{suffix}-")
    assert generated.startswith(name[:40])


@pytest.mark.parametrize(
    ("base", "suffix", "expected"),
    [
        ("88435fe0-c9f8-11e9-85e6-5d593ce65e10", "stage", "88435fe0-c9f8-11e9-85e6-5d593ce65e10-stage-"),
        ("m" * 60, "initial", "m" * 48 + "-initial-"),
        ("m" * 60, "final", "m" * 50 + "-final-"),
        ("repo", "", "repo-"),
    ],
)
def test_generated_names_follow_mtcs_rule(base: str, suffix: str, expected: str) -> None:
    """The name is cut to 55 characters less the suffix, as MTC cuts it."""
    assert names.generate_name(base, suffix) == expected


def test_names_of_helpers_follow_mtcs_rules() -> None:
    """Objects that MTC made for a plan or a copy are found again by the names it gave them."""
    assert names.hook_generate_name("Shop", "PreBackup") == "shop-prebackup-"
    assert names.registry_generate_name("uid") == "registry-uid-"
    assert names.stage_pod_generate_name("web--1") == "stage-web-1-"
    assert len(names.stage_pod_generate_name("w" * 80)) == 58
    assert names.volume_snapshot_location_name("repo", "uid") == "repo-uid"
    assert names.pvc_digest("data") == hashlib.md5(b"data", usedforsecurity=False).hexdigest()
    assert names.volume_progress_name("dvm", "data", "shop") == hashlib.md5(b"dvmdatashop", usedforsecurity=False).hexdigest()
    password = hashlib.md5(b"directvolumemigration-rsync-pass-dvm", usedforsecurity=False).hexdigest()
    assert names.rsync_password_secret_name("dvm") == password


@pytest.mark.parametrize(("entry", "source", "target"), [("shop", "shop", "shop"), ("shop:new", "shop", "new"), ("shop:", "shop", "shop")])
def test_a_mapping_names_source_and_target(entry: str, source: str, target: str) -> None:
    """`source:target` renames, a plain name or an empty target does not; for namespaces and claims alike."""
    namespace, claim = names.parse_namespace_mapping(entry), names.parse_pvc_mapping(entry)
    assert (namespace.source, namespace.target) == (claim.source, claim.target) == (source, target)
    assert namespace.is_mapped == claim.is_mapped == (source != target)


@pytest.mark.parametrize("entry", ["", ":", ":new", "a:b:c"])
def test_a_mapping_that_means_nothing_is_refused(entry: str) -> None:
    """A typing error in a plan must not silently migrate to a wrong place; the message shows the entry."""
    with pytest.raises(names.InvalidMapping, match=re.escape(repr(entry))):
        names.parse_namespace_mapping(entry)
    with pytest.raises(names.InvalidMapping, match=re.escape(repr(entry))):
        names.parse_pvc_mapping(entry)


def test_children_are_found_by_part_of_and_by_the_owners_kind() -> None:
    """The labels are those by which MTC finds what belongs to an object."""
    assert names.correlation_labels("MigPlan", "uid-1") == {"app.kubernetes.io/part-of": "openshift-migration", "migplan": "uid-1"}


def test_every_key_is_a_valid_label_or_annotation_key() -> None:
    """A constant with a slash is a key that an API server accepts: a typing error here would only show on a cluster."""
    keys = [value for name, value in vars(names).items() if name.isupper() and isinstance(value, str) and "/" in value]
    complete = [key for key in keys if not key.endswith("/")]
    assert len(complete) > 90
    assert [key for key in complete if not KEY.fullmatch(key)] == []
