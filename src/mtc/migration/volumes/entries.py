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

_COPY_METHODS = [CopyMethod.FILESYSTEM.value, CopyMethod.BLOCK.value, CopyMethod.SNAPSHOT.value]
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


def supported_actions(pv: Object, *, movable: Iterable[str]) -> list[str]:
    """What can be done with a volume. A hostPath volume belongs to its node: there is nothing to copy it with."""
    spec = pv["spec"]
    if "hostPath" in spec:
        return [Action.SKIP.value]
    can_move = "nfs" in spec or "awsElasticBlockStore" in spec or classes.class_of(pv) in set(movable)
    return [Action.SKIP.value, Action.COPY.value, *([Action.MOVE.value] if can_move else [])]


def new_entry(
    found: Found,
    *,
    movable: Sequence[str],
    sources: Sequence[classes.StorageClass],
    targets: Sequence[classes.StorageClass],
) -> Entry:
    """The entry of a volume that nobody has decided on yet."""
    actions = supported_actions(found.pv, movable=movable)
    modes = [str(mode) for mode in found.pvc["spec"].get("accessModes") or []]
    volume_mode = found.pvc["spec"].get("volumeMode") or classes.FILESYSTEM
    action = Action.COPY if Action.COPY in actions else Action.SKIP
    method = CopyMethod.BLOCK if volume_mode == classes.BLOCK else CopyMethod.FILESYSTEM
    name = found.pvc["metadata"]["name"]
    return {
        "name": found.pv["metadata"]["name"],
        "capacity": (found.pv["spec"].get("capacity") or {}).get("storage", "0"),
        "storageClass": classes.class_of(found.pv),
        "supported": {"actions": actions, "copyMethods": list(_COPY_METHODS)},
        "selection": {
            "action": action.value,
            "storageClass": classes.propose(found.pv, modes, sources, targets),
            "copyMethod": method.value,
            "verify": False,
        },
        "pvc": {
            "namespace": found.pvc["metadata"]["namespace"],
            "name": f"{name}:{found.target_name}" if found.target_name and found.target_name != name else name,
            "accessModes": modes,
            "volumeMode": volume_mode,
            "hasReference": found.owner_type is not None,
            "ownerType": found.owner_type or "Unknown",
        },
    }


def merge(known: Sequence[Entry], fresh: Iterable[Entry]) -> list[Entry]:
    """The entries after discovery, sorted by volume: facts are renewed, choices stay, what is gone goes.

    One choice is not left alone: where only one action is possible, it is that one.
    """
    before = {entry.get("name"): entry for entry in known}
    merged = [_renew(before[entry["name"]], entry) if entry["name"] in before else entry for entry in fresh]
    return sorted(merged, key=lambda entry: str(entry["name"]))


def _renew(old: Entry, fresh: Entry) -> Entry:
    facts = {key: fresh[key] for key in ("capacity", "storageClass", "supported")}
    selection = dict(old.get("selection") or fresh["selection"])
    actions = fresh["supported"]["actions"]
    if len(actions) == 1:
        selection["action"] = actions[0]
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
