"""The contract's logs, folded into the table: the same word as the contract after every step."""

from types import SimpleNamespace

import pytest
from eth_utils.crypto import keccak

from ledger.chain import instructions
from ledger.chain.events import decode_log
from tests.contracts import ledger_chain as lc
from yidan.kernel.events import SYSTEM
from yidan.proof.titles.outcomes import Log, outcomes, titles_named
from yidan.release.titles import tables, word
from yidan.release.titles.recording import lock_titles, record_outcomes
from yidan.release.titles.rules import clearing
from yidan.store import rebuild

WHY = keccak(text="why")
DAY = 86_400
COURT_ID = 0xC0DE
AUTHORITIES = ((lc.CUSTOMS, lc.CUSTOMS_BIT), (lc.COURT, lc.COURT_BIT))


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


def words_of(follower, *titles):
    return [word.read(follower.title(title).word) for title in titles]


def goods(follower, *titles):
    """Why the goods of the titles' bill stay."""
    return [one.code for one in clearing.goods_reasons("B1", words_of(follower, *titles))]


def surrendered(chain, title, by=lc.SHIPPER):
    act(chain, by, "surrender", title)
    act(chain, lc.CARRIER, "accept_surrender", title)


def held_by_two(chain, title):
    """Two authorities hold a title, and one of them can become its holder."""
    if not any(chain.view("party_key", COURT_ID)):
        chain.register(COURT_ID, lc.COURT)
    for keeper, bit in AUTHORITIES:
        chain.send(keeper, "hold", title, bit, WHY)


def test_i9_after_a_seizure_the_authority_owns_and_holds_and_the_goods_stay(chain, follower):
    title = issue(chain, "to be seized")
    surrendered(chain, title)
    follower.agree(title)
    assert goods(follower, title) == []
    held_by_two(chain, title)
    chain.send(lc.COURT, "seize", title, lc.COURT_BIT, COURT_ID, WHY)
    follower.agree(title)
    assert follower.title(title).holder == lc.SHIPPER_ID, "one voice seizes nothing"
    chain.send(lc.CUSTOMS, "seize", title, lc.CUSTOMS_BIT, COURT_ID, WHY)
    follower.agree(title)
    row = follower.title(title)
    assert (row.owner, row.holder, row.holder_party) == (COURT_ID, COURT_ID, "")
    assert goods(follower, title) == ["title-goods-held"]


def test_an_offer_ends_with_a_seizure_and_no_taker_is_left_in_the_row(chain, follower):
    title = issue(chain, "to be seized on its way")
    act(chain, lc.SHIPPER, "propose", title, lc.CONSIGNEE_ID, chain.now + DAY, 3)
    held_by_two(chain, title)
    for keeper, bit in reversed(AUTHORITIES):
        chain.send(keeper, "seize", title, bit, COURT_ID, WHY)
    follower.agree(title)
    row = follower.title(title)
    assert (row.state, row.holder, row.taker, row.offered_until) == ("active", COURT_ID, 0, None)


def test_s14_behind_a_letter_of_indemnity_no_state_of_the_title_lets_goods_go(chain, follower):
    title = issue(chain, "indemnified")
    chain.send(lc.CARRIER, "flag_indemnity", title, WHY)
    follower.agree(title)
    assert goods(follower, title) == ["title-indemnified", "title-not-surrendered"]
    surrendered(chain, title)
    follower.agree(title)
    assert follower.title(title).state == "releasing"
    assert goods(follower, title) == ["title-indemnified"]
    other = issue(chain, "indemnified and voided")
    chain.send(lc.CARRIER, "flag_indemnity", other, WHY)
    act(chain, lc.SHIPPER, "surrender_for_amendment", other, instructions.lineage(other, [], []))
    act(chain, lc.CARRIER, "replace", other, [], [])
    follower.agree(other)
    assert follower.title(other).state == "void"
    assert goods(follower, other) == ["title-indemnified"]
    assert clearing.governs(*words_of(follower, other)), "no paper clears it by hand"


@pytest.mark.parametrize("pledged", [False, True])
def test_s12_a_title_that_migrated_lets_no_goods_go_until_its_new_ledger_says_so(
    chain, follower, pledged
):
    old, new = chain.another().furnish(), chain.another().furnish()
    old.send(lc.ADMIN, "name_successor", new.contract)
    old.wait(7 * DAY + 1)
    title = issue(old, f"moving, pledged: {pledged}")
    if pledged:
        act(old, lc.SHIPPER, "pledge", title, lc.BANK_ID, DAY)
    wish = instructions.successor_lineage(new.contract)
    sequence, until = old.title(title).sequence, old.now + DAY
    if pledged:
        consent = old.pledgee_consent(title, sequence, wish, signer=lc.BANK, until=until)
        asking = instructions.surrender_pledged(title, sequence, wish, until, consent)
        old.send_data(lc.SHIPPER, asking)
    else:
        act(old, lc.SHIPPER, "surrender_for_amendment", title, wish)
    act(old, lc.CARRIER, "migrate", title)
    there = Follower(follower.services, old)
    there.at = follower.at
    there.agree(title)
    row = there.title(title)
    assert (row.state, row.live, row.ordered, row.collected) == ("migrated", False, 0, 0)
    assert (row.pledged, row.pledgee) == (pledged, lc.BANK_ID if pledged else 0)
    assert goods(there, title) == ["title-migrated"]
    assert clearing.governs(*words_of(there, title)), "no paper clears it by hand"
    new.send(lc.CARRIER, "adopt", title, old.contract, lc.CARRIER_NO)
    here = Follower(follower.services, new)
    here.at = there.at
    here.agree(title)
    after = here.title(title)
    assert (after.state, after.holder, after.pledgee) == ("active", lc.SHIPPER_ID, row.pledgee)
    assert goods(here, title) == ["title-not-surrendered"]


def test_a_suspension_changes_no_title_and_is_no_log_that_nobody_knows(chain, follower):
    title = issue(chain, "of a suspended party")
    follower.agree(title)
    before = follower.title(title)
    for function in ("suspend", "restore"):
        chain.send(lc.ADMIN, function, lc.SHIPPER_ID, WHY)
        assert chain.last_event().name in {"PartySuspended", "PartyRestored"}
        follower.agree(title)
        assert follower.title(title) == before
