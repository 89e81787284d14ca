"""Rules for objects on their way out of an archive, one file each with `ACTION`. They get a `restore.context.Subject`."""
