"""The volumes of a plan: which there are, what can be done with each, and what is proposed.

`discovery` reads the clusters; `workloads`, `classes`, `entries` and `conversion` decide, as pure functions over what was
read. A person's choice in `spec.persistentVolumes` is never overwritten.
"""
