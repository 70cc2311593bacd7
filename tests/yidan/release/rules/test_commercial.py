"""SM-A1: the whole product of states and events, the grant's guards, expiry by the clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from yidan.kernel.errors import InvalidTransitionError
from yidan.kernel.reasons import Role
from yidan.release import events
from yidan.release.rules import commercial
from yidan.release.rules.commercial import COMMERCIAL, CommercialState, LineState
from yidan.release.rules.holds import Hold, HoldKind
from yidan.release.rules.lights import CommercialLight

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
EVENTS = sorted(
    {
        type(s)
        for s in events.SAMPLES
        if "release_id" in type(s).__dataclass_fields__
        and "right_id" not in type(s).__dataclass_fields__
    },
    key=lambda e: e.TYPE,
)

# Written out by hand from DOMAIN 2(a), SM-A1; a grant needs no request on the platform.
TABLE = {
    "release.granted.v1": (
        "none>pending_terminal_ack under_review>pending_terminal_ack"
        " expired>pending_terminal_ack revoked>pending_terminal_ack"
    ),
    "release.acknowledged.v1": "pending_terminal_ack>granted granted>granted",
    "release.turned_down.v1": "pending_terminal_ack>under_review",
    "release.blocked.v1": "granted>blocked blocked>blocked",
    "release.block_ended.v1": "blocked>blocked revoked>revoked",
    "release.unblocked.v1": "blocked>granted",
    "release.replaced.v1": "pending_terminal_ack>pending_terminal_ack granted>granted",
    "release.pending_boxes_refused.v1": "granted>granted",
    "release.lines_cancelled.v1": (
        "pending_terminal_ack>pending_terminal_ack granted>granted blocked>blocked"
    ),
    "release.revoked.v1": "pending_terminal_ack>revoked granted>revoked blocked>revoked",
    "release.expired.v1": "granted>expired",
    "release.accomplished.v1": "granted>accomplished",
}


@pytest.mark.parametrize("state", CommercialState)
@pytest.mark.parametrize("event", EVENTS, ids=lambda e: e.TYPE)
def test_the_release_takes_the_steps_of_the_table_and_no_other(state, event):
    steps = dict(step.split(">") for step in TABLE[event.TYPE].split())
    if state.value in steps:
        assert COMMERCIAL.advance(state, event) == steps[state.value]
    else:
        with pytest.raises(InvalidTransitionError):
            COMMERCIAL.advance(state, event)


FACTS = commercial.GrantFacts(
    now=NOW,
    transport_document_reference="MAEU261122001",
    negotiable=False,
    presented=False,
    consignee_known=True,
    number_unique=True,
    bill_boxes=frozenset({"MSKU9070323", "TCLU4265578"}),
    boxes=("MSKU9070323",),
    valid_from=NOW,
    valid_until=NOW + timedelta(days=7),
    bill_holds=(),
)


BLOCK = commercial.Block(party_id="bank", role=Role.BANK, since=NOW)
BY_AGENT = commercial.Block(party_id="agent", role=Role.SHIPPING_AGENT, since=NOW)
BY_CARRIER = commercial.Block(party_id="carrier", role=Role.CARRIER, since=NOW)


def hold(kind):
    return Hold(
        id="h1",
        guardian="bill:MAEU261122001",
        kind=kind,
        placed_by="p",
        placed_role=Role.BANK,
        placed_at=NOW,
    )


def codes(found):
    return [reason.code for reason in found]


def test_a_sea_waybill_is_granted_on_the_consignees_identity():
    assert commercial.grant_findings(FACTS) == []


def test_a_negotiable_bill_is_granted_once_it_was_presented():
    assert commercial.grant_findings(replace(FACTS, negotiable=True, presented=True)) == []


def test_a_bill_with_a_title_on_the_chain_is_granted_by_that_title_alone():
    facts = replace(FACTS, negotiable=True, on_chain=True)
    assert commercial.grant_findings(facts) == []
    kept = commercial.TITLE_NOT_CLEARED(bill="its title says so")
    for presented in (False, True):
        held = replace(facts, presented=presented, titles=(kept,))
        assert commercial.grant_findings(held) == [kept]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"negotiable": True}, "title-not-cleared"),
        ({"consignee_known": False}, "consignee-not-known"),
        ({"number_unique": False}, "release-bill-ambiguous"),
        ({"boxes": ()}, "release-without-boxes"),
        ({"boxes": ("MSKU9070323", "MSKU9070323")}, "release-box-twice"),
        ({"boxes": ("CSQU3054383",)}, "release-box-not-on-bill"),
        ({"valid_until": NOW}, "release-validity-over"),
        ({"valid_from": NOW + timedelta(days=8)}, "release-validity-over"),
        ({"blocks": (BLOCK,)}, "release-blocked"),
        ({"bill_holds": (hold(HoldKind.CARRIER),)}, "hold-active"),
        ({"bill_holds": (hold(HoldKind.COURT),)}, "hold-active"),
        ({"bill_holds": (hold(HoldKind.PLEDGE),)}, "hold-active"),
    ],
)
def test_each_reason_against_a_grant(change, code):
    assert codes(commercial.grant_findings(replace(FACTS, **change))) == [code]


def test_a_customs_hold_stops_the_gate_but_not_the_grant():
    assert commercial.grant_findings(replace(FACTS, bill_holds=(hold(HoldKind.CUSTOMS),))) == []


def test_a_release_is_expired_from_the_instant_after_its_end():
    end = NOW
    granted = CommercialState.GRANTED
    assert commercial.effective(granted, end, NOW) is CommercialState.GRANTED
    late = NOW + timedelta(microseconds=1)
    assert commercial.effective(granted, end, late) is CommercialState.EXPIRED
    assert commercial.effective(CommercialState.BLOCKED, end, late) is CommercialState.BLOCKED


@pytest.mark.parametrize(
    ("state", "line", "light"),
    [
        (CommercialState.GRANTED, LineState.ARMED, CommercialLight.OK),
        (CommercialState.GRANTED, LineState.CONSUMED, CommercialLight.OK),
        (CommercialState.ACCOMPLISHED, LineState.CONSUMED, CommercialLight.OK),
        (CommercialState.GRANTED, LineState.WAITING, CommercialLight.UNKNOWN),
        (CommercialState.PENDING_TERMINAL_ACK, LineState.WAITING, CommercialLight.UNKNOWN),
        (CommercialState.UNDER_REVIEW, LineState.WAITING, CommercialLight.UNKNOWN),
        (CommercialState.BLOCKED, LineState.ARMED, CommercialLight.BLOCKED),
        (CommercialState.EXPIRED, LineState.ARMED, CommercialLight.EXPIRED),
        (CommercialState.REVOKED, LineState.ARMED, CommercialLight.NOK),
        (CommercialState.GRANTED, LineState.CANCELLED, CommercialLight.NOK),
    ],
)
def test_the_commercial_light_of_a_line(state, line, light):
    assert commercial.light(state, line) is light


@pytest.mark.parametrize(
    ("blocks", "party", "ended"),
    [
        ((BLOCK, BY_AGENT, BY_CARRIER), "carrier", BY_CARRIER),
        ((BLOCK, BY_AGENT), "carrier", BY_AGENT),
        ((BLOCK,), "carrier", None),
        ((BLOCK, BY_AGENT), "bank", BLOCK),
        ((BY_AGENT,), "bank", None),
        ((BLOCK, BY_AGENT, BY_CARRIER), "agent", BY_AGENT),
        ((BLOCK, BY_CARRIER), "agent", None),
        ((), "carrier", None),
    ],
)
def test_each_party_ends_its_own_block_and_the_carrier_after_that_its_agents(blocks, party, ended):
    assert commercial.block_to_end(blocks, party, carrier="carrier") == ended
