"""Pods that hold the volumes of an application while these are copied through the repository.

The node agent reads a volume where the kubelet has mounted it, so each copied claim needs a running pod. A running pod of the
application serves (`running.py`); for claims of stopped applications a sleeping pod is made after the pod template
(`templates.py`), for claims that nothing mounts one of its own. `build.py` makes the body of a sleeping pod, `work.py` does it
all, `gone.py` takes it away again. Decisions are pure.
"""
