"""Checks of plans and their volumes, with what was read made by hand."""

from typing import Any

import pytest

from mtc.api import base, conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migcluster import MigCluster
from mtc.api.migration.mighook import MigHook
from mtc.api.migration.migplan import MigPlan, PlanPv
from mtc.api.migration.migstorage import MigStorage
from mtc.kube.discovery import Discovery
from mtc.kube.resources import PERSISTENT_VOLUME_CLAIMS, ResourceType
from mtc.migration import checks, plan_state, served_kinds, sides
from mtc.migration.checks import plan as plan_package
from mtc.migration.checks import volumes as volumes_package
from mtc.migration.settings import ClusterSettings, Settings
from mtc.migration.sides import Side
from mtc.migration.volumes.classes import RWO, RWX, StorageClass

pytestmark = pytest.mark.anyio

PLAN_CHECKS: tuple[checks.Check[plan_package.Scope], ...] = checks.load(plan_package)
VOLUME_CHECKS: tuple[checks.Check[volumes_package.Scope], ...] = checks.load(volumes_package)
READY = [{"type": "Ready", "status": "True", "category": "Required"}]
NAMESPACE: dict[str, Any] = {"metadata": {"name": "any"}, "status": {"phase": "Active"}}


def ref(name: str) -> dict[str, str]:
    """A reference."""
    return {"name": name, "namespace": "mtc"}


def plan(name: str = "plan", **spec: Any) -> MigPlan:
    """A plan from `one` to `two`."""
    whole = {"srcMigClusterRef": ref("one"), "destMigClusterRef": ref("two"), "migStorageRef": ref("repo"), "namespaces": ["shop"]} | spec
    return MigPlan.from_dict({"metadata": {"name": name, "namespace": "mtc", "uid": name}, "spec": whole})


def side(name: str = "", *, ready: bool = True, exists: bool = True, registry: str = "registry.example.org") -> Side:
    """A cluster of a plan."""
    if not name:
        return Side()
    status = {"conditions": READY if ready else [], "registryPath": registry}
    body = {"metadata": {"name": name, "namespace": "mtc"}, "spec": {"url": f"https://{name}"}, "status": status}
    return Side(base.Ref("mtc", name), MigCluster.from_dict(body) if exists else None)


def storage(*, ready: bool = True) -> MigStorage:
    """A MigStorage."""
    return MigStorage.from_dict({"metadata": {"name": "repo", "namespace": "mtc"}, "status": {"conditions": READY if ready else []}})


def scope(**fields: Any) -> plan_package.Scope:
    """A scope in which nothing is wrong, with the fields that are given."""
    found = fields.get("plan", plan())
    mappings = plan_package.parsed_mappings(found)
    source, target = fields.get("source", side("one")), fields.get("target", side("two"))
    whole = {
        "plan": found,
        "settings": Settings(),
        "namespace": "mtc",
        "source": source,
        "target": target,
        "storage": storage(),
        "source_namespaces": {item.source: NAMESPACE for item in mappings} | {"mtc": NAMESPACE},
        "target_namespaces": {"mtc": NAMESPACE},
        "type": plan_state.identify_type(found, (), one_cluster=sides.is_one_cluster(source, target)),
        "target_settings": ClusterSettings(),
    }
    return plan_package.Scope(**(whole | fields))


async def types(wanted: plan_package.Scope) -> dict[str, tuple[str, str]]:
    """Type to category and reason of every condition that the checks set, except which type of migration it is."""
    found = await checks.run(PLAN_CHECKS, wanted)
    assert all(item.message for item in found)
    assert all("[]" not in item.message for item in found), found
    assert all(item.type == conditions.MIGRATION_TYPE_IDENTIFIED or "mtc/plan" in item.message for item in found)
    return {item.type: (item.category, item.reason) for item in found if item.type != conditions.MIGRATION_TYPE_IDENTIFIED}


