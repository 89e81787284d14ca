"""Whether quotas and limits of the target's namespaces leave room for the claims that a plan will make there. Pure functions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mtc.api import quantities
from mtc.kube.client import Object

_STORAGE, _COUNT = "requests.storage", "persistentvolumeclaims"
_OF_CLASS = ".storageclass.storage.k8s.io/"
_CLAIM = "PersistentVolumeClaim"


@dataclass(frozen=True)
class NewClaim:
    """A claim that a migration will make.

    Attributes:
        namespace, name: in the target.
        size: capacity that it asks for, as a quantity.
        storage_class: in the target, "" for the default.
    """

    namespace: str
    name: str
    size: str
    storage_class: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Shortage:
    """A quota or limit that is in the way.

    Attributes:
        claims: which will not be made, or not all of them.
        text: what is needed and what is left, in words.
    """

    claims: tuple[str, ...]
    text: str


def counted_keys(quota: Object) -> list[str]:
    """The keys of a quota that count claims; none where it only counts objects of some scope."""
    spec = quota.get("spec") or {}
    if spec.get("scopes") or spec.get("scopeSelector"):
        return []
    return sorted(key for key in spec.get("hard") or {} if _kind_of(key))


def _kind_of(key: str) -> str:
    """What a key counts of claims: their sizes, their number, or nothing ("")."""
    if key == f"count/{_COUNT}":
        return _COUNT
    word = key.rpartition(_OF_CLASS)[2] if _OF_CLASS in key else key
    return word if word in {_STORAGE, _COUNT} else ""


def of_quotas(claims: Sequence[NewClaim], quotas: Iterable[Object]) -> list[Shortage]:
    """The quotas that leave less than the claims need.

    Args:
        claims: those to be made, in any namespace.
        quotas: ResourceQuotas of the target.
    """
    found = []
    for quota in quotas:
        meta = quota["metadata"]
        here = [claim for claim in claims if claim.namespace == meta["namespace"]]
        for key in counted_keys(quota):
            shortage = _of_key(quota, key, [claim for claim in here if _applies(key, claim)])
            if shortage is not None:
                found.append(shortage)
    return found


def _applies(key: str, claim: NewClaim) -> bool:
    return _OF_CLASS not in key or key.partition(_OF_CLASS)[0] == claim.storage_class


def _of_key(quota: Object, key: str, claims: list[NewClaim]) -> Shortage | None:
    sizes = _kind_of(key) == _STORAGE
    needed = sum((_amount(claim.size) for claim in claims), Decimal()) if sizes else Decimal(len(claims))
    hard = _amount(quota["spec"]["hard"][key])
    left = max(hard - _amount(((quota.get("status") or {}).get("used") or {}).get(key, 0)), Decimal())
    if not claims or needed <= left:
        return None
    meta = quota["metadata"]
    text = (
        f"ResourceQuota {meta['namespace']}/{meta['name']} leaves {_words(left, sizes=sizes)} of {key} and "
        f"{', '.join(claim.name for claim in claims)} need {_words(needed, sizes=sizes)}"
    )
    return Shortage(tuple(str(claim) for claim in claims), text)


def of_limits(claims: Sequence[NewClaim], ranges: Iterable[Object]) -> list[Shortage]:
    """The limits for single claims that claims do not keep.

    Args:
        claims: those to be made, in any namespace.
        ranges: LimitRanges of the target.
    """
    found: list[Shortage] = []
    for item in ranges:
        here = [claim for claim in claims if claim.namespace == item["metadata"]["namespace"]]
        for limit in (item.get("spec") or {}).get("limits") or []:
            if limit.get("type") == _CLAIM:
                found.extend(shortage for claim in here if (shortage := _of_limit(item, limit, claim)))
    return found


def _of_limit(item: Object, limit: dict[str, Any], claim: NewClaim) -> Shortage | None:
    lowest, highest = ((limit.get(word) or {}).get("storage") for word in ("min", "max"))
    size = _amount(claim.size)
    if highest is not None and size > _amount(highest):
        bound = f"allows at most {highest}"
    elif lowest is not None and size < _amount(lowest):
        bound = f"wants at least {lowest}"
    else:
        return None
    meta = item["metadata"]
    return Shortage(
        (str(claim),), f"LimitRange {meta['namespace']}/{meta['name']} {bound} for a claim and {claim.name} asks for {claim.size}"
    )


def _amount(value: Any) -> Decimal:
    try:
        return quantities.parse(value)
    except quantities.InvalidQuantity:
        return Decimal()


def _words(amount: Decimal, *, sizes: bool) -> str:
    return quantities.format_bytes(int(amount)) if sizes else str(int(amount))
