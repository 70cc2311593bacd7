"""What a transfer chain means: every action in and out of turn, each reason on its own."""

from dataclasses import replace

import pytest

from yidan.exchange.pint.rules.chain import same_party, standing_of, walk
from yidan.exchange.pint.rules.envelope import (
    HTTP_STATUS,
    Action,
    Announced,
    Code,
    Entry,
    Envelope,
    Issuance,
    Party,
    ResponseCode,
    Transaction,
)
from yidan.exchange.pint.rules.findings import (
    OnContract,
    chain_findings,
    forged_entries,
    link_findings,
    missing_from,
    signing_findings,
    title_findings,
)


def named(name, platform="WAVE", **more):
    return Party(name, platform, (Code("ZZZ", name),), **more)


CARRIER = named("carrier", represented=(Code("SMDG", "HMM"),))
SHIPPER, BUYER, BANK = named("shipper"), named("buyer"), named("bank")
ISSUE = Transaction(Action.ISSUE, CARRIER, SHIPPER)


def act(action, actor, recipient=None):
    return Transaction(Action(action), actor, recipient)


def wrong(*steps, to_order=True, first=ISSUE):
    return [one.code for one in walk([first, *steps], to_order=to_order)[1]]


def left(*steps, to_order=True):
    return walk([ISSUE, *steps], to_order=to_order)[0]


SURRENDERED = act("SURRENDER_FOR_DELIVERY", SHIPPER, CARRIER)


@pytest.mark.parametrize(
    ("steps", "possessor"),
    [
        ((), SHIPPER),
        ((act("TRANSFER", SHIPPER, BUYER),), BUYER),
        ((act("ENDORSE", SHIPPER, BUYER),), SHIPPER),
        ((act("BLANK_ENDORSE", SHIPPER), act("TRANSFER", SHIPPER, BANK)), BANK),
        ((act("SIGN", SHIPPER),), SHIPPER),
        ((SURRENDERED,), CARRIER),
        ((SURRENDERED, act("SREJ", CARRIER, SHIPPER)), SHIPPER),
        ((SURRENDERED, act("SREJ", CARRIER), act("TRANSFER", SHIPPER, BUYER)), BUYER),
        ((SURRENDERED, act("SACC", CARRIER, SHIPPER)), CARRIER),
        ((act("SURRENDER_FOR_AMENDMENT", SHIPPER, CARRIER), act("SACC", CARRIER)), CARRIER),
    ],
)
def test_a_chain_in_turn_leaves_the_bill_with_one_party(steps, possessor):
    standing, findings = walk([ISSUE, *steps], to_order=True)
    assert findings == []
    assert standing.possessor == possessor


def test_where_a_surrender_stands_is_told():
    amended = left(act("SURRENDER_FOR_AMENDMENT", SHIPPER, CARRIER))
    assert (amended.amending, amended.surrendered_by, amended.ended) == (True, SHIPPER, False)
    assert left(SURRENDERED, act("SACC", CARRIER)).ended
    rejected = left(SURRENDERED, act("SREJ", CARRIER))
    assert (rejected.surrendered_by, rejected.ended) == (None, False)


def test_a_surrender_may_go_to_whom_the_carrier_issued_for():
    represented = Party("HMM", "WAVE", (Code("SMDG", "HMM"),))
    assert wrong(act("SURRENDER_FOR_DELIVERY", SHIPPER, represented)) == []


