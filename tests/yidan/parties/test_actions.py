"""Entering, verifying and suspending organisations, people and keys: who may, and who not."""

from datetime import timedelta

import pytest

from tests.portal import USCC
from yidan import bootstrap
from yidan.kernel.errors import (
    ForbiddenError,
    InvalidError,
    InvalidTransitionError,
    NotFoundError,
    RefusedError,
)
from yidan.kernel.events import Actor
from yidan.kernel.reasons import Role
from yidan.parties import actions, tables
from yidan.parties.events import ClientKind, Position
from yidan.store import rebuild
from yidan.store.engine import reading

KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"


def entered(portal, actor, *roles, identifiers=(f"uscc:{USCC[0]}",)):
    command = actions.RegisterOrganisation(name="x", roles=roles, identifiers=identifiers)
    return portal.run(
        lambda uow: actions.register_organisation(command, uow), Actor(actor)
    ).organisation


def client(party, **changes):
    usual = {
        "organisation_id": party,
        "kind": ClientKind.MACHINE,
        "name": "m",
        "public_key": KEY,
        "scopes": (),
    }
    return actions.EnrolClient(**usual | changes)


def enrol(portal, actor, command):
    return portal.run(lambda uow: actions.enrol_client(command, uow), Actor(actor)).client


def codes(refused):
    return [(reason.code, reason.at) for reason in refused.value.reasons]


@pytest.fixture
def terminal(portal):
    return portal.organisation(Role.TERMINAL)


@pytest.fixture
def administration(portal):
    return portal.organisation(Role.ADMINISTRATOR)


def test_an_entered_organisation_waits_until_it_is_verified(portal, terminal):
    made = entered(portal, terminal, Role.HAULIER)
    assert made.state == "registered"
    with pytest.raises(ForbiddenError) as refused:
        portal.run(actions.acting_party, Actor(made.id))
    assert codes(refused) == [("party-not-verified", "")]
    portal.run(lambda uow: actions.verify_organisation(made.id, "seen", uow), Actor(terminal))
    assert portal.run(actions.acting_party, Actor(made.id)).roles == {Role.HAULIER}


def test_an_unknown_party_does_not_act(portal):
    with pytest.raises(ForbiddenError):
        portal.run(actions.acting_party, Actor("nobody"))


def test_a_terminal_enters_no_customs_office(portal, terminal):
    with pytest.raises(ForbiddenError) as refused:
        entered(portal, terminal, Role.CUSTOMS)
    assert codes(refused) == [("party-may-not-verify", "")]


def test_a_haulier_enters_nobody(portal):
    with pytest.raises(ForbiddenError):
        entered(portal, portal.organisation(Role.HAULIER), Role.HAULIER)


def test_nobody_verifies_twice_or_what_is_not_there(portal, administration, terminal):
    actor = Actor(administration)
    with pytest.raises(InvalidTransitionError):
        portal.run(lambda uow: actions.verify_organisation(terminal, "again", uow), actor)
    with pytest.raises(NotFoundError):
        portal.run(lambda uow: actions.verify_organisation("none", "x", uow), actor)


def test_a_suspended_organisation_acts_again_once_verified(portal, administration, terminal):
    actor = Actor(administration)
    portal.run(lambda uow: actions.suspend_organisation(terminal, "doubt", uow), actor)
    with pytest.raises(ForbiddenError):
        portal.run(actions.acting_party, Actor(terminal))
    portal.run(lambda uow: actions.verify_organisation(terminal, "cleared", uow), actor)
    assert portal.run(actions.acting_party, Actor(terminal)).id == terminal


def test_who_did_not_suspend_an_organisation_does_not_let_it_act_again(
    portal, administration, terminal
):
    haulier, agent = portal.organisation(Role.HAULIER), portal.organisation(Role.SHIPPING_AGENT)

    def change(work, actor):
        return portal.run(lambda uow: work(haulier, "x", uow), Actor(actor))

    change(actions.suspend_organisation, agent)
    with pytest.raises(ForbiddenError) as refused:
        change(actions.verify_organisation, terminal)
    assert codes(refused) == [("party-suspended-by-other", "")]
    change(actions.verify_organisation, agent)
    change(actions.suspend_organisation, terminal)
    change(actions.verify_organisation, administration)


