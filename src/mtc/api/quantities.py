"""Kubernetes quantities, such as `10Gi`, `1500m` or `1e3`: the form of every capacity in the custom resources.

The models keep what was written, a string or an integer; whoever computes with it parses it here. Arithmetic is exact
(`Decimal`), and bytes are rounded up, so that a volume is never made smaller than asked for.
"""

import re
from decimal import ROUND_CEILING, Decimal

from mtc.errors import MtcError

_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_FORM = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?[0-9]{1,3}))?")


class InvalidQuantity(MtcError):
    """A value is not a quantity that Kubernetes would accept."""

    reason = "InvalidQuantity"


def parse(value: int | str) -> Decimal:
    """Return the number that a quantity stands for.

    Raises:
        InvalidQuantity: Kubernetes would refuse the value.
    """
    form = _FORM.fullmatch(str(value))
    if form is None:
        raise InvalidQuantity(f"{value!r} is not a quantity: write a number with an optional unit, for example `10Gi`, `500M` or `250m`")
    number, binary, decimal, exponent = form.groups()
    if binary:
        return Decimal(number) * Decimal(1024) ** _BINARY[binary]
    return Decimal(number).scaleb(int(exponent) if exponent else _DECIMAL[decimal or ""])


def to_bytes(value: int | str) -> int:
    """Return a capacity in whole bytes, rounded up.

    Raises:
        InvalidQuantity: Kubernetes would refuse the value.
    """
    return int(parse(value).to_integral_value(rounding=ROUND_CEILING))


def format_bytes(size_bytes: int) -> str:
    """Return the shortest exact quantity of a number of bytes: `10Gi`, `1536Mi`, or plain digits."""
    for unit, power in reversed(_BINARY.items()):
        whole, rest = divmod(size_bytes, 1024**power)
        if whole and not rest:
            return f"{whole}{unit}"
    return str(size_bytes)
