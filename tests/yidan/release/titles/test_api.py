"""Titles over HTTP: who may ask, consent, sign, look; what waits while the ledger is stopped."""

from types import SimpleNamespace

import pytest

from ledger.chain import typed_data
from ledger.chain.signing import address_of
from tests.port import Port
from tests.portal import Portal
from tests.titles import OnChain
from tests.yidan.release.bulk.test_actions import Bulk
from yidan.kernel.errors import RefusedError
from yidan.kernel.events import SYSTEM
from yidan.kernel.reasons import Role
from yidan.parties import events as party_events
from yidan.ports import MessageFunction
from yidan.proof import setup
from yidan.release.actions import customs
from yidan.release.bulk import actions as bulk_actions
from yidan.release.events.bill import Presentation
from yidan.release.titles import events, tables
from yidan.release.titles.recording import record_refusal
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.rules.offices import AUTHORITIES, GATEKEEPERS, ISSUERS
from yidan.store import following, ledger_state, rebuild
from yidan.store.engine import reading, writing

OWN_KEY = b"\x07" * 32
CONTRACT = "0x" + "22" * 20
NUMBER = "EOCLYG26110042"
PLATFORM_KEYS = ("carrier", "forwarder", "bank", "customs")


class Quay(OnChain):
    """Parties with keys that the contract knows, and a negotiable bill; no chain is needed."""

    def __init__(self, services):
        policy = setup.prepare(services.settings)
        setup.name_contract(services.settings, policy, CONTRACT)
        self.services, self.portal = services, Portal(services)
        super().__init__(Port(SimpleNamespace(open=services.unit_of_work)).people())
        self.machines = {}
        for number, who in enumerate((*PLATFORM_KEYS, "consignee"), 1):
            custody = "own" if who == "consignee" else "platform"
            key = address_of(OWN_KEY if who == "consignee" else bytes([number]) * 32)
            body = {"custody": custody} | ({"key": key} if custody == "own" else {})
            answer = self.post(who, "/v1/title-keys", body)
            assert (answer.status_code, answer.json["handle"]) == (201, number)
            self.confirm_key(number, key)
        self.office(ISSUERS + 1, "carrier", bytes([1]) * 32)
        self.office(AUTHORITIES, "customs", bytes([4]) * 32)
        self.waybill_id = self.port.bill(NUMBER, negotiable=True)

    def machine(self, who):
        if who not in self.machines:
            with reading(self.services.engine) as connection:
                from yidan.parties.tables import organisation

                roles = organisation(connection, self.port.ids[who]).roles
            self.machines[who] = self.portal.machine(*roles, party=self.port.ids[who])
        return self.machines[who]

    def post(self, who, path, body):
        return self.machine(who).post(path, body)

    def get(self, who, path):
        return self.machine(who).get(path)

    def issue(self, who="agent", **changes):
        body = {"waybillId": self.waybill_id, "holder": self.port.ids["forwarder"]}
        return self.post(who, "/v1/titles", {**body, **changes})

    def ask(self, who, act, title=None, **more):
        path = f"/v1/titles/{title or self.title}/instructions"
        return self.post(who, path, {"act": act, **more})

    def outcome(self, happened, parents=(), **fields):
        super().outcome(self.title, happened, parents, **fields)

    def suspended(self, who):
        party = self.port.ids[who]
        self.machine(who)
        gone = party_events.OrganisationSuspended(organisation_id=party)
        self.record(f"organisation:{party}", gone)

    def issued(self):
        self.title = self.issue().json["title"]
        self.outcome("Issued")
        return self


@pytest.fixture
def quay(services):
    return Quay(services)


@pytest.fixture
def issued(quay):
    return quay.issued()


def codes(answer):
    return [reason["code"] for reason in answer.json["reasons"]]


def said(answer, status, *expected):
    assert (answer.status_code, codes(answer)) == (status, list(expected))


