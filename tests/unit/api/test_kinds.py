"""Every kind: its file, its fields, its sample manifest in tests/data/manifests.

The samples were written by hand from the names that MTC and Velero document, not from our models. A kind without a sample,
a field without a value in the sample, or a name in the sample that the model does not know fails here.
"""

import copy
import importlib
import inspect
import pkgutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mtc import api
from mtc.api import base, crd, migration, registry, velero

MANIFESTS = Path(__file__).parents[2] / "data" / "manifests"
MODULES = [found.name for package in (migration, velero) for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
KINDS = [pytest.param(model, id=model.KIND.kind) for model in api.kinds()]
# Free-form: the keys that we give a meaning are a choice, and no installation sets them all.
FREE = frozenset({"MigrationController"})


def sample(model: type[base.Resource]) -> dict[str, Any]:
    """Return the sample manifest of a kind, as JSON types."""
    manifest: dict[str, Any] = yaml.safe_load((MANIFESTS / f"{model.KIND.singular}.yaml").read_text(encoding="utf-8"))
    return manifest


@pytest.mark.parametrize("name", MODULES)
def test_a_file_holds_the_one_kind_whose_name_it_bears(name: str) -> None:
    """The folders are scanned, so a file with no kind, two kinds or a wrong name would be a hole in the registry."""
    module = importlib.import_module(name)
    defined = [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, base.Resource) and value.__module__ == module.__name__
    ]
    assert [model.KIND.singular for model in defined] == [name.rsplit(".", 1)[1]]
    assert defined[0].__name__ == defined[0].KIND.kind
    group = "velero.io" if ".velero." in name else "migration.openshift.io"
    assert defined[0].KIND.group == group


def test_the_registry_finds_every_file_and_only_these_kinds() -> None:
    """The kinds are those that MTC and Velero have: eleven and thirteen."""
    assert len(api.kinds()) == len(MODULES) == 24
    assert {model.KIND.kind for model in api.kinds() if model.KIND.group == "migration.openshift.io"} == {
        "MigCluster",
        "MigStorage",
        "MigPlan",
        "MigMigration",
        "MigHook",
        "MigAnalytic",
        "DirectVolumeMigration",
        "DirectVolumeMigrationProgress",
        "DirectImageMigration",
        "DirectImageStreamMigration",
        "MigrationController",
    }
    assert registry.model_of("velero.io/v2alpha1", "DataUpload").__name__ == "DataUpload"
    with pytest.raises(registry.UnknownKind, match="ResticRepository"):
        registry.model_of("velero.io/v1", "ResticRepository")


@pytest.mark.parametrize("model", KINDS)
def test_the_sample_is_read_and_written_back_exactly(model: type[base.Resource]) -> None:
    """Reading a full manifest and writing it changes nothing."""
    manifest = sample(model)
    assert model.from_dict(manifest).to_dict() == manifest


def structs(value: object) -> list[base.Model]:
    """Return a value's structs, its own and those inside it."""
    if isinstance(value, base.Model):
        inner = [found for name in type(value).model_fields for found in structs(getattr(value, name))]
        return [value, *inner]
    if isinstance(value, list | tuple):
        return [found for item in value for found in structs(item)]
    return []


@pytest.mark.parametrize("model", [kind for kind in KINDS if kind.id not in FREE])
def test_every_name_in_the_sample_is_a_field_of_the_model(model: type[base.Resource]) -> None:
    """A misspelt alias would let the value slip through as an unknown field that nobody reads."""
    unknown = {
        f"{type(struct).__name__}.{name}" for struct in structs(model.from_dict(sample(model))) for name in (struct.model_extra or {})
    }
    assert unknown == set()


def defined_fields(struct: base.Model, names: Iterable[str]) -> set[str]:
    """Return fields as `Class.field`, with the class that defines them rather than one that inherits them."""
    owners = {name: owner for owner in reversed(type(struct).__mro__) for name in vars(owner).get("__annotations__", {})}
    return {f"{owners[name].__name__}.{name}" for name in names}


def test_every_field_of_every_model_is_in_some_sample() -> None:
    """A field that the documentation does not have, or has under another name, would stay without a value."""
    found = [struct for model in api.kinds() if model.KIND.kind not in FREE for struct in structs(model.from_dict(sample(model)))]
    every = {field for struct in found for field in defined_fields(struct, type(struct).model_fields)}
    given = {field for struct in found for field in defined_fields(struct, struct.model_fields_set & type(struct).model_fields.keys())}
    assert len(every) > 400
    assert sorted(every - given) == []


