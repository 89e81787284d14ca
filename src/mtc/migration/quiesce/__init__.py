"""Stopping and starting applications: which workloads, how each kind is stopped, and when its pods are gone.

`workload.py` says what a kind of workload must answer, one file each answers it, `kinds.py` has them in MTC's order,
`selection.py` says which workloads of a namespace are meant, `work.py` does it, `pods.py` looks for pods that still run.
What was already stopped is left alone, and what was stopped carries an annotation with which it can be started again.
"""