def test_an_own_key_is_registered_only_after_it_was_proved(quay):
    quay.port.party("shipper", Role.FORWARDER)
    secret = b"\x0a" * 32
    said(quay.post("shipper", "/v1/title-keys", {"custody": "own"}), 422, "title-key-address")
    body = {"custody": "own", "key": address_of(secret).lower()}
    shown = quay.post("shipper", "/v1/title-keys", body).json
    assert shown["key"] == ""
    assert shown["toSign"]["message"] == {"handle": 6, "key": address_of(secret)}
    said(quay.post("shipper", "/v1/title-keys", body), 409, "title-key-already")
    path = "/v1/title-keys/possession"
    other = typed_data.sign(OWN_KEY, shown["toSign"]).hex()
    said(quay.post("shipper", path, {"signature": other}), 409, "title-key-not-proved")
    proof = typed_data.sign(secret, shown["toSign"]).hex()
    assert quay.post("shipper", path, {"signature": proof}).status_code == 201
    assert quay.get("shipper", "/v1/title-keys").json["toSign"] == {}
    said(quay.post("bank", path, {"signature": proof}), 409, "title-key-not-own")
    assert quay.get("haulier", "/v1/title-keys").status_code == 404


def test_offices_are_the_administrators_to_give_and_given_once(quay):
    administration = quay.port.party("administration", Role.ADMINISTRATOR)
    bank = quay.port.ids["bank"]
    give = {"party": bank, "authority": "bank"}
    assert quay.post("agent", "/v1/title-offices", give).status_code == 403
    assert administration
    answer = quay.post("administration", "/v1/title-offices", give)
    assert (answer.status_code, answer.json["office"]) == (201, AUTHORITIES + 5)
    said(quay.post("administration", "/v1/title-offices", give), 409, "title-office-taken")
    wrong = {"party": bank, "authority": "customs"}
    said(quay.post("administration", "/v1/title-offices", wrong), 409, "title-office-role")
    gate = {"party": bank, "gate": "payment"}
    assert quay.post("administration", "/v1/title-offices", gate).status_code == 201
    stranger = {"party": "01935300-0000-7000-8000-00000000ffff"}
    assert quay.post("administration", "/v1/title-offices", stranger).status_code == 404


def test_a_title_is_issued_by_the_carrier_or_the_agent_that_it_appointed(quay):
    quay.port.party("rival", Role.CARRIER)
    assert quay.issue("rival").status_code == 404
    assert quay.issue("consignee").status_code == 403
    quay.port.dismissed(quay.port.agency_id)
    said(quay.issue(), 403, "agent-not-appointed")
    said(quay.issue("carrier", holder=quay.port.ids["haulier"]), 403, "title-party-without-key")
    said(quay.issue("carrier", holder="nobody"), 422, "title-other-party-not-known")
    answer = quay.issue("carrier")
    assert (answer.status_code, answer.json["state"]) == (201, "ready")
    assert answer.headers["Location"] == f"/v1/title-instructions/{answer.json['id']}"
    said(quay.issue("carrier"), 409, "title-issued-already")


def test_a_bill_that_is_not_negotiable_or_was_presented_has_no_title_to_issue(quay):
    straight = quay.port.bill("EOCLYG26110043")
    said(quay.issue(waybillId=straight), 409, "title-bill-not-negotiable")
    shown = customs.PresentTitle(waybill_id=quay.waybill_id, presentation=Presentation.TELEX)
    quay.port.do("agent", lambda uow: customs.present_title(shown, uow))
    said(quay.issue(), 409, "title-bill-presented")


def test_no_title_is_issued_after_a_letter_of_indemnity_a_release_or_a_bulk_order(quay):
    straight = quay.port.bill("EOCLYG26110043")
    quay.port.listed()
    shown = customs.PresentTitle(waybill_id=quay.waybill_id, presentation=Presentation.LOI)
    quay.port.do("agent", lambda uow: customs.present_title(shown, uow))
    said(quay.issue(), 409, "title-bill-presented")
    quay.port.granted()
    said(quay.issue(), 409, "title-bill-presented", "title-goods-let-go")
    quay.port.granted(function=MessageFunction.CANCEL)
    said(quay.issue(), 409, "title-bill-presented")
    quay.port.granted(
        transport_document_reference="EOCLYG26110043", delivery_order_reference="DO-2"
    )
    found = quay.issue(waybillId=straight)
    said(found, 409, "title-bill-not-negotiable", "title-goods-let-go")


