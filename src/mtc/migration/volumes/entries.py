"""`spec.persistentVolumes`: an entry for each volume found, merged into the entries that are there. Pure functions.

Entries are dicts, as they are read and written: what a newer version or another program put into one survives.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mtc.api import names
from mtc.api.migration.migplan import AUTO, Action, CopyMethod
from mtc.kube.client import Object
from mtc.migration.volumes import classes

Entry = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """A bound claim of the source and its volume.

    Attributes:
        pvc, pv: the objects.
        owner_type: kind of workload that mounts the claim; None where nothing does.
        target_name: name that the claim gets unless somebody chose one; "" for the same.
    """

    pvc: Object
    pv: Object
    owner_type: str | None = None
    target_name: str = ""


@dataclass(frozen=True)
class Lost:
    """A claim of the source whose volume does not exist any more, or has become that of another claim.

    Attributes:
        pvc: the claim.
        owner_type: kind of workload that mounts it; None where nothing does.
    """

    pvc: Object
    owner_type: str | None = None


def copy_methods(pv: Object, *, volume_mode: str) -> list[str]:
    """How a volume can be copied. Node agents copy files: devices have none, and they do not look into a hostPath volume."""
    return [] if volume_mode == classes.BLOCK or "hostPath" in pv["spec"] else [CopyMethod.FILESYSTEM.value]


def supported_actions(pv: Object, *, can_copy: bool, movable: Iterable[str]) -> list[str]:
    """What can be done with a volume. A hostPath volume belongs to its node."""
    spec = pv["spec"]
    can_move = "nfs" in spec or "awsElasticBlockStore" in spec or classes.class_of(pv) in set(movable)
    possible = {Action.SKIP: True, Action.COPY: can_copy, Action.MOVE: can_move and "hostPath" not in spec}
    return [action.value for action, is_possible in possible.items() if is_possible]


def new_entry(
    found: Found,
    *,
    movable: Sequence[str],
    sources: Sequence[classes.StorageClass],
    targets: Sequence[classes.StorageClass],
) -> Entry:
    """The entry of a volume that nobody has decided on yet.

    A device cannot be copied, and yet that is what is proposed, as in MTC: the plan is not Ready until somebody decides otherwise.
    """
    volume_mode = _volume_mode(found.pvc)
    methods = copy_methods(found.pv, volume_mode=volume_mode)
    actions = supported_actions(found.pv, can_copy=bool(methods), movable=movable)
    is_device = volume_mode == classes.BLOCK
    claim = _claim(found.pvc, found.owner_type, found.target_name)
    return {
        "name": found.pv["metadata"]["name"],
        "capacity": (found.pv["spec"].get("capacity") or {}).get("storage", "0"),
        "storageClass": classes.class_of(found.pv),
        "supported": {"actions": actions, "copyMethods": methods},
        "selection": {
            "action": (Action.COPY if is_device or Action.COPY in actions else Action.SKIP).value,
            "storageClass": classes.propose(found.pv, claim["accessModes"], sources, targets),
            "copyMethod": (CopyMethod.BLOCK if is_device else CopyMethod.FILESYSTEM).value,
            "verify": False,
        },
        "pvc": claim,
    }


def lost_entry(lost: Lost) -> Entry:
    """The entry of a volume that is gone: it cannot even be left behind, because it is not there."""
    spec = lost.pvc["spec"]
    asked = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    return {
        "name": spec["volumeName"],
        "capacity": ((lost.pvc.get("status") or {}).get("capacity") or {}).get("storage") or asked or "0",
        "storageClass": spec.get("storageClassName") or "",
        "supported": {"actions": [], "copyMethods": []},
        "selection": {"action": Action.SKIP.value, "storageClass": "", "copyMethod": CopyMethod.FILESYSTEM.value, "verify": False},
        "pvc": _claim(lost.pvc, lost.owner_type),
    }


def _volume_mode(pvc: Object) -> str:
    return pvc["spec"].get("volumeMode") or classes.FILESYSTEM


def _claim(pvc: Object, owner_type: str | None, target_name: str = "") -> Entry:
    name = pvc["metadata"]["name"]
    return {
        "namespace": pvc["metadata"]["namespace"],
        "name": f"{name}:{target_name}" if target_name and target_name != name else name,
        "accessModes": [str(mode) for mode in pvc["spec"].get("accessModes") or []],
        "volumeMode": _volume_mode(pvc),
        "hasReference": owner_type is not None,
        "ownerType": owner_type or "Unknown",
    }


def fresh_entries(
    found: Iterable[Found],
    lost: Iterable[Lost],
    *,
    movable: Sequence[str],
    sources: Sequence[classes.StorageClass],
    targets: Sequence[classes.StorageClass],
) -> list[Entry]:
    """An entry for each volume. What has become the volume of another claim is listed once, with the claim that has it."""
    gone = {item["name"]: item for item in (lost_entry(one) for one in lost)}
    there = {item["name"]: item for item in (new_entry(one, movable=movable, sources=sources, targets=targets) for one in found)}
    return list((gone | there).values())


def merge(known: Sequence[Entry], fresh: Iterable[Entry]) -> list[Entry]:
    """The entries after discovery, sorted by volume: facts are renewed, choices stay, what is gone goes.

    One choice is not left alone: where only one action is possible, it is that one, and where none is, the volume is skipped. A device
    is left as it was chosen: that it stays behind must be somebody's decision.
    """
    before = {entry.get("name"): entry for entry in known}
    merged = [_renew(before[entry["name"]], entry) if entry["name"] in before else entry for entry in fresh]
    return sorted(merged, key=lambda entry: str(entry["name"]))


def _renew(old: Entry, fresh: Entry) -> Entry:
    facts = {key: fresh[key] for key in ("capacity", "storageClass", "supported")}
    actions = fresh["supported"]["actions"]
    is_back = bool(actions) and (old.get("supported") or {}).get("actions") == []
    selection = dict(fresh["selection"] if is_back else old.get("selection") or fresh["selection"])
    if not actions or (len(actions) == 1 and fresh["pvc"]["volumeMode"] != classes.BLOCK):
        selection["action"] = actions[0] if actions else Action.SKIP.value
    return {**old, **facts, "selection": selection, "pvc": _renew_pvc(old.get("pvc") or {}, fresh["pvc"])}


def _renew_pvc(old: Entry, fresh: Entry) -> Entry:
    renewed = {**old, **fresh}
    chosen = str(old.get("name") or "")
    try:
        same = names.parse_pvc_mapping(chosen).source == names.parse_pvc_mapping(fresh["name"]).source
    except names.InvalidMapping:
        same = False
    if same and ":" in chosen:
        renewed["name"] = chosen
    if old.get("volumeMode") == AUTO:
        renewed["volumeMode"] = AUTO
    return renewed
