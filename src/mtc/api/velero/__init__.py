"""The kinds of `velero.io`, one a file. They live on every cluster, and real Velero may be the one who reconciles them.

Each module has exactly one `Resource`, named as the kind whose lower-case name the file bears, and the structs of its spec
and status. Nothing else lives here. The folder is scanned. None of the kinds has a status subresource: Velero creates
objects with a filled status in one call, which a status subresource would silently drop.
"""