def test_nobody_puts_a_key_into_an_organisation_that_another_one_entered(portal, terminal):
    made = entered(portal, portal.organisation(Role.SHIPPING_AGENT), Role.CONSIGNEE)
    with pytest.raises(NotFoundError):
        enrol(portal, terminal, client(made.id))


def test_every_wrong_identifier_is_found(portal, administration):
    portal.organisation(Role.BANK, identifiers=[f"uscc:{USCC[0]}"])
    wrong = (f"uscc:{USCC[0]}", "uscc:91110000600037341M", "duns:1", "smdg:abc")
    with pytest.raises(InvalidError) as refused:
        entered(portal, administration, Role.BANK, identifiers=wrong)
    assert codes(refused) == [
        ("party-identifier-taken", "/identifiers/0"),
        ("uscc-check-character", "/identifiers/1"),
        ("party-identifier-scheme", "/identifiers/2"),
        ("identifier-not-plain", "/identifiers/3"),
    ]


def test_an_organisation_is_found_by_id_and_by_identifier(portal):
    made = portal.organisation(Role.CARRIER, identifiers=["smdg:MSK", f"uscc:{USCC[0]}"])
    with reading(portal.services.engine) as connection:
        assert tables.find_by_identifier(connection, "smdg", "MSK").id == made
        assert tables.find_party(connection, f"uscc:{USCC[0]}").id == made
        assert tables.find_party(connection, made).id == made
        assert tables.find_party(connection, "smdg:MSC") is None


def test_one_sees_ones_own_and_those_one_administers(portal, terminal):
    haulier, customs = portal.organisation(Role.HAULIER), portal.organisation(Role.CUSTOMS)

    def sees(actor, other):
        try:
            portal.run(lambda uow: actions.see_organisation(other, uow), Actor(actor))
        except NotFoundError:
            return False
        return True

    assert [sees(terminal, other) for other in (terminal, haulier, customs)] == [True, True, False]
    assert [sees(haulier, other) for other in (haulier, terminal)] == [True, False]


def test_a_terminal_manages_its_customer_until_it_is_verified(portal, terminal, administration):
    made = entered(portal, terminal, Role.HAULIER)
    assert enrol(portal, terminal, client(made.id)).organisation_id == made.id
    portal.run(lambda uow: actions.verify_organisation(made.id, "seen", uow), Actor(terminal))
    other = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    with pytest.raises(NotFoundError):
        enrol(portal, terminal, client(made.id, public_key=other))
    person = actions.AddPerson(
        organisation_id=made.id,
        sign_in_name="a.b",
        name="A",
        position=Position.ADMIN,
        one_time_password="a first password",
    )
    with pytest.raises(NotFoundError):
        portal.run(lambda uow: actions.add_person(person, uow), Actor(terminal))
    assert portal.run(lambda uow: actions.add_person(person, uow), Actor(administration)).person


def test_a_wrong_person_is_told_everything(portal, terminal):
    person = actions.AddPerson(
        organisation_id=terminal,
        sign_in_name="A B",
        name="A",
        position=Position.CLERK,
        one_time_password="short",
    )
    with pytest.raises(InvalidError) as refused:
        portal.run(lambda uow: actions.add_person(person, uow), Actor(terminal))
    assert codes(refused) == [
        ("sign-in-name-form", "/signInName"),
        ("password-weak", "/oneTimePassword"),
    ]


def test_a_sign_in_name_is_taken_once(portal, terminal):
    person = actions.AddPerson(
        organisation_id=terminal,
        sign_in_name="a.b",
        name="A",
        position=Position.CLERK,
        one_time_password="a first password",
    )
    portal.run(lambda uow: actions.add_person(person, uow), Actor(terminal))
    with pytest.raises(InvalidError) as refused:
        portal.run(lambda uow: actions.add_person(person, uow), Actor(terminal))
    assert codes(refused) == [("sign-in-name-taken", "/signInName")]


