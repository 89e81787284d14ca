"""Velero-compatible backup and restore of Kubernetes objects and volume data.

What lives here: the archive and bucket formats, selection, order, actions on single objects, the life cycles of the velero.io
kinds, and the node agent's work. What does not: anything about plans and migrations; MTC's duties as "Velero plug-ins"
are ordinary actions here. CRs are the only contract with the layers above.
"""