def test_no_title_is_issued_for_goods_that_a_bulk_order_lets_go(quay):
    bulk = object.__new__(Bulk)
    bulk.port = quay.port
    bulk.stock(100_000)
    order = bulk.order(80_000)
    said(quay.issue(), 409, "title-goods-let-go")
    quay.port.do("consignee", lambda uow: bulk_actions.cancel_order(order.id, uow))
    assert quay.issue().status_code == 201


def test_one_document_stands_for_the_title_of_one_bill_alone(quay):
    second = quay.port.bill("EOCLYG26110043", negotiable=True)
    mine = {"documentCommitment": "ab" * 32}
    quay.title = quay.issue(**mine).json["title"]
    said(quay.issue(waybillId=second, **mine), 409, "title-document-of-another")
    quay.outcome("Issued")
    said(quay.issue(waybillId=second, **mine), 409, "title-document-of-another")
    assert quay.issue(waybillId=second, documentCommitment="cd" * 32).status_code == 201


def test_an_authority_that_handed_its_office_over_sees_the_titles_no_more(issued):
    path = f"/v1/titles/{issued.title}"
    assert issued.get("customs", path).status_code == 200
    kept = events.OfficeConfirmed(office=AUTHORITIES, key=address_of(OWN_KEY), block_number=2)
    issued.record(f"office:{AUTHORITIES}", kept)
    assert issued.get("customs", path).status_code == 404


def test_a_title_is_shown_to_those_whom_it_concerns(issued):
    path = f"/v1/titles/{issued.title}"
    shown = issued.get("forwarder", path).json
    assert (shown["state"], shown["holder"]) == ("active", issued.port.ids["forwarder"])
    assert shown["transportDocumentReference"] == NUMBER
    assert [one["id"] for one in issued.get("forwarder", "/v1/titles").json["items"]] == [
        issued.title
    ]
    for who in ("carrier", "agent", "customs"):
        assert issued.get(who, path).status_code == 200
    for who in ("consignee", "bank", "haulier"):
        assert issued.get(who, path).status_code == 404
        assert issued.get(who, "/v1/titles").json["items"] == []
        assert issued.ask(who, "surrender").status_code == 404
    assert issued.get("forwarder", f"/v1/titles/{'0' * 64}").status_code == 404


def test_who_is_not_verified_any_more_asks_for_nothing(issued):
    party = issued.port.ids["forwarder"]
    suspended = party_events.OrganisationSuspended(organisation_id=party)
    issued.machine("forwarder")
    issued.record(f"organisation:{party}", suspended)
    assert issued.ask("forwarder", "surrender").status_code == 403


def test_a_transfer_needs_the_takers_consent_and_the_holders_key(issued):
    to = issued.port.ids["consignee"]
    said(issued.ask("carrier", "transfer", to=to), 409, "title-not-holder")
    said(issued.ask("forwarder", "transfer", to=to, sequence=7), 409, "title-other-sequence")
    answer = issued.ask("forwarder", "transfer", to=to)
    assert (answer.json["state"], answer.json["toSign"]) == ("awaiting_consent", {})
    said(issued.ask("forwarder", "surrender"), 409, "title-instruction-open")
    path = f"/v1/title-instructions/{answer.json['id']}"
    shown = issued.get("consignee", path).json["toSign"]
    assert shown["primaryType"] == "TransferConsent"
    assert issued.get("bank", path).status_code == 404
    assert issued.post("bank", f"{path}/consent", {}).status_code == 404
    said(issued.post("consignee", f"{path}/consent", {}), 422, "title-signature-missing")
    wrong = {"signature": typed_data.sign(b"\x09" * 32, shown).hex()}
    said(issued.post("consignee", f"{path}/consent", wrong), 409, "title-signature-of-another")
    good = {"signature": typed_data.sign(OWN_KEY, shown).hex()}
    assert issued.post("consignee", f"{path}/consent", good).json["state"] == "ready"
    said(issued.post("consignee", f"{path}/consent", good), 409, "title-instruction-not-awaited")
    with writing(issued.services.engine) as connection:
        following.keep_relayed(connection, "relay:1", [("ab" * 32, answer.json["id"])])
    back = issued.post("forwarder", f"{path}/withdrawal", {"reason": "no"})
    said(back, 409, "title-instruction-sent")
    issued.outcome("Transferred", owner=5, holder=5, sequence=2)
    assert issued.get("forwarder", path).json["state"] == "confirmed"
    assert issued.get("forwarder", f"/v1/titles/{issued.title}").status_code == 404
    commitments = issued.services.unit_of_work(SYSTEM)._workshop.commitments
    assert rebuild.check(issued.services.engine, commitments).findings == ()


