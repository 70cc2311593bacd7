"""Amendment, split, merger, reissue, void, paper, endorsement in blank, and the ends of orders."""

from __future__ import annotations

import ledger_chain as lc
import pytest
from eth_utils.crypto import keccak
from ledger_chain import refused

from ledger.chain import instructions
from ledger.chain.words import BEARER, Flag, PledgeWord, Roles, TitleState

WHY = keccak(text="why")
DAY = 86_400
UNTIL = lc.START + 10**9


def ids(title, count):
    return [keccak(title + bytes([number])) for number in range(count)]


def act(chain, title, function, *rest, sender=lc.CARRIER):
    return chain.send(sender, function, title, chain.title(title).sequence, *rest)


def ask(chain, wish, *titles, sender=lc.SHIPPER):
    for title in titles:
        act(chain, title, "surrender_for_amendment", wish, sender=sender)


def replace(chain, title, others, children, *, asked=True, sender=lc.CARRIER):
    """Ask for a replacement as the holder, then do it as the issuer."""
    if asked:
        ask(chain, instructions.lineage(title, others, children), title, *others)
    return act(chain, title, "replace", others, children, sender=sender)


@pytest.fixture
def pair(chain, issued, title):
    other = keccak(title)
    chain.send(lc.CARRIER, "issue", other, lc.CARRIER_NO, 500, lc.SHIPPER_ID, 0)
    return issued, other


def test_a_split_voids_the_parent_and_issues_the_children_at_once(chain, issued):
    chain.send(lc.CUSTOMS, "hold", issued, lc.CUSTOMS_BIT, WHY)
    chain.send(lc.PAYMENT, "satisfy", issued, lc.PAYMENT_GATE, WHY)
    children = [
        (child, quantity) for child, quantity in zip(ids(issued, 3), (1, 333, 666), strict=True)
    ]
    replace(chain, issued, [], children)
    assert [event.name for event in chain.events()] == ["Replaced", *["Issued"] * 3]
    lineage = instructions.lineage(issued, [], children)
    assert chain.events()[0].arguments["lineage"] == lineage
    assert chain.title(issued).state == TitleState.VOID
    for child, quantity in children:
        word = chain.title(child)
        assert (word.state, word.quantity, word.sequence) == (TitleState.ACTIVE, quantity, 1)
        assert (word.holds, word.gates_satisfied) == (1 << lc.CUSTOMS_BIT, 1 << lc.PAYMENT_GATE)
        assert (word.owner, word.holder, word.flags) == (lc.SHIPPER_ID, lc.SHIPPER_ID, Flag.CHILD)
    with refused("NotForAmendment"):
        act(chain, issued, "replace", [], children)


