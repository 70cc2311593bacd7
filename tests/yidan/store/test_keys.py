"""Keys: made once, kept from others, the same for everybody who starts together."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from yidan.store import keys


def test_a_key_is_made_once_and_found_again(tmp_path):
    folder = tmp_path / "keys"
    first = keys.secret(folder, "session")
    assert len(first) == 32
    assert keys.secret(folder, "session") == first
    assert keys.secret(folder, "other") != first


def test_a_key_is_readable_by_its_owner_only(tmp_path):
    keys.secret(tmp_path / "keys", "session")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()]
    assert modes == [0o600]
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_stops_the_start(tmp_path, mode):
    keys.secret(tmp_path, "session")
    (tmp_path / "session").chmod(mode)
    with pytest.raises(PermissionError, match="may be read by others"):
        keys.secret(tmp_path, "session")


def test_all_who_start_together_get_one_key(tmp_path):
    start = threading.Barrier(8)

    def begin(_number):
        start.wait()
        return keys.secret(tmp_path / "keys", "session")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(begin, range(8)))) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["session"]


def test_a_signing_key_signs_for_the_same_public_key_after_a_restart(tmp_path):
    first, second = (keys.ed25519(tmp_path, "token") for _ in range(2))
    assert isinstance(first, Ed25519PrivateKey)
    second.public_key().verify(first.sign(b"x"), b"x")


def test_a_failed_making_leaves_nothing_behind(tmp_path):
    def fail():
        raise OSError("no entropy")

    with pytest.raises(OSError, match="no entropy"):
        keys.load_or_make(tmp_path, "x", fail)
    assert list(tmp_path.iterdir()) == []


def test_a_p256_key_is_made_once_and_kept_private(tmp_path):
    made, again = (keys.p256(tmp_path / "keys", "pint") for _ in range(2))
    assert made.private_numbers() == again.private_numbers()
    assert (tmp_path / "keys" / "pint").stat().st_mode & 0o077 == 0


def test_another_key_under_its_name_is_refused(tmp_path):
    other = Ed25519PrivateKey.generate().private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    (tmp_path / "pint").write_bytes(other)
    (tmp_path / "pint").chmod(0o600)
    with pytest.raises(TypeError, match="no P-256 key"):
        keys.p256(tmp_path, "pint")