def test_a_holder_with_its_own_key_signs_what_it_is_shown(issued):
    issued.outcome("Transferred", owner=5, holder=5, sequence=2)
    answer = issued.ask("consignee", "surrender")
    assert answer.json["state"] == "awaiting_signature"
    path = f"/v1/title-instructions/{answer.json['id']}"
    shown = answer.json["toSign"]
    assert (shown["primaryType"], shown["message"]["sequence"]) == ("Instruction", 2)
    twin = typed_data.sign(OWN_KEY, shown)
    s = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high = twin[:32] + (s - int.from_bytes(twin[32:64], "big")).to_bytes(32, "big")
    for bad in (b"\x01" * 65, high + bytes([55 - twin[64]])):
        answer = issued.post("consignee", f"{path}/signature", {"signature": bad.hex()})
        said(answer, 409, "title-signature-of-another")
    assert (
        issued.post("forwarder", f"{path}/signature", {"signature": twin.hex()}).status_code == 404
    )
    answer = issued.post("consignee", f"{path}/signature", {"signature": twin.hex()})
    assert answer.json["state"] == "ready"


def test_a_holder_takes_back_what_it_did_not_sign(issued):
    issued.outcome("Transferred", owner=5, holder=5, sequence=2)
    path = f"/v1/title-instructions/{issued.ask('consignee', 'surrender').json['id']}"
    answer = issued.post("consignee", f"{path}/withdrawal", {"reason": "not yet"})
    assert answer.json["state"] == "withdrawn"
    assert issued.ask("consignee", "surrender").status_code == 201


def test_a_complete_instruction_is_taken_back_until_it_is_sent(issued):
    asked = issued.ask("forwarder", "surrender").json
    path = f"/v1/title-instructions/{asked['id']}/withdrawal"
    answer = issued.post("forwarder", path, {"reason": "too early"})
    assert (asked["state"], answer.json["state"]) == ("ready", "withdrawn")
    said(issued.post("forwarder", path, {"reason": "again"}), 409, "title-instruction-not-awaited")


def test_an_agent_takes_back_what_it_asked_for_in_the_carriers_name(issued):
    issued.outcome("Surrendered", state=3, sequence=2)
    path = f"/v1/title-instructions/{issued.ask('agent', 'accept_surrender').json['id']}/withdrawal"
    for other in ("forwarder", "haulier"):
        assert issued.post(other, path, {"reason": "not mine"}).status_code == 404
    assert issued.post("agent", path, {"reason": "too early"}).json["state"] == "withdrawn"
    again = issued.ask("agent", "accept_surrender").json["id"]
    with writing(issued.services.engine) as connection:
        following.keep_relayed(connection, "relay:1", [("ab" * 32, again)])
    path = f"/v1/title-instructions/{again}/withdrawal"
    said(issued.post("agent", path, {"reason": "late"}), 409, "title-instruction-sent")


def test_a_party_that_the_contract_suspended_hears_so_at_once(issued):
    def standing(handle, suspended):
        happened = events.StandingConfirmed(
            handle=handle, suspended=suspended, evidence="55" * 32, block_number=9
        )
        issued.record(f"handle:{handle}", happened)

    bank, customs_handle = 3, 4
    asked = issued.ask("forwarder", "transfer", to=issued.port.ids["bank"]).json
    path = f"/v1/title-instructions/{asked['id']}"
    standing(bank, suspended=True)
    said(issued.post("bank", f"{path}/consent", {}), 409, "title-party-suspended")
    issued.post("forwarder", f"{path}/withdrawal", {"reason": "another"})
    to_bank = issued.ask("forwarder", "transfer", to=issued.port.ids["bank"])
    said(to_bank, 409, "title-other-party-suspended")
    standing(2, suspended=True)
    said(issued.ask("forwarder", "surrender"), 409, "title-party-suspended")
    assert issued.get("forwarder", "/v1/title-keys").json["suspended"]
    standing(customs_handle, suspended=True)
    assert issued.ask("customs", "hold", authority="customs").status_code == 201
    standing(2, suspended=False)
    assert issued.ask("forwarder", "surrender").status_code == 201


