"""VirtualMachine of KubeVirt: stopped by its run strategy, which KubeVirt's own `stop` sets as well.

A machine that only starts when a person starts it (run strategy Manual, for instance) is left alone: nothing but a request to KubeVirt
could start it again. Its pod is told about as one that nobody stops.
"""

from mtc.api import names
from mtc.kube.client import Object
from mtc.migration.quiesce.workload import Patch, Workload, annotations, patch, pod_template
from mtc.migration.volumes import workloads

_STRATEGY, _START = names.VM_RUN_STRATEGY, names.START_VM
_HALTED = "Halted"
#: With these KubeVirt itself starts the machine.
_STARTED = frozenset({"Always", "RerunOnFailure", "Once"})


def stop(item: Object) -> Patch | None:
    """Halts the machine, unless it is off or not started by KubeVirt itself."""
    spec = item.get("spec") or {}
    if spec.get("running") is not None:  # the older way to say the same
        return patch(annotate={_START: "true"}, spec={"running": False}) if spec["running"] else None
    strategy = spec.get("runStrategy")
    if strategy not in _STARTED or (strategy != "Always" and _is_off(item)):
        return None
    return patch(annotate={_STRATEGY: strategy, _START: "true"}, spec={"runStrategy": _HALTED})


def start(item: Object) -> list[Patch]:
    """Gives a machine that we halted its run strategy back."""
    if _START not in annotations(item):
        return []
    spec, before = item.get("spec") or {}, annotations(item).get(_STRATEGY)
    if spec.get("running") is not None:
        wanted: Patch = {"running": True}
    else:
        wanted = {"runStrategy": before} if before and spec.get("runStrategy") == _HALTED else {}
    return [patch(annotate={_START: None, _STRATEGY: None}, spec=wanted)]


def is_stopped(item: Object) -> bool:
    """Whether it carries our mark and is not to run."""
    spec = item.get("spec") or {}
    return _START in annotations(item) and (spec.get("running") is False or spec.get("runStrategy") == _HALTED)


def is_kept(item: Object) -> bool:
    """Whether a person decides when it runs."""
    spec = item.get("spec") or {}
    return spec.get("running") is None and spec.get("runStrategy") not in {*_STARTED, _HALTED}


def _is_off(item: Object) -> bool:
    """Whether it was shut down from within, and stays so although its strategy would start it once more."""
    return (item.get("status") or {}).get("printableStatus") == "Stopped"


VIRTUAL_MACHINE = Workload(workloads.VIRTUAL_MACHINES, stop, start, is_stopped, pod_template, is_kept)
