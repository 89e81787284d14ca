"""A definition of the old kind, open to unknown fields, is accepted by today's servers only when its schemas say so."""

from mtc.engine.actions import Action, Outcome
from mtc.engine.restore.context import Subject
from mtc.kube.client import Object


async def apply(definition: Object, _subject: Subject) -> Outcome:
    """The definition with unknown fields kept by schema."""
    spec = definition.get("spec") or {}
    if spec.get("preserveUnknownFields"):
        spec["preserveUnknownFields"] = False
        for version in spec.get("versions") or []:
            schema = version.setdefault("schema", {}).setdefault("openAPIV3Schema", {"type": "object"})
            schema["x-kubernetes-preserve-unknown-fields"] = True
    return Outcome(definition)


ACTION = Action("velero.io/crd-preserve-fields", frozenset({"customresourcedefinitions.apiextensions.k8s.io"}), apply)
