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

    def problem(self) -> str:
        """Say what is wrong with the location as it is written, or nothing."""
        parts = urlsplit(self.url)
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
            return f"{self.url} is not of the form s3://BUCKET/PREFIX"
        if self.endpoint and (
            urlsplit(self.endpoint).scheme not in ("http", "https") or not urlsplit(self.endpoint).netloc
        ):
            return f"the endpoint {self.endpoint} must be a URL, as http://HOST:PORT"
        return ""
