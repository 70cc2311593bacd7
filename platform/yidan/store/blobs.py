"""Blobs in a folder: bytes under their SHA-256, never changed, checked when read."""

import hashlib
import os
import re
import secrets
from pathlib import Path
from typing import Final

from typing_extensions import override

from yidan.ports import BlobStore
from yidan.store.keys import sync_folder

_NAME: Final = re.compile(r"[0-9a-f]{64}")


class FolderBlobs(BlobStore):
    """Keeps blobs as files `ab/abcdef…` under a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @override
    def put(self, data: bytes) -> str:
        """Store bytes durably and return their SHA-256 as 64 lower-case hex digits."""
        name = hashlib.sha256(data).hexdigest()
        path = self._path(name)
        if path.exists():
            return name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{name}.{secrets.token_hex(8)}")
        try:
            with draft.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(path.parent)
        return name

    @override
    def get(self, sha256_hex: str) -> bytes:
        """Read bytes back, checked against their name.

        Raises:
            KeyError: no such blob, or its bytes are not what its name says.
        """
        if not _NAME.fullmatch(sha256_hex):
            raise KeyError(sha256_hex)
        try:
            data = self._path(sha256_hex).read_bytes()
        except FileNotFoundError:
            raise KeyError(sha256_hex) from None
        if hashlib.sha256(data).hexdigest() != sha256_hex:
            raise KeyError(f"{sha256_hex} was changed on disk")
        return data

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name
