"""Object storage: the bucket that carries backups and volume data from the source to the target.

What lives here: the port (`port.Store`), one adapter a provider, and nothing about what the objects mean. The only folder
that imports obstore. `open_location` is the way in for everybody above.
"""

import importlib
import pkgutil

from mtc.store.errors import BadLocation
from mtc.store.port import Location, Store

__all__ = ["Location", "Store", "open_location", "providers"]


def providers() -> dict[str, str]:
    """Provider name to module name, of every adapter in this folder."""
    found: dict[str, str] = {}
    for module in pkgutil.iter_modules(__path__):
        provider = getattr(importlib.import_module(f"{__name__}.{module.name}"), "PROVIDER", None)
        if provider:
            found[provider] = module.name
    return found


def open_location(location: Location) -> Store:
    """The store of a location. Raises BadLocation for an unknown provider or settings that cannot work."""
    provider = location.provider.removeprefix("velero.io/")
    known = providers()
    if provider not in known:
        msg = f"Provider {location.provider!r} of {location.name} is not known. Use one of {', '.join(sorted(known))}."
        raise BadLocation(msg)
    store: Store = importlib.import_module(f"{__name__}.{known[provider]}").open_store(location)
    return store