@pytest.mark.parametrize(
    ("steps", "codes"),
    [
        ((ISSUE,), ["ebl-second-issue"]),
        ((act("TRANSFER", BUYER, BANK),), ["ebl-not-in-possession"]),
        ((act("SIGN", BUYER),), ["ebl-not-in-possession"]),
        ((act("TRANSFER", SHIPPER),), ["ebl-recipient-needed"]),
        ((act("SIGN", SHIPPER, BUYER),), ["ebl-recipient-not-allowed"]),
        ((act("BLANK_ENDORSE", SHIPPER, BUYER),), ["ebl-recipient-not-allowed"]),
        ((act("SURRENDER_FOR_DELIVERY", SHIPPER, BUYER),), ["ebl-surrender-not-to-carrier"]),
        ((act("SURRENDER_FOR_DELIVERY", SHIPPER),), ["ebl-recipient-needed"]),
        ((SURRENDERED, act("TRANSFER", CARRIER, BUYER)), ["ebl-surrender-open"]),
        ((act("SACC", CARRIER),), ["ebl-no-surrender-open"]),
        ((SURRENDERED, act("SACC", SHIPPER)), ["ebl-not-in-possession"]),
        (
            (SURRENDERED, act("SREJ", CARRIER), act("SACC", CARRIER)),
            ["ebl-no-surrender-open"],
        ),
        (
            (SURRENDERED, act("SACC", CARRIER), act("SREJ", CARRIER)),
            ["ebl-after-surrender-accepted"],
        ),
        (
            (SURRENDERED, act("SACC", CARRIER), ISSUE, act("SIGN", SHIPPER)),
            ["ebl-after-surrender-accepted", "ebl-after-surrender-accepted"],
        ),
        (
            (act("ENDORSE", SHIPPER, BUYER), act("ENDORSE", SHIPPER, BANK)),
            ["ebl-may-not-endorse"],
        ),
        (
            (act("ENDORSE_TO_ORDER", SHIPPER, BUYER), act("BLANK_ENDORSE", SHIPPER)),
            ["ebl-may-not-endorse"],
        ),
    ],
)
def test_a_step_out_of_turn_is_named(steps, codes):
    assert wrong(*steps) == codes


def test_an_endorsee_to_order_in_possession_endorses_further():
    steps = (
        act("ENDORSE_TO_ORDER", SHIPPER, BUYER),
        act("TRANSFER", SHIPPER, BUYER),
        act("ENDORSE", BUYER, BANK),
    )
    assert wrong(*steps) == []
    assert wrong(act("ENDORSE", SHIPPER, BUYER), to_order=False) == ["ebl-not-to-order"]


def test_a_chain_starts_with_issue_and_with_something():
    assert wrong(first=act("TRANSFER", CARRIER, SHIPPER)) == ["ebl-no-issue"]
    assert [one.code for one in walk([], to_order=True)[1]] == ["ebl-no-issue"]


def test_every_reason_is_told_at_once():
    found = wrong(act("ENDORSE", BUYER), act("TRANSFER", BUYER, BANK), to_order=False)
    assert found == [
        "ebl-recipient-needed",
        "ebl-not-in-possession",
        "ebl-not-to-order",
        "ebl-not-in-possession",
    ]


def test_one_party_is_known_by_a_common_code_and_none_that_differs():
    both = Party("x", "WAVE", (Code("ZZZ", "x"), Code("GLEIF", "1", "LEI")))
    other = Party("x", "WAVE", (Code("ZZZ", "x"), Code("GLEIF", "2", "LEI")))
    assert same_party(both, named("x"))
    assert not same_party(both, other)
    assert not same_party(both, named("y"))
    assert not same_party(both, named("x", "BOLE"))
    assert not same_party(None, both)
    assert not same_party(both, None)
    elsewhere = act("SURRENDER_FOR_DELIVERY", SHIPPER, named("carrier", "BOLE"))
    assert wrong(elsewhere) == ["ebl-surrender-not-to-carrier"]


DOCUMENT = "d" * 64
OURS = named("ours", "YIDN")
RENDERED = Announced("f" * 64, 3, "bill.pdf", "application/pdf")


def entry(number, *transactions, previous="", **more):
    usual = {
        "platform": "WAVE",
        "document_checksum": DOCUMENT,
        "previous_checksum": previous,
        "transactions": transactions,
        "checksum": f"{number}" * 64,
        "payload_digest": f"p{number}",
        "issuance": Issuance(DOCUMENT) if number == 1 else None,
    }
    return Entry(**(usual | more))


GOOD = Envelope(
    document_checksum=DOCUMENT,
    reference="HHL71800000",
    carrier="SMDG:HMM",
    to_order=True,
    manifest_document_checksum=DOCUMENT,
    manifest_last_checksum="2" * 64,
    visualisation=None,
    supporting=(),
    entries=(
        entry(1, ISSUE),
        entry(2, act("TRANSFER", SHIPPER, OURS), previous="1" * 64),
    ),
)


def refused(envelope, sender="WAVE"):
    return [one.code for one in chain_findings(envelope, sender=sender, here="YIDN")]


def with_first(**changes):
    return replace(GOOD, entries=(replace(GOOD.entries[0], **changes), GOOD.entries[1]))


