"""Direct copies, from cluster to cluster without a storage between them: volumes by rsync, images from registry to registry.

Each kind (DirectVolumeMigration, DirectImageMigration, DirectImageStreamMigration) is an object of its own with an itinerary of its
own, made by a migration or by a person. `course` steps all of them; `sides` finds their clusters and says what is wrong with them;
`volumes` and `images` have the legs. A migration knows no more of them than what their status says.
"""
