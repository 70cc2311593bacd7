"""A backup taken while everything works is whole elsewhere, and an old one releases nothing.

QUALITY G13 (restored elsewhere: root, counts and receipts verify) and attack C2 (restored from an
old backup: the witnesses have seen more).
"""

import hashlib
import json
import os
import shutil
import signal
import sys
import threading
import time
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import make_url, text

from ledger import verify
from ledger.commitment import commit
from tests.chaos.ledger_parts import witnesses
from tests.chaos.test_chain_gone import Sea
from tests.port import Port
from tests.yidan.proof.test_service import free_port
from yidan import bootstrap, cli
from yidan.config import Settings
from yidan.kernel.errors import RefusedError
from yidan.kernel.events import Actor, Event, event
from yidan.proof import bundles, fsck, setup, stopping
from yidan.proof.backup.restoring import restore
from yidan.proof.backup.sealing import SealError
from yidan.proof.backup.sets import BackupError
from yidan.proof.backup.taking import backup, public_settings
from yidan.proof.service import Ledger
from yidan.store import ledger_state, log, rebuild, snapshots
from yidan.store.alarms import open_alarms
from yidan.store.engine import is_sqlite, reading, writing

pytestmark = pytest.mark.integration

SECRET = b"a long passphrase in a file"


@event("testing.kept.v1")
@dataclass(frozen=True, kw_only=True)
class Kept(Event):
    what: str


def record(services, subject, what):
    with services.unit_of_work(Actor(party="p")) as uow:
        uow.record(subject, Kept(what=what))
        uow.commit()


def never():
    raise AssertionError("no server is restored here")


def sealed(services, target, secret=SECRET):
    return backup(services.engine, services.settings, target, passphrase=secret, with_keys=True)


def restored(source, settings, secret=SECRET, **more):
    return restore(source, settings, passphrase=secret, open_server=never, **more)


class Writers:
    """Threads that record events and put blobs until they are told to stop."""

    def __init__(self, services, count=3):
        self._services = services
        self._stop = threading.Event()
        self.done = []
        """What was acknowledged, in order."""
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in range(count)]

    def _write(self, number):
        turn = 0
        while not self._stop.is_set():
            what = f"{number}-{turn}"
            self._services.blobs.put(what.encode())
            record(self._services, f"writer:{number}", what)
            self.done.append(what)
            turn += 1

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def sea(tmp_path):
    found = Sea(tmp_path / "here")
    yield found
    found.close()


def all_cosigned(sea):
    found = sea.measured()
    return found.events_not_logged == 0 and found.cosigned_size == found.leaves > 0


def cosigned_size(services):
    with reading(services.engine) as connection:
        found = log.latest_checkpoint(connection, cosigned=True)
    return found.size if found else 0


def kept_words(engine):
    with reading(engine) as connection:
        rows = connection.execute(text("SELECT content FROM event_content")).scalars()
        return {json.loads(row).get("what") for row in rows}