def with_unknown_fields(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON with a field that no version knows in each of its objects."""
    if isinstance(value, dict):
        return {key: with_unknown_fields(inner) for key, inner in value.items()} | {"xFuture": {"deep": [None, 1.5, "text"]}}
    return [with_unknown_fields(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("model", KINDS)
def test_unknown_fields_survive_everywhere(model: type[base.Resource]) -> None:
    """In every struct of every kind, what a newer version wrote is kept."""
    manifest = sample(model)
    maps = {"config", "tags", "podSelector", "namespaceMapping", "orderedResources", "matchLabels", "labels", "annotations"}
    maps |= {"uploaderSettings", "repositoryConfig", "dataMoverConfig", "dataMoverResult"}  # of strings: no objects inside
    grown = with_unknown_fields(manifest)

    def restore_maps(original: Any, changed: Any) -> None:  # noqa: ANN401 - any JSON
        if isinstance(original, dict):
            for key, inner in original.items():
                if key in maps:
                    changed[key] = copy.deepcopy(inner)
                else:
                    restore_maps(inner, changed[key])
        elif isinstance(original, list):
            for before, after in zip(original, changed, strict=True):
                restore_maps(before, after)

    restore_maps(manifest, grown)
    assert model.from_dict(grown).to_dict() == grown


def refusals(value: Any, schema: dict[str, Any], path: str) -> list[str]:  # noqa: ANN401 - any JSON
    """Return why an API server would refuse or prune parts of a value; a small reading of the structural schema."""
    if value is None:
        return [] if schema.get("nullable") else [f"{path}: null"]
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return []
    if schema.get("x-kubernetes-int-or-string"):
        return [] if isinstance(value, int | str) else [f"{path}: neither number nor text"]
    types = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
    if not isinstance(value, types[schema["type"]]):
        return [f"{path}: not {schema['type']}"]
    problems = [f"{path}: not in enum"] if "enum" in schema and value not in schema["enum"] else []
    if isinstance(value, list):
        return problems + [problem for item in value for problem in refusals(item, schema["items"], f"{path}[]")]
    if isinstance(value, dict) and "properties" in schema:
        problems += [f"{path}.{key}: missing" for key in schema.get("required", ()) if key not in value]
        for key, inner in value.items():
            known = schema["properties"].get(key)
            problems += refusals(inner, known, f"{path}.{key}") if known else [f"{path}.{key}: pruned"]
    elif isinstance(value, dict) and "additionalProperties" in schema:
        problems += [
            problem for key, inner in value.items() for problem in refusals(inner, schema["additionalProperties"], f"{path}.{key}")
        ]
    return problems


@pytest.mark.parametrize("model", KINDS)
def test_the_schema_accepts_the_sample_and_prunes_nothing(model: type[base.Resource]) -> None:
    """A full manifest of MTC or Velero passes our CRD with all its fields."""
    manifest = {key: value for key, value in sample(model).items() if key in {"spec", "status"}}
    assert refusals(manifest, crd.schema(model), model.KIND.kind) == []


def test_the_check_itself_sees_what_is_wrong() -> None:
    """The reading of schemas in this file does refuse: a pruned field, a wrong type, an unknown word, a lacking field."""
    schema = crd.schema(registry.model_of("velero.io/v1", "BackupStorageLocation"))
    bad = {"spec": {"provider": 1, "accessMode": "Never", "colour": "red"}}
    assert sorted(refusals(bad, schema, "")) == [
        ".spec.accessMode: not in enum",
        ".spec.colour: pruned",
        ".spec.objectStorage: missing",
        ".spec.provider: not string",
    ]


@pytest.mark.parametrize("model", KINDS)
def test_every_field_is_described(model: type[base.Resource]) -> None:
    """`kubectl explain` has something to say about each field."""

    def undescribed(schema: dict[str, Any], path: str) -> list[str]:
        inner = schema.get("properties", {})
        silent = [f"{path}.{key}" for key, value in inner.items() if not value.get("description") and key != "metadata"]
        return silent + [
            deeper
            for key, value in inner.items()
            for deeper in undescribed(value.get("items", value), f"{path}.{key}")
            if key != "metadata"
        ]

    assert undescribed(crd.schema(model), model.KIND.kind) == []
