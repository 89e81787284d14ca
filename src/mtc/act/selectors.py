"""Label selectors as people type them, and as the engine's objects hold them. Pure."""

import re

from mtc.act import errors
from mtc.kube.client import Object

_PART = re.compile(r"[^,(]+(?:\([^)]*\))?")
_IN = re.compile(r"^(?P<key>\S+)\s+(?P<operator>in|notin)\s*\((?P<values>[^)]*)\)$")
_EQUAL = re.compile(r"^(?P<key>[^!=\s]+)\s*(?P<operator>==|=|!=)\s*(?P<value>\S*)$")
_EXISTS = re.compile(r"^(?P<not>!?)\s*(?P<key>[^!=\s()]+)$")
_OPERATORS = {"in": "In", "notin": "NotIn"}


def parse(text: str) -> Object:
    """A LabelSelector, such as for `app=web,tier!=cache,env in (a,b),!old`.

    Raises:
        errors.Incomplete: it is no selector.
    """
    equal: dict[str, str] = {}
    others: list[Object] = []
    for part in (found.strip() for found in _PART.findall(text)):
        if (match := _IN.match(part)) is not None:
            values = [value.strip() for value in match["values"].split(",") if value.strip()]
            others.append({"key": match["key"], "operator": _OPERATORS[match["operator"]], "values": values})
        elif (match := _EQUAL.match(part)) is not None:
            if match["operator"] == "!=":
                others.append({"key": match["key"], "operator": "NotIn", "values": [match["value"]]})
            else:
                equal[match["key"]] = match["value"]
        elif (match := _EXISTS.match(part)) is not None:
            others.append({"key": match["key"], "operator": "DoesNotExist" if match["not"] else "Exists"})
        else:
            raise errors.Incomplete(
                f"{part!r} in selector {text!r} is no condition. Write key=value, key!=value, key in (a,b), key or !key."
            )
    if not equal and not others:
        raise errors.Incomplete(f"{text!r} is no selector. Write key=value, key!=value, key in (a,b), key or !key, with commas between.")
    return {**({"matchLabels": equal} if equal else {}), **({"matchExpressions": others} if others else {})}


def parse_any(text: str) -> list[Object]:
    """Several selectors, one of which has to fit, such as for `app=web or app=db`. Raises errors.Incomplete."""
    return [parse(part) for part in re.split(r"\s+or\s+", text.strip())]


def text(selector: Object | None) -> str:
    """The selector as it is typed; "<none>" without one."""
    if not selector:
        return "<none>"
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for entry in selector.get("matchExpressions") or []:
        key, values = entry["key"], ",".join(entry.get("values") or [])
        forms = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key, "DoesNotExist": f"!{key}"}
        parts.append(forms.get(entry["operator"], key))
    return ",".join(parts) or "<none>"


def pairs(text_: str, *, what: str) -> dict[str, str]:
    """`a=b,c=d` as a dictionary; for mappings `a:b` is understood as well. Raises errors.Incomplete."""
    found: dict[str, str] = {}
    for part in (piece.strip() for piece in text_.split(",") if piece.strip()):
        key, sign, value = part.partition("=") if "=" in part else part.partition(":")
        if not sign or not key.strip():
            raise errors.Incomplete(f"{part!r} of {what} is no pair. Write key=value, with commas between.")
        found[key.strip()] = value.strip()
    return found
