"""Anybody watches a log over HTTP, and is left with the proof if it shows two faces."""

import hashlib
import json
import runpy
import sys
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import checkpoint as checkpoints
from ledger import merkle, policy_file, watch
from ledger.checkpoint import Checkpoint
from ledger.monitor import Kind
from ledger.note import Note
from ledger.policy import Log
from ledger.remote import UnreachableError
from ledger.succession import History
from ledger.tiles import HASH_SIZE, tile_path
from ledger.watch import look
from tests.ledger.webs import URL, Published, ok, serving, told

NEXT = Ed25519PrivateKey.from_private_bytes(b"next log key".ljust(32))


@pytest.fixture
def signed(cast):
    """A checkpoint signed by the log and by some witnesses."""

    def note(head, *names, key=cast.log):
        lines = [checkpoints.sign(head, key)]
        lines += [checkpoints.cosign(head, f"{n}.example/w", cast.keys[n], 1) for n in names]
        return Note(head.body(), tuple(lines)).encode()

    return note


def put_tiles(web, hashes):
    """Publish the tiles of a tree, each only as wide as it is now."""
    store = merkle.MemoryTiles()
    merkle.append(store, 0, hashes)
    for (level, index), data in store._tiles.items():
        web[f"{URL}/{tile_path(level, index, len(data) // HASH_SIZE)}"] = data


@pytest.fixture
def web(cast, tree, head, signed):
    """A log of 20 leaves, cosigned by two, whose witnesses answer with nothing."""
    found = Published({f"{URL}/checkpoint": signed(head(20), "customs", "carrier")})
    put_tiles(found, tree.hashes)
    return found


@pytest.fixture
def trust(cast):
    return History(cast.policy)


@pytest.fixture
def rests():
    """How long was waited, each time."""
    return []


@pytest.fixture
def see(web, trust, tmp_path, rests):
    """Look once at what is published."""

    def once(*, by=trust, chain_url=""):
        return look(URL, by, tmp_path, chain_url=chain_url, get=web, rest=rests.append)

    return once


@pytest.fixture
def publish(web, head, signed):
    """Publish a checkpoint of a size, as two witnesses signed it."""

    def put(size, *names, **more):
        web[f"{URL}/checkpoint"] = signed(head(size), *(names or ("customs", "carrier")), **more)

    return put


@pytest.fixture
def forked(cast, tree, signed):
    """The signed checkpoint of another history, which differs in leaf 5, at a size."""
    hashes = [*tree.hashes[:5], merkle.leaf_hash(b"other"), *tree.hashes[6:]]

    def note(size, *names):
        return signed(Checkpoint(cast.origin, size, merkle.root(hashes[:size])), *names)

    return note


def witness_url(cast, name):
    origin = hashlib.sha256(cast.origin.encode()).hexdigest()
    return f"http://127.0.0.1:1/{name}/{origin}/checkpoint"


def evidence(state):
    return [json.loads(path.read_text("utf-8")) for path in state.glob("evidence-*.json")]


def test_a_log_that_grows_is_well_and_remembered(web, trust, tmp_path, head, publish):
    state = tmp_path / "state"
    publish(9)
    first = look(URL, trust, state, get=web)
    assert (first.size, first.root, first.findings) == (9, head(9).root, ())
    assert first.compared == ("published",)
    publish(20)
    second = look(f"{URL}/", trust, state, get=web)
    assert second.findings == ()
    assert second.compared == ("published", "the last look")
    assert (state / "head").read_bytes() == web[f"{URL}/checkpoint"]
    assert evidence(state) == []


def test_s53_a_log_that_shows_a_witness_another_history_is_convicted_by_two_notes(
    web, cast, tmp_path, forked, see
):
    web[witness_url(cast, "terminal")] = forked(20, "terminal")
    seen = see()
    assert [one.kind for one in seen.findings] == [Kind.SPLIT]
    assert "witness terminal" in seen.compared
    (kept,) = evidence(tmp_path)
    for note in kept["notes"]:
        found, lines = checkpoints.parse_signed(note.encode())
        checkpoints.verify(found, cast.policy.logs[0].key, lines[0])
    assert len(kept["notes"]) == 2
    assert not (tmp_path / "head").exists()


@pytest.fixture
def shows(web, cast, head, signed):
    """Let a witness show the log of a size, which it signed."""

    def put(name, size):
        web[witness_url(cast, name)] = signed(head(size), name)

    return put


@pytest.fixture
def forge(web, cast):
    """Let a witness show what no log signed."""

    def put(name):
        web[witness_url(cast, name)] = b"nonsense"

    return put


def test_a_witness_that_signed_before_the_others_did_convicts_nobody(publish, shows, see, rests):
    """It signs first; the log publishes what a quorum signed, and may wait for that for long."""
    publish(9)
    shows("customs", 20)
    shows("carrier", 9)
    seen = see()
    assert (seen.findings, rests) == ((), [])
    assert seen.compared == ("published", "witness carrier")
    assert seen.silent == ("witness customs: its 20 leaves are not published yet",)


