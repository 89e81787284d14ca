"""Conditions that every kind has with the same meaning."""

from mtc.api import conditions
from mtc.api.catalogue import ANY_REASON, KINDS, Entry

ENTRIES = tuple(
    Entry(
        kind,
        conditions.CRITICAL,
        conditions.RECONCILE_FAILED,
        ANY_REASON,
        explanation=(
            "Looking after the object ended early: a cluster refused or did not answer a request, or the object has a form that cannot be "
            "read. The message has the error. What the other conditions say is from an earlier look."
        ),
        remedy=(
            "It is tried again by itself. When it stays, remove the cause that the message names: a missing right, a cluster that is down, "
            "a field of the wrong form. The log of the controller has more."
        ),
    )
    for kind in KINDS
)
