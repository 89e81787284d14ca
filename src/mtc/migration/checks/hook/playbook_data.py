"""InvalidPlaybookData: a playbook is stored in base64, in one line or wrapped."""

import base64
import binascii
from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.mighook import MigHook
from mtc.migration import checks

_TYPE = conditions.INVALID_PLAYBOOK_DATA


async def _run(hook: MigHook, _: Sequence[Condition]) -> list[Condition]:
    try:
        base64.b64decode(hook.spec.playbook.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        message = f"spec.playbook of MigHook {hook.ref} is not base64. Encode the playbook with `base64 -w0 playbook.yml`."
        return [checks.critical(_TYPE, conditions.NOT_SET, message)]
    return []


CHECK = checks.Check(order=30, types=(_TYPE,), run=_run)