def test_g13_a_backup_under_load_is_whole_elsewhere_and_goes_on_there(sea, tmp_path):
    sea.chain_comes()
    sea.witnesses_come(1, 2, 3)
    right = sea.port.ready()
    sea.until(sea.all_anchored)
    trust = setup.read_trust(sea.settings)
    with reading(sea.services.engine) as connection:
        receipt = bundles.of_subject(connection, trust, f"right:{right.id}")
    trusted = tmp_path / "policy-from-before"
    trusted.write_bytes(setup.policy_path(sea.settings).read_bytes())

    with Writers(sea.services) as writers:
        while len(writers.done) < 30:
            sea.round()
        working = threading.Event()
        rounds = threading.Thread(target=lambda: [sea.round() for _ in iter(working.is_set, True)])
        rounds.start()
        before = list(writers.done)
        manifest = sealed(sea.services, tmp_path / "sets/one.tar")
        during = len(writers.done) - len(before)
        working.set()
        rounds.join()
    assert during > 0, "nobody wrote meanwhile: this was no backup under load"
    sea.close()

    there = replace(sea.settings, var=tmp_path / "elsewhere/var")
    assert restored(tmp_path / "sets/one.tar", there, policy=trusted.read_bytes()) == manifest
    services = bootstrap.build(there)
    with reading(services.engine) as connection:
        assert snapshots.counts(connection) | {"ledger_state": 0} == manifest["rows"]
        assert log.size(connection) == manifest["log"]["size"] > 0
        again = bundles.of_subject(connection, setup.read_trust(there), f"right:{right.id}")
    assert set(before) <= kept_words(services.engine)
    for what in kept_words(services.engine) - {None}:
        if "-" in what:
            assert services.blobs.get(hashlib.sha256(what.encode()).hexdigest()) == what.encode()
    report = fsck.check(services.engine, there)
    assert (report.findings, report.anchors > 0) == ((), True)
    assert rebuild.check(services.engine, commit).findings == ()
    for number, data in enumerate((receipt, again)):
        bundle = tmp_path / f"bundle-{number}"
        bundle.write_bytes(data)
        assert verify.main([str(bundle), "--policy", str(trusted)]) == 0

    # Its witnesses have seen no more than the set holds: they agree, and all goes on.
    moved = moved_to(there, services, sea)
    assert "with its own witnesses" in moved.measured().stopped
    stopping.resume(services.engine)
    assert moved.measured().stopped != ""
    moved.chain_comes()
    moved.witnesses_come(1, 2, 3)
    moved.until(lambda: moved.measured().stopped == "")
    record(services, "writer:new", "after")
    moved.until(moved.all_anchored)
    assert fsck.check(services.engine, there).findings == ()
    moved.close()


def moved_to(settings, services, sea):
    """The sea's chain and witnesses beside a restored platform."""
    moved = Sea.__new__(Sea)
    moved.services, moved.settings = services, settings
    moved.chain, moved.witnesses = sea.chain, sea.witnesses
    moved.ledger = Ledger(services)
    return moved


def test_c2_a_log_older_than_what_a_witness_saw_signs_nothing_until_the_newest_is_back(
    sea, tmp_path
):
    sea.witnesses_come(1, 2, 3)
    right = sea.port.ready()
    sea.until(lambda: all_cosigned(sea))
    sealed(sea.services, tmp_path / "old")
    record(sea.services, "writer:1", "newer")
    sea.until(lambda: all_cosigned(sea))
    sealed(sea.services, tmp_path / "new")
    sea.close()
    alive = sea.settings.var / "witnesses"

    def with_living_witnesses(source, var):
        there = replace(sea.settings, var=var)
        restored(source, there)
        shutil.rmtree(var / "witnesses")
        shutil.copytree(alive, var / "witnesses")
        services = bootstrap.build(there)
        stopping.resume(services.engine)
        return services

    old = with_living_witnesses(tmp_path / "old", tmp_path / "a/var")
    record(old, "writer:1", "a fork, were it logged")
    ledger = Ledger(old)
    with witnesses(old.settings, 1, 2, 3):
        for turn in range(3):
            ledger.round()
            with reading(old.engine) as connection:
                why = ledger_state.releases_stopped(connection)
                found = (log.size(connection), log.latest_checkpoint(connection).size)
                alarms = {alarm.kind for alarm in open_alarms(connection)}
            assert "has seen" in why, turn
            assert "restore the newest backup" in why
            assert found[0] == found[1], "a leaf or a checkpoint was made on an old log"
            assert "ledger-stopped" in alarms
            with writing(old.engine) as connection:
                ledger_state.resume_releases(connection)
    ledger.close()
    with pytest.raises(RefusedError) as refused:
        Port(SimpleNamespace(open=old.unit_of_work), sea.port.ids).assigned(right.id)
    assert "releases-stopped" in [reason.code for reason in refused.value.reasons]
    old.engine.dispose()

    new = with_living_witnesses(tmp_path / "new", tmp_path / "b/var")
    ledger = Ledger(new)
    with witnesses(new.settings, 1, 2, 3):
        ledger.round()
        ledger.round()
    with reading(new.engine) as connection:
        assert ledger_state.releases_stopped(connection) is None
    ledger.close()
    new.engine.dispose()


