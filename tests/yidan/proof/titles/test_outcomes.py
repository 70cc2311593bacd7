"""The contract's logs, folded into the table: the same word as the contract after every step."""

from types import SimpleNamespace

import pytest
from eth_utils.crypto import keccak

from ledger.chain import instructions
from ledger.chain.events import decode_log
from tests.contracts import ledger_chain as lc
from yidan.kernel.events import SYSTEM
from yidan.proof.titles.outcomes import Log, outcomes, titles_named
from yidan.release.titles import tables
from yidan.release.titles.recording import lock_titles, record_outcomes
from yidan.store import rebuild

WHY = keccak(text="why")
DAY = 86_400


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    chain = lc.LedgerChain(tmp_path_factory.mktemp("titles") / "chain.sqlite3").furnish()
    yield chain
    chain.close()


class Follower:
    """Folds every block of the chain into the tables, as the platform's follower does at depth."""

    def __init__(self, services, chain):
        self.services, self.chain = services, chain
        self.at = int(chain.machine.head.block_number)

    def catch_up(self):
        head = int(self.chain.machine.head.block_number)
        for number in range(self.at + 1, head + 1):
            self.fold(number)
        self.at = head

    def fold(self, number):
        rows = self.chain.machine.store.logs(number, number)
        logs = [
            Log(
                decode_log([t for t in row[6:10] if t is not None], row[10], number), row[3], row[1]
            )
            for row in rows
        ]
        with self.services.unit_of_work(SYSTEM) as uow:
            titles = {
                title: tables.find_title(uow.connection, title) for title in titles_named(logs)
            }
            seconds = {title: found.second if found else "" for title, found in titles.items()}
            found = outcomes(logs, bytes(32), seconds)
            lock_titles(uow, [one.title for one in found])
            record_outcomes(uow, found)
            uow.commit()

    def title(self, title):
        with self.services.unit_of_work(SYSTEM, reading=True) as uow:
            return tables.find_title(uow.connection, title.hex())

    def agree(self, *titles):
        self.catch_up()
        for title in titles:
            row = self.title(title)
            assert int(row.word, 16) == self.chain.title(title).pack()
            assert int(row.second or "0", 16) == int.from_bytes(
                self.chain.view("second_word", title), "big"
            )


@pytest.fixture
def follower(services, chain):
    return Follower(services, chain)


def issue(chain, name, quantity=1000):
    title = keccak(text=name)
    chain.send(lc.CARRIER, "issue", title, lc.CARRIER_NO, quantity, lc.SHIPPER_ID, 0)
    return title


def act(chain, sender, function, title, *rest):
    return chain.send(sender, function, title, chain.title(title).sequence, *rest)


def test_i15_the_table_has_the_contracts_word_after_every_step_of_a_life(chain, follower):
    title = issue(chain, "a life")
    follower.agree(title)
    row = follower.title(title)
    assert (row.state, row.sequence, row.quantity) == ("active", 1, 1000)
    assert (row.owner, row.holder) == (lc.SHIPPER_ID, lc.SHIPPER_ID)
    until = chain.now + DAY
    act(chain, lc.SHIPPER, "propose", title, lc.CONSIGNEE_ID, until, 3)
    follower.agree(title)
    row = follower.title(title)
    assert (row.state, row.taker) == ("pending", lc.CONSIGNEE_ID)
    assert row.offered_until.timestamp() == until
    act(chain, lc.CONSIGNEE, "accept", title)
    chain.send(lc.CUSTOMS, "hold", title, lc.CUSTOMS_BIT, WHY)
    follower.agree(title)
    assert follower.title(title).holds == 1 << lc.CUSTOMS_BIT
    chain.send(lc.CUSTOMS, "unhold", title, lc.CUSTOMS_BIT, WHY)
    act(chain, lc.CONSIGNEE, "surrender", title)
    act(chain, lc.CARRIER, "reject_surrender", title, WHY)
    act(chain, lc.CONSIGNEE, "surrender", title)
    act(chain, lc.CARRIER, "accept_surrender", title)
    follower.agree(title)
    number = chain.title(title).sequence + 1
    act(chain, lc.CARRIER, "order", title, lc.TERMINAL_NO, lc.CONSIGNEE_ID, 1000, until)
    taken = instructions.collect(title, number, lc.CONSIGNEE_ID, 400, WHY)
    chain.send_data(lc.TERMINAL, taken)
    follower.agree(title)
    assert (follower.title(title).state, follower.title(title).collected) == ("releasing", 400)
    chain.send_data(lc.TERMINAL, instructions.collect(title, number, lc.CONSIGNEE_ID, 1000, WHY))
    follower.agree(title)
    assert follower.title(title).state == "released"
    assert not follower.title(title).live


