"""Roles, scopes, positions, verification, passwords and waiting: the tables, whole."""

from datetime import UTC, datetime, timedelta

import pytest

from yidan.http.auth import SCOPES
from yidan.kernel.errors import InvalidTransitionError
from yidan.kernel.reasons import Role
from yidan.parties import events, rules
from yidan.parties.events import Position
from yidan.parties.rules import ORGANISATION, OrganisationState

ALLOWED = {
    ("none", events.OrganisationRegistered): "registered",
    ("registered", events.OrganisationVerified): "verified",
    ("registered", events.OrganisationSuspended): "suspended",
    ("verified", events.OrganisationSuspended): "suspended",
    ("suspended", events.OrganisationVerified): "verified",
}
HAPPENINGS = (
    events.OrganisationRegistered,
    events.OrganisationVerified,
    events.OrganisationSuspended,
)


@pytest.mark.parametrize("happened", HAPPENINGS, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("state", list(OrganisationState))
def test_an_organisation_takes_the_steps_of_the_table_and_no_other(state, happened):
    expected = ALLOWED.get((state.value, happened))
    if expected:
        assert ORGANISATION.advance(state, happened) == expected
    else:
        with pytest.raises(InvalidTransitionError):
            ORGANISATION.advance(state, happened)


def test_every_role_has_its_scopes_and_every_scope_a_role():
    assert rules.SCOPES_OF.keys() == set(Role)
    assert rules.scopes_of(Role) == SCOPES.keys()


def test_nobody_but_terminals_reports_at_the_gate():
    holders = {role for role in Role if "gate:write" in rules.SCOPES_OF[role]}
    assert holders == {Role.TERMINAL}


def test_a_regulator_places_holds_and_changes_nothing_else():
    scopes = rules.SCOPES_OF[Role.REGULATOR]
    assert {scope for scope in scopes if scope.endswith(":write")} == {"release:write"}


@pytest.mark.parametrize(
    ("position", "has", "has_not"),
    [
        (Position.ADMIN, {"party:manage", "release:write"}, {"gate:write"}),
        (Position.CLERK, {"release:write", "release:read"}, {"party:manage"}),
        (Position.READER, {"release:read"}, {"release:write", "party:manage"}),
    ],
)
def test_a_position_cuts_the_organisations_scopes(position, has, has_not):
    scopes = rules.scopes_in(position, {Role.FORWARDER})
    assert has <= scopes
    assert not has_not & scopes


@pytest.mark.parametrize("actor", [Role.TERMINAL, Role.SHIPPING_AGENT])
@pytest.mark.parametrize("role", list(Role))
def test_a_terminal_or_agent_verifies_its_customers_only(actor, role):
    may = role in {Role.FORWARDER, Role.CONSIGNEE, Role.HAULIER}
    assert (rules.may_administer({actor}, {role}) == []) is may


@pytest.mark.parametrize("role", list(Role))
def test_the_platforms_administrator_verifies_everybody(role):
    assert rules.may_administer({Role.ADMINISTRATOR}, {role}) == []


@pytest.mark.parametrize("actor", sorted(set(Role) - rules.VERIFIABLE.keys()))
def test_nobody_else_verifies_anybody(actor):
    found = rules.may_administer({actor}, {Role.HAULIER, Role.CUSTOMS})
    assert [reason.code for reason in found] == ["party-may-not-verify"] * 2


def test_a_second_role_that_one_may_not_verify_is_enough_to_refuse():
    found = rules.may_administer({Role.TERMINAL}, {Role.HAULIER, Role.TERMINAL})
    assert [dict(reason.params) for reason in found] == [{"role": "terminal"}]


@pytest.mark.parametrize("name", ["li.wei", "a_1", "x@port.example", "abc"])
def test_a_sign_in_name_is_plain(name):
    assert rules.sign_in_name_findings(name, at="/n") == []


@pytest.mark.parametrize(
    "name", ["ab", "Li.Wei", "li wei", "李伟", "x" * 65, ".ab", "abc\n", "ａｂｃ"]
)
def test_any_other_sign_in_name_is_refused(name):
    assert [found.at for found in rules.sign_in_name_findings(name, at="/n")] == ["/n"]


@pytest.mark.parametrize("password", ["correct horse", "密" * 12, "x" * 128])
def test_a_long_password_is_enough(password):
    assert rules.password_findings(password, "li.wei", at="/p") == []


@pytest.mark.parametrize("password", ["x" * 11, "x" * 129, "", "LI.WEI is my name"])
def test_a_short_endless_or_telling_password_is_refused(password):
    found = rules.password_findings(password, "li.wei", at="/p")
    assert [reason.code for reason in found] == ["password-weak"]


@pytest.mark.parametrize(
    ("counted", "failures", "seconds"),
    [
        ("account", 0, 0),
        ("account", 4, 0),
        ("account", 5, 15),
        ("account", 6, 30),
        ("account", 10, 480),
        ("account", 11, 900),
        ("account", 10_000, 900),
        ("address", 19, 0),
        ("address", 20, 15),
    ],
)
def test_waiting_doubles_after_the_free_tries(counted, failures, seconds):
    assert rules.wait_s(counted, failures) == seconds


def test_a_scope_beyond_the_allowed_is_named():
    found = rules.scope_findings(["a", "c", "b"], frozenset({"a"}), at="/scopes")
    assert [reason.params["scope"] for reason in found] == ["b", "c"]


def test_who_suspended_or_an_administrator_ends_a_suspension():
    assert rules.may_end_suspension("a", [Role.TERMINAL], "a") == []
    assert rules.may_end_suspension("b", [Role.ADMINISTRATOR], "a") == []
    (reason,) = rules.may_end_suspension("b", [Role.TERMINAL], "a")
    assert reason.code == "party-suspended-by-other"


@pytest.mark.parametrize(
    ("failures", "looked_at", "expected"),
    [(0, 0, False), (0, 4, False), (0, 5, True), (4, 0, False), (4, 1, True), (9, 0, False)],
)
def test_as_many_sign_ins_are_looked_at_at_once_as_may_fail(failures, looked_at, expected):
    assert rules.too_many_at_once("account", failures, looked_at) is expected


def test_a_key_is_not_revoked_from_tomorrow_on():
    now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert rules.revoking_findings(now, now) == []
    assert rules.revoking_findings(now - timedelta(days=1), now) == []
    (found,) = rules.revoking_findings(now + timedelta(seconds=1), now)
    assert (found.code, found.at) == ("client-revoked-in-the-future", "/effectiveAt")
