"""The kinds of `migration.openshift.io/v1alpha1`, one a file. They live on the host cluster.

Each module has exactly one `Resource`, named as the kind whose lower-case name the file bears, and the structs of its spec
and status. Nothing else lives here. The folder is scanned.
"""
