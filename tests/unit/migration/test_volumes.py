"""Volumes of a plan: entries, proposals and who mounts them, without a cluster."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtc.kube.client import Object
from mtc.migration.volumes import classes, conversion, entries, workloads
from mtc.migration.volumes.classes import RWO, RWX, StorageClass

FAST = StorageClass("fast", "csi.example.org")
OTHER = StorageClass("other", "csi.example.org")
STANDARD = StorageClass("standard", "standard.example.org", default=True)
CEPHFS = StorageClass("shared", "openshift-storage.cephfs.csi.ceph.com")
RBD = StorageClass("block", "openshift-storage.rbd.csi.ceph.com")


def pv(name: str = "pv-1", **spec: Any) -> Object:
    """A volume."""
    return {"metadata": {"name": name}, "spec": {"capacity": {"storage": "1Gi"}, "storageClassName": "fast", **spec}}


def pvc(name: str = "data", **spec: Any) -> Object:
    """A claim."""
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": {"accessModes": [RWO], **spec}}


def entry(*, volume: Object | None = None, claim: Object | None = None, movable: tuple[str, ...] = ()) -> entries.Entry:
    """The entry of a volume that was just found."""
    found = entries.Found(claim or pvc(), volume or pv(), owner_type="Deployment")
    return entries.new_entry(found, movable=movable, sources=[FAST], targets=[STANDARD, OTHER, FAST])


@pytest.mark.parametrize(
    ("volume", "mode", "actions", "methods"),
    [
        (pv(csi={}), "Filesystem", ["skip", "copy"], ["filesystem"]),
        (pv(csi={}), None, ["skip", "copy"], ["filesystem"]),
        (pv(csi={}), "Block", ["skip"], []),
        (pv(hostPath={"path": "/x"}), "Filesystem", ["skip"], []),
        (pv(storageClassName="movable", hostPath={"path": "/x"}), "Filesystem", ["skip"], []),
        (pv(nfs={"server": "x"}), "Filesystem", ["skip", "copy", "move"], ["filesystem"]),
        (pv(awsElasticBlockStore={}), "Block", ["skip", "move"], []),
        (pv(storageClassName="movable", csi={}), "Filesystem", ["skip", "copy", "move"], ["filesystem"]),
        (pv(local={"path": "/x"}), "Filesystem", ["skip", "copy"], ["filesystem"]),
    ],
)
def test_what_can_be_done_follows_from_the_kind_of_volume(volume: Object, mode: str | None, actions: list[str], methods: list[str]) -> None:
    """Volumes of kind hostPath can only be skipped; NFS, EBS and configured classes can be moved as well; nothing copies a device."""
    found = entry(volume=volume, claim=pvc(volumeMode=mode), movable=("movable",))
    assert found["supported"] == {"actions": actions, "copyMethods": methods}


def test_a_new_entry_proposes_copying_to_the_class_of_the_same_name() -> None:
    """Copy by files, not verified, same class where the target has it for the same provisioner."""
    found = entry()
    assert found["selection"] == {"action": "copy", "storageClass": "fast", "copyMethod": "filesystem", "verify": False}
    assert found["pvc"] == {
        "namespace": "shop",
        "name": "data",
        "accessModes": [RWO],
        "volumeMode": "Filesystem",
        "hasReference": True,
        "ownerType": "Deployment",
    }


def test_a_block_volume_is_copied_by_blocks_and_a_host_path_skipped() -> None:
    """The default copy method follows the volume mode, the default action what is possible."""
    assert entry(claim=pvc(volumeMode="Block"))["selection"]["copyMethod"] == "block"
    assert entry(volume=pv(hostPath={}))["selection"]["action"] == "skip"


def test_choices_stay_and_facts_are_renewed() -> None:
    """Selection, name mapping, volumeMode auto and unknown fields survive; capacity and supported actions do not."""
    old = entry()
    old["capacity"] = "9Gi"
    old["supported"] = {"actions": ["move"]}
    old["selection"] = {"action": "move", "storageClass": "mine", "accessMode": RWX, "note": 1}
    old["pvc"] |= {"name": "data:records", "volumeMode": "auto", "ownerType": "Job"}
    old["capacityConfirmed"] = True
    (merged,) = entries.merge([old], [entry()])
    assert merged["selection"] == {"action": "move", "storageClass": "mine", "accessMode": RWX, "note": 1}
    assert merged["pvc"]["name"] == "data:records"
    assert merged["pvc"]["volumeMode"] == "auto"
    assert merged["pvc"]["ownerType"] == "Deployment"
    assert merged["capacity"] == "1Gi"
    assert merged["supported"]["actions"] == ["skip", "copy"]
    assert merged["capacityConfirmed"] is True


def test_the_only_possible_action_is_chosen_whatever_was_chosen_before() -> None:
    """A volume that can only be skipped is skipped."""
    old = entry()
    (merged,) = entries.merge([old], [entry(volume=pv(hostPath={}))])
    assert merged["selection"]["action"] == "skip"
    assert merged["selection"]["storageClass"] == old["selection"]["storageClass"]


@pytest.mark.parametrize("action", ["copy", "skip", "move"])
def test_what_was_chosen_for_a_device_stays(action: str) -> None:
    """Also where nothing but skipping it is possible: that it stays behind is somebody's decision."""
    device = entry(claim=pvc(volumeMode="Block"))
    assert device["selection"]["action"] == "copy"
    (merged,) = entries.merge([{**device, "selection": {"action": action, "copyMethod": "snapshot"}}], [device])
    assert merged["selection"] == {"action": action, "copyMethod": "snapshot"}


