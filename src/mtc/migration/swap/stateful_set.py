"""A StatefulSet with other claims: its templates cannot be changed, so the set is made anew. Pure.

The new set is made as a temporary one without pods first: while the old one is deleted and its successor is not there yet,
the temporary one keeps what the successor will be.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mtc.api import names
from mtc.kube import codec
from mtc.kube.client import Object
from mtc.migration.quiesce.scalable import replicas
from mtc.migration.quiesce.workload import annotations, pod_template
from mtc.migration.swap import body
from mtc.migration.swap.claims import Names, NewClaim

#: Fields of metadata that the server sets.
_SERVER = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink", "deletionTimestamp",
           "deletionGracePeriodSeconds", "finalizers")  # fmt: skip
_MARKS = (names.STATEFUL_SET_TEMPORARY, names.NAME_BEFORE, names.REPLICAS_AFTER)
_SUFFIX = "-new"
#: MTC makes temporary sets only of shorter names; the name of a pod must fit into a label.
_LONGEST = 60


@dataclass(frozen=True)
class Template:
    """A claim template, and what takes its place.

    Attributes:
        name: of the template.
        new: the names that it would have to get, by the claims that are made of it; more than one cannot be done.
        claim: the claim of the lowest number, whose class and access mode the template gets.
        converted: names of the claims made of it that are replaced.
    """

    name: str
    new: frozenset[str]
    claim: NewClaim
    converted: tuple[str, ...]


def templates(item: Object, claims: Names) -> list[Template]:
    """The claim templates of a set of which claims are replaced."""
    found = []
    for entry in (item.get("spec") or {}).get("volumeClaimTemplates") or []:
        name = entry["metadata"]["name"]
        mine = sorted((claim for claim in claims if is_made_of(item, name, claim)), key=lambda claim: int(claim.rpartition("-")[2]))
        if mine:
            new = frozenset(_template_name(item, claim, claims[claim].name) for claim in mine)
            found.append(Template(name, new, claims[mine[0]], tuple(mine)))
    return found


def is_made_of(item: Object, template: str, claim: str) -> bool:
    """Whether a claim has the name of one that a set makes of a template."""
    return re.fullmatch(re.escape(f"{template}-{item['metadata']['name']}-") + "[0-9]+", claim) is not None


def needs(item: Object, claims: Names) -> bool:
    """Whether the set has claims that are replaced, of its templates or mounted by name."""
    return bool(templates(item, claims)) or body.volumes(pod_template(item), claims) is not None


def is_temporary(item: Object) -> bool:
    """Whether a set is one that keeps what another one will be."""
    return annotations(item).get(names.STATEFUL_SET_TEMPORARY) == names.TRUE


def temporary_name(name: str) -> str:
    """Name of the set that keeps what the set of this name will be."""
    if len(name) < _LONGEST:
        return name + _SUFFIX
    return f"{name[: _LONGEST - 10]}-{hashlib.sha256(name.encode()).hexdigest()[:5]}{_SUFFIX}"


def converted(item: Object, claims: Names, starting: Iterable[Object], *, back: bool) -> Object:
    """The set as it shall be.

    Args:
        item: as it is.
        claims: which claims take the place of which.
        starting: the patches that start it again; none leaves it as it is.
        back: whether a conversion is taken back.
    """
    made = _fresh(item)
    for patch in starting:
        made = body.merge(made, patch)
    renamed = {entry.name: (min(entry.new), entry.claim) for entry in templates(item, claims)}
    spec = made["spec"]
    before = annotations(item).get(names.CLAIM_TEMPLATES)
    spec["volumeClaimTemplates"] = _templates(spec, renamed, before if back else None)
    spec["template"] = body.merge(pod_template(made), {"spec": _pod_spec(pod_template(made), renamed, claims)})
    marks = made["metadata"].setdefault("annotations", {})
    if back:
        for key in (names.CLAIM_TEMPLATES, names.STATEFUL_SET_UPDATE):
            marks.pop(key, None)
    else:
        marks |= {names.STATEFUL_SET_UPDATE: names.TRUE, names.CLAIM_TEMPLATES: codec.dumps(_as_made(item)).decode()}
    return made


def temporary(made: Object) -> Object:
    """The set without pods that keeps what another one will be."""
    meta = made["metadata"]
    marks = {names.STATEFUL_SET_TEMPORARY: names.TRUE, names.NAME_BEFORE: meta["name"], names.REPLICAS_AFTER: str(replicas(made))}
    change = {"metadata": {"name": temporary_name(meta["name"]), "annotations": marks}, "spec": {"replicas": 0}}
    return body.merge(made, change)


def successor(kept: Object, *, stopped_by: dict[str, str] | None) -> Object:
    """The set that a temporary one keeps.

    Args:
        kept: the temporary set.
        stopped_by: the mark of who keeps it stopped; None when it may run.
    """
    found = annotations(kept)
    count = int(found[names.REPLICAS_AFTER])
    change: Object = {"metadata": {"name": found[names.NAME_BEFORE], "annotations": dict.fromkeys(_MARKS)}, "spec": {"replicas": count}}
    if stopped_by is not None and count:
        change["metadata"]["annotations"] |= {names.PRE_QUIESCE_REPLICAS: str(count), **stopped_by}
        change["spec"]["replicas"] = 0
    return body.merge(_fresh(kept), change)


def keeps(kept: Object, made: Object) -> bool:
    """Whether a temporary set keeps this one: it may be left over from an earlier try, or from the other direction."""
    wanted = temporary(made)
    return _essence(kept) == _essence(wanted)


def _essence(item: Object) -> list[Any]:
    spec = item["spec"]
    claims = [(entry["metadata"]["name"], entry["spec"].get("storageClassName")) for entry in spec.get("volumeClaimTemplates") or []]
    mounted = [(volume.get("persistentVolumeClaim") or {}).get("claimName") for volume in pod_template(item)["spec"].get("volumes") or []]
    found = annotations(item)
    return [claims, mounted, *(found.get(key) for key in (names.NAME_BEFORE, names.REPLICAS_AFTER))]


def _template_name(item: Object, claim: str, new: str) -> str:
    """Name that the template needs so that the set finds the new claim; "" when no name would do."""
    end = f"-{item['metadata']['name']}-{claim.rpartition('-')[2]}"
    return new.removesuffix(end) if new.endswith(end) else ""


def _fresh(item: Object) -> Object:
    meta = {key: value for key, value in item["metadata"].items() if key not in _SERVER}
    return {
        **{key: value for key, value in item.items() if key != "status"},
        "metadata": {**meta, "annotations": dict(annotations(item))},
        "spec": dict(item["spec"]),
    }


def _as_made(item: Object) -> list[Object]:
    """The claim templates as a person writes them."""
    return [{key: value for key, value in entry.items() if key != "status"} for entry in item["spec"].get("volumeClaimTemplates") or []]


def _templates(spec: Object, renamed: dict[str, tuple[str, NewClaim]], before: str | None) -> list[Object]:
    wanted = [_claim_template(entry, renamed.get(entry["metadata"]["name"])) for entry in spec.get("volumeClaimTemplates") or []]
    kept: list[Object] = codec.loads(before) if before else []
    same = [entry["metadata"]["name"] for entry in kept] == [entry["metadata"]["name"] for entry in wanted]
    return kept if same else wanted


def _claim_template(entry: Object, change: tuple[str, NewClaim] | None) -> Object:
    made = {key: value for key, value in entry.items() if key != "status"}
    if change is None:
        return made
    name, claim = change
    spec: Object = {"storageClassName": claim.storage_class or None, "volumeName": None, "selector": None}
    if claim.access_mode:
        spec["accessModes"] = [claim.access_mode]
    return body.merge(made, {"metadata": {"name": name}, "spec": spec})


def _pod_spec(template: Object, renamed: dict[str, tuple[str, NewClaim]], claims: Names) -> Object:
    """The changed lists of a pod spec."""
    spec = template["spec"]
    change: Object = {}
    if (swapped := body.volumes(template, claims)) is not None:
        change["volumes"] = swapped
    for key in ("containers", "initContainers"):
        if spec.get(key):
            change[key] = [_container(entry, renamed) for entry in spec[key]]
    return change


def _container(entry: Object, renamed: dict[str, tuple[str, NewClaim]]) -> Object:
    made = dict(entry)
    for key in ("volumeMounts", "volumeDevices"):
        if entry.get(key):
            made[key] = [{**mount, "name": renamed[mount["name"]][0]} if mount["name"] in renamed else mount for mount in entry[key]]
    return made
