"""The claims of a namespace: how many, and what they ask for. Pure functions over claims and volumes that were read."""

from collections.abc import Iterable
from dataclasses import dataclass

from mtc.api import quantities
from mtc.kube.client import Object

_COMMENT_NONE = "Nothing to change."
_COMMENT_FULL = "Nearly full (100%): the volume in the target is made larger."
_COMMENT_SHARED = "A folder of a larger file system: the sizes of its files count."
_COMMENT_DIFFERS = "Requested and actual capacity differ: the larger of both counts."

#: A file system that is larger than its volume by more than this is not the volume's own, such as a folder of NFS or of a node.
_SHARED_FACTOR = 2


@dataclass(frozen=True)
class Usage:
    """What was measured on a volume.

    Attributes:
        total_bytes, used_bytes: of its file system; None where they could not be read.
        apparent_bytes: sum of the sizes of its files; None where it could not be read.
    """

    total_bytes: int | None = None
    used_bytes: int | None = None
    apparent_bytes: int | None = None

    @property
    def percent(self) -> int | None:
        """How full the file system is."""
        if self.total_bytes is None or self.used_bytes is None:
            return None
        return -(-100 * self.used_bytes // self.total_bytes) if self.total_bytes else 0

    @property
    def has_sparse_files(self) -> bool | None:
        """Whether files are larger than the room that they take."""
        if self.apparent_bytes is None or self.used_bytes is None:
            return None
        return self.apparent_bytes > self.used_bytes


@dataclass(frozen=True)
class Proposal:
    """What capacity a volume should have in the target, and why."""

    size_bytes: int
    comment: str


def requested(claim: Object) -> int:
    """The bytes that a claim asks for."""
    return _bytes(((claim["spec"].get("resources") or {}).get("requests") or {}).get("storage"))


def provisioned(claim: Object) -> int:
    """The bytes that the volume of a claim has, as the claim tells; 0 while it has none."""
    return _bytes(((claim.get("status") or {}).get("capacity") or {}).get("storage"))


def total(claims: Iterable[Object]) -> int:
    """The bytes that claims ask for together."""
    return sum(requested(claim) for claim in claims)


def propose(*, requested_bytes: int, provisioned_bytes: int, usage: Usage, threshold: int) -> Proposal:
    """The capacity that a volume should get: never less than it has, and more where fewer than `threshold` percent are free."""
    claimed = max(requested_bytes, provisioned_bytes)
    if claimed and usage.total_bytes is not None and usage.total_bytes > _SHARED_FACTOR * claimed:
        filled = (usage.apparent_bytes or 0) * (100 + threshold) // 100
        return Proposal(max(claimed, filled), _COMMENT_FULL if filled > claimed else _COMMENT_SHARED)
    known = max(claimed, usage.total_bytes or 0)
    percent = usage.percent
    if percent is not None and usage.total_bytes is not None and percent + threshold > 100:
        return Proposal(max(known, usage.total_bytes * (percent + threshold) // 100), _COMMENT_FULL)
    if requested_bytes != provisioned_bytes:
        return Proposal(known, _COMMENT_DIFFERS)
    return Proposal(requested_bytes if usage.total_bytes is None else known, _COMMENT_NONE)


def _bytes(value: str | int | None) -> int:
    try:
        return quantities.to_bytes(value) if value is not None else 0
    except quantities.InvalidQuantity:
        return 0
