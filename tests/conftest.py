"""What holds for all tests: a busy machine is no failure of a property, and servers that live for minutes need not save memory."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

#: Programs in Go (etcd, kube-apiserver, object storage) collect garbage less often, which is a quarter less of their processor time, as long
#: as there is not much of it.
os.environ.setdefault("GOGC", "400")
os.environ.setdefault("GOMEMLIMIT", "768MiB")
