"""Given a cluster with our definitions, then it serves every kind, takes every manifest of MTC and Velero, and lists it as people know it.

Objects are created as `kubectl create` does it: with strict field validation, so that a field which the schema lacks is an
error and not silently dropped.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from mtc import api
from mtc.api import base, crd
from mtc.kube import discovery, errors, resources
from mtc.kube.client import Client
from mtc.kube.resources import ResourceType

pytestmark = pytest.mark.anyio

DATA = Path(__file__).parents[1] / "data"
KINDS = [pytest.param(model, id=model.KIND.kind) for model in api.kinds()]
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}


def type_of(model: type[base.Resource]) -> ResourceType:
    """Return where objects of a kind are."""
    kind = model.KIND
    return ResourceType(kind.group, kind.version, kind.plural, kind.kind)


def manifest(path: Path) -> dict[str, Any]:
    """Return a manifest as a client sends it: times as text, and of the metadata only what the author writes."""

    def as_json(value: Any) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(value, dict):
            return {key: as_json(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [as_json(item) for item in value]
        return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value

    found: dict[str, Any] = as_json(yaml.safe_load(path.read_text(encoding="utf-8")))
    metadata = {key: value for key, value in found["metadata"].items() if key in {"name", "labels", "annotations"}}
    return found | {"metadata": metadata}


def sample(model: type[base.Resource]) -> dict[str, Any]:
    """Return the full manifest of a kind."""
    return manifest(DATA / "manifests" / f"{model.KIND.singular}.yaml")


async def create(cluster: Client, kind: ResourceType, body: dict[str, Any], ns: str) -> dict[str, Any]:
    """Create an object as `kubectl create` does, and return what the server stored."""
    answer = await cluster.transport.request(
        "POST",
        kind.path(namespace=ns),
        params={"fieldValidation": "Strict"},
        body=orjson.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    stored: dict[str, Any] = orjson.loads(answer)
    _made.append((kind, ns))
    return stored


_made: list[tuple[ResourceType, str]] = []


@pytest.fixture
async def ns(host: Client) -> AsyncIterator[str]:
    """Make a namespace for one test. It stays, empty: to delete one is a hundred requests for the cluster."""
    made = await host.create(resources.NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "crds-"}})
    name = made["metadata"]["name"]
    yield name
    while _made:
        kind, where = _made.pop()
        await host.delete_collection(kind, namespace=where)


async def test_every_definition_is_established_and_structural(host: Client) -> None:
    """The server serves all kinds and complains about none of the schemas or names."""
    found = {item["metadata"]["name"]: item for item in await host.list_all(resources.CUSTOM_RESOURCE_DEFINITIONS)}
    for model in api.kinds():
        definition = found[f"{model.KIND.plural}.{model.KIND.group}"]
        holds = {part["type"]: part["status"] for part in definition["status"]["conditions"]}
        assert holds == {"NamesAccepted": "True", "Established": "True"}, model.KIND.kind


async def test_the_server_stores_the_schema_as_it_is_written(host: Client) -> None:
    """Nothing in a schema is something that this server does not know and drops."""
    found = {item["metadata"]["name"]: item for item in await host.list_all(resources.CUSTOM_RESOURCE_DEFINITIONS)}
    for model in api.kinds():
        (version,) = found[f"{model.KIND.plural}.{model.KIND.group}"]["spec"]["versions"]
        assert version["schema"]["openAPIV3Schema"] == crd.schema(model), model.KIND.kind
        assert "subresources" not in version


@pytest.mark.parametrize("model", KINDS)
async def test_a_full_manifest_is_stored_with_its_status_in_one_call(host: Client, ns: str, model: type[base.Resource]) -> None:
    """Every documented field is accepted, nothing is pruned, and the status that came with the create is there."""
    body = sample(model)
    stored = await create(host, type_of(model), body, ns)
    assert stored["spec"] == body["spec"]
    assert stored["status"] == body["status"]
    assert model.from_dict(stored).to_dict() == stored


@pytest.mark.parametrize("kind", ["migmigration", "backup", "restore"])
async def test_a_manifest_of_2019_is_stored_unchanged(host: Client, ns: str, kind: str) -> None:
    """The nulls that the first version of MTC wrote are accepted; nothing needs to be rewritten."""
    body = manifest(DATA / "manifests-2019" / f"{kind}.yaml")
    (model,) = [one for one in api.kinds() if one.KIND.singular == kind]
    stored = await create(host, type_of(model), body, ns)
    assert stored["spec"] == body["spec"]
    assert stored["status"] == body["status"]
    assert model.from_dict(stored).ref == base.Ref(namespace=ns, name=body["metadata"]["name"])


async def test_veleros_own_backup_is_stored_unchanged(host: Client, ns: str) -> None:
    """What real Velero wrote into a bucket can be put back into a cluster, as its sync does it."""
    written = orjson.loads((DATA / "velero-1.18.0" / "backups" / "sample" / "velero-backup.json").read_bytes())
    body = written | {"metadata": {"name": "sample", "labels": written["metadata"]["labels"]}}
    stored = await create(host, resources.BACKUPS, body, ns)
    assert stored["spec"] == written["spec"]
    assert stored["status"] == written["status"]


def nulled(schema: dict[str, Any], value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a value with null in each optional field that may be null."""
    if not isinstance(value, dict) or "properties" not in schema:
        return value
    result = dict(value)
    for key, inner in schema["properties"].items():
        if key in schema.get("required", ()):
            result[key] = nulled(inner, value[key])
        elif "enum" not in inner:
            result[key] = None
    return result


