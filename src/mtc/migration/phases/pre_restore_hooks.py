"""PreRestoreHooks: runs the user's hook right before objects are restored."""

from mtc.api.migration.migplan import HookPhase
from mtc.migration import hooks

PHASE = hooks.phase(HookPhase.PRE_RESTORE, "before the Restore")
