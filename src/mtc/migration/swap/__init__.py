"""Gives workloads other claims after a conversion of storage, and takes them back.

`claims.py` says which claim takes the place of which, `users.py` who uses them, `body.py` changes one workload,
`stateful_set.py` and `job.py` do so for the two kinds that have to be made anew, `obstacles.py` says what cannot be done before
anything is, `work.py` does it all.
Decisions are pure. A workload that was stopped for the conversion starts with the same write that gives it its claims.
"""
