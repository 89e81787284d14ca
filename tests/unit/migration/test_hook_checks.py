"""Checks of hooks: which MigHooks could run."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtc.api import conditions
from mtc.api.migration.mighook import MigHook
from mtc.kube.client import Object
from mtc.migration import checks, reconcile_hook, record
from mtc.migration.checks.hook.image import is_reference

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PLAYBOOK = base64.b64encode(b"- hosts: localhost\n" * 10).decode()
DIGEST = "sha256:" + "0123456789abcdef" * 4


async def types(**spec: Any) -> list[str]:
    """The conditions of a hook that is right except for the fields that are given."""
    whole = {"custom": False, "image": "registry.example.org/hooks/runner:1", "playbook": PLAYBOOK, "targetCluster": "source"} | spec
    hook = MigHook.from_dict({"metadata": {"name": "drain", "namespace": "mtc"}, "spec": whole})
    found = await checks.run(reconcile_hook.CHECKS, hook)
    assert all("mtc/drain" in item.message and item.category == conditions.CRITICAL for item in found)
    assert all(item.reason == conditions.NOT_SET for item in found)
    return [item.type for item in found]


async def test_a_hook_that_is_described_well_has_nothing_to_complain_about() -> None:
    """With a playbook in one line or wrapped, or with an image that needs none."""
    assert await types() == []
    assert await types(playbook="\n".join(PLAYBOOK[i : i + 76] for i in range(0, len(PLAYBOOK), 76)) + "\r\n") == []
    assert await types(custom=True, playbook="") == []
    assert await types(targetCluster="destination") == []


async def test_each_mistake_has_its_condition() -> None:
    """And several mistakes have theirs at once."""
    assert await types(image="") == [conditions.INVALID_IMAGE]
    assert await types(targetCluster="target") == [conditions.INVALID_TARGET]
    assert await types(targetCluster="Source") == [conditions.INVALID_TARGET]
    assert await types(playbook="- hosts: localhost") == [conditions.INVALID_PLAYBOOK_DATA]
    assert await types(playbook="päckchen") == [conditions.INVALID_PLAYBOOK_DATA]
    assert await types(custom=True) == [conditions.INVALID_CUSTOM_HOOK]
    assert await types(playbook="") == [conditions.INVALID_ANSIBLE_HOOK]
    assert await types(playbook=" \n") == [conditions.INVALID_PLAYBOOK_DATA, conditions.INVALID_ANSIBLE_HOOK]
    assert len(await types(image=":", targetCluster="", playbook="")) == 3


@pytest.mark.parametrize(
    "image",
    [
        "busybox",
        "busybox:latest",
        "library/busybox",
        "localhost:5000/hook",
        "quay.io/konveyor/hook-runner:latest",
        f"quay.io/konveyor/hook-runner@{DIGEST}",
        f"quay.io/konveyor/hook-runner:1.0@{DIGEST}",
        "[2001:db8::1]:5000/hook",
        "10.0.0.1:5000/a/b/c/d_e__f.g---h:V1.2_3",
        "Registry.Example.org/hook",
        "a" * 255,
    ],
)
def test_names_of_images(image: str) -> None:
    """Everything that runtimes take."""
    assert is_reference(image)


@pytest.mark.parametrize(
    "image",
    [
        "",
        " ",
        "Busybox",
        "busybox ",
        " busybox",
        "busybox\n",
        "bus ybox",
        "https://quay.io/konveyor/hook-runner",
        "quay.io//hook",
        "/hook",
        "hook/",
        "hook:",
        "hook:-1",
        f"hook:{'1' * 129}",
        "hook@sha256",
        "hook@sha256:abc",
        "a___b",
        "a..b",
        "-a",
        "a" * 256,
        "bücher",
        "hook:ü",
    ],
)
def test_names_that_no_image_has(image: str) -> None:
    """The whole text counts, not a part of it that would do."""
    assert not is_reference(image)


@given(st.text(max_size=2000))
def test_no_text_takes_long_or_breaks_the_check(image: str) -> None:
    """People write anything; `hypothesis` would tell of an exception, and of a run over its deadline."""
    assert is_reference(image) in {True, False}


def after_write(before: Object, body: Object) -> Object:
    """The object as the API server has it after a write of the status: that is a new generation, as there is no subresource."""
    meta = {**before["metadata"], "generation": before["metadata"]["generation"] + 1}
    return {**before, "metadata": meta, "status": {**(before.get("status") or {}), **body["status"]}}


def test_the_generation_that_is_noted_is_the_one_that_the_write_makes() -> None:
    """So a hook that was looked at shows the same number twice, and its own write asks for no other one."""
    findings = record.Findings([conditions.ready("It is.")])
    meta = {"name": "a", "namespace": "mtc", "resourceVersion": "7", "generation": 4}
    made: Object = {"kind": "MigHook", "metadata": meta, "spec": {"image": "x"}}
    body, _ = record.patch(made, findings, now=NOW)
    assert body is not None
    assert "observedDigest" not in body["status"]
    known = after_write(made, body)
    assert known["status"]["observedGeneration"] == known["metadata"]["generation"] == 5
    assert record.patch(known, findings, now=NOW) == (None, [])
    # A server that counts no generations for a status, and one whose object somebody else changed.
    assert record.patch({**made, "status": known["status"]}, findings, now=NOW) == (None, [])
    changed = {**known, "metadata": {**known["metadata"], "generation": 6}}
    body, _ = record.patch(changed, findings, now=NOW)
    assert body is not None
    assert body["status"] == {"observedGeneration": 7}
