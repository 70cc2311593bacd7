"""The public log: hashes and signatures for anybody, as C2SP tlog-tiles lays them out."""

import json
from threading import Thread

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

from ledger import checkpoint as checkpoints
from ledger import merkle, policy_file
from ledger.checkpoint import Checkpoint
from ledger.note import Note
from ledger.published import Followed, RemoteTiles, follow
from ledger.succession import History
from yidan.app import create_app
from yidan.cli import main
from yidan.proof import setup

FOR_EVER = "public, max-age=31536000, immutable"


@pytest.fixture
def app(house):
    return create_app(house.services)


@pytest.fixture
def anybody(app):
    """A client that never signs in."""
    return app.test_client()


@pytest.fixture
def long_log(house):
    """A log of 300 leaves under a cosigned checkpoint, and one more leaf beyond it."""
    house.weigh(*range(300))
    signed = house.log()
    assert signed.cosigned_at is not None
    house.weigh(301)
    house.sequence()
    return signed


def test_the_checkpoint_is_the_newest_cosigned_one(house, anybody):
    assert anybody.get("/log/checkpoint").status_code == 404
    house.weigh(1, 2)
    house.witnesses.down = {1, 2}
    house.log()
    assert anybody.get("/log/checkpoint").status_code == 404
    house.witnesses.down = set()
    signed = house.log()
    found = anybody.get("/log/checkpoint")
    assert (found.status_code, found.data) == (200, signed.note)
    assert found.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert found.headers["Cache-Control"] == "public, max-age=1, must-revalidate"
    assert "Set-Cookie" not in found.headers
    again = anybody.get("/log/checkpoint", headers={"If-None-Match": found.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_full_and_partial_tiles_are_served_for_ever(long_log, anybody):
    full = anybody.get("/log/tile/0/000")
    assert (full.status_code, len(full.data)) == (200, 256 * 32)
    for name, width in (("0/001.p/44", 44), ("0/000.p/9", 9), ("1/000.p/1", 1)):
        found = anybody.get(f"/log/tile/{name}")
        assert (found.status_code, len(found.data)) == (200, width * 32)
        assert found.headers["Content-Type"] == "application/octet-stream"
        assert found.headers["Cache-Control"] == FOR_EVER
        assert found.headers["Access-Control-Allow-Origin"] == "*"
        again = anybody.get(f"/log/tile/{name}", headers={"If-None-Match": found.headers["ETag"]})
        assert again.status_code == 304
    assert anybody.get("/log/tile/0/000.p/9").data == full.data[: 9 * 32]
    assert anybody.get("/log/tile/1/000.p/1").data == merkle.root(
        [full.data[i : i + 32] for i in range(0, 256 * 32, 32)]
    )


@pytest.mark.parametrize(
    "name",
    ["0/001.p/45", "0/001", "0/002.p/1", "1/000", "2/000.p/1", "0/999", "x", "entries/000", "0/0"],
)
def test_nothing_is_served_beyond_the_checkpoint_nor_under_another_name(long_log, anybody, name):
    """Leaf 300 stands in the database already: what nobody signed may still change."""
    found = anybody.get(f"/log/tile/{name}")
    assert found.status_code == 404
    assert found.headers.get("Cache-Control") != FOR_EVER


def test_what_is_served_gives_proofs_to_the_signed_root(long_log, anybody):
    def get(url):
        found = anybody.get(url.removeprefix("http://localhost"))
        return found.data if found.status_code == 200 else None

    tiles = RemoteTiles("http://localhost/log", 300, get)
    assert merkle.root_at(tiles, 300) == long_log.root


def test_no_business_content_is_served(house, long_log, anybody):
    """Every byte is a hash: neither a box nor an event's id stands in any answer."""
    event_id = house.weigh(400, box="TGHU1111117")[0]
    house.log()
    for name in ("checkpoint", "successions", "tile/0/000", "tile/0/001.p/46", "tile/1/000.p/1"):
        data = anybody.get(f"/log/{name}").data
        assert data
        for secret in (b"TGHU1111117", b"MSKU1234565", event_id.encode(), b"terminal-"):
            assert secret not in data


def test_the_first_policy_and_its_steps_are_told(house, anybody):
    told = json.loads(anybody.get("/log/successions").data)
    assert told == {"first": policy_file.write(house.policy).decode(), "steps": []}
    setup.policy_path(house.settings).unlink()
    assert anybody.get("/log/successions").status_code == 404


@pytest.fixture
def published(app):
    """The platform over HTTP, and the log's URL."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/log"
    server.shutdown()
    thread.join()


@pytest.mark.integration
def test_s53_an_outsider_with_a_policy_file_alone_is_left_with_both_notes(
    house, published, tmp_path
):
    """The command reads no database: its own folder is empty, and all it has is the URL."""
    house.weigh(1, 2, 3)
    house.log()
    policy = tmp_path / "mine"
    policy.write_bytes(policy_file.write(house.policy))
    environment = {"YIDAN_VAR": str(tmp_path / "empty")}

    def watch(*more):
        arguments = ["--url", published, "--policy", str(policy), "--state", str(tmp_path / "seen")]
        return CliRunner().invoke(main, ["monitor", *arguments, *more], env=environment)

    well = watch()
    assert well.exit_code == 0, well.output
    assert well.stdout.startswith("Nothing is wrong.\n")
    assert not (tmp_path / "empty").exists()
    house.weigh(4)
    house.log()
    assert watch().exit_code == 0

    body = Checkpoint(house.settings.log_origin, 4, merkle.root([bytes([n]) for n in range(4)]))
    forked = Note(body.body(), (checkpoints.sign(body, setup.log_key(house.settings)),))
    (tmp_path / "seen" / "head").write_bytes(forked.encode())
    split = watch()
    assert split.exit_code == 1
    assert "split view" in split.stdout
    (kept,) = (tmp_path / "seen").glob("evidence-*.json")
    notes = json.loads(kept.read_text("utf-8"))["notes"]
    assert {note.encode()[: len(body.body())] for note in notes} >= {body.body().encode()}
    assert len(notes) == 2
    assert watch("--chain", "http://127.0.0.1:9").exit_code == 1
    environment = {"YIDAN_VAR": str(tmp_path / "empty")}
    assert CliRunner().invoke(main, ["monitor", "--url", published], env=environment).exit_code == 2
    assert CliRunner().invoke(main, ["monitor", "--chain", "x"], env=environment).exit_code == 2


@pytest.mark.integration
def test_a_log_that_is_away_is_not_checked(house, published, tmp_path):
    policy = tmp_path / "mine"
    policy.write_bytes(policy_file.write(house.policy))
    arguments = ["--url", published, "--policy", str(policy), "--state", str(tmp_path / "seen")]
    found = CliRunner().invoke(main, ["monitor", *arguments])
    assert found.exit_code == 2  # it publishes nothing yet
    assert "NOT CHECKED" in found.stderr


def test_who_trusts_the_first_policy_follows_what_is_told(house, anybody):
    def get(url):
        return anybody.get(url).data

    assert follow(History(house.policy), "/log", get) == Followed(house.trust)