LOST = entries.Lost({**pvc(volumeName="pv-1", storageClassName="fast"), "status": {"phase": "Lost", "capacity": {"storage": "2Gi"}}})


def test_a_claim_without_its_volume_is_an_entry_with_which_nothing_can_be_done() -> None:
    """Whatever was chosen; and when the volume is there again, it is proposed anew."""
    fresh = entries.fresh_entries([], [LOST, LOST], movable=(), sources=[], targets=[])
    (merged,) = entries.merge([entry()], fresh)
    assert merged["supported"] == {"actions": [], "copyMethods": []}
    assert (merged["capacity"], merged["storageClass"], merged["pvc"]["name"]) == ("2Gi", "fast", "data")
    assert merged["selection"]["action"] == "skip"
    assert entries.merge([merged], fresh) == [merged]
    (again,) = entries.merge([merged], [entry()])
    assert again["selection"] == entry()["selection"]


def test_a_volume_that_belongs_to_another_claim_now_is_listed_with_that_one() -> None:
    """Entries are told apart by their volume, so there is one."""
    (merged,) = entries.fresh_entries([entries.Found(pvc("new"), pv())], [LOST], movable=(), sources=[], targets=[])
    assert merged["pvc"]["name"] == "new"
    assert merged["supported"]["actions"] == ["skip", "copy"]


def test_a_mapping_of_another_claim_is_dropped() -> None:
    """When the volume is now bound to another claim, the old name mapping means nothing."""
    old = entry()
    old["pvc"]["name"] = "before:after"
    (merged,) = entries.merge([old], [entry()])
    assert merged["pvc"]["name"] == "data"


@given(st.lists(st.sampled_from("abcdef"), unique=True), st.lists(st.sampled_from("abcdef"), unique=True))
def test_merging_lists_exactly_what_was_found_in_order_and_twice_is_once(known: list[str], found: list[str]) -> None:
    """What is gone goes, what is new comes, sorted by name, and a second merge changes nothing."""
    old = [entry(volume=pv(name)) for name in known]
    fresh = [entry(volume=pv(name)) for name in found]
    merged = entries.merge(old, fresh)
    assert [item["name"] for item in merged] == sorted(found)
    assert entries.merge(merged, fresh) == merged


@pytest.mark.parametrize(
    ("volume", "modes", "targets", "proposed"),
    [
        (pv(), [RWO], [STANDARD, OTHER, FAST], "fast"),
        (pv(), [RWO], [STANDARD, OTHER], "other"),
        (pv(), [RWO], [STANDARD], "standard"),
        (pv(), [RWO], [CEPHFS], ""),
        (pv(nfs={}), [RWX], [STANDARD, RBD, CEPHFS], "shared"),
        (pv(nfs={}), [RWO], [STANDARD, RBD, CEPHFS], "block"),
        (pv(nfs={}), ["ReadOnlyMany"], [STANDARD, RBD, CEPHFS], "shared"),
        (pv(glusterfs={}), [RWX], [STANDARD], "standard"),
    ],
)
def test_the_proposed_class(volume: Object, modes: list[str], targets: list[StorageClass], proposed: str) -> None:
    """Same provisioner first, by name if possible; Ceph for file services; else the default; else nothing."""
    assert classes.propose(volume, modes, [FAST], targets) == proposed