def test_c2_a_database_put_back_by_hand_signs_no_checkpoint_of_another_history(sea, tmp_path):
    sea.witnesses_come(1, 2, 3)
    record(sea.services, "writer:1", "first")
    sea.until(lambda: all_cosigned(sea))
    sea.services.engine.dispose()
    shutil.copy(sea.settings.var / "yidan.db", tmp_path / "kept.db")
    record(sea.services, "writer:1", "second")
    sea.until(lambda: all_cosigned(sea))
    sea.ledger.close()
    sea.services.engine.dispose()
    for path in sea.settings.var.glob("yidan.db-*"):
        path.unlink()
    shutil.copy(tmp_path / "kept.db", sea.settings.var / "yidan.db")

    record(sea.services, "writer:1", "another second")
    sea.ledger = Ledger(sea.services)
    for _ in range(3):
        sea.round()
    found = sea.measured()
    assert "has seen" in found.stopped
    assert found.checkpoint_size < found.leaves


def test_c2_an_empty_database_under_a_known_key_signs_nothing(sea):
    sea.witnesses_come(1, 2, 3)
    record(sea.services, "writer:1", "first")
    sea.until(lambda: all_cosigned(sea))
    sea.ledger.close()
    sea.services.engine.dispose()
    for path in sea.settings.var.glob("yidan.db*"):
        path.unlink()
    sea.services = bootstrap.build(sea.settings)
    record(sea.services, "writer:1", "another first")
    sea.ledger = Ledger(sea.services)
    for _ in range(3):
        sea.round()
    assert "has seen" in sea.measured().stopped
    assert sea.measured().checkpoint_size == 0


def test_a_restored_log_waits_while_too_few_witnesses_answer(small, tmp_path):
    there = replace(small.settings, var=tmp_path / "there")
    sealed(small, tmp_path / "set")
    restored(tmp_path / "set", there)
    services = bootstrap.build(there)
    record(services, "box:1", "after")
    ledger = Ledger(services)

    def stopped():
        ledger._next_checkpoint = 0.0
        ledger.round()
        with reading(services.engine) as connection:
            assert log.size(connection) == 0 or not ledger_state.restored_from(connection)
            return ledger_state.releases_stopped(connection)

    with witnesses(there, 1, 2, 3):
        assert "with its own witnesses" in stopped()
    stopping.resume(services.engine)
    assert "were not asked yet" in stopped()
    with witnesses(there, 2):
        assert "were not asked yet" in stopped()
    with witnesses(there, 1, 3):
        assert stopped() is None
    ledger.close()
    services.engine.dispose()


@pytest.fixture
def small(tmp_path):
    """A platform on SQLite with a policy, a blob and an event, nothing running."""
    ports = ",".join(str(free_port()) for _ in range(3))
    settings = Settings(var=tmp_path / "small/var", witness_ports=ports)
    services = bootstrap.build(settings)
    setup.prepare(settings)
    services.blobs.put(b"a document")
    record(services, "box:1", "first")
    yield services
    services.engine.dispose()


def test_a_wrong_or_missing_passphrase_opens_nothing(small, tmp_path):
    sealed(small, tmp_path / "set")
    there = replace(small.settings, var=tmp_path / "there")
    with pytest.raises(SealError, match="wrong passphrase"):
        restored(tmp_path / "set", there, b"another")
    with pytest.raises(BackupError, match="--passphrase-file"):
        restored(tmp_path / "set", there, None)
    assert not there.var.exists()
    seen = b"".join(path.read_bytes() for path in (tmp_path / "set").iterdir())
    for secret in (b"first", b"a document", small.keys["session"]):
        assert secret not in seen


