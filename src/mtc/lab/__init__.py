"""Two real Kubernetes clusters, an S3 server and an image registry on one Linux machine, without Docker.

What lives here: building the programs once (`binaries`, `images`), starting and finding them again (`processes`,
`cgroups`, `network`, `node`, `controlplane`), and the verbs that put the pieces together (`up`, `down`, `status`,
`load`). A cluster of the lab is one network namespace, one mount namespace and one cgroup; everything that belongs to
a lab can be found by the lab's name alone, so that `down` needs no record to clean up after a crash.

What does not: anything that the product needs on a real cluster. Nothing outside `mtc.cli.lab` and the tests may
import this package.
"""
