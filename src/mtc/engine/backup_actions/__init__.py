"""Rules for objects on their way into an archive, one file each with `ACTION`. The context is `backup.context.Context`."""