def test_s22_a_split_of_ten_thousand_tonnes_conserves_every_kilogram(chain, title):
    chain.send(lc.CARRIER, "issue", title, lc.CARRIER_NO, 10_000_000, lc.SHIPPER_ID, 0)
    names = ids(title, 8)
    parts = [10_000_000 // 8 - 1] * 7
    rest = 10_000_000 - sum(parts)
    children = list(zip(names, [*parts, rest - 1], strict=True))
    ask(chain, instructions.lineage(title, [], children), title)
    with refused("QuantitiesDiffer"):
        replace(chain, title, [], children, asked=False)
    act(chain, title, "reject_amendment", WHY)
    for last in (rest + 1, 0):
        children = list(zip(names, [*parts, last], strict=True))
        ask(chain, instructions.lineage(title, [], children), title)
        with refused("QuantityOutOfRange"):
            replace(chain, title, [], children, asked=False)
        act(chain, title, "reject_amendment", WHY)
    children = list(zip(names, [*parts, 10_000_000 - sum(parts)], strict=True))
    replace(chain, title, [], children)
    assert sum(chain.title(name).quantity for name in names) == 10_000_000


def test_like_titles_merge_into_one_of_their_quantity(chain, pair):
    first, second = pair
    (child,) = ids(first, 1)
    chain.send(lc.PAYMENT, "satisfy", first, lc.PAYMENT_GATE, WHY)
    replace(chain, first, [second], [(child, 1_500)])
    assert [chain.title(each).state for each in pair] == [TitleState.VOID] * 2
    word = chain.title(child)
    assert (word.quantity, word.gates_satisfied) == (1_500, 0)


def test_s22_titles_that_differ_in_holds_or_pledge_do_not_merge(chain, pair):
    first, second = pair
    children = [(ids(first, 1)[0], 1_500)]
    ask(chain, instructions.lineage(first, [second], children), *pair)
    chain.send(lc.CUSTOMS, "hold", second, lc.CUSTOMS_BIT, WHY)
    with refused("UnlikeTitles"):
        replace(chain, first, [second], children, asked=False)
    chain.send(lc.CUSTOMS, "hold", first, lc.CUSTOMS_BIT, WHY)
    replace(chain, first, [second], children, asked=False)


def test_a_title_counts_once_in_a_merger(chain, issued):
    children = [(ids(issued, 1)[0], 2_000)]
    with refused("NotForAmendment"):
        replace(chain, issued, [issued], children, asked=False)
    ask(chain, instructions.lineage(issued, [issued], children), issued)
    with refused("NotForAmendment"):
        replace(chain, issued, [issued], children, asked=False)


def test_s24_only_a_reissue_changes_a_quantity(chain, issued):
    (child,) = ids(issued, 1)
    replace(chain, issued, [], [(child, 987)])
    assert chain.title(child).quantity == 987
    replace(chain, child, [], [])
    assert chain.title(child).state == TitleState.VOID


def test_the_issuer_does_what_the_holder_asked_for_and_nothing_else(chain, issued):
    children = [(child, 500) for child in ids(issued, 2)]
    with refused("NotForAmendment"):
        replace(chain, issued, [], children, asked=False)
    ask(chain, instructions.lineage(issued, [], children), issued)
    for other in ([], [(ids(issued, 1)[0], 1_000)], children[::-1]):
        with refused("OtherLineage"):
            replace(chain, issued, [], other, asked=False)
    with refused("OtherLineage"):
        act(chain, issued, "switch_to_paper", instructions.lineage(issued, [], children))
    for sender in (lc.SHIPPER, lc.ADMIN, lc.RIVAL_CARRIER):
        with refused("NotKeeper"):
            replace(chain, issued, [], children, asked=False, sender=sender)
    with refused("StaleSequence"):
        chain.send(lc.CARRIER, "replace", issued, 1, [], children)
    chain.send(lc.COURT, "hold", issued, lc.COURT_BIT, WHY)
    with refused("FrozenByAuthority"):
        replace(chain, issued, [], children, asked=False)


def test_every_bit_of_the_wish_counts(chain, issued):
    """With 80 bits of it an issuer that chooses the children's ids finds two lists alike."""
    children = [(child, 500) for child in ids(issued, 2)]
    wish = instructions.lineage(issued, [], children)
    ask(chain, wish, issued)
    playground = lc.Playground(chain)
    data = instructions.call_data("replace", issued, 2, [], children)
    for bit in (0, 100, 255):
        other = int.from_bytes(wish, "big") ^ 1 << bit
        playground.set_storage(other, 16, issued)
        with refused("OtherLineage"):
            playground.run(lc.CARRIER, data)
    playground.set_storage(int.from_bytes(wish, "big"), 16, issued)
    playground.run(lc.CARRIER, data)


def test_what_takes_a_titles_place_stays_readable_and_a_rejected_wish_does_not(chain, pair):
    first, second = pair
    wish = instructions.lineage(first, [], [])
    ask(chain, wish, first)
    assert chain.view("lineage_of", first) == wish
    act(chain, first, "reject_amendment", WHY)
    assert chain.view("lineage_of", first) == bytes(32)
    replace(chain, first, [], [])
    assert chain.view("lineage_of", first) == wish
    ask(chain, instructions.paper_lineage(WHY), second)
    act(chain, second, "switch_to_paper", WHY)
    assert chain.view("lineage_of", second) == instructions.paper_lineage(WHY)
    assert chain.view("lineage_of", WHY) == bytes(32)


def test_s12_a_child_takes_no_id_that_was_ever_issued(chain, pair):
    first, second = pair
    with refused("AlreadyIssued"):
        replace(chain, first, [], [(second, 1_000)])
    act(chain, first, "reject_amendment", WHY)
    with refused("BadTitle"):
        replace(chain, first, [], [(bytes(31) + b"\x05", 1_000)])


def test_a_rejected_amendment_gives_the_title_back_as_it_was(chain, issued):
    before = chain.title(issued)
    ask(chain, WHY, issued)
    with refused("NotActive"):
        chain.send_data(lc.SHIPPER, chain.transfer_data(issued, lc.BANK_ID))
    for sender in (lc.SHIPPER, lc.ADMIN):
        with refused("NotKeeper"):
            act(chain, issued, "reject_amendment", WHY, sender=sender)
    act(chain, issued, "reject_amendment", WHY)
    word = chain.title(issued)
    assert (word.state, word.ordered, word.collected) == (before.state, 0, 0)
    with refused("NotForAmendment"):
        act(chain, issued, "reject_amendment", WHY)


def test_children_of_a_pledged_title_are_pledged_alike(chain, issued):
    act(chain, issued, "pledge", lc.BANK_ID, DAY, sender=lc.SHIPPER)
    children = [(child, 500) for child in ids(issued, 2)]
    wish = instructions.lineage(issued, [], children)
    signature = chain.pledgee_consent(issued, 2, wish, signer=lc.BANK)
    chain.send_data(lc.SHIPPER, instructions.surrender_pledged(issued, 2, wish, UNTIL, signature))
    replace(chain, issued, [], children, asked=False)
    for child, _ in children:
        assert chain.title(child).flags == Flag.CHILD | Flag.PLEDGED
        assert chain.pledge(child) == PledgeWord(lc.BANK_ID, DAY)
    assert chain.pledge(issued) == PledgeWord()
    act(chain, children[0][0], "discharge", sender=lc.BANK)


def test_s15_a_title_on_paper_is_not_released_and_comes_back_once(chain, issued, title):
    back, again = ids(title, 2)
    with refused("NotPaper"):
        chain.send(lc.CARRIER, "switch_back", back, issued, lc.BANK_ID)
    ask(chain, instructions.paper_lineage(WHY), issued)
    with refused("OtherLineage"):
        act(chain, issued, "switch_to_paper", bytes(32))
    act(chain, issued, "switch_to_paper", WHY)
    on_paper = chain.title(issued)
    assert on_paper.state == TitleState.PAPER
    with refused("NotActive"):
        chain.send(lc.SHIPPER, "surrender", issued, on_paper.sequence)
    with refused("NotSurrendered"):
        act(chain, issued, "release", WHY)
    with refused("UnknownParty"):
        chain.send(lc.CARRIER, "switch_back", back, issued, 99)
    with refused("NotKeeper"):
        chain.send(lc.RIVAL_CARRIER, "switch_back", back, issued, lc.BANK_ID)
    chain.send(lc.CARRIER, "switch_back", back, issued, lc.BANK_ID)
    with refused("AlreadyIssued"):
        chain.send(lc.CARRIER, "switch_back", again, issued, lc.BANK_ID)
    word = chain.title(back)
    assert (word.state, word.holder, word.quantity) == (TitleState.ACTIVE, lc.BANK_ID, 1_000)
    assert chain.title(issued) == on_paper


def test_a_pledged_title_does_not_go_to_paper(chain, issued):
    act(chain, issued, "pledge", lc.BANK_ID, DAY, sender=lc.SHIPPER)
    wish = instructions.paper_lineage(WHY)
    signature = chain.pledgee_consent(issued, 2, wish, signer=lc.BANK)
    call = instructions.surrender_pledged(issued, 2, wish, UNTIL, signature)
    chain.send_data(lc.SHIPPER, call)
    with refused("Pledged"):
        act(chain, issued, "switch_to_paper", WHY)


def test_a_title_endorsed_in_blank_belongs_to_whoever_holds_it(chain, issued):
    act(chain, issued, "endorse_in_blank", sender=lc.SHIPPER)
    word = chain.title(issued)
    assert (word.owner, word.holder, word.flags) == (BEARER, lc.SHIPPER_ID, Flag.APART)
    until = chain.now + DAY
    act(chain, issued, "propose", lc.CONSIGNEE_ID, until, Roles.HOLDER, sender=lc.SHIPPER)
    act(chain, issued, "accept", sender=lc.CONSIGNEE)
    with refused("NotOwnerAndHolder"):
        act(chain, issued, "surrender", sender=lc.CONSIGNEE)
    with refused("NotHolder"):
        act(chain, issued, "endorse_in_blank", sender=lc.SHIPPER)
    act(chain, issued, "endorse_in_blank", sender=lc.CONSIGNEE)
    word = chain.title(issued)
    assert (word.owner, word.holder, word.flags) == (lc.CONSIGNEE_ID, lc.CONSIGNEE_ID, 0)
    act(chain, issued, "surrender", sender=lc.CONSIGNEE)


def test_one_who_only_holds_does_not_endorse_in_blank(chain, issued):
    until = chain.now + DAY
    act(chain, issued, "propose", lc.BANK_ID, until, Roles.OWNER, sender=lc.SHIPPER)
    act(chain, issued, "accept", sender=lc.BANK)
    for sender in (lc.SHIPPER, lc.BANK):
        with refused("NotOwnerAndHolder"):
            act(chain, issued, "endorse_in_blank", sender=sender)


def test_s4_a_collection_for_the_old_nominee_is_refused_after_renomination(chain, ordered):
    chain.send_data(lc.TERMINAL, instructions.collect(ordered, 3, lc.CONSIGNEE_ID, 100, WHY))
    for sender in (lc.CONSIGNEE, lc.TERMINAL, lc.ADMIN):
        with refused("NotKeeper"):
            chain.send(sender, "renominate", ordered, 3, lc.BANK_ID)
    chain.send(lc.CARRIER, "renominate", ordered, 3, lc.BANK_ID)
    assert chain.order(ordered, 3).nominee == lc.BANK_ID
    with refused("NomineeMismatch"):
        chain.send_data(lc.TERMINAL, instructions.collect(ordered, 3, lc.CONSIGNEE_ID, 600, WHY))
    chain.send_data(lc.TERMINAL, instructions.collect(ordered, 3, lc.BANK_ID, 600, WHY))
    with refused("OrderNotOpen"):
        chain.send(lc.CARRIER, "renominate", ordered, 3, lc.CONSIGNEE_ID)
    with refused("OrderNotOpen"):
        chain.send_data(lc.TERMINAL, instructions.collect(ordered, 3, lc.BANK_ID, 600, WHY))


def test_s23_a_shortage_within_tolerance_closes_the_title_and_no_more(chain, surrendered):
    order = (lc.TERMINAL_NO, lc.CONSIGNEE_ID, 1_000, lc.START + 10**8)
    chain.send(lc.CARRIER, "order", surrendered, 2, *order)
    chain.send_data(lc.TERMINAL, instructions.collect(surrendered, 3, lc.CONSIGNEE_ID, 949, WHY))
    with refused("OrdersOpen"):
        act(chain, surrendered, "close_with_tolerance", WHY)
    chain.send(lc.CARRIER, "revoke_order", surrendered, 3)
    with refused("BeyondTolerance"):
        act(chain, surrendered, "close_with_tolerance", WHY)
    order = (lc.TERMINAL_NO, lc.CONSIGNEE_ID, 1, lc.START + 10**8)
    number = chain.title(surrendered).sequence + 1
    act(chain, surrendered, "order", *order)
    chain.send_data(lc.TERMINAL, instructions.collect(surrendered, number, lc.CONSIGNEE_ID, 1, WHY))
    with refused("NotKeeper"):
        act(chain, surrendered, "close_with_tolerance", WHY, sender=lc.ADMIN)
    act(chain, surrendered, "close_with_tolerance", WHY)
    word = chain.title(surrendered)
    assert (word.state, word.collected, word.quantity) == (TitleState.RELEASED, 950, 1_000)
    with refused("NotSurrendered"):
        act(chain, surrendered, "close_with_tolerance", WHY)


def test_s8_a_title_being_collected_is_not_reissued(chain, surrendered):
    chain.send(
        lc.CARRIER, "order", surrendered, 2, lc.TERMINAL_NO, lc.CONSIGNEE_ID, 600, lc.START + 10**8
    )
    chain.send_data(lc.TERMINAL, instructions.collect(surrendered, 3, lc.CONSIGNEE_ID, 100, WHY))
    children = [(ids(surrendered, 1)[0], 900)]
    with refused("NotActive"):
        ask(chain, instructions.lineage(surrendered, [], children), surrendered)
    with refused("NotForAmendment"):
        replace(chain, surrendered, [], children, asked=False)
    chain.send_data(lc.TERMINAL, instructions.collect(surrendered, 3, lc.CONSIGNEE_ID, 600, WHY))
    assert chain.title(surrendered).collected == 600


def test_s8_a_title_being_reissued_is_not_collected(chain, issued):
    children = [(ids(issued, 1)[0], 1_000)]
    ask(chain, instructions.lineage(issued, [], children), issued)
    with refused("NotSurrendered"):
        act(chain, issued, "order", lc.TERMINAL_NO, lc.CONSIGNEE_ID, 1, lc.START + 10**8)
