"""Direct copies of volumes: a DirectVolumeMigration and the progress of each of its claims.

In each target namespace a pod with an rsync server and a TLS tunnel mounts the new claims (`servers`); in the source one pod for each
claim sends (`senders`). Between them only what holds the keys of this very copy gets through (`keys`, `settings_files`). `itinerary` has the legs
in their order, `operations` decides about attempts, `progress` reads what senders say.
"""