def test_a_pledge_and_its_notice_stand_in_the_second_word(chain, follower):
    title = issue(chain, "pledged")
    act(chain, lc.SHIPPER, "pledge", title, lc.BANK_ID, 2 * DAY)
    follower.agree(title)
    assert (follower.title(title).pledged, follower.title(title).pledgee) == (True, lc.BANK_ID)
    act(chain, lc.BANK, "give_notice", title)
    follower.agree(title)
    assert follower.title(title).foreclosing
    act(chain, lc.BANK, "withdraw_notice", title)
    follower.agree(title)
    act(chain, lc.BANK, "assign_pledge", title, lc.CONSIGNEE_ID)
    follower.agree(title)
    act(chain, lc.CONSIGNEE, "discharge", title)
    follower.agree(title)
    assert (follower.title(title).pledgee, follower.title(title).second) == (0, "")


def test_children_take_their_parents_pledge_and_bill_and_paper_comes_back_once(chain, follower):
    title = issue(chain, "to be split")
    act(chain, lc.SHIPPER, "pledge", title, lc.BANK_ID, DAY)
    children = [(keccak(text=f"child {n}"), 500) for n in range(2)]
    wish = instructions.lineage(title, [], children)
    sequence = chain.title(title).sequence
    until = chain.now + DAY
    consent = chain.pledgee_consent(title, sequence, wish, signer=lc.BANK, until=until)
    chain.send_data(
        lc.SHIPPER, instructions.surrender_pledged(title, sequence, wish, until, consent)
    )
    act(chain, lc.CARRIER, "replace", title, [], children)
    follower.agree(title, *(child for child, _ in children))
    for child, _ in children:
        assert follower.title(child).parents == (title.hex(),)
        assert follower.title(child).pledgee == lc.BANK_ID
    (paper, _), other = children[0], keccak(text="back from paper")
    act(chain, lc.BANK, "discharge", paper)
    wish = instructions.paper_lineage(WHY)
    act(chain, lc.SHIPPER, "surrender_for_amendment", paper, wish)
    act(chain, lc.CARRIER, "switch_to_paper", paper, WHY)
    chain.send(lc.CARRIER, "switch_back", other, paper, lc.CONSIGNEE_ID)
    follower.agree(paper, other)
    assert follower.title(paper).second == other.hex()
    assert follower.title(other).parents == (paper.hex(),)


def test_rebuild_finds_a_changed_row_of_a_title(chain, follower):
    title = issue(chain, "looked after")
    follower.catch_up()
    commitments = follower.services.unit_of_work(SYSTEM)._workshop.commitments
    engine = follower.services.engine
    assert rebuild.check(engine, commitments).findings == ()
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE titles_title SET holder = 9 WHERE id = '{title.hex()}'")
    (finding,) = rebuild.check(engine, commitments).findings
    assert finding.where == f"titles_title {title.hex()}"


def test_logs_of_no_title_say_nothing_of_titles():
    event = SimpleNamespace(name="Paused", arguments={"office": 1}, block_number=3)
    assert outcomes([Log(event, bytes(32), 0)], bytes(32), {}) == []
