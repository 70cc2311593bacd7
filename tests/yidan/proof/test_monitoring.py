"""Whoever changes the log or a row behind the platform's back is found within one cycle."""

import json
import threading
from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest
from click.testing import CliRunner

from ledger import checkpoint as checkpoints
from ledger import merkle
from ledger.checkpoint import Checkpoint
from ledger.monitor import Kind
from ledger.note import Note
from yidan.cli import main
from yidan.proof import lag, monitoring, rows, setup
from yidan.proof.monitoring import Monitor
from yidan.store import alarms, ledger_state


@pytest.fixture
def monitor(house):
    return Monitor(house.services, house.http)


def stopped(house):
    with house.reading() as connection:
        return ledger_state.releases_stopped(connection)


def alarm_kinds(house):
    with house.reading() as connection:
        return [alarm.kind for alarm in alarms.open_alarms(connection)]


def signed(house, size, root):
    """A checkpoint as the log's own key signs it, whatever it says."""
    body = Checkpoint(house.settings.log_origin, size, root)
    line = checkpoints.sign(body, setup.log_key(house.settings))
    return body, line


def test_a_log_that_only_grows_gives_no_finding(house, monitor):
    assert monitor.round() == []  # nothing is signed yet
    for mass in range(3):
        house.weigh(mass)
        house.log()
        assert monitor.round() == []
    assert stopped(house) is None
    assert (house.settings.var / "monitor" / "head").exists()


def test_the_age_alarm_is_raised_where_the_ledger_itself_is_gone(house):
    """Nobody logs the event, nobody anchors: the monitor sees how old it is."""
    services = replace(
        house.services, settings=replace(house.settings, anchor_alarm_s=0, anchor_age_s=0)
    )
    Monitor(services, house.http).round()
    assert alarm_kinds(house) == []
    house.weigh(1)
    with house.reading() as connection:
        measured = lag.measure(connection, house.services.clock.now())
    assert (measured.leaves, measured.events_not_logged) == (0, 1)
    assert measured.oldest_unanchored_at is not None
    Monitor(services, house.http).round()
    assert "anchor-age" in alarm_kinds(house)


def test_without_a_policy_there_is_nothing_to_compare(services, house):
    setup.policy_path(house.settings).unlink()
    assert Monitor(services, house.http).round() == []


