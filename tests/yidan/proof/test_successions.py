"""Trust is handed over while the log goes on; what follows is chosen by size, everywhere."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from ledger import policy_file, succession_files
from ledger.policy import Group
from ledger.succession import SuccessionError
from ledger.verify import Outcome, verify_bundle, verify_followed
from ledger.witness.__main__ import hand_over
from yidan.cli import main
from yidan.kernel.errors import RefusedError
from yidan.proof import bundles, fsck, setup, successions
from yidan.proof.backup.restoring import restore
from yidan.proof.backup.sets import BackupError
from yidan.proof.backup.taking import backup
from yidan.proof.monitoring import Monitor
from yidan.proof.sequencer import stop_if_frozen
from yidan.proof.stopping import FROZEN
from yidan.proof.successions import NotAppliedError
from yidan.store import events, ledger_state, log

CONTRACT = "0x" + "ab" * 20


@pytest.fixture
def house(house):
    """A log with five cosigned leaves, whose policy names a contract."""
    setup.name_contract(house.settings, house.policy, CONTRACT)
    setup.relayer_key(house.settings)
    house.weigh(1, 2, 3, 4, 5)
    assert house.log().cosigned_at is not None
    return house


@pytest.fixture
def propose(house, tmp_path):
    """Propose a policy in a folder and have some embedded witnesses sign it there."""

    def made(new, at, *numbers, successor=""):
        with house.reading() as connection:
            proposal = successions.proposed(connection, house.settings, new, at, successor)
        folder = tmp_path / "proposal"
        folder.mkdir(exist_ok=True)
        (folder / "policy").write_bytes(proposal.policy)
        (folder / "note").write_bytes(proposal.note)
        for number in numbers:
            own = setup.witness_settings(house.settings, number)
            hand_over(own, folder / "policy", folder / "note")
        return proposal.policy, (folder / "note").read_bytes()

    return made


@pytest.fixture
def fewer(house):
    """The policy that trusts the first two witnesses only, both of them."""
    policy = house.policy
    names = tuple(one.name for one in policy.witnesses[:2])
    return replace(policy, witnesses=policy.witnesses[:2], groups=(Group(policy.quorum, 2, names),))


def bundle_of(house, box):
    with house.reading() as connection:
        return bundles.of_subject(connection, house.trust, f"box:{box}")


def leaves(house):
    with house.reading() as connection:
        return log.size(connection)


def test_a_witness_is_taken_out_while_checkpoints_go_on(house, propose, fewer):
    """The step is a leaf; up to its size the old set speaks, beyond it the new one."""
    before = bundle_of(house, "MSKU1234565")
    first = house.policy
    step = successions.apply(house.services, *propose(fewer, 7, 1, 3))
    assert (step.size, step.successor) == (7, "")
    house.weigh(6, box="TGHU1111117")  # leaf 6, after the step's own at 5
    old = house.log()
    assert old.size == 7
    assert house.trust.met_by(old.note) == first
    house.weigh(7, box="TGHU2222225")
    house.witnesses.down = {3}
    new = house.log()
    assert new.size == 8
    assert house.trust.met_by(new.note) == fewer
    assert b"witness-3" in old.note
    assert b"witness-3" not in new.note
    after = bundle_of(house, "TGHU2222225")
    for data in (before, after):
        assert verify_followed(data, house.trust).outcome is Outcome.VALID
    assert verify_bundle(before, first).outcome is Outcome.VALID
    assert list(fsck.check_notes(house.trust, [old, new])) == []


def test_the_logs_own_key_is_rotated_while_checkpoints_go_on(house, propose):
    rotated = successions.with_new_key(house.settings, house.settings.log_origin)
    assert successions.with_new_key(house.settings, house.settings.log_origin) == rotated
    successions.apply(house.services, *propose(rotated, 6, 1, 2))
    first = house.trust.first
    house.weigh(6, box="TGHU1111117")
    newest = house.log()
    assert newest.size == 7
    assert house.trust.met_by(newest.note) == rotated
    data = bundle_of(house, "TGHU1111117")
    assert verify_followed(data, house.trust).outcome is Outcome.VALID
    assert verify_bundle(data, first).outcome is Outcome.INVALID
    assert Monitor(house.services, house.http).round() == []


def test_what_fewer_than_a_quorum_signed_is_not_applied(house, propose, fewer):
    with pytest.raises(NotAppliedError, match="no quorum"):
        successions.apply(house.services, *propose(fewer, 7, 1))
    assert house.trust.steps == ()
    assert leaves(house) == 5
    house.sequence()
    assert leaves(house) == 5


def test_what_the_log_has_outgrown_is_neither_proposed_nor_applied(house, propose, fewer):
    with pytest.raises(NotAppliedError, match="5 leaves already"):
        propose(fewer, 4)
    signed = propose(fewer, 6, 1, 2)
    house.weigh(6, 7)
    house.log()
    with pytest.raises(NotAppliedError, match="7 leaves already"):
        successions.apply(house.services, *signed)
    assert house.trust.steps == ()


def test_what_may_not_follow_is_not_proposed(house, propose, fewer):
    with pytest.raises(NotAppliedError, match="the old one"):
        propose(house.policy, 7)
    with pytest.raises(NotAppliedError, match="another contract"):
        propose(replace(fewer, chain=None), 7)
    with pytest.raises(NotAppliedError, match="does not know"):
        propose(replace(fewer, logs=()), 7)
    setup.write_policy(house.settings, replace(house.policy, chain=None))
    with pytest.raises(NotAppliedError, match="names no contract yet"):
        propose(fewer, 7)


def test_applying_again_records_nothing_more(house, propose, fewer):
    signed = propose(fewer, 7, 1, 2)
    assert successions.apply(house.services, *signed) == successions.apply(house.services, *signed)
    house.sequence()
    assert leaves(house) == 6


def missing(house):
    with house.reading() as connection:
        return list(fsck.check_successions(connection, house.settings))


def test_what_a_crash_left_out_is_made_up_for_from_the_event(house, propose, fewer):
    """The event is recorded, the files were not written yet: the next start writes them."""
    successions.apply(house.services, *propose(fewer, 7, 1, 2))
    trust = house.trust
    for path in (house.settings.var / "successions").iterdir():
        path.unlink()
    assert missing(house) == [
        "succession: the log tells of 1 steps, beside the policy lie 0; they are not the same"
    ]
    successions.keep_up(house.services)
    assert house.trust == trust
    assert missing(house) == []


def test_an_event_that_the_old_trust_did_not_sign_is_not_followed(house, propose, fewer):
    successions.apply(house.services, *propose(fewer, 7, 1, 2))
    for path in (house.settings.var / "successions").iterdir():
        path.unlink()
    house.change(
        "UPDATE event_content SET content = replace(content, 'witness-1', 'witness-9')"
        " WHERE event_id = (SELECT max(event_id) FROM event)"
    )
    with pytest.raises((SuccessionError, ValueError)):
        successions.keep_up(house.services)


def test_a_checkpoint_that_the_old_trust_signed_too_late_is_signed_anew(house, propose, fewer):
    """It was made beyond the size between the agreement and its taking effect."""
    rotated = successions.with_new_key(house.settings, house.settings.log_origin)
    signed = propose(rotated, 5, 1, 2)
    house.weigh(6)
    late = house.log()
    assert late.size == 6
    succession_files.add(setup.policy_path(house.settings), *signed)
    assert house.trust.met_by(late.note) is None
    with house.reading() as connection, pytest.raises(RefusedError):
        bundles.of_subject(connection, house.trust, "box:MSKU1234565")
    again = house.checkpointer.checkpoint()
    assert again.size == 6
    assert house.trust.met_by(again.note) == rotated


SECRET = b"written down elsewhere"


@pytest.fixture
def rotated_set(house, propose, tmp_path):
    """A backup from after the log's key was rotated."""
    new = successions.with_new_key(house.settings, house.settings.log_origin)
    successions.apply(house.services, *propose(new, 6, 1, 2))
    house.weigh(6, box="TGHU1111117")
    assert house.trust.met_by(house.log().note) == new
    engine, target = house.services.engine, tmp_path / "set"
    backup(engine, house.settings, target, passphrase=SECRET, with_keys=True)
    return target