@pytest.mark.parametrize("package", ["cluster", "storage", "plan", "volumes"])
def test_every_file_holds_a_check_and_no_two_have_the_same_place(package: str) -> None:
    """The folders are scanned: each module has its CHECK, with a place of its own and the types that it may set."""
    module = __import__(f"mtc.migration.checks.{package}", fromlist=["x"])
    found: tuple[checks.Check[Any], ...] = checks.load(module)
    assert found
    assert len({check.order for check in found}) == len(found)
    assert all(check.types for check in found)


async def test_a_good_plan_has_nothing_to_tell() -> None:
    """No condition but the type of migration."""
    assert await types(scope()) == {}


HOOK = {"reference": ref("hook"), "phase": "PreBackup", "executionNamespace": "shop", "serviceAccount": "default"}
INDIRECT = {"indirectVolumeMigration": True}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"source": side()}, {"InvalidSourceClusterRef": ("Critical", "NotSet")}),
        ({"source": side("one", exists=False)}, {"InvalidSourceClusterRef": ("Critical", "NotFound")}),
        ({"source": side("one", ready=False)}, {"SourceClusterNotReady": ("Critical", "")}),
        ({"target": side()}, {"InvalidDestinationClusterRef": ("Critical", "NotSet")}),
        ({"target": side("two", exists=False)}, {"InvalidDestinationClusterRef": ("Critical", "NotFound")}),
        ({"target": side("two", ready=False)}, {"DestinationClusterNotReady": ("Critical", "")}),
        ({"plan": plan(migStorageRef=None), "storage": None}, {"InvalidStorageRef": ("Critical", "NotSet")}),
        ({"storage": None}, {"InvalidStorageRef": ("Critical", "NotFound")}),
        ({"storage": storage(ready=False)}, {"StorageNotReady": ("Critical", "")}),
        ({"plan": plan(namespaces=[])}, {"NamespaceListEmpty": ("Critical", "NotFound")}),
        ({"plan": plan(namespaces=[f"ns-{i}" for i in range(11)])}, {"NamespaceLimitExceeded": ("Critical", "LimitExceeded")}),
        ({"plan": plan(namespaces=["a:x", "a:y"])}, {"DuplicateNamespaceOnSourceCluster": ("Critical", "DuplicateNamespaces")}),
        ({"plan": plan(namespaces=["a:x", "b:x"])}, {"DuplicateNamespaceOnDestinationCluster": ("Critical", "DuplicateNamespaces")}),
        ({"plan": plan(namespaces=["a:Not_Right"])}, {"NamespaceNotDNSCompliant": ("Critical", "NotDNSCompliant")}),
        ({"plan": plan(namespaces=["a:b:c"])}, {"NamespaceNotDNSCompliant": ("Critical", "NotDNSCompliant")}),
        ({"plan": plan(namespaces=["a:" + "x" * 64])}, {"NamespaceNotDNSCompliant": ("Critical", "NotDNSCompliant")}),
        ({"source_namespaces": {"shop": None}}, {"NamespaceNotFoundOnSourceCluster": ("Critical", "NotFound")}),
        ({"source_namespaces": {"shop": NAMESPACE, "mtc": None}}, {"NamespaceNotFoundOnSourceCluster": ("Critical", "NotFound")}),
        ({"target_namespaces": {"mtc": None}}, {"NamespaceNotFoundOnDestinationCluster": ("Critical", "NotFound")}),
        ({"plan": plan(hooks=[HOOK])}, {}),
        ({"plan": plan(hooks=[HOOK]), "hooks": {base.Ref("mtc", "hook"): None}}, {"InvalidHookRef": ("Critical", "NotFound")}),
        ({"plan": plan(hooks=[HOOK]), "hooks": {base.Ref("mtc", "hook"): MigHook()}}, {"HookNotReady": ("Critical", "")}),
        ({"plan": plan(hooks=[HOOK | {"phase": "Later"}])}, {"HookPhaseUnknown": ("Critical", "")}),
        ({"plan": plan(hooks=[HOOK, HOOK])}, {"HookPhaseDuplicate": ("Critical", "")}),
        ({"plan": plan(hooks=[HOOK | {"serviceAccount": "No One"}])}, {"InvalidHookSAName": ("Critical", "NotSet")}),
        ({"plan": plan(hooks=[HOOK | {"executionNamespace": ""}])}, {"InvalidHookNSName": ("Critical", "NotSet")}),
        ({"kinds": plan_package.Kinds(unknown=("Nothing.example.org",))}, {"InvalidResourceList": ("Critical", "")}),
        ({"kinds": plan_package.Kinds(incompatible=({"name": "shop", "gvks": []},))}, {"GVKsIncompatible": ("Warn", "")}),
        (
            {"plan": plan(**INDIRECT), "target": side("one")},
            {"IntraClusterMigration": ("Critical", "NamespaceMigrationPlan")},
        ),
        (
            {"plan": plan(namespaces=["a", "b:c"]), "target": side("one")},
            {"IntraClusterMigration": ("Critical", "ConflictingNamespaces")},
        ),
        (
            {"serves_routes": True, "plan": plan(namespaces=["a:" + "x" * 60]), "target_settings": ClusterSettings()},
            {"NamespaceLengthExceeded": ("Warn", "LengthExceeded")},
        ),
        ({"serves_images": True, "plan": plan(namespaces=["a:" + "x" * 60]), "target_settings": ClusterSettings()}, {}),
        (
            {"serves_images": True, "target": side("two", registry="")},
            {"DestinationClusterNoRegistryPath": ("Critical", "NotSet")},
        ),
    ],
)
async def test_each_cause_has_its_condition(fields: dict[str, Any], expected: dict[str, tuple[str, str]]) -> None:
    """One cause, one condition, with the type, category and reason that programs look for."""
    assert await types(scope(**fields)) == expected


