"""The custom resources: their models, names and conditions, and the CRD YAML made from them.

Here live the words of the public contract: groups, kinds, fields, labels, annotations, finalizers, condition types. One
kind is one file in `migration/` or `velero/`; the folders are scanned, so a new kind needs no entry anywhere. Everything
here is data and pure functions; whoever reads or writes a cluster is in `mtc.kube` or above. Every layer may import this
package and it imports none of them. The one piece of output is `python -m mtc.api.crd DIR`, which writes the YAML.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtc.api import base


def kinds() -> "tuple[type[base.Resource], ...]":
    """Return the model of every kind, ordered by group and name."""
    from mtc.api import registry  # noqa: PLC0415 - names and durations must be importable without loading every model

    return registry.kinds()
