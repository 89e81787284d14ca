"""What a plan would migrate, in figures: buckets, sums, proposals and what node agents write. No cluster."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtc.api import base, names
from mtc.api.conditions import Condition
from mtc.api.migration.miganalytic import Analytics, MigAnalytic
from mtc.kube.client import Object
from mtc.kube.discovery import Discovery
from mtc.kube.resources import ResourceType
from mtc.migration.analytic import counts, figures, images, usage, volumes
from mtc.migration.analytic.counts import Count
from mtc.migration.analytic.usage import Mounted
from mtc.migration.analytic.volumes import Usage
from mtc.migration.volumes import capacity

GIB = 1024**3


def kind(group: str, plural: str, *, verbs: str = "list", namespaced: bool = True) -> ResourceType:
    """A kind of a cluster."""
    return ResourceType(group, "v1", plural, plural.title(), namespaced, frozenset(verbs.split()))


def claim(name: str, *, asks: str = "1Gi", has: str = "1Gi", volume: str = "") -> Object:
    """A claim."""
    meta = {"name": name, "namespace": "shop"}
    spec = {"resources": {"requests": {"storage": asks}}, "volumeName": volume}
    return {"metadata": meta, "spec": spec, "status": {"capacity": {"storage": has}}}


def test_each_kind_of_object_is_counted_once() -> None:
    """Not cluster-wide ones, not those that cannot be listed, and of two groups with the same objects only the newer one."""
    served = Discovery(
        preferred=(
            kind("", "pods"),
            kind("", "nodes", namespaced=False),
            kind("", "bindings", verbs="create"),
            kind("", "events"),
            kind("events.k8s.io", "events"),
            kind("extensions", "deployments"),
            kind("apps", "deployments"),
            kind("extensions", "ingresses"),
        ),
        served=(),
    )
    found = [item.group_resource for item in counts.kinds_of(served)]
    assert found == ["pods", "events.events.k8s.io", "deployments.apps", "ingresses.extensions"]


def test_objects_are_in_one_of_three_lists() -> None:
    """Excluded before incompatible before migrated; what may not be listed is in none."""
    counted = [
        Count(kind("", "pods"), 3),
        Count(kind("", "events"), 7),
        Count(kind("x.org", "things"), 2),
        Count(kind("y.org", "secrets"), None),
    ]
    found = figures.of_objects(counted, excluded={"events"}, incompatible={("x.org", "v1", "things"), ("", "v1", "events")})
    assert found["k8sResources"] == [{"group": "", "version": "v1", "kind": "Pods", "count": 3}]
    assert (found["k8sResourceTotal"], found["excludedK8SResourceTotal"], found["incompatibleK8SResourceTotal"]) == (3, 7, 2)


def test_images_of_the_own_registry_are_counted_and_some_listed() -> None:
    """An image from elsewhere is not copied."""
    stream = {
        "status": {
            "dockerImageRepository": "registry.svc:5000/shop/web",
            "tags": [
                {"items": [{"image": "sha256:1", "dockerImageReference": "registry.svc:5000/shop/web@sha256:1"}]},
                {"items": [{"image": "sha256:2", "dockerImageReference": "registry.example.org/web@sha256:2"}]},
            ],
        }
    }
    assert list(images.internal(stream)) == [("sha256:1", "registry.svc:5000/shop/web@sha256:1")]
    assert list(images.internal({"status": {}})) == []
    found = figures.of_images([images.Image("a", "r/a", 1024**2 + 1), images.Image("b", "r/b", 5)], listed=1)
    assert found == {"imageCount": 2, "imageSizeTotal": "2Mi", "images": [{"name": "a", "reference": "r/a", "size": "2Mi"}]}


def test_the_whole_is_the_sum_of_its_namespaces_and_has_the_form_of_the_status() -> None:
    """Also when it is added up a second time; MTC's spelling of the totals is kept."""
    one = {
        "namespace": "a",
        **figures.of_claims([claim("x"), claim("y", asks="2Gi")]),
        "k8sResourceTotal": 2,
        "excludedK8SResourceTotal": 1,
    }
    two = {"namespace": "b", **figures.of_claims([claim("z", asks="512Mi")]), **figures.of_images([], listed=0)}
    for _ in range(2):
        found = figures.together("shop", [one, two], of=4)
    assert found["percentComplete"] == 50
    assert (found["pvCount"], found["pvCapacity"], found["k8sResourceTotal"]) == (3, "3584Mi", 2)
    assert found["excludedk8sResourceTotal"] == 1
    read = Analytics.model_validate(found)
    assert read.excluded_k8s_resource_total == 1
    assert read.namespaces[0].pv_count == 2


