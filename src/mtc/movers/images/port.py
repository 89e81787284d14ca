"""The port: copy an image from registry to registry, and look up what a registry has."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks a registry.

    Attributes:
        user: some registries do not look at it.
        password: or a token.
    """

    user: str
    password: str = field(repr=False)


class ImageMover(Protocol):
    """Moves images. References are `host[:port]/path/name:tag` or `…@sha256:…`. Every call raises MoverError; cancelling one stops it."""

    async def copy(
        self,
        *,
        source: str,
        target: str,
        source_login: Login | None,
        target_login: Login | None,
        verify_source_tls: bool = True,
        verify_target_tls: bool = True,
        keeps_digest: bool = False,
    ) -> str:
        """The digest that arrived, looked up at the target; the image with all its architectures.

        Args:
            source: where from.
            target: where to, with a tag.
            source_login: who asks the source; None for nobody in particular.
            target_login: the same of the target.
            verify_source_tls: whether the source must have a certificate that is trusted.
            verify_target_tls: the same of the target.
            keeps_digest: whether it must have the digest of the original there, by which others name it.

        Raises:
            errors.ImageNotFound: the source does not have it.
            errors.NotArrived: the target does not have it afterwards.
        """

    async def digest(self, image: str, *, login: Login | None, verify_tls: bool = True) -> str | None:
        """The digest under which a registry has an image, None where it has none of that name.

        Args:
            image: which one.
            login: who asks.
            verify_tls: whether the registry must have a certificate that is trusted.
        """