def test_who_handed_its_office_over_learns_of_no_title_by_asking(issued):
    kept = events.OfficeConfirmed(office=AUTHORITIES, key=address_of(OWN_KEY), block_number=2)
    issued.record(f"office:{AUTHORITIES}", kept)
    known = issued.ask("customs", "hold", authority="customs")
    unknown = issued.ask("customs", "hold", "0" * 64, authority="customs")
    assert (known.status_code, codes(known)) == (unknown.status_code, codes(unknown))
    said(known, 404, "not-found")


def test_an_office_that_the_contract_does_not_have_yet_is_told_so(issued):
    given = events.OfficeGiven(office=AUTHORITIES + 5, party_id=issued.port.ids["bank"])
    issued.record(f"office:{AUTHORITIES + 5}", given)
    said(issued.ask("bank", "hold", authority="bank"), 409, "title-office-not-kept")


def test_a_gate_keeper_sees_the_titles_that_need_its_gate_and_no_others(issued):
    path = f"/v1/titles/{issued.title}"
    issued.office(GATEKEEPERS + 2, "bank", bytes([3]) * 32)
    assert issued.get("bank", path).status_code == 404
    assert issued.ask("bank", "satisfy", gate="payment").status_code == 404
    issued.outcome("Held", sequence=2, gates_required=0b100)
    assert issued.get("bank", path).status_code == 200
    assert issued.ask("bank", "satisfy", gate="payment").status_code == 201


@pytest.mark.parametrize(
    ("role", "fields"),
    [
        ("holder", {"owner": 2, "holder": 3}),
        ("owner", {"owner": 3, "holder": 2}),
        ("taker", {"state": 2, "ordered": 3, "collected": 3 << 32}),
    ],
)
def test_each_of_those_whom_a_title_concerns_sees_it_while_it_does(issued, role, fields):
    path = f"/v1/titles/{issued.title}"
    flags = 0 if role == "taker" else 2
    issued.outcome("Transferred", sequence=2, flags=flags, **fields)
    assert issued.get("bank", path).status_code == 200
    issued.outcome("Transferred", sequence=3)
    assert issued.get("bank", path).status_code == 404


def test_a_carrier_sees_its_bills_title_and_the_agent_asks_for_no_act_of_the_holder(issued):
    said(issued.ask("agent", "surrender"), 403, "title-party-without-key")
    issued.port.party("rival", Role.CARRIER)
    assert issued.get("rival", f"/v1/titles/{issued.title}").status_code == 404


def test_nobody_consents_to_what_a_suspended_organisation_asked_for(issued):
    asked = issued.ask("forwarder", "transfer", to=issued.port.ids["bank"]).json
    issued.suspended("forwarder")
    path = f"/v1/title-instructions/{asked['id']}/consent"
    said(issued.post("bank", path, {}), 409, "title-asker-not-verified")


def test_a_refusal_of_the_contract_is_told_in_words(issued):
    found = issued.ask("forwarder", "surrender").json
    with reading(issued.services.engine) as connection:
        asked = tables.instruction(connection, found["id"])

    def refused(uow):
        uow.lock(f"title:{issued.title}")
        for _ in range(2):
            record_refusal(uow, asked, "StaleSequence", sent=True, block_number=10)

    issued.port.do("system", refused)
    told = issued.get("forwarder", f"/v1/title-instructions/{found['id']}").json
    assert (told["state"], told["code"]) == ("refused", "StaleSequence")
    assert told["messageEn"]
    assert told["messageZh"]


