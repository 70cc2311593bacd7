"""S75: the database fails over to a replica that was behind; chain and witnesses know more.

Whoever was told of a release must not be told otherwise later: nothing is sent, nothing is signed
that others could hold against the log, releases stop, and the newest copy goes on where it was.
"""

import uuid

import psycopg
import pytest
from sqlalchemy import make_url, select

from ledger import checkpoint as checkpoints
from ledger.chain.client import ChainClient
from tests.chaos.killing import Snapshot
from tests.chaos.test_chain_gone import Sea
from tests.port import BOX
from yidan.kernel.errors import RefusedError
from yidan.kernel.reasons import Role
from yidan.proof import fsck, setup
from yidan.proof.service import Ledger
from yidan.store.engine import reading
from yidan.store.ledger_tables import LogCheckpoint

pytestmark = pytest.mark.integration


@pytest.fixture
def sea(server, tmp_path):
    if not server:
        found = Sea(tmp_path)
        yield found
        found.close()
        return
    name = f"c{uuid.uuid4().hex[:12]}"
    plain = server.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    found = Sea(tmp_path, url)
    yield found
    found.close()
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def nonce(sea):
    client = ChainClient.connect(sea.settings.chain_rpc_url, sea.settings.chain_id)
    return client.nonce(setup.relayer(sea.settings).address)


def signed(sea):
    """Size and root of every checkpoint that the database holds."""
    table = LogCheckpoint.__table__
    with reading(sea.services.engine) as connection:
        notes = connection.execute(select(table.c.note)).scalars().all()
    return {checkpoints.parse_signed(bytes(note))[0].body() for note in notes}


@pytest.mark.parametrize("begun_again", [True, False], ids=["begun again", "still running"])
def test_s75_after_a_fail_over_to_a_stale_replica_nothing_is_sent_signed_or_released(
    sea, server, begun_again
):
    sea.chain_comes()
    sea.witnesses_come(1, 2, 3)
    right = sea.port.ready()
    sea.until(sea.all_anchored)
    replica = Snapshot(sea.services.engine, server, "replica")
    sea.port.assigned(right.id, plate="苏GA9999")
    sea.round()
    sea.until(sea.all_anchored)
    newest = Snapshot(sea.services.engine, server, "newest")
    told, sent, anchored = signed(sea), nonce(sea), sea.anchors()

    # The fail-over: what came after the replica's last row is not there.
    replica.restore()
    if begun_again:
        sea.ledger.close()
        sea.ledger = Ledger(sea.services)
    sea.port.assigned(right.id, plate="苏GB1111")
    for _ in range(4):
        sea.round()
    assert sea.measured().stopped != ""
    assert "ledger-stopped" in sea.alarms()
    assert not begun_again or "chain-incident" in sea.alarms()
    assert nonce(sea) == sent
    assert sea.anchors() == anchored
    assert signed(sea) <= told, "the log signed another history of the same leaves"
    with pytest.raises(RefusedError) as refused:
        sea.port.assigned(right.id, plate="苏GA7777")
    assert "releases-stopped" in [reason.code for reason in refused.value.reasons]
    customs = sea.portal.machine(Role.CUSTOMS, party=sea.port.ids["customs"])
    hold = {"scope": "CONTAINER", "key": BOX, "kind": "CUSTOMS", "reason": "sampling"}
    assert customs.post("/v1/holds", hold).status_code == 201

    # The newest copy is found: it goes on where it was.
    newest.restore()
    sea.ledger.close()
    sea.ledger = Ledger(sea.services)
    sea.port.assigned(right.id, plate="苏GA8888")
    sea.round()
    sea.until(sea.all_anchored)
    assert sea.measured().stopped == ""
    assert sea.anchors()[: len(anchored)] == anchored
    assert fsck.check(sea.services.engine, sea.settings).findings == ()
    for one in (replica, newest):
        one.drop()