def with_last(**changes):
    return replace(GOOD, entries=(GOOD.entries[0], replace(GOOD.entries[1], **changes)))


def test_a_good_envelope_has_no_finding():
    assert refused(GOOD) == []
    assert link_findings(GOOD) == []
    assert signing_findings(GOOD) == []
    assert standing_of(GOOD).possessor == OURS


@pytest.mark.parametrize(
    ("envelope", "code"),
    [
        (replace(GOOD, manifest_document_checksum="e" * 64), "ebl-other-document"),
        (with_last(document_checksum="e" * 64), "ebl-other-document"),
        (with_first(issuance=Issuance("e" * 64)), "ebl-other-document"),
        (with_first(issuance=None), "ebl-no-issuance-manifest"),
        (with_last(issuance=Issuance(DOCUMENT)), "ebl-no-issuance-manifest"),
        (replace(GOOD, visualisation=RENDERED), "ebl-visualisation-not-carriers"),
        (with_first(issuance=Issuance(DOCUMENT, "f" * 64)), "ebl-visualisation-not-carriers"),
        (with_last(visualisation_checksum="f" * 64), "ebl-visualisation-not-carriers"),
        (with_last(transactions=(act("TRANSFER", SHIPPER, BUYER),)), "ebl-not-for-this-platform"),
        (with_last(transactions=(act("SIGN", SHIPPER),)), "ebl-not-for-this-platform"),
    ],
)
def test_one_thing_wrong_in_an_envelope_is_one_finding(envelope, code):
    assert refused(envelope) == [code]


def test_an_entry_of_another_platform_is_seen():
    assert refused(GOOD, sender="BOLE") == ["ebl-sender-not-last-entry"]
    assert refused(with_first(platform="BOLE")) == ["ebl-actor-of-other-platform"]


def test_the_carriers_rendering_is_announced_as_it_was_issued():
    issued = with_first(issuance=Issuance(DOCUMENT, RENDERED.checksum))
    with_it = replace(issued, visualisation=RENDERED, supporting=(replace(RENDERED, checksum="a"),))
    assert refused(with_it) == []
    assert sorted(with_it.announced) == ["a", RENDERED.checksum]


def test_entries_out_of_order_are_seen():
    assert [one.code for one in link_findings(with_last(previous_checksum="9" * 64))] == [
        "ebl-chain-not-linked"
    ]
    first = link_findings(with_first(previous_checksum="9" * 64))
    assert first[0].params == {"number": "1"}
    wrong_last = replace(GOOD, manifest_last_checksum="9" * 64)
    assert [one.code for one in signing_findings(wrong_last)] == ["ebl-manifest-other-entry"]


@pytest.mark.parametrize(
    ("known", "came", "number"),
    [
        ([], ["a"], None),
        (["a"], ["a"], None),
        (["a"], ["a", "b"], None),
        (["a", "b"], ["a"], "2"),
        (["a", "b"], ["a", "c"], "2"),
        (["a"], ["b"], "1"),
    ],
)
def test_a_chain_may_only_grow(known, came, number):
    found = missing_from(known, came)
    assert [one.params["number"] for one in found] == ([number] if number else [])


def test_an_entry_in_our_name_must_be_one_of_ours():
    forged = with_first(platform="YIDN")
    found = forged_entries(forged, here="YIDN", ours=frozenset())
    assert [one.params for one in found] == [{"number": "1"}]
    assert forged_entries(forged, here="YIDN", ours=frozenset({"1" * 64})) == []


def test_every_answer_has_pints_status():
    assert {code.value: HTTP_STATUS[code] for code in ResponseCode} == {
        "RECE": 200,
        "DUPE": 200,
        "BSIG": 422,
        "BENV": 422,
        "INCD": 409,
        "MDOC": 409,
        "DISE": 409,
    }


@pytest.mark.parametrize(
    ("passable", "holder", "possessor", "codes"),
    [
        (True, "a", "a", []),
        (True, "", "", []),
        (True, "a", "b", ["ebl-title-with-other"]),
        (True, "a", "", ["ebl-title-with-other"]),
        (False, "a", "a", ["ebl-title-not-passable"]),
    ],
)
def test_the_title_decides_who_has_the_bill(passable, holder, possessor, codes):
    title = OnContract("active", holder, 7, passable)
    assert [one.code for one in title_findings(title, possessor)] == codes
