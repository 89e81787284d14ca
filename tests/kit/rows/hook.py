"""What can be wrong with a MigHook."""

from typing import Any

from kit.rows import Act, Case, Row, encoded
from mtc.api import conditions

PLAYBOOK = encoded("- hosts: localhost\n")
SPEC: dict[str, Any] = {"custom": False, "image": "registry.example.org/hook:1", "playbook": PLAYBOOK, "targetCluster": "source"}


async def declare(case: Case) -> None:
    """A hook that is described well."""
    await case.make(case.kind, spec=SPEC)


def row(type_: str, *, wrong: dict[str, Any], right: dict[str, Any]) -> Row:
    """A field of the spec that is wrong, and then right."""
    cause: Act = lambda case: case.spec(**wrong)  # noqa: E731
    cure: Act = lambda case: case.spec(**right)  # noqa: E731
    return Row(
        kind="MigHook",
        type=type_,
        reason=conditions.NOT_SET,
        category=conditions.CRITICAL,
        declare=declare,
        cause=cause,
        cure=cure,
    )


ROWS = (
    row(conditions.INVALID_IMAGE, wrong={"image": "not an image"}, right={"image": SPEC["image"]}),
    row(conditions.INVALID_TARGET, wrong={"targetCluster": "both"}, right={"targetCluster": "destination"}),
    row(conditions.INVALID_PLAYBOOK_DATA, wrong={"playbook": "- hosts: all"}, right={"playbook": PLAYBOOK}),
    row(conditions.INVALID_CUSTOM_HOOK, wrong={"custom": True}, right={"playbook": None}),
    row(conditions.INVALID_ANSIBLE_HOOK, wrong={"playbook": None}, right={"custom": True}),
)
