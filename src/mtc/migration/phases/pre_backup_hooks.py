"""PreBackupHooks: runs the user's hook before anything is backed up."""

from mtc.api.migration.migplan import HookPhase
from mtc.migration import hooks

PHASE = hooks.phase(HookPhase.PRE_BACKUP, "before the Backup")
