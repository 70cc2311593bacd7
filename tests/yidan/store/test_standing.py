"""How far the proof of an event has come."""

from datetime import UTC, datetime

from sqlalchemy import insert

from tests.port import Port
from yidan.store import log, standing
from yidan.store.ledger_tables import ChainInstruction
from yidan.store.standing import EventStanding, Standing

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def signed(size, *, cosigned):
    return log.Checkpoint(size, bytes(32), NOW, b"note", b"", 0, NOW if cosigned else None)


def anchor(connection, size, state):
    connection.execute(
        insert(ChainInstruction.__table__).values(
            key=f"anchor:{size}", kind="anchor", payload={}, created_at=NOW, state=state
        )
    )


def test_each_step_shows_as_it_is_reached(workshop):
    port = Port(workshop)
    for name in "abcd":
        port.party(name)

    def work(uow):
        connection = uow.connection
        ids = [uow.history(f"organisation:{port.ids[name]}")[0].event_id for name in "abcd"]
        log.insert_leaves(connection, 0, [(one, bytes(32)) for one in ids[:3]], now=NOW)
        for size, cosigned in ((1, True), (2, True), (3, False)):
            log.store_checkpoint(connection, signed(size, cosigned=cosigned))
            if cosigned:
                log.store_cosignatures(connection, signed(size, cosigned=True))
        anchor(connection, 1, "confirmed")
        anchor(connection, 2, "sent")
        return standing.anchored_size(connection), standing.of_events(connection, ids), ids

    anchored, found, ids = port.do("system", work)
    assert anchored == 1
    assert [found[one] for one in ids] == [
        EventStanding(Standing.ANCHORED, 0),
        EventStanding(Standing.CHECKPOINTED, 1),
        EventStanding(Standing.LOGGED, 2),
        EventStanding(Standing.RECORDED, None),
    ]


def test_an_empty_log_has_nothing_anchored(workshop):
    port = Port(workshop)
    assert port.look("system", lambda uow: standing.anchored_size(uow.connection)) == 0
