"""Migration Toolkit for Containers: moves whole applications between Kubernetes and OpenShift clusters.

One package is every program of the toolkit: `mtc controller` on the host cluster, `mtc engine` and `mtc node-agent`
on every cluster, `mtc lab` on a developer's machine, and the command line for people. The layers and who may import
whom are described in docs/architecture.md and held by import-linter.
"""

__version__ = "0.1.0"
