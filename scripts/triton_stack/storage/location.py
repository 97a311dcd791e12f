"""Where bundles are. Pure."""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Location:
    """Where bundles go: ``url`` is ``s3://bucket/prefix``, ``endpoint`` is empty for AWS itself."""

    url: str
    endpoint: str = ""
    region: str = ""
    path_style: bool = False

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return urlsplit(self.url).netloc

    @property
    def prefix(self) -> str:
        """The prefix, without slashes around it."""
        return urlsplit(self.url).path.strip("/")
