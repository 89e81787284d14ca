"""What stopping and starting means for one kind of workload. Pure: patches are computed here and sent elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mtc.kube.client import Object
from mtc.kube.resources import ResourceType

#: A merge patch.
Patch = dict[str, Any]


def _never(_: Object) -> bool:
    return False


@dataclass(frozen=True)
class Workload:
    """One kind.

    Attributes:
        kind: type of the objects.
        stop: the patch that stops an object, None when it is stopped already or not to be stopped by itself.
        start: the patches that start an object again, in order; empty when we did not stop it.
        is_stopped: whether we stopped the object.
        template: its pod template, {} where it has none.
        is_kept: whether others decide if an object runs, so that it is not ours to stop.
    """

    kind: ResourceType
    stop: Callable[[Object], Patch | None]
    start: Callable[[Object], list[Patch]]
    is_stopped: Callable[[Object], bool]
    template: Callable[[Object], Object]
    is_kept: Callable[[Object], bool] = _never


def annotations(item: Object) -> dict[str, str]:
    """The annotations of an object."""
    found: dict[str, str] = item["metadata"].get("annotations") or {}
    return found


def pod_template(item: Object) -> Object:
    """`spec.template`, where most kinds have it."""
    found: Object = (item.get("spec") or {}).get("template") or {}
    return found


def has_controller(item: Object) -> bool:
    """Whether another object made this one and keeps it as it is."""
    return any(owner.get("controller") for owner in item["metadata"].get("ownerReferences") or [])


def patch(*, annotate: dict[str, str | None], spec: Patch) -> Patch:
    """A merge patch of annotations (None removes one) and spec."""
    return {"metadata": {"annotations": annotate}, "spec": spec}
