"""PostRestoreHooks: runs the user's hook when the application has been started in the target."""

from mtc.api.migration.migplan import HookPhase
from mtc.migration import hooks

PHASE = hooks.phase(HookPhase.POST_RESTORE, "after the Restore")
