"""The only code that talks to Kubernetes.

What lives here: access (kubeconfig, token, in-cluster), one HTTP transport with retries and an adaptive limit, typed verbs
on untyped objects, discovery, list-and-watch, exec and logs. What does not: any knowledge of migrations, backups or of
which objects matter. Objects are `dict` or bytes and pass through with unknown fields and key order intact.

Callers import the modules, not the names: `from mtc.kube import client, errors`.
"""