def test_authorities_hold_any_title_and_nobody_else_does(issued):
    hold = {"authority": "customs"}
    assert issued.ask("haulier", "hold", **hold).status_code == 404
    said(issued.ask("forwarder", "hold", **hold), 409, "title-office-not-kept")
    said(issued.ask("forwarder", "hold"), 422, "title-term-missing")
    said(issued.ask("forwarder", "satisfy"), 422, "title-term-missing")
    answer = issued.ask("customs", "hold", **hold)
    assert (answer.status_code, answer.json["state"]) == (201, "ready")
    issued.outcome("Held", holds=1, sequence=2)
    assert issued.get("customs", f"/v1/titles/{issued.title}").json["holds"] == ["customs"]
    said(issued.ask("customs", "hold", **hold), 409, "title-held-already")


def test_while_the_ledger_is_stopped_only_holds_are_asked_for(issued):
    with writing(issued.services.engine) as connection:
        ledger_state.stop_releases(connection, "roots differ", since=issued.port.now())
    said(issued.ask("forwarder", "surrender"), 409, "releases-stopped")
    said(issued.issue(), 409, "releases-stopped")
    assert issued.ask("customs", "hold", authority="customs").status_code == 201


def test_a_surrender_is_answered_by_the_issuer_or_its_agent(issued):
    issued.outcome("Surrendered", state=3, sequence=2)
    assert issued.ask("bank", "accept_surrender").status_code == 404
    said(issued.ask("forwarder", "accept_surrender"), 403, "title-office-not-kept")
    issued.port.dismissed(issued.port.agency_id)
    said(issued.ask("agent", "accept_surrender"), 403, "agent-not-appointed")
    issued.port.appointed()
    assert issued.ask("agent", "accept_surrender").json["state"] == "ready"


def test_goods_go_by_the_confirmed_outcome_and_by_nothing_else(issued):
    def refused():
        with pytest.raises(RefusedError) as raised:
            issued.port.granted()
        return [reason.code for reason in raised.value.reasons]

    issued.port.listed()
    assert refused() == ["title-not-surrendered"]
    shown = {"presentation": "original", "reference": ""}
    path = f"/v1/waybills/{issued.waybill_id}/presentation"
    said(issued.post("agent", path, shown), 409, "title-on-chain")
    issued.outcome("Surrendered", state=3, sequence=2)
    issued.ask("agent", "accept_surrender")
    assert refused() == ["title-not-surrendered"]
    issued.outcome("SurrenderAccepted", state=4, sequence=3)
    release_id = issued.port.granted().release_id
    issued.outcome("Held", state=4, sequence=4, holds=1)
    shown = issued.get("agent", f"/v1/releases/{release_id}/readiness").get_data(as_text=True)
    assert "title-goods-held" in shown


def test_a_bill_whose_title_is_being_issued_is_not_cleared_by_hand(quay):
    assert quay.issue().status_code == 201
    path = f"/v1/waybills/{quay.waybill_id}/presentation"
    said(
        quay.post("agent", path, {"presentation": "telex", "reference": "1"}), 409, "title-on-chain"
    )


def test_a_title_that_was_voided_leaves_the_bill_to_paper(issued):
    issued.outcome("Replaced", state=9, sequence=3)
    path = f"/v1/waybills/{issued.waybill_id}/presentation"
    assert (
        issued.post("agent", path, {"presentation": "original", "reference": ""}).status_code == 201
    )


@pytest.mark.parametrize(
    ("happened", "fields", "code"),
    [
        ("Migrated", {"state": 11}, "title-migrated"),
        ("Replaced", {"state": 9, "gates_required": 0x80}, "title-indemnified"),
    ],
)
def test_a_title_that_ended_without_clearing_its_goods_is_cleared_by_no_paper(
    issued, happened, fields, code
):
    issued.port.listed()
    issued.outcome(happened, sequence=3, **fields)
    path = f"/v1/waybills/{issued.waybill_id}/presentation"
    answer = issued.post("agent", path, {"presentation": "original", "reference": ""})
    said(answer, 409, "title-on-chain")
    with pytest.raises(RefusedError, match=code):
        issued.port.granted()


