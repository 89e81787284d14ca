"""Names for the new claims of a storage conversion, where old and new claim live in one namespace. Pure functions."""

import re

# Of the Kubernetes API for the name of a claim.
_LONGEST = 253
_EARLIER = re.compile(r"-mig-[a-z0-9]{4}(?=-|$)|-new$")


def new_claim_name(name: str, *, suffix: str, stateful_set: str = "") -> str:
    """Name of the claim that takes the place of another; the suffix of an earlier conversion is replaced.

    Args:
        name: of the claim there is.
        suffix: four characters of the plan.
        stateful_set: where the claim comes from a template of a StatefulSet (`<template>-<set>-<n>`), the set's name. The new
            claim must then end on `-<set>-<n>` too.
    """
    base = _EARLIER.sub("", name)
    if stateful_set and (found := re.fullmatch(rf"(.+)-({re.escape(stateful_set)}-\d+)", base)):
        end = f"-mig-{suffix}-{found[2]}"
        return found[1][: _LONGEST - len(end)] + end
    end = f"-mig-{suffix}"
    return base[: _LONGEST - len(end)] + end


def is_made_for(name: str, suffix: str) -> bool:
    """Whether a claim was made by an earlier migration of the plan with this suffix."""
    return bool(suffix) and (name.endswith(f"-mig-{suffix}") or f"-mig-{suffix}-" in name)