def restored(source, there, policy=None):
    restore(source, there, passphrase=SECRET, policy=policy, open_server=pytest.fail)


def test_a_backup_holds_every_key_and_step_and_goes_on_elsewhere(house, rotated_set, tmp_path):
    """Whoever had the first policy, or the newest, is shown the log that they trust."""
    steps = succession_files.steps(setup.policy_path(house.settings))
    known = setup.policy_path(house.settings).read_bytes(), steps[0][0].read_bytes()
    for number, policy in enumerate((None, *known)):
        there = replace(house.settings, var=tmp_path / f"there-{number}")
        restored(rotated_set, there, policy)
        assert setup.read_trust(there) == house.trust
        assert setup.prepare(there) == house.policy
    (there.var / "keys" / "log-2").unlink()
    with pytest.raises(setup.MissingKeyError, match="lacks log"):
        setup.prepare(there)


def test_a_backup_of_a_log_that_did_not_follow_from_ones_policy_is_refused(
    house, rotated_set, tmp_path
):
    there = replace(house.settings, var=tmp_path / "there")
    elsewhere = replace(house.settings, var=tmp_path / "elsewhere")
    other = policy_file.write(setup.prepare(elsewhere))
    for policy in (other, policy_file.write(replace(house.trust.first, chain=None))):
        with pytest.raises(BackupError, match="another log"):
            restored(rotated_set, there, policy)
    assert not there.var.exists()


