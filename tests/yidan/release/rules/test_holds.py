"""Holds: who may place which kind, who may lift it, and how they are said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from yidan.kernel.reasons import Role
from yidan.release.rules import holds
from yidan.release.rules.holds import Hold, HoldKind, HoldScope

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
BY_TERMINAL = Hold(
    id="h1",
    guardian="box:MSKU9070323",
    kind=HoldKind.SECURITY,
    placed_by="terminal",
    placed_role=Role.TERMINAL,
    placed_at=NOW,
)

PLACERS = {
    HoldKind.CUSTOMS: {Role.CUSTOMS},
    HoldKind.QUARANTINE: {Role.CUSTOMS, Role.REGULATOR},
    HoldKind.CARRIER: {Role.CARRIER, Role.SHIPPING_AGENT},
    HoldKind.TERMINAL: {Role.TERMINAL},
    HoldKind.PORT_DUES: {Role.TERMINAL, Role.REGULATOR},
    HoldKind.PLEDGE: {Role.BANK},
    HoldKind.COURT: {Role.REGULATOR},
    HoldKind.DAMAGE: {Role.TERMINAL},
    HoldKind.SECURITY: {Role.CUSTOMS, Role.REGULATOR, Role.TERMINAL},
    HoldKind.DG: {Role.TERMINAL, Role.REGULATOR},
}


@pytest.mark.parametrize("kind", HoldKind)
@pytest.mark.parametrize("role", Role)
def test_each_kind_is_placed_by_its_roles_and_no_other(kind, role):
    may = holds.placing_findings(kind, frozenset({role})) == []
    assert may == (role in PLACERS[kind])


def test_a_party_with_several_roles_places_under_the_highest():
    roles = frozenset({Role.TERMINAL, Role.CUSTOMS, Role.BANK})
    assert holds.placing_role(HoldKind.SECURITY, roles) is Role.CUSTOMS
    assert holds.placing_role(HoldKind.COURT, roles) is None


@pytest.mark.parametrize(
    ("party", "roles", "may"),
    [
        ("terminal", {Role.TERMINAL}, True),
        ("other terminal", {Role.TERMINAL}, False),
        ("port authority", {Role.REGULATOR}, True),
        ("customs", {Role.CUSTOMS}, True),
        ("consignee", {Role.CONSIGNEE}, False),
        ("carrier", {Role.CARRIER, Role.SHIPPING_AGENT}, False),
    ],
)
def test_a_hold_is_lifted_by_its_placer_or_a_higher_role(party, roles, may):
    found = holds.lifting_findings(BY_TERMINAL, party, frozenset(roles))
    assert [reason.code for reason in found] == ([] if may else ["hold-not-yours-to-lift"])


def test_nobody_below_customs_lifts_a_hold_of_customs():
    placed = replace(BY_TERMINAL, placed_by="customs", placed_role=Role.CUSTOMS)
    for role in Role:
        assert holds.lifting_findings(placed, "somebody", frozenset({role}))


def test_a_hold_is_lifted_once():
    lifted = replace(BY_TERMINAL, lifted_at=NOW)
    found = holds.lifting_findings(lifted, "terminal", frozenset({Role.TERMINAL}))
    assert [reason.code for reason in found] == ["hold-lifted-already"]


def test_active_holds_are_said_oldest_first_with_who_owes_the_lifting():
    later = replace(
        BY_TERMINAL, id="h2", placed_at=NOW + timedelta(hours=1), placed_role=Role.CUSTOMS
    )
    gone = replace(BY_TERMINAL, id="h3", lifted_at=NOW)
    found = holds.hold_reasons((later, gone, BY_TERMINAL))
    assert [(r.code, r.owner, r.since) for r in found] == [
        ("hold-active", Role.TERMINAL, NOW),
        ("hold-active", Role.CUSTOMS, NOW + timedelta(hours=1)),
    ]


def test_every_scope_has_a_guardian_of_its_own():
    found = {holds.guardian(scope, "X1") for scope in HoldScope}
    assert found == {
        "bill:X1",
        "box:X1",
        "visit:X1",
        "lot:X1",
        "organisation:X1",
        "vehicle:X1",
    }