def test_states_in_answers_are_those_of_the_rules():
    assert InstructionState.REFUSED.value == "refused"


def test_what_takes_a_titles_place_is_said_once_and_drawn_here_or_by_the_holder(issued):
    def ask(**more):
        return issued.ask("forwarder", "surrender_for_amendment", **more)

    said(ask(), 422, "title-wish-missing")
    said(ask(children=[], paper="ab" * 32), 422, "title-wish-missing")
    taken = {"quantity": 1, "title": issued.title}
    said(ask(children=[taken]), 422, "title-child-twice")
    mine = {"quantity": 1, "title": "ab" * 32}
    said(ask(children=[mine, mine]), 422, "title-child-twice")
    assert ask(children=[mine], others=["cd" * 32]).status_code == 404
    said(ask(children=[{"quantity": 2}, {"quantity": 3}]), 409, "title-quantities-differ")
    assert ask(children=[{"quantity": 2}]).json["state"] == "ready"


def test_the_issuer_hears_that_a_wish_was_not_made_here(issued):
    issued.outcome("SurrenderedForAmendment", state=5, sequence=2)
    said(issued.ask("agent", "replace"), 409, "title-wish-unknown")
    assert issued.ask("agent", "reject_amendment").json["state"] == "ready"


def test_what_waits_for_a_party_is_listed_to_it(issued):
    asked = issued.ask("forwarder", "transfer", to=issued.port.ids["consignee"]).json
    for who in ("forwarder", "consignee"):
        (found,) = issued.get(who, "/v1/title-instructions").json["items"]
        assert found["id"] == asked["id"]
    assert found["toSign"]["primaryType"] == "TransferConsent"
    assert issued.get("bank", "/v1/title-instructions").json["items"] == []


def test_the_administrator_asks_for_a_suspension_once_and_nobody_else_does(issued):
    issued.port.party("administration", Role.ADMINISTRATOR)
    path, party = "/v1/title-standings", issued.port.ids["forwarder"]
    body = {"party": party, "suspended": True, "reason": "papers are missing"}
    assert issued.post("carrier", path, body).status_code == 403
    assert issued.post("administration", path, {**body, "party": "nobody"}).status_code == 404
    keyless = {**body, "party": issued.port.ids["haulier"]}
    assert issued.post("administration", path, keyless).status_code == 404
    off = {**body, "suspended": False}
    said(issued.post("administration", path, off), 409, "title-standing-unchanged")
    answer = issued.post("administration", path, body)
    assert (answer.status_code, answer.json["suspended"], answer.json["wanted"]) == (
        201,
        False,
        True,
    )
    said(issued.post("administration", path, off), 409, "title-standing-waits")


def test_what_the_registrar_did_itself_is_the_administrators_to_take_back(issued):
    issued.port.party("administration", Role.ADMINISTRATOR)
    path, reason = "/v1/title-standings", "the papers came"
    body = {"party": issued.port.ids["forwarder"], "reason": reason}

    def did(suspended):
        happened = events.StandingConfirmed(
            handle=2, suspended=suspended, evidence="55" * 32, block_number=8
        )
        issued.record("handle:2", happened)

    for suspended in (True, False):
        asked = {**body, "suspended": suspended}
        assert issued.post("administration", path, asked).status_code == 201
        did(suspended)
    did(suspended=True)
    answer = issued.post("administration", path, {**body, "suspended": False})
    assert answer.status_code == 201


def test_what_a_carrier_leaves_unsigned_keeps_no_pledgee_from_its_notice(issued):
    pledge = f"{86_400 << 32 | 3:064x}"
    issued.outcome("Surrendered", state=3, sequence=2, flags=1, second=pledge)
    with writing(issued.services.engine) as connection:
        connection.exec_driver_sql("UPDATE titles_party SET custody = 'own' WHERE handle = 1")
    assert issued.ask("agent", "accept_surrender").json["state"] == "awaiting_signature"
    said(issued.ask("carrier", "reject_surrender"), 409, "title-instruction-open")
    assert issued.ask("bank", "give_notice").status_code == 201
    said(issued.ask("bank", "discharge"), 409, "title-instruction-open")