def test_a_machine_gets_everything_of_its_roles_but_administration(portal, terminal):
    scopes = enrol(portal, terminal, client(terminal)).scopes
    assert {"gate:write", "release:write"} <= scopes
    assert not {"party:admin", "party:manage"} & scopes


def test_a_machine_gets_the_scopes_named_if_the_roles_carry_them(portal, terminal):
    asked = client(terminal, scopes=("party:manage",))
    assert enrol(portal, terminal, asked).scopes == {"party:manage"}
    with pytest.raises(InvalidError) as refused:
        enrol(portal, terminal, client(terminal, scopes=("waybill:write",), public_key="x"))
    assert codes(refused) == [("scope-not-of-role", "/scopes"), ("client-key-wrong", "/publicKey")]


@pytest.mark.parametrize("key", ["", "x", "A" * 44, "!" * 43, "1" * 43, KEY + "="])
def test_what_is_no_key_is_refused(portal, terminal, key):
    with pytest.raises(InvalidError) as refused:
        enrol(portal, terminal, client(terminal, public_key=key))
    assert codes(refused) == [("client-key-wrong", "/publicKey")]


def test_a_key_is_enrolled_once_whoever_tries(portal, terminal):
    enrol(portal, terminal, client(terminal))
    other = portal.organisation(Role.HAULIER)
    with pytest.raises(InvalidError) as refused:
        enrol(portal, other, client(other))
    assert codes(refused) == [("client-key-taken", "/publicKey")]


def test_a_kiosk_belongs_to_a_terminal(portal, terminal):
    device = client(terminal, kind=ClientKind.DEVICE)
    assert enrol(portal, terminal, device).scopes == {"gate:write"}
    haulier = portal.organisation(Role.HAULIER)
    with pytest.raises(InvalidError) as refused:
        enrol(portal, haulier, client(haulier, kind=ClientKind.DEVICE, public_key="x"))
    assert ("scope-not-of-role", "/organisationId") in codes(refused)


def test_a_key_is_revoked_from_an_instant_on_and_once(portal, terminal):
    made = enrol(portal, terminal, client(terminal))
    lost_at = portal.services.clock.now() - timedelta(hours=2)
    actor = Actor(terminal)
    done = portal.run(lambda uow: actions.revoke_client(made.id, lost_at, "lost", uow), actor)
    assert done.client.works_at(lost_at - timedelta(seconds=1))
    assert not done.client.works_at(lost_at)
    with pytest.raises(RefusedError) as refused:
        portal.run(lambda uow: actions.revoke_client(made.id, None, "again", uow), actor)
    assert codes(refused) == [("client-already-revoked", "")]


def test_a_key_is_not_revoked_ahead_of_time(portal, terminal):
    made = enrol(portal, terminal, client(terminal))
    tomorrow = portal.services.clock.now() + timedelta(days=1)
    actor = Actor(terminal)
    with pytest.raises(InvalidError) as refused:
        portal.run(lambda uow: actions.revoke_client(made.id, tomorrow, "x", uow), actor)
    assert codes(refused) == [("client-revoked-in-the-future", "/effectiveAt")]
    done = portal.run(lambda uow: actions.revoke_client(made.id, None, "lost", uow), actor)
    assert not done.client.works_at(portal.services.clock.now())


def test_anothers_key_is_not_there(portal, terminal):
    made = enrol(portal, terminal, client(terminal))
    other = Actor(portal.organisation(Role.HAULIER))
    with pytest.raises(NotFoundError):
        portal.run(lambda uow: actions.revoke_client(made.id, None, "x", uow), other)


def test_history_alone_makes_the_same_tables_again(portal, terminal):
    made = entered(portal, terminal, Role.HAULIER)
    enrol(portal, terminal, client(terminal))
    portal.run(lambda uow: actions.verify_organisation(made.id, "seen", uow), Actor(terminal))
    report = rebuild.check(portal.services.engine, bootstrap.commit)
    assert report.findings == ()
    assert report.events >= 5
