"""The relayer's key under a passphrase: never in clear on disk, and never made twice."""

import json

import pytest

from tests.counterparts.signer import SignerElsewhere
from yidan.config import Settings
from yidan.proof import keystores, setup
from yidan.proof.keystores import KeystoreError, load_or_make


def test_a_key_under_a_passphrase_is_made_once_and_lies_encrypted(tmp_path):
    key = load_or_make(tmp_path, "relayer", "a phrase")
    assert load_or_make(tmp_path, "relayer", "a phrase") == key
    (path,) = tmp_path.iterdir()
    assert (path.name, path.stat().st_mode & 0o777) == ("relayer.json", 0o600)
    assert key not in path.read_bytes()
    assert key.hex() not in path.read_text()
    stored = json.loads(path.read_text())["crypto"]
    assert (stored["kdf"], stored["kdfparams"]["n"]) == ("scrypt", 32768)


def test_a_plain_key_is_encrypted_as_soon_as_there_is_a_passphrase(tmp_path):
    plain = load_or_make(tmp_path, "relayer", "")
    assert load_or_make(tmp_path, "relayer", "a phrase") == plain
    assert [path.name for path in tmp_path.iterdir()] == ["relayer.json"]
    assert keystores.exists(tmp_path, "relayer")


def test_a_plain_key_left_beside_its_keystore_by_a_crash_is_removed(tmp_path):
    plain = load_or_make(tmp_path, "relayer", "")
    load_or_make(tmp_path, "relayer", "a phrase")
    (tmp_path / "relayer").write_bytes(plain)
    assert load_or_make(tmp_path, "relayer", "a phrase") == plain
    assert not (tmp_path / "relayer").exists()


def test_without_or_with_another_passphrase_it_stays_shut(tmp_path):
    load_or_make(tmp_path, "relayer", "a phrase")
    with pytest.raises(KeystoreError, match="YIDAN_KEY_PASSPHRASE_FILE"):
        load_or_make(tmp_path, "relayer", "")
    with pytest.raises(KeystoreError, match="does not open"):
        load_or_make(tmp_path, "relayer", "another")
    assert [path.name for path in tmp_path.iterdir()] == ["relayer.json"]


def test_the_passphrase_file_is_read_without_its_newline_and_must_say_something(tmp_path):
    file = tmp_path / "phrase"
    file.write_text("口令 with spaces \n", encoding="utf-8")
    assert keystores.passphrase(str(file)) == "口令 with spaces "
    assert keystores.passphrase("") == ""
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(KeystoreError, match="is empty"):
        keystores.passphrase(str(file))
    with pytest.raises(KeystoreError, match="cannot be read"):
        keystores.passphrase(str(tmp_path / "none"))


def test_the_settings_choose_who_signs(tmp_path):
    phrase = tmp_path / "phrase"
    phrase.write_text("a phrase\n", encoding="utf-8")
    plain = Settings(var=tmp_path / "var")
    sealed = Settings(var=tmp_path / "var", key_passphrase_file=str(phrase))
    key = setup.relayer_key(plain)
    assert setup.relayer(sealed).address == setup.relayer(plain_again(tmp_path, key)).address
    with pytest.raises(KeystoreError):
        setup.relayer(plain)


def plain_again(tmp_path, key):
    folder = tmp_path / "other/keys"
    folder.mkdir(parents=True)
    (folder / "relayer").write_bytes(key)
    (folder / "relayer").chmod(0o600)
    return Settings(var=tmp_path / "other")


@pytest.mark.integration
def test_a_signer_elsewhere_makes_no_key_here(tmp_path):
    with SignerElsewhere() as signer:
        settings = Settings(
            var=tmp_path / "var", signer_url=signer.url, signer_address=signer.address
        )
        assert setup.relayer(settings).address == signer.address
    assert not (tmp_path / "var").exists()
