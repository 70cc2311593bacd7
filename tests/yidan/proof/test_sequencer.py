"""Every event becomes one leaf, in the order of recording, and never another (LEDGER 4, I13)."""

import threading

import pytest
from sqlalchemy.exc import IntegrityError

from ledger import merkle
from yidan.proof import monitoring
from yidan.proof.sequencer import sequence
from yidan.store import log
from yidan.store.engine import database_now, writing


def leaves(house):
    with house.reading() as connection:
        return [leaf.event_id for leaf in log.leaves(connection)]


def test_s62_events_become_leaves_in_the_order_of_recording_each_once(house):
    one = house.weigh(1, 2, box="MSKU1234565")
    other = house.weigh(3, box="TGHU1111117")
    again = house.weigh(4, box="MSKU1234565")
    house.sequence()
    house.sequence()
    assert leaves(house) == [*one, *other, *again]


def test_s62_an_errand_that_comes_twice_makes_no_second_leaf(house):
    """The outbox is at least once: an event that has its leaf is passed over."""
    house.weigh(1, 2)
    house.sequence()
    before = leaves(house)
    house.change("UPDATE outbox SET done_at = NULL WHERE consumer = 'log'")
    assert sequence(house.services, "test") == 2
    assert sequence(house.services, "test") == 0
    assert leaves(house) == before
    assert house.checkpointer.checkpoint().size == 2


@pytest.mark.parametrize("index", [0, 1])
def test_s62_an_index_that_is_taken_is_given_to_nobody_else(house, index):
    house.weigh(1, 2)
    house.sequence()
    (late,) = house.weigh(3)
    with (
        pytest.raises(IntegrityError),
        writing(house.services.engine) as connection,
    ):
        now = database_now(connection)
        log.insert_leaves(connection, index, [(late, bytes(32))], now=now)
    assert late not in leaves(house)


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        (
            [
                'UPDATE log_leaf SET "index" = 9 WHERE "index" = 0',
                'UPDATE log_leaf SET "index" = 0 WHERE "index" = 1',
                'UPDATE log_leaf SET "index" = 1 WHERE "index" = 9',
            ],
            "tile 0 (event",
        ),
        (['UPDATE log_leaf SET "index" = 7 WHERE "index" = 2'], "leaf"),
    ],
    ids=["two changed places", "a gap"],
)
def test_s62_leaves_out_of_order_are_found_and_stop_releases(house, statements, what):
    house.weigh(1, 2, 3)
    house.log()
    house.change(*statements)
    found = list(monitoring.check_rows(house.services, threading.Event()))
    assert any(what in line for line in found)


def test_the_tiles_grow_by_batches_to_the_tree_of_all_leaves(house):
    for count in (3, 255, 1, 300):
        house.weigh(*range(count))
        house.sequence()
    with house.reading() as connection:
        hashes = [leaf.leaf_hash for leaf in log.leaves(connection)]
        found = merkle.root_at(log.DatabaseTiles(connection), log.size(connection))
    assert found == merkle.root(hashes)
    assert len(hashes) == 559
