"""One cause a file; see `mtc.migration.stalls`."""