async def test_a_conversion_of_storage_needs_no_repository() -> None:
    """Inside one cluster with no namespace mapped, a missing MigStorage is no problem."""
    wanted = scope(plan=plan(migStorageRef=None), storage=None, target=side("one"))
    assert wanted.is_conversion
    assert await types(wanted) == {}


@pytest.mark.parametrize(
    ("other", "conflicts"),
    [
        (plan("other"), True),
        (plan("other", namespaces=["shop:elsewhere"]), True),
        (plan("other", namespaces=["store:shop"]), True),
        (plan("other", namespaces=["store"]), False),
        (plan("other", namespaces=["store:shop"], destMigClusterRef=ref("three")), False),
        (plan("other", srcMigClusterRef=ref("two"), destMigClusterRef=ref("three")), True),
        (plan("other", srcMigClusterRef=ref("three"), destMigClusterRef=ref("four")), False),
    ],
)
async def test_plans_conflict_over_namespaces_of_clusters_and_not_over_words(other: MigPlan, *, conflicts: bool) -> None:
    """Parsed names count, separately for source and target."""
    found = await types(scope(others=(other,)))
    assert found == ({conditions.PLAN_CONFLICT: ("Error", "Conflict")} if conflicts else {})


async def test_pods_are_counted_and_looked_at() -> None:
    """Too many running pods, node selectors and unhealthy pods are warnings; usual selectors are none."""
    pods = [
        {"metadata": {"name": "p", "namespace": "shop"}, "spec": {"nodeSelector": {"disk": "ssd"}}, "status": {"phase": "Running"}}
    ] * 101
    usual = {"metadata": {"name": "q", "namespace": "shop"}, "spec": {"nodeSelector": {"kubernetes.io/arch": "amd64"}}}
    assert await types(scope(pods=tuple(pods))) == {
        conditions.POD_LIMIT_EXCEEDED: ("Warn", "LimitExceeded"),
        conditions.NAMESPACES_HAVE_NODE_SELECTORS: ("Warn", "NodeSelectorsDetected"),
    }
    assert await types(scope(pods=(usual,))) == {}


def volume(name: str = "pv-1", **fields: Any) -> PlanPv:
    """A volume that is copied by files to a class that there is."""
    whole: dict[str, Any] = {
        "name": name,
        "supported": {"actions": ["skip", "copy"], "copyMethods": ["filesystem"]},
        "selection": {"action": "copy", "copyMethod": "filesystem", "storageClass": "fast"} | fields.pop("selection", {}),
        "pvc": {"namespace": "shop", "name": "data", "accessModes": [RWO], "volumeMode": "Filesystem"} | fields.pop("pvc", {}),
    }
    return PlanPv.model_validate(whole | fields)


