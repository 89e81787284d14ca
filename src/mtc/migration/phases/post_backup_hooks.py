"""PostBackupHooks: runs the user's hook when the volumes have arrived, before objects are restored."""

from mtc.api.migration.migplan import HookPhase
from mtc.migration import hooks

PHASE = hooks.phase(HookPhase.POST_BACKUP, "after the Backup")
