"""The command line: one verb or group of verbs a file; `main` finds them. Nothing here is imported by other layers."""
