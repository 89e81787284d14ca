"""Rights: which are needed, whether rules grant them, and the roles that grant what is missing. No cluster."""

import base64
from typing import Any

import orjson
import pytest
import yaml

from kit import pieces
from mtc.api.migration.migplan import MigPlan
from mtc.kube.client import Object
from mtc.migration import plan_rights
from mtc.migration.checks.plan import Lacking
from mtc.migration.checks.plan.permissions import phrases
from mtc.migration.rights import needed, reviews, roles
from mtc.migration.rights.needed import Needs, Right, Use
from mtc.migration.rights.reviews import Missing, Rules


def rule(*, groups: str = "", resources: str = "pods", verbs: str = "list", names: str = "") -> dict[str, Any]:
    """A rule as a SelfSubjectRulesReview tells it; words are separated by blanks, `core` is the core group."""
    return {
        "apiGroups": ["" if group == "core" else group for group in groups.split()],
        "resources": resources.split(),
        "verbs": verbs.split(),
        "resourceNames": names.split(),
    }


@pytest.mark.parametrize(
    ("given", "grants"),
    [
        (rule(groups="core"), True),
        (rule(groups="core", resources="secrets pods", verbs="get list"), True),
        (rule(groups="*", resources="*", verbs="*"), True),
        (rule(groups="core", verbs="get"), False),
        (rule(groups="apps"), False),
        (rule(groups="core", resources="pods/log"), False),
        (rule(groups="core", names="one"), False),
    ],
)
def test_a_rule_grants_a_verb_on_all_objects_of_a_resource(given: dict[str, Any], *, grants: bool) -> None:
    """Group, resource and verb must all fit; a rule for named objects is not enough."""
    assert Rules((given,)).grants("", "pods", "list") is grants


@pytest.mark.parametrize(
    ("resources", "grants"), [("pods/exec", True), ("*/exec", True), ("*", True), ("pods", False), ("pods/log", False)]
)
def test_a_subresource_is_granted_by_name_only(resources: str, *, grants: bool) -> None:
    """The right on pods is no right on what is below them."""
    assert Rules((rule(groups="core", resources=resources, verbs="create"),)).grants("", "pods/exec", "create") is grants


def resources_of(needs: Needs) -> set[str]:
    """All resources with any right, wherever."""
    return {right.group_resource for right in (*needs.cluster, *needs.toolkit, *needs.application)}


def test_a_plan_needs_what_it_will_do_and_nothing_else() -> None:
    """No rights on volumes where claims are excluded, and exec, KubeVirt and registries only for what needs them."""
    plain = needed.of_plan(pieces.plan(pieces.volume("data")), Use.TARGET, excluded=("imagestreams",))
    assert "persistentvolumeclaims" in resources_of(plain)
    assert not {"pods/exec", "kubevirts.kubevirt.io"} & resources_of(plain)
    without = needed.of_plan(pieces.plan(), Use.SOURCE, excluded=("persistentvolumeclaims",))
    assert not {"persistentvolumeclaims", "persistentvolumes"} & resources_of(without)
    moving = needed.of_plan(pieces.plan(pieces.volume("data", action="move"), liveMigrate=True), Use.TARGET, excluded=())
    assert {"pods/exec", "kubevirts.kubevirt.io"} <= resources_of(moving)
    images = {"services", "imagestreams.image.openshift.io"}
    assert not images & resources_of(plain)
    assert "imagestreams.image.openshift.io" in resources_of(needed.of_plan(pieces.plan(), Use.TARGET, excluded=()))
    for use in (Use.SOURCE, Use.TARGET):
        assert images <= resources_of(needed.of_plan(pieces.plan(indirectImageMigration=True), use, excluded=()))
        assert not images & resources_of(needed.of_plan(pieces.plan(indirectImageMigration=True), use, excluded=("imagestreams",)))


def test_what_any_cluster_needs_is_part_of_what_each_use_needs() -> None:
    """A MigCluster is not refused for a right that some plan could do without."""
    common = needed.of_any_cluster()
    assert common.toolkit
    assert not common.application
    for use in (Use.SOURCE, Use.TARGET):
        whole = needed.of(use)
        for part, of in ((common.cluster, whole.cluster), (common.toolkit, whole.toolkit)):
            granted = {(right.group, right.resource, verb) for right in of for verb in right.verbs}
            assert {(right.group, right.resource, verb) for right in part for verb in right.verbs} <= granted


