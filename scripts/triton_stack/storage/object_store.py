"""Bundles in an S3-compatible object store, by obstore.

Credentials come from the environment or the AWS chain (keys, profile, workload identity), never from options.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from triton_stack.repository.bundle import Bundle, read_chunks
from triton_stack.repository.manifest import FileEntry
from triton_stack.spec.names import MANIFEST_FILE
from triton_stack.storage.location import Location

# Below this a file is one request; above, obstore sends parts of this size, several at once.
PART_BYTES = 16 << 20


class StorageError(Exception):
    """The store could not be used; the message is for the user and says what to do."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a publish did: files uploaded, and files that were there and have the right content."""

    uploaded: int
    kept: int


def open_store(location: Location) -> S3Store:
    """Open the bucket; nothing is sent yet.

    Raises:
        StorageError: the settings cannot be used, as when no region is known.
    """
    try:
        settings: dict[str, Any] = {"endpoint": location.endpoint, "region": location.region}
        return S3Store(
            location.bucket,
            prefix=location.prefix or None,
            virtual_hosted_style_request=not location.path_style,
            client_options={
                "allow_http": location.endpoint.startswith("http://"),
                "timeout": "300s",
                "connect_timeout": "10s",
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
            **{key: value for key, value in settings.items() if value},
        )
    except (BaseError, ValueError) as error:
        raise explain(error, location) from None


def publish_bundle(
    store: S3Store,
    location: Location,
    bundle: Bundle,
    progress: Callable[[int], None] = lambda _size: None,
) -> Published:
    """Upload what is missing, the manifest last, and prove that everything there is what the manifest says.

    Nothing that exists is ever overwritten: an object with other content is refused.

    Args:
        store: from ``open_store``.
        location: for messages.
        bundle: the model's files.
        progress: called with the number of bytes that are done since the last call.

    Raises:
        StorageError: the store cannot be used, or holds other content under a name of this bundle.
    """
    manifest = bundle.manifest
    base = f"{manifest.model}/{manifest.digest.removeprefix('sha256:')}"
    try:
        found = _list(store, base)
        uploaded = 0
        for entry in manifest.files:
            if entry.path in found:
                _verify(store, location, f"{base}/{entry.path}", entry, found[entry.path])
            else:
                _upload(store, location, f"{base}/{entry.path}", entry, bundle.contents[entry.path])
                uploaded += 1
            progress(entry.size)
        if MANIFEST_FILE in found:
            content = manifest.to_bytes()
            entry = FileEntry(MANIFEST_FILE, len(content), manifest.digest.removeprefix("sha256:"))
            _verify(store, location, f"{base}/{MANIFEST_FILE}", entry, found[MANIFEST_FILE])
        else:
            there = _list(store, base)
            for entry in manifest.files:
                if there.get(entry.path) != entry.size:
                    where = f"{location.url}/{base}/{entry.path}"
                    raise StorageError(f"{where}: sent {entry.size} bytes, the store has {there.get(entry.path)}")
            obstore.put(store, f"{base}/{MANIFEST_FILE}", manifest.to_bytes())
    except (BaseError, FileNotFoundError, PermissionError) as error:
        raise explain(error, location) from None
    return Published(uploaded, len(manifest.files) - uploaded)


def _upload(store: S3Store, location: Location, path: str, entry: FileEntry, content: Path | bytes) -> None:
    """Send one file, and take it back when it is no longer what was hashed."""
    digest = hashlib.sha256()

    def chunks() -> Iterator[bytes]:
        for chunk in [content] if isinstance(content, bytes) else read_chunks(content):
            digest.update(chunk)
            yield chunk

    obstore.put(store, path, chunks(), chunk_size=PART_BYTES, max_concurrency=4)
    if digest.hexdigest() != entry.sha256:
        obstore.delete(store, path)
        raise StorageError(
            f"{entry.path} of the model was changed while it was published to {location.url}: publish again"
        )


def _list(store: S3Store, base: str) -> dict[str, int]:
    """Return path below ``base`` -> size. The trailing slash keeps a longer name with the same start out."""
    found: dict[str, int] = {}
    for batch in obstore.list(store, prefix=f"{base}/"):
        for item in batch:
            found[item["path"].removeprefix(f"{base}/")] = item["size"]
    return found


def _verify(store: S3Store, location: Location, path: str, entry: FileEntry, size: int) -> None:
    digest = hashlib.sha256()
    if size == entry.size:
        for chunk in obstore.get(store, path).stream(min_chunk_size=PART_BYTES):
            digest.update(chunk)
    if digest.hexdigest() != entry.sha256 or size != entry.size:
        raise StorageError(
            f"{location.url}/{path} has other content (expected sha256 {entry.sha256} and {entry.size} bytes, found "
            f"{digest.hexdigest() if size == entry.size else 'another size'} and {size} bytes); it is left as it is: "
            "remove that object and publish again"
        )


def explain(error: Exception, location: Location) -> StorageError:
    """Say an error of the store in a user's words, with what to do."""
    text = str(error).split("Debug source:")[0]
    where = f"{location.url} at {location.endpoint or 'AWS'}"
    if "NoSuchBucket" in text:
        return StorageError(f'the bucket "{location.bucket}" does not exist ({where}): create it, or correct --to')
    if "169.254.169.254" in text or "MetadataError" in text or "InstanceCredential" in text:
        return StorageError(f"no credentials were found ({where}): set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    wrong_keys = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "403", "401", "UnauthenticatedError")
    if isinstance(error, PermissionError) or any(word in text for word in wrong_keys):
        return StorageError(
            f"access was denied ({where}): set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_PROFILE) "
            "to keys that may write there"
        )
    if any(word in text for word in ("error sending request", "Connect", "dns error", "timed out")):
        return StorageError(f"the store cannot be reached ({where}): check --endpoint, the network and the store")
    if "egion" in text and "issing" in text:
        return StorageError(f"no region is known ({where}): give --region or set AWS_REGION")
    first = " ".join(text.split())[:300]
    return StorageError(f"the store refused ({where}): {first}")