def test_volumes_of_gluster_without_ceph_are_named() -> None:
    """Only GlusterFS volumes, and only where the target has no fitting Ceph class."""
    found = [(pv("g", glusterfs={}), pvc(accessModes=[RWX])), (pv("n", nfs={}), pvc()), (pv("c", csi={}), pvc())]
    assert classes.without_ceph(found, [FAST], [STANDARD]) == {"g"}
    assert classes.without_ceph(found, [FAST], [CEPHFS]) == frozenset()


@pytest.mark.parametrize(
    ("provisioner", "modes"),
    [
        ("kubernetes.io/aws-ebs", {"Filesystem": (RWO,)}),
        ("kubernetes.io/azure-file", {"Filesystem": (RWO, "ReadOnlyMany", RWX)}),
        ("openshift-storage.rbd.csi.ceph.com", {"Filesystem": (RWO,), "Block": (RWO, "ReadOnlyMany", RWX)}),
        ("gluster.org/glusterblock-x", {"Filesystem": (RWO, "ReadOnlyMany")}),
        ("nobody.example.org", {"Filesystem": (RWO,)}),
    ],
)
def test_access_modes_by_provisioner(provisioner: str, modes: dict[str, tuple[str, ...]]) -> None:
    """Known provisioners have what they can do; others can be mounted once."""
    assert classes.access_modes(provisioner) == modes


def workload(name: str, *claims: str, kind: str = "Deployment", **spec: Any) -> Object:
    """An object with a pod template that mounts claims."""
    volumes = [{"name": claim, "persistentVolumeClaim": {"claimName": claim}} for claim in claims]
    template = {"spec": {"volumes": volumes}}
    body = {"jobTemplate": {"spec": {"template": template}}} if kind == "CronJob" else {"template": template}
    return {"kind": kind, "metadata": {"name": name, "uid": f"uid-{name}"}, "spec": body | spec}


def test_the_owner_is_the_workload_and_not_what_it_made() -> None:
    """Deployment before its ReplicaSet, CronJob before its Job, StatefulSet by its templates, bare pods Unknown."""
    templates = [{"metadata": {"name": "vct"}}]
    found = workloads.owner_types(
        workloads.Workloads(
            {
                "ReplicaSet": [workload("web-abc", "data", kind="ReplicaSet")],
                "Deployment": [workload("web", "data")],
                "CronJob": [workload("nightly", "dump", kind="CronJob")],
                "Job": [workload("nightly-1", "dump", kind="Job")],
                "StatefulSet": [workload("db", kind="StatefulSet", replicas=2, volumeClaimTemplates=templates)],
            },
            [{"metadata": {"name": "bare"}, "spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "loose"}}]}}],
        )
    )
    assert found == {"data": "Deployment", "dump": "CronJob", "vct-db-0": "StatefulSet", "vct-db-1": "StatefulSet", "loose": "Unknown"}


@pytest.mark.parametrize(
    ("name", "stateful_set", "renamed"),
    [
        ("data", "", "data-mig-ab12"),
        ("data-mig-zz99", "", "data-mig-ab12"),
        ("data-new", "", "data-mig-ab12"),
        ("vct-db-0", "db", "vct-mig-ab12-db-0"),
        ("vct-mig-zz99-db-0", "db", "vct-mig-ab12-db-0"),
        ("x" * 253, "", "x" * 244 + "-mig-ab12"),
    ],
)
def test_new_names_of_a_conversion(name: str, stateful_set: str, renamed: str) -> None:
    """The plan's suffix replaces an earlier one, and claims of StatefulSets keep the end that their set looks for."""
    made = conversion.new_claim_name(name, suffix="ab12", stateful_set=stateful_set)
    assert made == renamed
    assert len(made) <= 253
