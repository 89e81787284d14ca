"""The archive that a person hands to somebody else: objects and logs of all clusters, without secrets, with a summary that opens from disk.

What lives here: what is taken (`wanted`, `objects`, `pod_logs`, `bucket`), how secrets are taken out (`secrets`, `forms`, `redact`), the
layout of the archive (`layout`), the pages that are made of it (`plans`, `summary`), and the way back from an archive to clusters that can
be looked at (`reader`). It reads clusters and writes one folder or file of the person; it changes no cluster.
"""