FAST = StorageClass("fast", "x", modes={"Filesystem": (RWO,)})


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (volume(), {}),
        (volume(selection={"action": "move"}), {"PvInvalidAction": ("Error", "NotDone")}),
        (volume(selection={"action": ""}), {"PvInvalidAction": ("Error", "NotDone")}),
        (volume(selection={"action": "skip", "storageClass": "absent", "copyMethod": ""}), {}),
        (volume(selection={"storageClass": "absent"}), {"PvInvalidStorageClass": ("Error", "NotDone")}),
        (volume(selection={"storageClass": ""}), {"PvNoStorageClassSelection": ("Warn", "NotFound")}),
        (
            volume(selection={"accessMode": "ReadSometimes"}),
            {"PvInvalidAccessMode": ("Error", ""), "PvWarnAccessModeUnavailable": ("Warn", "")},
        ),
        (volume(selection={"accessMode": RWX}), {"PvWarnAccessModeUnavailable": ("Warn", "")}),
        (volume(selection={"accessMode": "auto"}), {}),
        (volume(pvc={"accessModes": [RWX]}), {"PvWarnAccessModeUnavailable": ("Warn", "")}),
        (volume(selection={"copyMethod": ""}), {"PvNoCopyMethodSelection": ("Error", "NotFound")}),
        (volume(selection={"copyMethod": "magic"}), {"PvInvalidCopyMethod": ("Error", "")}),
        (
            volume(selection={"copyMethod": "snapshot"}),
            {"PvWarnCopyMethodSnapshot": ("Warn", ""), "PvCopyMethodUnfit": ("Warn", "NotSupported")},
        ),
        (volume(selection={"copyMethod": "block"}), {"PvCopyMethodUnfit": ("Warn", "NotSupported")}),
        (
            volume(pvc={"volumeMode": "Block"}, selection={"copyMethod": "block"}),
            {"PvCopyMethodUnfit": ("Warn", "NotSupported"), "PvWarnAccessModeUnavailable": ("Warn", "")},
        ),
        (volume(pvc={"name": "data:UPPER"}), {"PvNameConflict": ("Error", "")}),
        (volume(pvc={"name": "data:a_b"}), {"PvNameConflict": ("Error", "")}),
        (volume(pvc={"name": f"data:{'a' * 254}"}), {"PvNameConflict": ("Error", "")}),
        (volume(pvc={"name": f"data:{'a' * 253}"}), {}),
        (volume(pvc={"name": "data:a.b-c"}), {}),
        (
            volume(pvc={"volumeMode": "Block"}),
            {"PvCopyMethodUnfit": ("Warn", "NotSupported"), "PvWarnAccessModeUnavailable": ("Warn", "")},
        ),
        (volume(supported={"actions": []}, selection={"action": "skip"}), {"PvNoSupportedAction": ("Warn", "")}),
        (
            volume(supported={"actions": []}, selection={"action": ""}),
            {"PvNoSupportedAction": ("Warn", ""), "PvInvalidAction": ("Error", "NotDone")},
        ),
    ],
)
async def test_each_choice_that_cannot_work_has_its_condition(item: PlanPv, expected: dict[str, tuple[str, str]]) -> None:
    """One wrong choice, one condition that names the volume or its claim."""
    found = await volume_conditions((item,))
    assert {part.type: (part.category, part.reason) for part in found} == expected
    assert all(set(part.items) <= {"pv-1", "shop/data"} and part.items for part in found)


async def volume_conditions(found: tuple[PlanPv, ...], **fields: Any) -> list[Condition]:
    """The conditions of volumes."""
    whole = {"ref": base.Ref("mtc", "plan"), "settings": Settings(), "sources": (FAST,), "targets": (FAST,), "target_name": "two"} | fields
    return await checks.run(VOLUME_CHECKS, volumes_package.Scope(volumes=found, **whole))


