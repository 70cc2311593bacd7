"""Witness keys: made once, kept private, never under two names."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.backends.openssl.backend import backend

from ledger import bls
from ledger.note import NoteError
from ledger.witness.keys import FILE_NAME, MLDSA44_FILE_NAME, KeyFileError, load_or_create


def test_keys_are_made_at_the_first_start_and_kept(tmp_path):
    first = load_or_create(tmp_path / "w", "w.example")
    again = load_or_create(tmp_path / "w", "w.example")
    assert first.vkey == again.vkey
    assert first.bls == again.bls
    assert bls.pop_verify(first.bls.public_key, first.bls.proof)


def test_two_witnesses_have_different_keys(tmp_path):
    first, second = (load_or_create(tmp_path / n, f"{n}.example") for n in "ab")
    assert first.vkey.public_key != second.vkey.public_key
    assert first.bls.public_key != second.bls.public_key


def test_nobody_else_may_read_the_keys(tmp_path):
    load_or_create(tmp_path / "w", "w.example")
    path = tmp_path / "w" / FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir()] == [FILE_NAME]
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="readable by others"):
        load_or_create(tmp_path / "w", "w.example")


def test_two_starts_at_once_agree_on_one_key(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: load_or_create(tmp_path, "w.example").vkey, range(8)))
    assert len(set(found)) == 1


def test_keys_are_not_lent_to_another_name(tmp_path):
    load_or_create(tmp_path, "w.example")
    with pytest.raises(KeyFileError, match=r"keys of w\.example, not of other\.example"):
        load_or_create(tmp_path, "other.example")


@pytest.mark.parametrize(
    "text", ["", "[]", '{"name": "w.example"}', '{"name":"w.example","ed25519":"00","bls":""}']
)
def test_a_malformed_key_file_is_named(tmp_path, text):
    path = tmp_path / FILE_NAME
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="malformed"):
        load_or_create(tmp_path, "w.example")


def test_a_name_that_cannot_stand_in_a_line_makes_no_keys(tmp_path):
    with pytest.raises(NoteError, match="space"):
        load_or_create(tmp_path / "w", "two words")
    assert not (tmp_path / "w").exists()


def test_the_file_holds_what_its_documentation_says(tmp_path):
    load_or_create(tmp_path, "w.example")
    assert set(json.loads((tmp_path / FILE_NAME).read_text())) == {"name", "ed25519", "bls"}


def test_an_mldsa44_key_is_made_when_asked_for_and_used_ever_after(tmp_path):
    plain = load_or_create(tmp_path, "w.example")
    assert (plain.mldsa44, len(plain.vkeys)) == (None, 1)
    both = load_or_create(tmp_path, "w.example", with_mldsa44=True)
    assert both.vkeys == load_or_create(tmp_path, "w.example").vkeys
    assert both.vkeys == load_or_create(tmp_path, "w.example", with_mldsa44=True).vkeys
    assert [key.key_type for key in both.vkeys] == [4, 6]
    assert both.vkey == plain.vkey
    path = tmp_path / MLDSA44_FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(json.loads(path.read_text())) == {"name", "mldsa44"}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"name": "w.example"}', '{"name":"w.example","mldsa44":"00"}']
)
def test_a_malformed_file_of_the_additional_key_is_named(tmp_path, text):
    load_or_create(tmp_path, "w.example", with_mldsa44=True)
    path = tmp_path / MLDSA44_FILE_NAME
    path.write_text(text)
    with pytest.raises(KeyFileError, match="malformed"):
        load_or_create(tmp_path, "w.example")


def test_where_there_is_no_mldsa44_no_key_is_made_and_none_is_passed_over(tmp_path, monkeypatch):
    load_or_create(tmp_path / "has", "w.example", with_mldsa44=True)
    monkeypatch.setattr(type(backend), "mldsa_supported", lambda _self: False)
    for folder in ("has", "asks"):
        with pytest.raises(KeyFileError, match="has no ML-DSA-44"):
            load_or_create(tmp_path / folder, "w.example", with_mldsa44=True)
    assert not (tmp_path / "asks" / MLDSA44_FILE_NAME).exists()
    with pytest.raises(KeyFileError, match="has no ML-DSA-44"):
        load_or_create(tmp_path / "has", "w.example")