@pytest.mark.parametrize("model", KINDS)
async def test_nulls_in_all_optional_fields_are_accepted(host: Client, ns: str, model: type[base.Resource]) -> None:
    """Whatever field a manifest sets to null, the server takes it, and we read it as absent."""
    body = sample(model)
    schema = crd.schema(model)["properties"]["spec"]
    sparse = body | {"spec": nulled(schema, body["spec"]), "status": None}
    stored = await create(host, type_of(model), sparse, ns)
    assert model.from_dict(stored).ref.namespace == ns


@pytest.mark.parametrize("model", KINDS)
async def test_a_field_that_nobody_knows_is_refused_by_strict_validation(host: Client, ns: str, model: type[base.Resource]) -> None:
    """The strictness of these tests is real: a misspelt field is an error, except where everything is allowed."""
    body = sample(model)
    body["spec"]["colour"] = "red"
    if model.KIND.kind == "MigrationController":
        assert (await create(host, type_of(model), body, ns))["spec"]["colour"] == "red"
        return
    with pytest.raises(errors.ApiError, match="colour"):
        await create(host, type_of(model), body, ns)


@pytest.mark.parametrize("model", KINDS)
async def test_lists_show_all_columns_filled(host: Client, ns: str, model: type[base.Resource]) -> None:
    """`oc get` has the columns of the kind, and each shows a value of the full manifest."""
    kind = type_of(model)
    body = sample(model)
    body["status"] = {**body["status"], "conditions": [ready()]} if "conditions" in body["status"] else body["status"]
    await create(host, kind, body, ns)
    table = orjson.loads(await host.transport.request("GET", kind.path(namespace=ns), headers=TABLE))
    expected = [column.name for column in model.KIND.columns] or ["Age"]
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", *expected]
    (row,) = table["rows"]
    assert [cell for cell in row["cells"] if cell in (None, "", "<unknown>")] == []


def ready() -> dict[str, str]:
    """Return a condition that fills the column Ready."""
    return {"type": "Ready", "status": "True", "category": "Required", "lastTransitionTime": "2026-11-23T15:54:40Z"}


async def test_flags_of_a_migration_are_shown_as_words(host: Client, ns: str) -> None:
    """Columns that MTC declares as text show true and false, and the phase of the moment."""
    (model,) = [one for one in api.kinds() if one.KIND.kind == "MigMigration"]
    await create(host, type_of(model), sample(model), ns)
    table = orjson.loads(await host.transport.request("GET", type_of(model).path(namespace=ns), headers=TABLE))
    cells = dict(zip([column["name"] for column in table["columnDefinitions"]], table["rows"][0]["cells"], strict=True))
    shown = {name: cells[name] for name in ("Plan", "Stage", "Rollback", "Itinerary", "Phase")}
    assert shown == {"Plan": "shop", "Stage": "false", "Rollback": "false", "Itinerary": "Final", "Phase": "Completed"}


async def test_short_names_resolve(host: Client) -> None:
    """`oc get dvm`, `oc get bsl` and the like find the kind; so do plural and singular."""
    served = await discovery.discover(host)
    for model in api.kinds():
        for word in (*model.KIND.short_names, model.KIND.plural, model.KIND.singular):
            found = served.find(word)
            assert found is not None, word
            assert (found.group, found.kind) == (model.KIND.group, model.KIND.kind)


