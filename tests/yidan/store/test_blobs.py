"""Blobs: bytes under their hash, checked when read."""

import hashlib

import pytest

from yidan.store.blobs import FolderBlobs


@pytest.fixture
def blobs(tmp_path):
    return FolderBlobs(tmp_path)


def test_what_was_put_is_got_under_its_hash(blobs):
    name = blobs.put(b"pdf")
    assert name == hashlib.sha256(b"pdf").hexdigest()
    assert blobs.get(name) == b"pdf"


def test_putting_twice_keeps_one(blobs, tmp_path):
    assert blobs.put(b"pdf") == blobs.put(b"pdf")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_changed_blob_is_not_given_out(blobs, tmp_path):
    name = blobs.put(b"pdf")
    (tmp_path / name[:2] / name).write_bytes(b"fake")
    with pytest.raises(KeyError, match="changed on disk"):
        blobs.get(name)


@pytest.mark.parametrize("name", ["", "0" * 64, "../../etc/passwd", "A" * 64, "0" * 63 + "\n"])
def test_what_is_not_there_is_a_key_error(blobs, name):
    with pytest.raises(KeyError):
        blobs.get(name)