@pytest.mark.parametrize(
    ("asks", "has", "measured", "size", "comment"),
    [
        (GIB, GIB, Usage(), GIB, "Nothing"),
        (GIB, 2 * GIB, Usage(), 2 * GIB, "differ"),
        (2 * GIB, GIB, Usage(), 2 * GIB, "differ"),
        (GIB, GIB, Usage(GIB, GIB // 2), GIB, "Nothing"),
        (GIB, GIB, Usage(2 * GIB, GIB), 2 * GIB, "Nothing"),
        (GIB, GIB, Usage(GIB, GIB), GIB * 103 // 100, "full"),
        (GIB, 4 * GIB, Usage(GIB, GIB), 4 * GIB, "full"),
        (GIB, GIB, Usage(100 * GIB, 80 * GIB, GIB // 2), GIB, "folder"),
        (GIB, GIB, Usage(100 * GIB, 80 * GIB), GIB, "folder"),
        (GIB, GIB, Usage(100 * GIB, 80 * GIB, 2 * GIB), 2 * GIB * 103 // 100, "full"),
    ],
)
def test_a_volume_gets_room_for_what_it_holds(asks: int, has: int, measured: Usage, size: int, comment: str) -> None:
    """The largest of what was asked for, given and measured; more where less than the threshold is free."""
    found = volumes.propose(requested_bytes=asks, provisioned_bytes=has, usage=measured, threshold=3)
    assert found.size_bytes == size
    assert comment in found.comment


@given(
    asks=st.integers(1, 10 * GIB),
    has=st.integers(1, 10 * GIB),
    total=st.integers(1, 10 * GIB),
    used=st.integers(0, 10 * GIB),
    threshold=st.integers(0, 100),
)
def test_a_proposal_is_never_smaller_than_what_there_is(asks: int, has: int, total: int, used: int, threshold: int) -> None:
    """Whatever was measured."""
    found = volumes.propose(requested_bytes=asks, provisioned_bytes=has, usage=Usage(total, min(used, total)), threshold=threshold)
    assert found.size_bytes >= max(asks, has)
    assert found.size_bytes >= total or total > 2 * max(asks, has)


def test_figures_of_node_agents_are_read_and_anything_else_is_not() -> None:
    """A failed df leaves no figures; a failed du leaves those of df."""
    text = "pv-1 df 1000 400\npv-1 du 500\npv-2 df\npv-2 du 7\npv-3 df 10 10\npv-3 du \nnoise\n"
    found = usage.parse(text)
    assert found["pv-1"] == Usage(1000, 400, 500)
    assert found["pv-1"].has_sparse_files
    assert found["pv-1"].percent == 40
    assert found["pv-2"].percent is None
    assert found["pv-3"].percent == 100
    assert found["pv-3"].has_sparse_files is None
    assert "noise" not in found


def test_volumes_are_measured_in_one_running_pod_each() -> None:
    """Claims that nothing mounts, and pods that do not run, are no place to measure."""
    claims = [claim("data", volume="pv-1"), claim("logs", volume="pv-2"), claim("idle", volume="pv-3")]

    def pod(uid: str, phase: str, *names: str) -> Object:
        mounts: list[dict[str, Any]] = [{"persistentVolumeClaim": {"claimName": name}} for name in names]
        return {"metadata": {"uid": uid}, "spec": {"nodeName": "node", "volumes": [*mounts, {"emptyDir": {}}]}, "status": {"phase": phase}}

    pods = [pod("a", "Running", "data"), pod("b", "Running", "data"), pod("c", "Pending", "logs"), pod("d", "Running", "other")]
    assert usage.mounted(claims, pods) == [Mounted("pv-1", "a", "node")]


def test_claims_show_what_they_ask_for_have_and_should_get() -> None:
    """A volume without figures shows what the claim itself tells."""
    found = figures.of_usage(
        [claim("data", has="2Gi", volume="pv-1"), claim("logs", volume="pv-2")], {"pv-2": Usage(GIB, 0, 1)}, threshold=3
    )
    data, logs = found["persistentVolumes"]
    assert data["requestedCapacity"] == "1Gi"
    assert data["actualCapacity"] == data["proposedCapacity"] == "2Gi"
    assert "usagePercentage" not in data
    assert logs["usagePercentage"] == 0
    assert logs["sparseFilesFound"] is True


def analytic(*proposed: tuple[str, str], created: str = "2026-11-23T11:00:00Z", ready: bool = True, **spec: Any) -> MigAnalytic:
    """A MigAnalytic that has measured claims of a namespace."""
    claims = [{"name": name, "proposedCapacity": size, "usagePercentage": 99} for name, size in proposed]
    found = [{"type": "Ready", "status": "True", "category": "Required"}] if ready else []
    flags = {"analyzeExtendedPVCapacity": True, "analyzePVCapacity": False, "analyzeImageCount": False, "analyzeK8SResources": False}
    body = {
        "metadata": {"name": "m", "namespace": "mtc", "creationTimestamp": created},
        "spec": {"migPlanRef": {"name": "plan", "namespace": "mtc"}, **flags, **spec},
        "status": {"conditions": found, "analytics": {"namespaces": [{"namespace": "shop", "persistentVolumes": claims}]}},
    }
    return MigAnalytic.from_dict(body)


def test_the_newest_analysis_that_measures_counts() -> None:
    """One that only counts objects says nothing; one that is not through says nothing yet; one that failed says why."""
    assert capacity.newest([]) is None
    assert capacity.newest([analytic(analyzeExtendedPVCapacity=False)]) is None
    pending = capacity.newest([analytic(ready=False)])
    assert pending is not None
    assert pending.is_pending
    old, new = analytic(("data", "1Gi")), analytic(("data", "2Gi"), created="2026-11-23T12:00:00Z")
    found = capacity.newest([new, old])
    assert found is not None
    assert found.proposals == {("shop", "data"): "2Gi"}
    broken = analytic(ready=False)
    broken.status.conditions.append(Condition(type="InvalidPlanRef", category="Critical", message="No plan."))
    failed = capacity.newest([broken])
    assert failed is not None
    assert failed.trouble == "No plan."


@pytest.mark.parametrize(("took_s", "own", "late_s"), [(120, True, None), (121, True, 121), (None, True, None), (500, False, None)])
def test_figures_that_a_plan_has_waited_for_can_come_too_late(took_s: int | None, late_s: int | None, *, own: bool) -> None:
    """After two minutes; those of a person count whenever they come, because nobody has waited for them."""
    item = analytic(("data", "2Gi"))
    item.status.measuring_seconds = took_s
    if own:
        item.metadata["labels"] = {names.CREATED_BY: "plan"}
    found = capacity.newest([item])
    assert found is not None
    assert found.late_s == late_s


def entry(**fields: Any) -> dict[str, Any]:
    """An entry of a plan with a copied volume of 1Gi."""
    return {"name": "pv", "capacity": "1Gi", "selection": {"action": "copy"}, "pvc": {"namespace": "shop", "name": "data:new"}, **fields}


@pytest.mark.parametrize(
    ("before", "proposed", "after"),
    [
        (entry(), "2Gi", entry(proposedCapacity="2Gi", capacityConfirmed=False)),
        (entry(), "1Gi", entry()),
        (entry(selection={"action": "skip"}), "2Gi", entry(selection={"action": "skip"})),
        (entry(proposedCapacity="2Gi", capacityConfirmed=True), "2048Mi", entry(proposedCapacity="2Gi", capacityConfirmed=True)),
        (entry(proposedCapacity="2Gi", capacityConfirmed=True), "3Gi", entry(proposedCapacity="3Gi", capacityConfirmed=False)),
        (entry(proposedCapacity="3Gi", capacityConfirmed=True), "2Gi", entry(proposedCapacity="2Gi", capacityConfirmed=True)),
        (entry(proposedCapacity="2Gi", capacityConfirmed=True), "1Gi", entry()),
    ],
)
def test_a_larger_proposal_must_be_confirmed_anew(before: dict[str, Any], proposed: str, after: dict[str, Any]) -> None:
    """A smaller one than was confirmed needs no new word; one that is no more than there is goes."""
    analysis = capacity.Analysis(ref=base.Ref("mtc", "m"), proposals={("shop", "data"): proposed})
    assert capacity.with_proposals([before], analysis) == [after]
    assert capacity.with_proposals([before], None) == [before]
    assert capacity.with_proposals([before], dataclasses.replace(analysis, is_pending=True)) == [before]
    assert capacity.with_proposals([before], dataclasses.replace(analysis, late_s=121), confirmed=True) == [before]
    by_settings = capacity.with_proposals([before], analysis, confirmed=True)
    assert by_settings == [{**after, "capacityConfirmed": True} if "proposedCapacity" in after else after]


def test_a_claim_that_asks_for_less_than_its_volume_has_is_enlarged_to_it() -> None:
    """Its copy would get what the claim asks for, and its files may not fit there."""
    claim = ("shop", "data")
    analysis = capacity.Analysis(ref=base.Ref("mtc", "m"), proposals={claim: "1Gi"}, requests={claim: "100Mi"})
    assert capacity.with_proposals([entry()], analysis) == [entry(proposedCapacity="1Gi", capacityConfirmed=False)]