async def change(cluster: Client, kind: ResourceType, body: dict[str, Any]) -> dict[str, Any]:
    """Replace an object as `kubectl replace` does."""
    path = kind.path(namespace=body["metadata"]["namespace"], name=body["metadata"]["name"])
    headers = {"Content-Type": "application/json"}
    answer = await cluster.transport.request("PUT", path, params={"fieldValidation": "Strict"}, body=orjson.dumps(body), headers=headers)
    stored: dict[str, Any] = orjson.loads(answer)
    return stored


MANIFESTS = [
    pytest.param(path, id=f"{path.parent.name}/{path.stem}")
    for folder in ("manifests", "manifests-2019")
    for path in sorted((DATA / folder).glob("*.yaml"))
]


@pytest.mark.parametrize("path", MANIFESTS)
async def test_a_manifest_goes_round_without_a_difference(host: Client, ns: str, path: Path) -> None:
    """`oc get -o yaml | oc replace -f -` changes nothing: not even the resourceVersion."""
    body = manifest(path)
    (model,) = [one for one in api.kinds() if one.KIND.kind == body["kind"]]
    stored = await create(host, type_of(model), body, ns)
    again = yaml.safe_load(yaml.safe_dump(stored))
    assert await change(host, type_of(model), again) == stored


PLAN_REF = {"name": "shop", "namespace": "openshift-migration"}
OTHER_REF = {"name": "other", "namespace": "openshift-migration"}


def migration(**spec: Any) -> dict[str, Any]:
    """Return the spec of a migration."""
    return {"migPlanRef": PLAN_REF, "stage": False, **spec}


def volume(**pvc: Any) -> dict[str, Any]:
    """Return the spec of a plan with one volume."""
    return {"namespaces": ["shop"], "persistentVolumes": [{"name": "pv-1", "pvc": {"namespace": "shop", **pvc}}]}


def selector(**expression: Any) -> dict[str, Any]:
    """Return the spec of a plan with a selector."""
    return {"namespaces": ["shop"], "labelSelector": {"matchExpressions": [{"key": "tier", **expression}]}}


def hook(**spec: Any) -> dict[str, Any]:
    """Return the spec of a hook."""
    return {"custom": True, "image": "quay.io/shop/hook:1", "targetCluster": "source", **spec}


# kind, a spec that is refused at creation, words of the refusal, the neighbour that is accepted
REFUSED = [
    ("MigMigration", migration(stage=True, rollback=True), "either stage, migrateState or rollback", migration(stage=True, rollback=False)),
    ("MigMigration", migration(migrateState=True, rollback=True), "create a MigMigration for each", migration(migrateState=True)),
    ("MigMigration", migration(stage=True, migrateState=True), "set at most one", migration(stage=True, migrateState=None)),
    ("MigMigration", migration(runAsUser=-1), "runAsUser cannot be negative", migration(runAsUser=0)),
    ("MigMigration", migration(runAsGroup=-1000), "runAsGroup cannot be negative", migration(runAsGroup=None)),
    ("MigHook", hook(activeDeadlineSeconds=-1), "activeDeadlineSeconds cannot be negative", hook(activeDeadlineSeconds=0)),
    (
        "MigPlan",
        {"namespaces": ["shop", "a:b:c"]},
        "this is no namespace: write `name`, or `source:target`",
        {"namespaces": ["shop", "a:b"]},
    ),
    ("MigPlan", {"namespaces": [":b"]}, "this is no namespace", {"namespaces": ["a:"]}),
    ("MigPlan", {"namespaces": [""]}, "this is no namespace", {"namespaces": ["UPPER:Also_Wrong"]}),
    ("MigPlan", volume(name="a:b:c"), "this is no claim", volume(name="a:b")),
    ("MigPlan", volume(name=":b"), "this is no claim", volume(name="")),
    ("MigPlan", selector(operator="in", values=["web"]), "use the operators In and NotIn", selector(operator="In", values=["web"])),
    ("MigPlan", selector(operator="NotIn"), "with values", selector(operator="NotIn", values=["web"])),
    ("MigPlan", selector(operator="Exists", values=["web"]), "without", selector(operator="Exists", values=None)),
]


@pytest.mark.parametrize(("kind", "wrong", "words", "right"), REFUSED, ids=[f"{row[0]}-{number}" for number, row in enumerate(REFUSED)])
async def test_what_could_never_work_is_refused_in_words(
    host: Client, ns: str, kind: str, wrong: dict[str, Any], words: str, right: dict[str, Any]
) -> None:
    """`oc apply` says at once what is wrong and what to write; the nearest manifest that makes sense is taken."""
    (model,) = [one for one in api.kinds() if one.KIND.kind == kind]
    body = {"apiVersion": model.KIND.api_version, "kind": kind, "metadata": {"name": "tried"}}
    with pytest.raises(errors.Invalid) as refused:
        await create(host, type_of(model), body | {"spec": wrong}, ns)
    assert words in refused.value.detail
    assert (await create(host, type_of(model), body | {"spec": right}, ns))["spec"] == right


