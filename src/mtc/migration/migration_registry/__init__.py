"""The registries through which images travel: one on each cluster for as long as a migration needs them, both with the same storage.

The source's engine pushes into the one, the target's pulls from the other; what is between them is the bucket. All parts carry labels with
the UID of the plan, by which they are found again, whichever migration of it has made them and wherever that was killed.
"""
