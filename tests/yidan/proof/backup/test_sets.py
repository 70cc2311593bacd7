"""A set is read only if it is the one its manifest tells of, in a folder and in one file."""

import json
import tarfile

import pytest

from yidan.proof.backup import sets
from yidan.proof.backup.sets import BackupError, Writer, draft_of, put_in_place


@pytest.fixture(params=["set", "set.tar"])
def made(request, tmp_path):
    """A finished set of two members."""
    target = tmp_path / "to" / request.param
    with draft_of(target, "draft") as draft:
        (draft / "set").mkdir()
        writer = Writer(draft / "set", None)
        for name, data in (("a", b"first"), ("b", b"second")):
            (draft / name).write_bytes(data)
            writer.take(name, draft / name)
        content = dict.fromkeys(sets.NEEDED) | {"format": sets.FORMAT, "members": writer.members}
        writer.close(json.dumps(content).encode(), b"\x01" * 64)
        put_in_place(draft / "set", target, one_file=target.suffix == ".tar")
    return target


def changed(made, name, data):
    """The set with a member of other bytes, removed if None."""
    if made.is_dir():
        (made / name).write_bytes(data) if data is not None else (made / name).unlink()
        return
    with tarfile.open(made) as archive:
        kept = {m.name: archive.extractfile(m).read() for m in archive if m.name != name}
    folder = made.parent / "again"
    folder.mkdir()
    if data is not None:
        kept[name] = data
    with tarfile.open(made, "w") as archive:
        for each, content in kept.items():
            (folder / each).write_bytes(content)
            archive.add(folder / each, each)


def opened(made):
    with sets.read(made) as reader:
        reader.check()


def test_a_whole_set_reads_back_and_nothing_else_is_left_there(made, tmp_path):
    with sets.read(made) as reader:
        reader.check()
        assert reader.extract("a", None, tmp_path / "a")
        assert not reader.extract("c", None, tmp_path / "c")
        assert reader.signature == b"\x01" * 64
    assert (tmp_path / "a").read_bytes() == b"first"
    assert [path.name for path in made.parent.iterdir()] == [made.name]


@pytest.mark.parametrize("data", [b"sEcond", b"sec", b"", None])
def test_a_changed_cut_or_missing_member_is_refused(made, data):
    changed(made, "b", data)
    with pytest.raises(BackupError, match="b"):
        opened(made)


def test_a_member_that_the_manifest_does_not_name_is_refused(made):
    changed(made, "c", b"guest")
    with pytest.raises(BackupError, match="not what its manifest says: c"):
        opened(made)


@pytest.mark.parametrize("name", [sets.MANIFEST, sets.SIGNATURE])
def test_without_manifest_or_signature_it_is_no_backup(made, name):
    changed(made, name, None)
    with pytest.raises(BackupError, match="is no backup"):
        opened(made)


@pytest.mark.parametrize(
    "manifest",
    [b"", b"[]", b"{}", b'{"format": "yidan-backup/1"}', b"\xff"],
)
def test_a_manifest_of_another_kind_is_refused(made, manifest):
    changed(made, sets.MANIFEST, manifest)
    with pytest.raises(BackupError, match="is not one of"):
        opened(made)


def test_a_manifest_cannot_name_files_elsewhere(made):
    content = dict.fromkeys(sets.NEEDED) | {"format": sets.FORMAT, "members": {"../a": {}}}
    changed(made, sets.MANIFEST, json.dumps(content).encode())
    with pytest.raises(BackupError, match="is not one of"):
        opened(made)


def test_a_signature_that_is_no_hex_is_refused(made):
    changed(made, sets.SIGNATURE, b"signed, me")
    with pytest.raises(BackupError, match="no signature"):
        opened(made)


@pytest.mark.parametrize("made", ["set.tar"], indirect=True)
def test_a_tar_file_cut_off_anywhere_is_refused(made):
    data = made.read_bytes()
    end = data.rindex(b"second") + 6
    for length in (0, 100, 512, 700, 1500, end - 1):
        made.write_bytes(data[:length])
        with pytest.raises(BackupError):
            opened(made)


def test_two_do_not_build_in_one_place_and_what_a_killed_one_left_is_removed(tmp_path):
    left = tmp_path / ".set.draft"
    left.mkdir()
    (left / "half").touch()
    with draft_of(tmp_path / "set", "draft") as draft:
        assert list(draft.iterdir()) == []
        with (
            pytest.raises(BackupError, match="another backup"),
            draft_of(tmp_path / "other", "draft"),
        ):
            pass
    assert list(tmp_path.iterdir()) == []
