"""CustomResourceDefinitions, made from the models: `python -m mtc.api.crd DIR` writes one YAML file for each kind.

A model gives a JSON schema; here it becomes the structural form that API servers want: references resolved in place,
every optional field nullable instead of a choice with null, no defaults (a server would write them into objects that
other programs made), free-form where a field says so. What is optional stays optional and what is open stays open, so
that every manifest which MTC or Velero accepts is accepted. No kind has a status subresource.

`python -m mtc.api.crd --check DIR` writes nothing and exits with 1 when files differ from what would be written.
"""

import functools
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from mtc.api import base, registry
from mtc.api.generated import Generated

_REFERENCE = "#/$defs/"
_FREE_FORM = "x-kubernetes-preserve-unknown-fields"
_KEPT = ("type", "format", "enum", "minItems", "maxItems", "maxLength", "x-kubernetes-int-or-string", _FREE_FORM, base.VALIDATIONS)
_ROOT_FIELDS = ("spec", "status")

Schema = dict[str, Any]


def definition(model: type[base.Resource]) -> dict[str, Any]:
    """Return the CustomResourceDefinition of a kind."""
    kind = model.KIND
    names: dict[str, Any] = {"kind": kind.kind, "listKind": f"{kind.kind}List", "plural": kind.plural, "singular": kind.singular}
    if kind.short_names:
        names["shortNames"] = list(kind.short_names)
    version: dict[str, Any] = {"name": kind.version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema(model)}}
    if kind.columns:
        version["additionalPrinterColumns"] = [_column(column) for column in kind.columns]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{kind.group}"},
        "spec": {
            "group": kind.group,
            "names": names,
            "scope": kind.scope,
            "preserveUnknownFields": False,
            "versions": [version],
        },
    }


def schema(model: type[base.Resource]) -> Schema:
    """Return the structural schema of a kind, from the root of the object on."""
    whole = model.model_json_schema(by_alias=True, mode="validation")
    definitions = whole.get("$defs", {})
    properties: Schema = {
        "apiVersion": {"type": "string", "description": "Group and version of this form of the object."},
        "kind": {"type": "string", "description": "What kind of object this is."},
        "metadata": {"type": "object"},
    }
    for name in _ROOT_FIELDS:
        properties[name] = _structural(whole["properties"][name], definitions, within=())
    root: Schema = {"type": "object", "description": _first_paragraph(model.__doc__ or ""), "properties": properties}
    if base.VALIDATIONS in whole:
        root[base.VALIDATIONS] = whole[base.VALIDATIONS]
    return root


def _structural(node: Schema, definitions: Schema, *, within: tuple[str, ...]) -> Schema:
    """Return a node of a JSON schema in structural form; `within` are the structs around it."""
    node, name = _resolved(node, definitions)
    if _FREE_FORM in node or (name and name in within):
        result: Schema = {"type": "object", _FREE_FORM: True}  # a struct inside itself has no structural form
        return result | _described(node)
    within = (*within, name) if name else within
    result = {key: node[key] for key in _KEPT if key in node} | _described(node)
    if node.get("properties"):
        result["properties"] = {key: _property(key, node, definitions, within=within) for key in node["properties"]}
        required = [key for key in node["properties"] if _is_required(key, node)]
        if required:
            result["required"] = sorted(required)
    elif isinstance(node.get("additionalProperties"), dict):
        result["additionalProperties"] = _structural(node["additionalProperties"], definitions, within=within)
    if "items" in node:
        result["items"] = _structural(node["items"], definitions, within=within)
    return result


def _property(key: str, parent: Schema, definitions: Schema, *, within: tuple[str, ...]) -> Schema:
    result = _structural(parent["properties"][key], definitions, within=within)
    # An enum would have to list null as well, and no program writes null into one.
    if not _is_required(key, parent) and "enum" not in result:
        result["nullable"] = True
    return result


def _is_required(key: str, parent: Schema) -> bool:
    return key in parent.get("required", ()) or parent["properties"][key].get("x-required") is True


def _resolved(node: Schema, definitions: Schema) -> tuple[Schema, str]:
    """Return a node without reference and without choice, and the name of the struct that it is."""
    name = ""
    while "$ref" in node or "anyOf" in node:
        outer = {key: value for key, value in node.items() if key not in {"$ref", "anyOf"}}
        if "$ref" in node:
            name = node["$ref"].removeprefix(_REFERENCE)
            inner = definitions[name]
        else:
            inner = _only_choice(node["anyOf"])
        node = inner | outer
    return node, name


def _only_choice(choices: list[Schema]) -> Schema:
    real = [choice for choice in choices if choice.get("type") != "null"]
    if len(real) != 1:
        raise TypeError(f"a structural schema has no choice between {real}")
    return real[0]


def _described(node: Schema) -> Schema:
    text = _first_paragraph(node.get("description", ""))
    return {"description": text} if text else {}


def _first_paragraph(text: str) -> str:
    return " ".join(text.strip().split("\n\n")[0].split())


def _column(column: base.Column) -> dict[str, Any]:
    result: dict[str, Any] = {"name": column.name, "type": column.type, "jsonPath": column.path}
    if column.description:
        result["description"] = column.description
    if column.priority:
        result["priority"] = column.priority
    return result


#: Names the definitions for `kubectl apply -k`.
_LIST = "kustomization.yaml"


@functools.cache
def files() -> Mapping[str, str]:
    """Return the name and text of every file, always the same for the same models; one of them lists the others for kustomize."""
    documents = {f"{model.KIND.plural}.{model.KIND.group}.yaml": definition(model) for model in registry.kinds()}
    documents[_LIST] = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": sorted(documents),
    }
    return {
        name: yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120, default_flow_style=False)
        for name, document in documents.items()
    }


def _of_our_groups(folder: Path) -> list[Path]:
    """Return the definitions in a folder that only we can have written."""
    groups = {model.KIND.group for model in registry.kinds()}
    return [path for path in folder.glob("*.yaml") if path.stem.partition(".")[2] in groups]


GENERATED = Generated(module="mtc.api.crd", what="the CustomResourceDefinitions", files=files, left=_of_our_groups)

if __name__ == "__main__":
    sys.exit(GENERATED.main())
