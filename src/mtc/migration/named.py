"""How a loop names an object that it steps."""

from typing import Protocol


class Named(Protocol):
    """How the caller names an object; the same one is handed to `wake`."""

    @property
    def namespace(self) -> str:
        """Namespace."""

    @property
    def name(self) -> str:
        """Name."""
