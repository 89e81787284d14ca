"""The migration itself: what is declared (clusters, storage, plans), what is decided, and what runs step by step.

What lives here: the checks and conditions of the Mig* kinds, volume discovery, the itineraries and phases of a migration.
What does not: HTTP, bytes of objects or volumes (`kube`, `store`, `movers`), the work of backup and restore (`engine`,
reached only through its CRs), and which event wakes what (`operator`).
"""
