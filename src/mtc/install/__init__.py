"""Puts the toolkit on a cluster: the manifests of deploy/, applied in order and waited for.

The manifests are the same files that `kubectl apply -k` takes; what is decided here is the image, the kubelet's folder and
whether the cluster is the host. Called by the command line and by the lab's demo.
"""