def test_s53_a_split_view_is_found_within_one_round_and_stops_releases(house, monitor):
    """The operator shows customs' witness another history of the same size, signed as well."""
    house.weigh(1, 2)
    house.sequence()
    body, line = signed(house, 2, merkle.root([merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")]))
    request = b"old 0\n\n" + Note(body.body(), (line,)).encode()
    url = house.policy.witnesses[2].url
    assert house.http.post(f"{url}/add-checkpoint", content=request).status_code == 200
    house.witnesses.down = {3}  # the log itself does not ask this witness
    house.checkpointer.checkpoint()
    assert monitor.round() == []
    house.witnesses.down = set()
    (found,) = {one.message: one for one in monitor.round()}.values()
    assert found.kind is Kind.SPLIT
    assert "witness-3" in found.message
    assert "split view" in stopped(house)
    assert alarm_kinds(house) == ["ledger-stopped"]
    (evidence,) = (house.settings.var / "monitor").glob("evidence-*.json")
    notes = json.loads(evidence.read_text("utf-8"))["notes"]
    assert len(notes) == 2
    for note in notes:  # both are signed by the log: that convicts it
        parsed, lines = checkpoints.parse_signed(note.encode())
        key = house.policy.logs[0].key
        assert any(checkpoints.is_by(one, key) for one in lines)
        checkpoints.verify(parsed, key, next(o for o in lines if checkpoints.is_by(o, key)))


def test_c2_a_log_that_was_taken_back_is_found_by_its_witnesses_and_by_memory(house, monitor):
    house.weigh(1, 2, 3)
    house.log()
    house.weigh(4)
    house.log()
    assert monitor.round() == []
    house.change("DELETE FROM log_checkpoint WHERE size = 4")
    kinds = {one.kind for one in monitor.round()}
    assert kinds == {Kind.REWOUND}
    assert "rewound" in stopped(house)
    house.witnesses.down = {1, 2, 3}
    assert {one.kind for one in monitor.round()} == {Kind.REWOUND}


def test_s63_another_root_on_the_chain_stops_releases(house, monitor, monkeypatch):
    house.weigh(1, 2)
    house.log()
    monkeypatch.setattr(Monitor, "_anchored", lambda _self, _policy: {1: bytes(32)})
    (found,) = monitor.round()
    assert found.kind is Kind.SPLIT
    assert "anchor" in stopped(house)


def test_a_witness_that_shows_a_forgery_is_an_alarm_and_stops_nothing(house, monitor):
    house.weigh(1)
    house.log()
    (house.settings.var / "monitor").mkdir()
    (house.settings.var / "monitor" / "head").write_bytes(b"scribble")
    (found,) = monitor.round()
    assert found.kind is Kind.FORGED
    assert stopped(house) is None
    assert alarm_kinds(house) == ["witness-shows-forgery"]


def test_a_pass_walks_a_log_of_several_slices_and_rests_between_them(house, monkeypatch):
    monkeypatch.setattr(rows, "SLICE", 100)
    house.weigh(*range(350))
    house.log()
    rests = []
    engine, origin = house.services.engine, house.settings.log_origin
    assert list(rows.check(engine, origin, lambda: rests.append(1))) == []
    assert len(rests) == 3


@pytest.fixture
def watched(house, monkeypatch):
    """Run the command, its witnesses answering in this process; answers status and output."""
    clients = SimpleNamespace(
        Client=lambda **_: house.witnesses.client(), HTTPError=httpx.HTTPError, codes=httpx.codes
    )
    monkeypatch.setattr(monitoring, "httpx", clients)

    def once():
        environment = {"YIDAN_VAR": str(house.settings.var)}
        done = CliRunner().invoke(main, ["monitor", "--once"], env=environment)
        return done.exit_code, done.stdout

    return once


def test_the_command_says_what_is_wrong_and_ends_with_1(house, watched):
    house.weigh(1, 2)
    house.log()
    assert watched() == (0, "Nothing is wrong.\n")
    house.change("UPDATE event SET actor_user = 'thief' WHERE number = 2")
    status, said = watched()
    assert status == 1
    assert "its commitment" in said


def test_the_command_ends_with_2_where_it_could_not_look(house, watched):
    house.weigh(1)
    house.log()
    house.witnesses.down = {2}
    name = house.policy.witnesses[1].name
    assert watched() == (2, f"NOT CHECKED: witness {name} does not answer: down\n")
    house.witnesses.down = set()
    setup.policy_path(house.settings).unlink()
    assert watched() == (2, "NOT CHECKED: there is no policy yet\n")


def test_a12_a_row_that_breaks_the_checker_is_an_alarm_and_what_it_found_before_stays(
    house, watched, monkeypatch
):
    def broken(*_):
        yield "row 1 is another"
        raise KeyError("row 2")

    house.weigh(1)
    house.log()
    monkeypatch.setattr(rows, "check", broken)
    said = "row 1 is another\nNOT CHECKED: KeyError: 'row 2'\n"
    assert watched() == (1, said)
    assert sorted(alarm_kinds(house)) == ["ledger-stopped", "row-check"]
    monkeypatch.setattr(rows, "check", lambda *_: iter(()))
    assert watched() == (0, "Nothing is wrong.\n")
    assert alarm_kinds(house) == ["ledger-stopped"]


def test_the_monitor_runs_until_it_is_told_to_end_and_survives_a_failing_round(house, monkeypatch):
    house.weigh(1)
    house.log()
    house.change("UPDATE event SET actor_user = 'thief'")
    end, rounds = threading.Event(), []

    def failing(_self):
        rounds.append(1)
        raise RuntimeError("no sight")

    monkeypatch.setattr(Monitor, "round", failing)
    runner = threading.Thread(target=monitoring.run, args=(house.services, end))
    runner.start()
    while not (rounds and stopped(house) and "monitor-round" in alarm_kinds(house)):
        end.wait(0.05)
    end.set()
    runner.join(20)
    assert not runner.is_alive()
