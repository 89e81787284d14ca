"""InvalidCustomHook, InvalidAnsibleHook: there is a playbook exactly when the hook is one that runs a playbook."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.mighook import MigHook
from mtc.migration import checks

_CUSTOM, _ANSIBLE = conditions.INVALID_CUSTOM_HOOK, conditions.INVALID_ANSIBLE_HOOK


async def _run(hook: MigHook, _: Sequence[Condition]) -> list[Condition]:
    has_playbook = bool(hook.spec.playbook.strip())
    if hook.spec.custom and has_playbook:
        message = (
            f"MigHook {hook.ref} has spec.custom: true, so its image does the work by itself, and a spec.playbook that nobody would run. "
            "Remove the playbook, or set spec.custom to false."
        )
        return [checks.critical(_CUSTOM, conditions.NOT_SET, message)]
    if not hook.spec.custom and not has_playbook:
        message = (
            f"MigHook {hook.ref} has spec.custom: false, so it runs a playbook, and no spec.playbook. "
            "Put the playbook there in base64, or set spec.custom to true if the image needs none."
        )
        return [checks.critical(_ANSIBLE, conditions.NOT_SET, message)]
    return []


CHECK = checks.Check(order=40, types=(_CUSTOM, _ANSIBLE), run=_run)