SUCCESSOR = "yidan.example/log-of-2027"


@pytest.fixture
def ended(house, propose):
    """A log that is to end at seven leaves."""
    new = successions.with_new_key(house.settings, SUCCESSOR)
    successions.apply(house.services, *propose(new, 7, 1, 2, successor=SUCCESSOR))
    return house


def stopped(house):
    with house.reading() as connection:
        return ledger_state.releases_stopped(connection)


def test_s62_a_frozen_log_takes_nothing_more_and_stops_releases(ended):
    ended.sequence()
    stop_if_frozen(ended.services)
    assert leaves(ended) == 6
    assert stopped(ended) is None
    ended.weigh(6, 7, 8)
    ended.sequence()
    stop_if_frozen(ended.services)
    assert leaves(ended) == 7
    assert stopped(ended) == f"{FROZEN}, 7 leaves: {SUCCESSOR} goes on"
    last = ended.checkpointer.checkpoint()  # what it has is signed to the end
    assert last.size == 7
    assert ended.trust.met_by(last.note) == ended.trust.first
    ended.weigh(9)  # events are recorded, and wait
    ended.sequence()
    assert leaves(ended) == 7
    assert Monitor(ended.services, ended.http).round() == []
    with ended.reading() as connection:
        (found, *_) = events.of_subject(connection, "box:MSKU1234565")
        data = bundles.of_events(connection, ended.trust, [found])
    assert verify_followed(data, ended.trust).outcome is Outcome.VALID


def test_s62_nothing_more_is_proposed_for_a_log_that_is_to_end(ended, propose, fewer):
    with pytest.raises(NotAppliedError, match="to end already"):
        propose(replace(fewer, logs=ended.policy.logs), 9)


def test_s62_leaves_beyond_the_end_stop_the_log(ended):
    ended.weigh(6, 7)
    ended.sequence()
    ended.change(
        'INSERT INTO log_leaf ("index", event_id, leaf_hash, logged_at)'
        " SELECT 7, event_id, zeroblob(32), recorded_at FROM event"
        " WHERE event_id NOT IN (SELECT event_id FROM log_leaf)"
    )
    assert ended.checkpointer.checkpoint() is None
    assert "frozen at 7 leaves, and 8 are there" in stopped(ended)


def test_the_commands_hand_over_from_a_proposal_to_the_new_policy(house, fewer, tmp_path):
    environment = {"YIDAN_VAR": str(house.settings.var)}

    def run(*arguments):
        return CliRunner().invoke(main, ["succession", *arguments], env=environment)

    (tmp_path / "new").write_bytes(policy_file.write(fewer))
    out = str(tmp_path / "out")
    assert run("list").stdout == "The first policy speaks.\n"
    assert run("propose", out).exit_code == 2
    assert "Error" in run("propose", out, "--policy", str(tmp_path / "new"), "--at", "1").stderr
    made = run("propose", out, "--policy", str(tmp_path / "new"), "--at", "8")
    assert made.exit_code == 0, made.output
    assert run("apply", out).exit_code == 1
    for number in ("1", "2"):
        signed = run("sign", number, out)
        assert signed.stdout.startswith("yidan/succession/v1\nyidan.example/log\n8\n")
    assert run("apply", out).stdout == "Applied: the new policy speaks beyond 8 leaves.\n"
    assert run("list").stdout == "1: yidan.example/log, beyond 8 leaves\n"
    assert run("propose", out, "--new-log-key").exit_code == 0
    assert run("propose", out, "--successor", SUCCESSOR, "--at", "9").exit_code == 0
    assert run("sign", "1", out).exit_code == 0
    assert run("sign", "2", out).exit_code == 0
    said = run("apply", out).stdout
    assert said == f"Applied: this log ends at 9 leaves, {SUCCESSOR} goes on.\n"
    assert "frozen" in run("list").stdout
    (house.settings.var / "policy").unlink()
    assert run("list").exit_code == 2


def test_the_verify_command_follows_the_installations_own_steps(house, propose, fewer, tmp_path):
    successions.apply(house.services, *propose(fewer, 6, 1, 2))
    house.weigh(6, box="TGHU1111117")
    house.log()
    (tmp_path / "bundle").write_bytes(bundle_of(house, "TGHU1111117"))
    environment = {"YIDAN_VAR": str(house.settings.var)}
    found = CliRunner().invoke(main, ["verify", str(tmp_path / "bundle")], env=environment)
    assert found.exit_code == 0, found.output