def test_keys_in_clear_are_refused_and_left_out_on_request(small, tmp_path):
    arguments = {"passphrase": None, "with_keys": True}
    with pytest.raises(BackupError, match="--no-keys"):
        backup(small.engine, small.settings, tmp_path / "set", **arguments)
    manifest = backup(
        small.engine, small.settings, tmp_path / "set", passphrase=None, with_keys=False
    )
    assert "keys.tar" not in manifest["members"]
    there = replace(small.settings, var=tmp_path / "there")
    with pytest.raises(BackupError, match="not sealed"):
        restored(tmp_path / "set", there)
    restored(tmp_path / "set", there, None)
    with pytest.raises(setup.MissingKeyError, match="lacks log"):
        setup.prepare(there)
    shutil.copytree(small.settings.var / "keys", there.var / "keys", dirs_exist_ok=True)
    assert setup.prepare(there) == setup.read_policy(small.settings)


def test_every_changed_byte_of_a_member_is_refused(small, tmp_path):
    backup(small.engine, small.settings, tmp_path / "set", passphrase=None, with_keys=False)
    there = replace(small.settings, var=tmp_path / "there")
    for path in sorted((tmp_path / "set").iterdir()):
        data = bytearray(path.read_bytes())
        for place in {0, len(data) // 2, len(data) - 2}:
            data[place] ^= 1
            path.write_bytes(data)
            with pytest.raises(BackupError):
                restored(tmp_path / "set", there, None)
            data[place] ^= 1
        path.write_bytes(data)
    assert not there.var.exists()
    restored(tmp_path / "set", there, None)


def test_a_manifest_made_to_fit_changed_members_lacks_the_logs_signature(small, tmp_path):
    manifest = backup(
        small.engine, small.settings, tmp_path / "set", passphrase=None, with_keys=False
    )
    manifest["rows"]["event"] += 1
    (tmp_path / "set/manifest.json").write_text(json.dumps(manifest))
    there = replace(small.settings, var=tmp_path / "there")
    with pytest.raises(BackupError, match="not signed by the log's key"):
        restored(tmp_path / "set", there, None)


def test_a_whole_set_of_somebody_elses_log_is_refused_by_the_policy_one_had(small, tmp_path):
    other = replace(small.settings, var=tmp_path / "other")
    bootstrap.build(other).engine.dispose()
    setup.prepare(other)
    sealed(small, tmp_path / "set")
    there = replace(small.settings, var=tmp_path / "there")
    with pytest.raises(BackupError, match="another log"):
        restored(tmp_path / "set", there, policy=setup.policy_path(other).read_bytes())
    assert not there.var.exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"log_origin": "other.example/log"}, "YIDAN_LOG_ORIGIN was"),
        ({"chain_id": 7}, "YIDAN_CHAIN_ID was 20251 and is 7"),
        ({"database_url": "postgresql+psycopg://localhost/x"}, "sqlite database"),
    ],
)
def test_settings_that_make_it_another_installation_are_named(small, tmp_path, change, says):
    sealed(small, tmp_path / "set")
    there = replace(small.settings, var=tmp_path / "there", **change)
    with pytest.raises(BackupError, match=says):
        restored(tmp_path / "set", there)


def test_nothing_is_overwritten(small, tmp_path):
    sealed(small, tmp_path / "set")
    with pytest.raises(BackupError, match="there already"):
        sealed(small, tmp_path / "set")
    there = replace(small.settings, var=tmp_path / "there")
    there.var.mkdir()
    (there.var / "mine").touch()
    with pytest.raises(BackupError, match="not empty"):
        restored(tmp_path / "set", there)
    (there.var / "mine").unlink()
    restored(tmp_path / "set", there)


