"""What the controller must be allowed to do on the clusters of a migration, and whether it is.

`needed` is the one list of rights, by what a cluster is used for; `reviews` asks a cluster which of them the token has;
`roles` writes the roles that grant them. The list is used by the checks of MigClusters and MigPlans, by the roles in
deploy/manifests/least-privilege, and by the stories about declarations and migrations, which run with just these rights.
What the engine and the node agents may do is no part of it.
"""