def test_pods_are_made_on_the_target_for_direct_copies_only() -> None:
    """Stage pods are made in the source; senders are as well, and receivers, with their keys and ways in, on the target."""

    def verbs(plan: MigPlan, use: Use) -> dict[str, tuple[str, ...]]:
        return {right.resource: right.verbs for right in needed.of_plan(plan, use, excluded=()).application if not right.group}

    stored, direct = (pieces.plan(pieces.volume("data"), indirectVolumeMigration=indirect) for indirect in (True, False))
    assert "create" in verbs(stored, Use.SOURCE)["pods"]
    assert "create" not in verbs(stored, Use.TARGET)["pods"]
    assert not {"services", "secrets"} & verbs(stored, Use.TARGET).keys()
    assert "create" in verbs(direct, Use.TARGET)["pods"]
    assert {"services", "secrets"} <= verbs(direct, Use.TARGET).keys()
    assert "services" not in verbs(direct, Use.SOURCE)
    # What is not copied needs none of it.
    assert "services" not in verbs(pieces.plan(pieces.volume("data", action="skip"), indirectVolumeMigration=False), Use.TARGET)


LACKING = [
    Missing("", Right("storage.k8s.io", "storageclasses", ("list", "watch"))),
    Missing("shop", Right("", "pods", ("create",))),
    Missing("shop", Right("apps", "deployments", ("patch",))),
    Missing("shop-db", Right("", "pods", ("create",))),
    Missing("shop-db", Right("apps", "deployments", ("patch",))),
]
ACCOUNT = roles.Granted("system:serviceaccount:openshift-migration:mover")


def kinds(objects: list[Object]) -> list[tuple[str, str]]:
    """Kind and namespace of objects."""
    return [(item["kind"], item["metadata"].get("namespace", "")) for item in objects]


def test_the_roles_grant_exactly_what_is_missing() -> None:
    """One role for each set of rights, bound where they are missing, to the account that lacks them."""
    objects = roles.granting(LACKING, prefix="plan", to=ACCOUNT)
    assert kinds(objects) == [
        ("ClusterRole", ""),
        ("ClusterRoleBinding", ""),
        ("ClusterRole", ""),
        ("RoleBinding", "shop"),
        ("RoleBinding", "shop-db"),
    ]
    assert objects[0]["rules"] == [{"apiGroups": ["storage.k8s.io"], "resources": ["storageclasses"], "verbs": ["list", "watch"]}]
    assert objects[2]["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["patch"]},
    ]
    assert objects[3]["subjects"] == [{"kind": "ServiceAccount", "name": "mover", "namespace": "openshift-migration"}]
    assert objects[0]["metadata"]["name"] != objects[2]["metadata"]["name"]
    assert list(yaml.safe_load_all(roles.text(objects))) == objects


def test_rights_in_one_namespace_come_by_a_role_of_that_namespace() -> None:
    """And rights in a namespace that does not exist by a role of the cluster, because nothing can be bound there."""
    [missing] = [item for item in LACKING if item.namespace == "shop" and item.right.group]
    assert kinds(roles.granting([missing], prefix="plan", to=ACCOUNT)) == [("Role", "shop"), ("RoleBinding", "shop")]
    assert kinds(roles.granting([missing], prefix="plan", to=ACCOUNT, absent={"shop"})) == [("ClusterRole", ""), ("ClusterRoleBinding", "")]


def test_without_a_name_there_are_roles_to_bind_and_no_bindings() -> None:
    """A user that is no service account is bound by its name."""
    assert kinds(roles.granting(LACKING[:1], prefix="plan", to=roles.Granted(""))) == [("ClusterRole", "")]
    [_, binding] = roles.granting(LACKING[:1], prefix="plan", to=roles.Granted("jane"))
    assert binding["subjects"] == [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"}]


def test_thousands_of_missing_rights_are_listed_in_parts() -> None:
    """A plan that listed all could not be stored; those that are listed are those that the manifest grants."""
    many = tuple(Missing(f"ns-{number % 300}", Right("", f"kind-{number}", ("list",))) for number in range(9000))
    listed = plan_rights.told_at_once(many)
    assert len(listed) == 1000
    assert len({item.namespace for item in listed}) == 100
    (shown,) = plan_rights.to_status([Lacking(cluster="one", user="", missing=many, manifest="")]) or []
    assert [item["resource"] for item in shown["permissions"]] == [item.right.resource for item in listed]
    assert plan_rights.told_at_once(many[:100]) == many[:100]


def test_missing_rights_are_told_in_few_words() -> None:
    """The same right in several namespaces is one phrase."""
    assert list(phrases(LACKING)) == [
        "list/watch storageclasses.storage.k8s.io in the whole cluster",
        "create pods in shop, shop-db",
        "patch deployments.apps in shop, shop-db",
    ]


def test_the_user_is_read_from_a_service_accounts_token() -> None:
    """Other tokens tell nothing, whatever they look like."""
    claims = base64.urlsafe_b64encode(orjson.dumps({"sub": "system:serviceaccount:a:b"})).decode().rstrip("=")
    assert reviews.subject(f"x.{claims}.y") == "system:serviceaccount:a:b"
    for other in ("", "opaque", "a.b.c", "a.$$$.c", f"x.{base64.urlsafe_b64encode(b'[]').decode()}.y"):
        assert reviews.subject(other) == ""