def test_a_log_has_some_seconds_to_publish_what_a_quorum_signed(
    web, publish, shows, tmp_path, trust
):
    publish(9)
    for name in ("customs", "carrier"):
        shows(name, 20)
    seen = look(URL, trust, tmp_path, get=web, rest=lambda _s: publish(20))
    assert (seen.size, seen.findings, seen.silent) == (20, (), ())


def test_c2_a_log_that_hides_what_a_quorum_signed_is_convicted_at_the_first_look(
    publish, shows, see, rests, forge
):
    publish(9)
    shows("customs", 20)
    shows("carrier", 19)
    forge("terminal")
    kinds = {one.kind for one in see().findings}
    assert (kinds, rests) == ({Kind.REWOUND, Kind.FORGED}, [1] * watch.PATIENCE)


def test_s53_two_quorums_share_a_witness_so_one_who_asks_them_sees_both(
    web, cast, tmp_path, forked, see
):
    """Customs and carrier signed one history, terminal and carrier the other: carrier lied."""
    trust = History(cast.policy)
    web[witness_url(cast, "terminal")] = forked(20, "terminal", "carrier")
    seen = see()
    notes = [note.encode() for one in evidence(tmp_path) for note in one["notes"]]
    assert [trust.met_by(note) for note in notes] == [cast.policy, cast.policy]
    signers = [{line.name for line in checkpoints.parse_signed(note)[1]} for note in notes]
    assert set.intersection(*signers) == {cast.origin, "carrier.example/w"}
    assert [one.kind for one in seen.findings] == [Kind.SPLIT]


def test_c2_a_log_that_was_taken_back_is_convicted_by_the_last_look(tmp_path, publish, see):
    assert see().findings == ()
    publish(9)
    seen = see()
    assert [one.kind for one in seen.findings] == [Kind.REWOUND]
    assert len(evidence(tmp_path)[0]["notes"]) == 2


def test_c3_a_tile_that_was_changed_or_is_gone_is_found(web, publish, see):
    publish(9)
    see()
    publish(20)
    tile = f"{URL}/tile/0/000.p/20"
    data = web[tile]
    for changed in (bytes(32) + data[32:], None, data[:-1]):
        web[tile] = changed
        seen = see()
        assert [one.kind for one in seen.findings] == [Kind.SPLIT]
    web[tile] = UnreachableError("down")
    with pytest.raises(UnreachableError):
        see()


def test_what_too_few_witnesses_signed_is_found(publish, see):
    publish(20, "customs")
    (found,) = see().findings
    assert found.kind is Kind.UNWITNESSED


def test_what_the_log_did_not_sign_is_found(publish, see):
    publish(20, key=NEXT)
    (found,) = see().findings
    assert found.kind is Kind.FORGED


def test_a_silent_witness_is_named_and_one_without_a_url_is_not_asked(web, cast, head, signed, see):
    web[witness_url(cast, "customs")] = UnreachableError("down")
    web[witness_url(cast, "carrier")] = signed(head(9), "carrier")
    named = cast.policy.witnesses
    policy = replace(cast.policy, witnesses=(*named[:2], replace(named[2], url="")))
    seen = see(by=History(policy))
    assert seen.silent == ("witness customs: down",)
    assert seen.compared == ("published", "witness carrier")


@pytest.mark.parametrize(
    ("published", "reason"),
    [(None, "no checkpoint yet"), (b"", "is no checkpoint"), (b"a\n\n", "is no checkpoint")],
)
def test_without_a_checkpoint_nothing_is_checked(web, see, published, reason):
    web[f"{URL}/checkpoint"] = published
    with pytest.raises(UnreachableError, match=reason):
        see()


def test_anchors_are_compared_and_a_chain_that_is_away_is_named(cast, head, see, monkeypatch):
    anchors = {9: head(9).root, 20: head(20).root}

    def asked(_url, chain):
        assert chain == cast.policy.chain
        return {n: watch.anchor_rpc.Anchor(root, 0, b"") for n, root in anchors.items()}

    monkeypatch.setattr(watch.anchor_rpc, "all_anchors", asked)
    seen = see(chain_url="http://node")
    assert (seen.findings, seen.compared[-1]) == ((), "2 anchors on the chain")
    anchors[9] = bytes(32)
    (found,) = {one.kind for one in see(chain_url="http://node").findings}
    assert found is Kind.SPLIT
    nowhere = History(replace(cast.policy, chain=None))
    seen = see(by=nowhere, chain_url="http://node")
    assert (seen.silent, seen.unseen) == ((), "the chain: the policy names no chain")


@pytest.fixture
def rotated(cast, hand_over):
    """The hand-over to a new key of the log's, as a log tells it."""
    new = replace(cast.policy, logs=(Log(checkpoints.log_key(cast.origin, NEXT)),))
    note = hand_over(cast.policy, new, 9)
    return {"policy": policy_file.write(new).decode(), "note": note.decode()}