async def test_more_volumes_than_the_limit_are_a_warning() -> None:
    """Skipped volumes do not count."""
    skipped = volume("skipped", selection={"action": "skip"})
    found = await volume_conditions((volume("a"), volume("b"), skipped), settings=Settings(pv_limit=2))
    assert found == []
    found = await volume_conditions((volume("a"), volume("b"), volume("c")), settings=Settings(pv_limit=2))
    assert [item.type for item in found] == [conditions.PV_LIMIT_EXCEEDED]


async def test_a_conversion_needs_classes_claims_and_names() -> None:
    """Fewer than two classes, nothing to convert and shared names are told."""
    two = (FAST, StorageClass("slow", "x"))
    item = volume(pvc={"name": "data:new"})
    assert [part.type for part in await volume_conditions((item,), is_conversion=True)] == [conditions.STORAGE_CLASS_CONVERSION_UNAVAILABLE]
    assert [part.type for part in await volume_conditions((), is_conversion=True, sources=two)] == [
        conditions.STORAGE_CLASS_CONVERSION_UNAVAILABLE
    ]
    assert await volume_conditions((item,), is_conversion=True, sources=two) == []
    other = volume("pv-2", pvc={"name": "more:new"})
    (conflict,) = await volume_conditions((item, other), is_conversion=True, sources=two)
    assert conflict.items == ("shop/data", "shop/more")


@pytest.mark.parametrize(
    ("name", "second", "clashing"),
    [
        ("data:more", {"selection": {"action": "skip"}}, ["shop/data"]),
        ("data:more", {}, ["shop/data"]),
        ("data", {}, ["shop/data"]),
        ("data:new", {}, []),
        ("data:more", {"pvc": {"namespace": "other", "name": "more:x"}}, []),
    ],
)
async def test_a_conversion_writes_into_no_claim_that_exists(name: str, second: dict[str, Any], clashing: list[str]) -> None:
    """Not into one that is left behind, or converted itself; what claims of other namespaces are called does not matter."""
    two = (FAST, StorageClass("slow", "x"))
    more = volume("pv-2", **{"pvc": {"name": "more:more-new"}} | second)
    found = await volume_conditions((volume(pvc={"name": name}), more), is_conversion=True, sources=two)
    assert [item for part in found for item in part.items] == clashing


async def test_two_claims_never_become_one() -> None:
    """Between two clusters only what is migrated counts: a name that a skipped claim has is free there."""
    first = volume(pvc={"name": "data:same"})
    (conflict,) = await volume_conditions((first, volume("pv-2", pvc={"name": "more:same"})))
    assert (conflict.type, conflict.items) == (conditions.PV_NAME_CONFLICT, ("shop/data", "shop/more"))
    assert await volume_conditions((first, volume("pv-2", pvc={"name": "same"}, selection={"action": "skip"}))) == []
    assert await volume_conditions((first, volume("pv-2", pvc={"namespace": "other", "name": "more:same"}))) == []


def served(*kinds: ResourceType) -> Discovery:
    """What a cluster serves."""
    return Discovery(preferred=kinds, served=kinds)


def kind(group: str, plural: str, *, version: str = "v1") -> ResourceType:
    """A kind that can be listed and created."""
    return ResourceType(group, version, plural, plural.title(), verbs=frozenset({"list", "create"}))


def test_kinds_that_the_target_lacks() -> None:
    """By version; not excluded ones, not read-only ones, and not those that it serves under another group."""
    target = served(kind("apps", "deployments"))
    assert served_kinds.missing_kinds(served(kind("x.org", "things")), target, excluded=()) == [kind("x.org", "things")]
    assert served_kinds.missing_kinds(served(kind("x.org", "things")), target, excluded=("things.x.org",)) == []
    assert served_kinds.missing_kinds(served(kind("extensions", "deployments", version="v1beta1")), target, excluded=()) == []
    assert served_kinds.missing_kinds(served(kind("apps", "deployments", version="v1beta2")), target, excluded=()) != []
    assert served_kinds.missing_kinds(served(PERSISTENT_VOLUME_CLAIMS), target, excluded=()) == []
