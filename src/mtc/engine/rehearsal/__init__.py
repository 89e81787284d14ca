"""What a backup and a restore would do, found out without a write: the same collecting, the same actions, the same decisions.

What lives here: the client whose writes are dry runs, and the run that goes from one cluster to the other through a temporary
file. The API server of the target judges each object as it would in earnest: schema, admission, quotas. What it cannot be asked
about is said. Nothing here decides what is migrated.
"""
