"""Anybody watches a log over HTTP, and is left with the proof if it shows two faces."""

import hashlib
import json
import runpy
import sys
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import checkpoint as checkpoints
from ledger import merkle, policy_file, watch
from ledger.checkpoint import Checkpoint
from ledger.monitor import Kind
from ledger.note import Note
from ledger.policy import Log
from ledger.succession import History
from ledger.tiles import HASH_SIZE, TileMissingError, tile_path
from ledger.watch import RemoteTiles, UnreachableError, follow, look

URL = "http://log.example/log"
NEXT = Ed25519PrivateKey.from_private_bytes(b"next log key".ljust(32))


class Published(dict):
    """What a log publishes, by URL; an exception is raised, what is absent is not found."""

    def __call__(self, url):
        found = self.get(url)
        if isinstance(found, Exception):
            raise found
        return found


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
def see(web, trust, tmp_path):
    """Look once at what is published."""

    def once(*, by=trust, chain_url=""):
        return look(URL, by, tmp_path, chain_url=chain_url, get=web)

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
    assert seen.silent == ("the chain: the policy names no chain",)


def test_a_partial_tile_that_was_dropped_is_taken_from_the_wider_one():
    tile = bytes(range(256)) * 32
    full = Published({f"{URL}/tile/0/000": tile})
    assert RemoteTiles(URL, 600, full).read_tile(0, 0, 7) == tile[: 7 * 32]
    partial = Published({f"{URL}/tile/0/002.p/88": tile[: 88 * 32]})
    tiles = RemoteTiles(URL, 600, partial)
    assert tiles.read_tile(0, 2, 7) == tile[: 7 * 32]
    with pytest.raises(TileMissingError):
        tiles.read_tile(0, 2, 89)


def told(*steps):
    return json.dumps({"first": "", "steps": list(steps)}).encode()


@pytest.fixture
def rotated(cast, hand_over):
    """The policy after the log's key was rotated, and the step as a log tells it."""
    new = replace(cast.policy, logs=(Log(checkpoints.log_key(cast.origin, NEXT)),))
    note = hand_over(cast.policy, new, 9)
    return new, {"policy": policy_file.write(new).decode(), "note": note.decode()}


def test_steps_that_the_old_trust_signed_are_followed_wherever_they_come_from(
    cast, trust, rotated, hand_over
):
    new, step = rotated
    assert follow(trust, URL, Published()) == trust
    web = Published({f"{URL}/successions": told(step)})
    assert follow(trust, URL, web).policies == (cast.policy, new)
    assert follow(History(new), URL, web) == History(new)  # who had the newer policy is there
    forged = {**step, "note": hand_over(cast.policy, new, 9, names=()).decode()}
    for data in (told(forged), b"nonsense", b"[]", told({}), told(1), told({**step, "policy": ""})):
        assert follow(trust, URL, Published({f"{URL}/successions": data})) == trust


def test_a_rotated_key_is_followed_to_what_it_signed(web, trust, rotated, publish, see):
    publish(9)
    assert see().findings == ()
    publish(20, key=NEXT)
    web[f"{URL}/successions"] = told(rotated[1])
    assert see(by=follow(trust, URL, web)).findings == ()
    assert see().findings != ()


@pytest.fixture
def server(web):
    """The same log over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            broken = 503 if self.path.startswith("/broken") else None
            data = broken or web.get(f"http://log.example{self.path}")
            self.send_response_only(data if isinstance(data, int) else 200 if data else 404)
            self.end_headers()
            self.wfile.write(data if isinstance(data, bytes) else b"")

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}/log"
        listening.shutdown()
        thread.join()


@pytest.mark.integration
def test_the_command_looks_over_http_and_says_what_it_saw(server, cast, tmp_path, capsys, publish):
    policy = tmp_path / "policy"
    silent = tuple(replace(one, url="") for one in cast.policy.witnesses)
    policy.write_bytes(policy_file.write(replace(cast.policy, witnesses=silent)))
    arguments = [server, "--policy", str(policy), "--state", str(tmp_path / "state")]
    assert watch.main(arguments) == 0
    assert capsys.readouterr().out == (
        "Nothing is wrong.\n  20 leaves, root"
        " 190b9e748b7b7a857e55f3e9d8ad68eab7019d2bd8cfd74660629c4f26ae4ae7\n  compared: published\n"
    )
    publish(9)
    assert watch.main([*arguments, "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["size"], [one["kind"] for one in said["findings"]]) == (9, ["rewound"])
    assert watch.main([*arguments, "--chain", "http://127.0.0.1:9"]) == 1
    assert "no answer: the chain" in capsys.readouterr().out
    assert watch.main([server.replace("/log", "/broken"), *arguments[1:]]) == 2
    assert "answers 503" in capsys.readouterr().err
    for wrong in ("http://127.0.0.1:9/log", "file:///etc"):
        assert watch.main([wrong, *arguments[1:]]) == 2
    assert watch.main([server, "--policy", str(tmp_path / "none"), *arguments[3:]]) == 2


def test_the_module_runs_as_a_command(monkeypatch, capsys):
    monkeypatch.setattr(
        "sys.argv", ["ledger.watch", "file:///etc", "--policy", "x", "--state", "y"]
    )
    monkeypatch.delitem(sys.modules, "ledger.watch")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("ledger.watch", run_name="__main__")
    assert ended.value.code == 2
    assert "NOT CHECKED" in capsys.readouterr().err
