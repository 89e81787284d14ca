"""Webhooks of the v1 API must say that they have no side effects; configurations converted from v1beta1 may not."""

from mtc.engine.actions import Action, Outcome
from mtc.engine.restore.context import Subject
from mtc.kube.client import Object

_GROUP = "admissionregistration.k8s.io"


async def apply(configuration: Object, _subject: Subject) -> Outcome:
    """The configuration with a value of `sideEffects` that v1 accepts."""
    if configuration.get("apiVersion") == f"{_GROUP}/v1":
        for webhook in configuration.get("webhooks") or []:
            if webhook.get("sideEffects") not in {"None", "NoneOnDryRun"}:
                webhook["sideEffects"] = "None"
    return Outcome(configuration)


_KINDS = frozenset({f"mutatingwebhookconfigurations.{_GROUP}", f"validatingwebhookconfigurations.{_GROUP}"})
ACTION = Action("velero.io/admission-webhook-configuration", _KINDS, apply)