def test_what_is_restored_is_readable_by_nobody_else(small, tmp_path):
    sealed(small, tmp_path / "set")
    there = replace(small.settings, var=tmp_path / "there")
    restored(tmp_path / "set", there)
    assert (there.var / "keys/log").read_bytes() == (small.settings.var / "keys/log").read_bytes()
    made = [there.var, *there.var.rglob("*")]
    assert [path for path in made if path.stat().st_mode & 0o077] == []


def test_a_folder_nobody_here_knows_is_taken_too(small, tmp_path):
    (small.settings.var / "tiles/0").mkdir(parents=True)
    (small.settings.var / "tiles/0/000").write_bytes(b"\x01" * 32)
    sealed(small, tmp_path / "set")
    there = replace(small.settings, var=tmp_path / "there")
    restored(tmp_path / "set", there)
    assert (there.var / "tiles/0/000").read_bytes() == b"\x01" * 32


def test_a_blob_changed_on_disk_stops_the_backup(small, tmp_path):
    (path,) = [found for found in (small.settings.var / "blobs").rglob("*") if found.is_file()]
    path.write_bytes(b"another document")
    with pytest.raises(BackupError, match="changed on disk"):
        sealed(small, tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_a_manifest_tells_the_settings_without_passwords():
    shown = public_settings(Settings(database_url="postgresql+psycopg://u:pa55@db.example/yidan"))
    assert shown["database_url"] == "postgresql+psycopg://…@db.example/yidan"
    assert "pa55" not in json.dumps(shown)


def test_the_commands_say_what_they_did_and_why_not(small, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET + b"\n")
    ports = {"YIDAN_WITNESS_PORTS": small.settings.witness_ports}
    environment = {"YIDAN_VAR": str(small.settings.var), **ports}

    def run(*arguments):
        return CliRunner().invoke(cli.main, [str(one) for one in arguments], env=environment)

    set_file = tmp_path / "set.tar"
    bare = run("backup", set_file)
    assert (bare.exit_code, "--no-keys" in bare.output) == (1, True)
    taken = run("backup", set_file, "--passphrase-file", secret, "--json")
    assert taken.exit_code == 0, taken.output
    assert json.loads(taken.output)["rows"]["event"] == 1
    into = ("--into", tmp_path / "there", "--passphrase-file", secret)
    (tmp_path / "faulty").write_text("log nobody\n")
    faulty = run("restore", set_file, *into, "--policy", tmp_path / "faulty")
    assert (faulty.exit_code, "Error: line 1: " in faulty.stderr) == (1, True)
    back = run("restore", set_file, *into)
    assert back.exit_code == 0, back.output
    assert "1 events" in back.output
    twice = run("restore", set_file, "--into", tmp_path / "there", "--passphrase-file", secret)
    assert (twice.exit_code, "is not empty" in twice.output) == (1, True)


def killed(number, work):
    """Run work in a child that gets SIGKILL at its `number`th touch of a file; True if it did."""
    child = os.fork()
    if child == 0:
        seen = 0

        def touched(name, _arguments):
            nonlocal seen
            if name in {"open", "os.rename", "os.mkdir", "os.remove", "sqlite3.connect"}:
                seen += 1
                if seen == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(touched)
        try:
            work()
        except BaseException:  # noqa: BLE001 - the parent reports it
            os._exit(7)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("name", ["set", "set.tar"])
def test_a_killed_backup_leaves_no_set_or_a_whole_one(small, tmp_path, name):
    small.engine.dispose()
    target, number, whole = tmp_path / name, 1, 0
    while killed(number, lambda: sealed(small, target)):
        if target.exists():
            there = replace(small.settings, var=tmp_path / f"there-{number}")
            restored(target, there)
            whole += 1
            shutil.rmtree(target) if target.is_dir() else target.unlink()
        number += 3
    assert number > 30
    restored(target, replace(small.settings, var=tmp_path / "last"))


def test_a_killed_restore_leaves_no_folder_or_a_whole_one(small, tmp_path):
    sealed(small, tmp_path / "set")
    small.engine.dispose()
    there, number = replace(small.settings, var=tmp_path / "to/var"), 1
    while killed(number, lambda: restored(tmp_path / "set", there)):
        if there.var.exists():
            checked(there)
            shutil.rmtree(there.var)
        number += 3
    assert number > 30
    checked(there)
    assert [path.name for path in there.var.parent.iterdir()] == ["var"]


def checked(there):
    services = bootstrap.build(there)
    with reading(services.engine) as connection:
        assert ledger_state.restored_from(connection)
    assert rebuild.check(services.engine, commit).findings == ()
    services.engine.dispose()


@pytest.fixture
def empty_server(postgres_server):
    """Makes new, empty PostgreSQL databases."""
    import psycopg

    names = []
    plain = postgres_server.replace("+psycopg", "")

    def make():
        names.append(f"b{os.urandom(6).hex()}")
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {names[-1]}")
        return (
            make_url(postgres_server).set(database=names[-1]).render_as_string(hide_password=False)
        )

    yield make
    with psycopg.connect(plain, autocommit=True) as connection:
        for name in names:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def on_server(settings, url, var):
    return replace(settings, database_url=url, var=var)


def filled(source, there):
    engine = bootstrap.open_engine(there)
    try:
        return restore(source, there, passphrase=SECRET, open_server=lambda: engine)
    finally:
        engine.dispose()


def test_g13_postgresql_under_load_is_whole_elsewhere(empty_server, tmp_path):
    ports = ",".join(str(free_port()) for _ in range(3))
    settings = Settings(
        var=tmp_path / "var", witness_ports=ports, database_url=empty_server(), checkpoint_every_s=0
    )
    services = bootstrap.build(settings)
    setup.prepare(settings)
    ledger = Ledger(services)
    with witnesses(settings, 1, 2, 3), Writers(services) as writers:
        deadline = time.monotonic() + 60
        while len(writers.done) < 40 or not cosigned_size(services):
            assert time.monotonic() < deadline
            ledger._next_chain = 1e12  # no chain in this test
            ledger.round()
        before = list(writers.done)
        manifest = sealed(services, tmp_path / "set")
        during = len(writers.done) - len(before)
    ledger.close()
    assert (manifest["database"], manifest["log"]["cosignedSize"] > 0) == ("postgresql", True)
    assert during > 0
    services.engine.dispose()

    there = on_server(settings, empty_server(), tmp_path / "there")
    filled(tmp_path / "set", there)
    again = bootstrap.build(there)
    assert not is_sqlite(again.engine)
    with reading(again.engine) as connection:
        assert snapshots.counts(connection) | {"ledger_state": 0} == manifest["rows"]
        assert ledger_state.restored_from(connection)
    assert set(before) <= kept_words(again.engine)
    assert fsck.check(again.engine, there).findings == ()
    assert rebuild.check(again.engine, commit).findings == ()
    record(again, "writer:0", "numbers go on")
    with writing(again.engine) as connection:
        ledger_state.welcome_back(connection)
    again.engine.dispose()
    with pytest.raises(snapshots.NotEmptyError):
        filled(tmp_path / "set", replace(there, var=tmp_path / "third"))


def test_a_killed_restore_of_postgresql_starts_nothing_until_it_is_done_again(
    empty_server, tmp_path
):
    settings = Settings(var=tmp_path / "var", database_url=empty_server())
    services = bootstrap.build(settings)
    setup.prepare(settings)
    record(services, "box:1", "first")
    sealed(services, tmp_path / "set")
    services.engine.dispose()
    there = on_server(settings, empty_server(), tmp_path / "to/var")
    number = 1
    while killed(number, lambda: filled(tmp_path / "set", there)):
        if (there.var / snapshots.UNFINISHED).exists():
            with pytest.raises(bootstrap.UnfinishedRestoreError):
                bootstrap.build(there)
        elif there.var.exists():
            break
        number += 4
    if (there.var / snapshots.UNFINISHED).exists() or not there.var.exists():
        filled(tmp_path / "set", there)
    checked(there)