def test_a_rotated_key_is_followed_to_what_it_signed(web, cast, rotated, publish, see):
    publish(9)
    assert see().findings == ()
    publish(20, key=NEXT)
    assert [one.kind for one in see().findings] == [Kind.FORGED]
    web[f"{URL}/successions"] = told(rotated)
    assert see().findings == ()


def test_a_hand_over_that_nobody_signed_is_found_and_kept(web, cast, tmp_path, rotated, see):
    body, _, lines = rotated["note"].partition("\n\n")
    logs_line = lines.splitlines()[0]
    web[f"{URL}/successions"] = told({**rotated, "note": f"{body}\n\n{logs_line}\n"})
    (found,) = see().findings
    assert found.kind is Kind.NOT_HANDED_OVER
    assert "at 9 leaves: the old witnesses that signed are no quorum" in found.message
    assert evidence(tmp_path)[0]["notes"] == [f"{body}\n\n{logs_line}\n"]


@pytest.fixture
def answers(web):
    """What is answered over HTTP, by path: at first what the log publishes."""
    return {url.removeprefix("http://log.example"): ok(data) for url, data in web.items()}


@pytest.fixture
def run(answers, cast, tmp_path, capsys):
    """Run the command on what is served; of the witnesses only customs is asked."""
    with serving(answers) as url:
        customs, *others = cast.policy.witnesses
        asked = replace(customs, url=f"{url}/customs"), *(replace(one, url="") for one in others)
        (tmp_path / "policy").write_bytes(policy_file.write(replace(cast.policy, witnesses=asked)))

        def once(*more, log=f"{url}/log", policy="policy"):
            files = ["--policy", str(tmp_path / policy), "--state", str(tmp_path / "state")]
            status = watch.main([log, *files, *(one.format(url=url) for one in more)])
            heard = capsys.readouterr()
            return status, heard.out + heard.err

        yield once


@pytest.mark.integration
def test_the_command_looks_over_http_and_says_what_it_saw(run, answers, head, signed):
    well = (
        "Nothing is wrong.\n  20 leaves, root"
        " 190b9e748b7b7a857e55f3e9d8ad68eab7019d2bd8cfd74660629c4f26ae4ae7\n"
        "  compared: published\n"
    )
    assert run() == (0, well)
    answers["/log/checkpoint"] = ok(signed(head(9), "customs", "carrier"))
    status, text = run("--json")
    said = json.loads(text)
    assert (status, said["size"], [one["kind"] for one in said["findings"]]) == (1, 9, ["rewound"])
    status, text = run("--chain", "http://127.0.0.1:9")
    assert (status, "NOT CHECKED: the chain" in text) == (1, True)
    for wrong in ("http://127.0.0.1:9/log", "file:///etc"):
        assert run(log=wrong)[0] == 2
    assert run(policy="none")[0] == 2


DEEP = ok(b"[" * 200_000)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("path", "answer", "outcome"),
    [
        ("/log/checkpoint", b"nonsense\r\n\r\n", (2, "checkpoint does not answer: nonsense")),
        ("/log/checkpoint", DEEP, (2, "is no checkpoint: longer than 65536 bytes")),
        ("/log/checkpoint", ok(b"\x1b[2J"), (2, "is no checkpoint: a control character")),
        ("/log/checkpoint", b"\x1b[2J\r\n\r\n", (2, "does not answer: \\u001b[2J")),
        ("/log/successions", DEEP, (2, "/log/successions is no JSON that can be read")),
        ("/log/successions", ok(b'{"steps": 7}'), (2, "/log/successions is no list of steps")),
        ("/log/successions", b"HTTP/1.1 503 No\r\n\r\n", (2, "/log/successions answers 503")),
        ("/customs/checkpoint", DEEP, (1, "not signed by the log: witness customs: longer")),
        ("/customs/checkpoint", b"x", (0, "no answer: witness customs: http")),
        ("/node", DEEP, (2, "NOT CHECKED: the chain: the node does not answer eth_chainId")),
        ("/node", b"x", (2, "NOT CHECKED: the chain: the node does not answer eth_chainId")),
    ],
)
def test_a_hostile_answer_becomes_a_sentence(run, answers, path, answer, outcome):
    origin = hashlib.sha256(b"yidan.example/log").hexdigest()
    answers[path.replace("/customs", f"/customs/{origin}")] = answer
    status, text = run(*(("--chain", "{url}/node") if path == "/node" else ()))
    assert (status, outcome[1] in text) == (outcome[0], True), text


def test_the_module_runs_as_a_command(monkeypatch, capsys):
    monkeypatch.setattr(
        "sys.argv", ["ledger.watch", "file:///etc", "--policy", "x", "--state", "y"]
    )
    monkeypatch.delitem(sys.modules, "ledger.watch")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("ledger.watch", run_name="__main__")
    assert ended.value.code == 2
    assert "NOT CHECKED" in capsys.readouterr().err
