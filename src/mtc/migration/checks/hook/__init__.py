"""Checks of a MigHook. They look at nothing but the MigHook itself: image, account and namespace are for the migration to find."""