BEGUN = {"phase": "EnsureInitialBackup"}
# kind, spec and status as they stand, the change that is refused, words of the refusal, a change that is accepted
FROZEN = [
    ("MigMigration", migration(), {}, migration(rollback=True), "when the MigMigration is created", migration(rollback=False)),
    ("MigMigration", migration(rollback=True), {}, migration(), "create another one", migration(rollback=True, canceled=True)),
    ("MigMigration", migration(), BEGUN, migration(migPlanRef=OTHER_REF), "migPlanRef can no longer be changed", migration(canceled=True)),
    ("MigMigration", migration(), BEGUN, {"stage": False}, "migPlanRef can no longer be changed", migration(verify=True)),
    ("MigMigration", migration(), BEGUN, migration(stage=True), "stage and migrateState can no longer be changed", migration(stage=False)),
    ("MigMigration", migration(), BEGUN, migration(migrateState=True), "cancel this one first", migration(migrateState=None)),
    (
        "MigPlan",
        {"namespaces": ["a"], "closed": True},
        {},
        {"namespaces": ["a"]},
        "cannot be opened again",
        {"namespaces": ["b"], "closed": True},
    ),
]


@pytest.mark.parametrize(
    ("kind", "spec", "status", "wrong", "words", "right"), FROZEN, ids=[f"{row[0]}-{number}" for number, row in enumerate(FROZEN)]
)
async def test_what_cannot_be_changed_any_more_is_refused_in_words(
    host: Client, ns: str, kind: str, spec: dict[str, Any], status: dict[str, Any], wrong: dict[str, Any], words: str, right: dict[str, Any]
) -> None:
    """Other changes of the same object are taken."""
    (model,) = [one for one in api.kinds() if one.KIND.kind == kind]
    body = {"apiVersion": model.KIND.api_version, "kind": kind, "metadata": {"name": "tried"}, "spec": spec, "status": status}
    stored = await create(host, type_of(model), body, ns)
    with pytest.raises(errors.Invalid) as refused:
        await change(host, type_of(model), stored | {"spec": wrong})
    assert words in refused.value.detail
    assert (await change(host, type_of(model), stored | {"spec": right}))["spec"] == right


def messages(node: Any) -> set[str]:  # noqa: ANN401 - any JSON
    """Return what the rules in a schema say."""
    if isinstance(node, list):
        return {text for inner in node for text in messages(inner)}
    if not isinstance(node, dict):
        return set()
    own = {rule["message"] for rule in node.get(base.VALIDATIONS, ())}
    return own | {text for inner in node.values() for text in messages(inner)}


def test_every_rule_stands_in_a_table() -> None:
    """A new rule has to show what it refuses, and what it lets pass."""
    tried = [row[2] for row in REFUSED] + [row[4] for row in FROZEN]
    for model in api.kinds():
        untried = [text for text in messages(crd.schema(model)) if not any(words in text for words in tried)]
        assert untried == [], model.KIND.kind


async def test_a_migration_that_has_not_begun_can_be_corrected(host: Client, ns: str) -> None:
    """A wrong plan, or a stage migration that was meant to be a final one, needs no new object as long as nothing was done."""
    (model,) = [one for one in api.kinds() if one.KIND.kind == "MigMigration"]
    body = {"apiVersion": model.KIND.api_version, "kind": "MigMigration", "metadata": {"name": "tried"}, "spec": migration()}
    stored = await create(host, type_of(model), body | {"status": {"conditions": []}}, ns)
    right = migration(migPlanRef=OTHER_REF, stage=True)
    assert (await change(host, type_of(model), stored | {"spec": right}))["spec"] == right


async def test_a_closed_plan_can_be_closed_once_more_and_refreshed(host: Client, ns: str) -> None:
    """The rule is about opening alone."""
    (model,) = [one for one in api.kinds() if one.KIND.kind == "MigPlan"]
    body = {"apiVersion": model.KIND.api_version, "kind": "MigPlan", "metadata": {"name": "tried"}, "spec": {"namespaces": ["a"]}}
    stored = await create(host, type_of(model), body, ns)
    closed = await change(host, type_of(model), stored | {"spec": {"namespaces": ["a"], "closed": True}})
    await change(host, type_of(model), closed | {"spec": {"namespaces": ["a"], "closed": True, "refresh": True}})
