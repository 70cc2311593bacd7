"""Sending bills to another platform over a real wire: by whom, until when, and what counts."""

import base64
import json
from contextlib import contextmanager
from dataclasses import replace

import pytest

from ledger.commitment import commit
from tests.counterparts import wire
from tests.counterparts.ebl_platform import EblInbox, party, sha256, transaction
from tests.yidan.exchange.pint.conftest import SHOES, payload
from yidan import worker
from yidan.exchange.deliveries import NotDeliveredError
from yidan.exchange.pint import deliveries, tables
from yidan.exchange.pint.events import SignerKind
from yidan.exchange.pint.here import here
from yidan.kernel.reasons import Role
from yidan.store import outbox
from yidan.store.engine import database_now, reading, writing
from yidan.store.rebuild import check

pytestmark = pytest.mark.integration
LEI = "529900T8BM49AURSDO55"


@pytest.fixture(scope="module")
def carx_key():
    from tests.counterparts.ebl_platform import RsaKey

    return RsaKey()


@pytest.fixture
def held(receiving):
    """A bill in the possession of our consignee, whose machine calls."""
    receiving.portal.services = replace(
        receiving.portal.services,
        settings=replace(receiving.portal.services.settings, private_endpoints=True),
    )
    chain = receiving.chain()
    assert receiving.code(receiving.start(chain)) == (200, "RECE")
    receiving.bill = chain
    receiving.owner = receiving.portal.machine(Role.CONSIGNEE, party=receiving.consignee)
    return receiving


@contextmanager
def another_platform(held, key, **options):
    """CARX, registered and listening."""
    inbox = EblInbox("CARX", key=key, jwk=here(held.portal.services).signer.public, **options)
    with inbox:
        from yidan.exchange.pint.actions import signers
        from yidan.kernel.events import Actor

        token_url = f"{inbox.url}/oauth/token" if inbox.wants_token else ""
        organisation = held.portal.organisation(Role.EBL_PLATFORM)
        command = signers.RegisterSigner(
            code="CARX",
            kind=SignerKind.PLATFORM,
            organisation_id=organisation,
            url=inbox.url,
            jwks=inbox.jwks,
            token_url=token_url,
            client_id="yidan" if token_url else "",
        )
        administrator = Actor(party=held.portal.organisation(Role.ADMINISTRATOR))
        held.portal.run(lambda uow: signers.register_signer(command, held.here, uow), administrator)
        inbox.machine = held.portal.machine(Role.EBL_PLATFORM, party=organisation)
        yield inbox


def carx_answer(code, value=None):
    return wire.Answer(
        code, "application/json", b"" if value is None else json.dumps(value).encode()
    )


BUYER = party("Buyer", "CARX", "BUYER")


def send(held, *steps, machine=None, **more):
    body = {"steps": list(steps) or [{"action": "TRANSFER", "recipient": BUYER}], **more}
    return (machine or held.owner).post(f"/v1/ebls/{held.bill.checksum}/transfers", body)


def errands(held):
    with reading(held.portal.services.engine) as connection:
        now = database_now(connection)
        return outbox.pending(connection, tables.CONSUMER, now=now)


def work_off(held):
    """What the worker does with the open errands."""
    return worker.drain_with(held.portal.services, tables.CONSUMER, deliveries.deliver)


def codes(answer):
    return [one["code"] for one in answer.json["reasons"]]


def status(held, sent):
    return held.owner.get(f"/v1/ebl-transfers/{sent.json['id']}").json


def test_a_bill_goes_to_another_platform_with_its_documents(held, carx_key):
    with another_platform(held, carx_key, wants_token=True) as carx:
        document = {
            "name": "packing.txt",
            "mediaType": "text/plain",
            "content": base64.b64encode(SHOES).decode(),
        }
        sent = send(held, documents=[document])
        assert sent.status_code == 201, sent.json
        assert status(held, sent)["state"] == "sending"
        assert work_off(held) == 1
        done = status(held, sent)
        assert (done["state"], done["code"]) == ("accepted", "RECE")
        assert payload(done["answer"])["responseCode"] == "RECE"
        assert carx.calls == ["token", "envelopes", sha256(SHOES)[:16], "finish-transfer"]
        assert carx.documents == {sha256(SHOES): SHOES}
        (envelope,) = carx.envelopes
        assert envelope["envelopeTransferChain"][:-1] == held.bill.entries
        (step,) = payload(envelope["envelopeTransferChain"][-1])["transactions"]
        assert step["actor"] == held.to
        assert step["recipient"] == BUYER
        bill = held.owner.get(f"/v1/ebls/{held.bill.checksum}").json
        assert (bill["possessorPlatform"], bill["possessorId"], bill["sending"]) == ("CARX", "", "")
        assert [one["action"] for one in bill["chain"]] == ["ISSUE", "TRANSFER", "TRANSFER"]
        assert bill["chain"][-1]["recipientPlatform"] == "CARX"


def test_a_lost_answer_is_asked_for_again_until_it_is_signed(held, carx_key):
    with another_platform(held, carx_key) as carx:
        sent = send(held)
        carx.receiver.faults += ["drop"]
        assert work_off(held) == 0
        assert "RemoteProtocolError" in status(held, sent)["lastError"]
        (errand,) = outbox_rows(held)
        deliveries.deliver(held.portal.services, errand)
        done = status(held, sent)
        assert (done["state"], done["code"]) == ("accepted", "DUPE")
        deliveries.deliver(held.portal.services, errand)
        assert held.events("exchange.ebl_sent.v1") == 1


def outbox_rows(held):
    """Errands, those that wait for their next try too."""
    from datetime import timedelta

    with reading(held.portal.services.engine) as connection:
        later = database_now(connection) + timedelta(days=1)
        return outbox.pending(connection, tables.CONSUMER, now=later)


@pytest.mark.parametrize("order", [503, 200, 500])
def test_an_unsigned_answer_decides_nothing(held, carx_key, order):
    with another_platform(held, carx_key, orders=[order]):
        sent = send(held)
        (errand,) = errands(held)
        with pytest.raises(NotDeliveredError, match="without a good signature"):
            deliveries.deliver(held.portal.services, errand)
        assert status(held, sent)["state"] == "sending"
        deliveries.deliver(held.portal.services, errand)
        assert status(held, sent)["state"] == "accepted"


def test_an_answer_signed_by_a_stranger_decides_nothing(held, carx_key):
    from tests.counterparts.ebl_platform import RsaKey

    with another_platform(held, carx_key) as carx:
        carx.key = RsaKey()
        sent = send(held)
        (errand,) = errands(held)
        with pytest.raises(NotDeliveredError):
            deliveries.deliver(held.portal.services, errand)
        assert status(held, sent)["state"] == "sending"


def test_an_answer_about_another_envelope_decides_nothing(held, carx_key):
    with another_platform(held, carx_key) as carx:
        carx._finish = lambda *_, **__: carx.signed("RECE", "0" * 64)
        send(held)
        (errand,) = errands(held)
        with pytest.raises(NotDeliveredError, match="another envelope"):
            deliveries.deliver(held.portal.services, errand)


def test_documents_that_got_lost_are_sent_again(held, carx_key):
    with another_platform(held, carx_key) as carx:
        take, lost = carx._document, []

        def lose_the_first(checksum, content):
            if not lost:
                lost.append(checksum)
                return carx_answer(204)
            return take(checksum, content)

        carx._document = lose_the_first
        content = base64.b64encode(SHOES).decode()
        sent = send(held, documents=[{"name": "a", "mediaType": "a/b", "content": content}])
        assert work_off(held) == 1
        assert status(held, sent)["code"] == "RECE"
        assert carx.calls.count("finish-transfer") == 2


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"envelopeReference": "1"}, "without what is missing"),
        ([], "without what is missing"),
        (
            {"envelopeReference": "../x", "missingAdditionalDocumentChecksums": []},
            "reference that is none",
        ),
        (
            {"envelopeReference": "1", "missingAdditionalDocumentChecksums": ["0" * 64]},
            "was not announced",
        ),
    ],
)
def test_a_platform_that_asks_for_what_it_may_not_is_told_nothing(held, carx_key, answer, why):
    with another_platform(held, carx_key) as carx:
        carx._start = lambda _: carx_answer(201, answer)
        send(held)
        (errand,) = errands(held)
        with pytest.raises(NotDeliveredError, match=why):
            deliveries.deliver(held.portal.services, errand)


@pytest.mark.parametrize("code", ["BENV", "BSIG"])
def test_a_refused_bill_stays_with_its_possessor_and_may_be_sent_again(held, carx_key, code):
    with another_platform(held, carx_key, orders=[code]):
        sent = send(held)
        assert work_off(held) == 1
        assert (status(held, sent)["state"], status(held, sent)["code"]) == ("rejected", code)
        assert held.ebl(held.bill).possessor_id == held.consignee
        again = send(held)
        assert work_off(held) == 1
        assert status(held, again)["code"] == "RECE"


def test_a_disputed_bill_is_told_of_and_goes_nowhere(held, carx_key):
    with another_platform(held, carx_key, orders=["DISE"]):
        sent = send(held)
        assert work_off(held) == 1
        assert status(held, sent)["state"] == "disputed"
        assert held.alarms() == ["ebl-disputed"]
        refused = send(held)
        assert refused.status_code == 409
        assert [one["code"] for one in refused.json["reasons"]] == ["ebl-on-its-way"]


AGREED = {"stands": "here", "evidence": sha256(b"signed by both")}


@pytest.fixture
def disputed(held, carx_key):
    """A transfer that CARX refused with DISE, once; and a machine of the administrator."""
    with another_platform(held, carx_key, orders=["DISE"]):
        sent = send(held)
        assert work_off(held) == 1
        held.path = f"/v1/ebl-transfers/{sent.json['id']}/settlement"
        held.administrator = held.portal.machine(Role.ADMINISTRATOR)
        yield held


def test_a_dispute_that_both_settled_for_us_lets_the_bill_go_on(disputed):
    assert disputed.owner.post(disputed.path, AGREED).status_code == 201
    assert disputed.ebl(disputed.bill).sending, "the possessor alone ends no dispute"
    confirmed = disputed.administrator.post(f"{disputed.path}/confirmation", AGREED)
    assert confirmed.status_code == 201, confirmed.json
    again = send(disputed)
    assert work_off(disputed) == 1
    assert status(disputed, again)["code"] == "RECE"
    assert check(disputed.portal.services.engine, commit).findings == ()


def test_a_dispute_that_both_settled_for_the_other_side_leaves_no_bill_here(disputed):
    there = AGREED | {"stands": "there"}
    assert disputed.owner.post(disputed.path, there).status_code == 201
    confirmed = disputed.administrator.post(f"{disputed.path}/confirmation", there)
    assert confirmed.status_code == 201, confirmed.json
    known = disputed.ebl(disputed.bill)
    assert (known.possessor_platform, known.possessor_id, known.sending) == ("CARX", "", "")
    assert codes(send(disputed)) == ["ebl-not-in-your-possession"]


def test_an_administrator_alone_settles_no_dispute(disputed):
    confirm = f"{disputed.path}/confirmation"
    assert codes(disputed.administrator.post(confirm, AGREED)) == ["ebl-settlement-not-proposed"]
    disputed.owner.post(disputed.path, AGREED | {"stands": "there"})
    assert codes(disputed.administrator.post(confirm, AGREED)) == ["ebl-settlement-not-proposed"]
    assert disputed.owner.post(confirm, AGREED).status_code in {403, 404}
    stranger = disputed.portal.machine(Role.CONSIGNEE)
    assert stranger.post(disputed.path, AGREED).status_code == 404
    assert (
        disputed.administrator.post(
            "/v1/ebl-transfers/none/settlement/confirmation", AGREED
        ).status_code
        == 404
    )


def test_an_administrator_that_is_in_possession_itself_settles_no_dispute(disputed):
    party = disputed.portal.organisation(Role.CONSIGNEE, Role.ADMINISTRATOR)
    with writing(disputed.portal.services.engine) as connection:
        connection.exec_driver_sql(f"UPDATE pint_outgoing SET party_id = '{party}'")
    both = disputed.portal.machine(Role.CONSIGNEE, Role.ADMINISTRATOR, party=party)
    assert both.post(disputed.path, AGREED).status_code == 201
    assert codes(both.post(f"{disputed.path}/confirmation", AGREED)) == ["ebl-settlement-by-one"]
    confirmed = disputed.administrator.post(f"{disputed.path}/confirmation", AGREED)
    assert confirmed.status_code == 201


def test_only_a_dispute_is_settled(held, carx_key):
    with another_platform(held, carx_key):
        sent = send(held)
        path = f"/v1/ebl-transfers/{sent.json['id']}/settlement"
        assert codes(held.owner.post(path, AGREED)) == ["ebl-no-dispute"]


def test_a_bill_on_its_way_is_sent_once(held, carx_key):
    with another_platform(held, carx_key):
        send(held)
        assert [one["code"] for one in send(held).json["reasons"]] == ["ebl-on-its-way"]


# --- who may send, and what ---------------------------------------------------------------------


def test_strangers_find_no_bill_and_former_possessors_may_not_send_it(held, carx_key, portal):
    with another_platform(held, carx_key):
        stranger = portal.machine(Role.CONSIGNEE)
        path = f"/v1/ebls/{held.bill.checksum}"
        assert stranger.get(path).status_code == 404
        assert send(held, machine=stranger).status_code == 404
        assert stranger.get("/v1/ebls").json == {"items": []}
        sent = send(held)
        assert stranger.get(f"/v1/ebl-transfers/{sent.json['id']}").status_code == 404
        assert work_off(held) == 1
        gone = send(held)
        assert [one["code"] for one in gone.json["reasons"]] == ["ebl-not-in-your-possession"]
        assert len(held.owner.get("/v1/ebls").json["items"]) == 1


def test_steps_out_of_turn_are_refused_with_every_reason(held, carx_key):
    with another_platform(held, carx_key):
        wrong = send(
            held,
            {"action": "SACC", "recipient": BUYER},
            {"action": "SURRENDER_FOR_DELIVERY", "recipient": BUYER},
        )
        assert [one["code"] for one in wrong.json["reasons"]] == [
            "ebl-no-surrender-open",
            "ebl-surrender-not-to-carrier",
        ]
        endorsed = send(
            held,
            {"action": "BLANK_ENDORSE", "comments": "for the bank"},
            {"action": "TRANSFER", "recipient": BUYER},
        )
        assert endorsed.status_code == 201


def test_a_platform_that_is_not_registered_is_refused(held):
    elsewhere = send(held, {"action": "TRANSFER", "recipient": party("B", "BOLE", "B")})
    assert elsewhere.status_code == 422
    assert elsewhere.json["reasons"][0]["code"] == "ebl-platform-unknown"
    here_again = send(held, {"action": "TRANSFER", "recipient": held.to})
    assert here_again.status_code == 422
    broken = send(held, documents=[{"name": "a", "mediaType": "a/b", "content": "$$$$"}])
    assert broken.status_code == 422


# --- both directions ----------------------------------------------------------------------------


def come_back(held, carx, envelope):
    """CARX's buyer transfers the bill to our consignee again."""
    chain = type(held.bill)(envelope["transportDocument"], envelope["envelopeTransferChain"])
    back = carx.extended(chain, transaction("TRANSFER", BUYER, held.to))
    return held.send(carx.envelope(back), machine=carx.machine)


def test_a_bill_goes_out_and_comes_back(held, carx_key):
    with another_platform(held, carx_key) as carx:
        send(held)
        work_off(held)
        answer = come_back(held, carx, carx.envelopes[0])
        assert held.code(answer) == (200, "RECE")
        assert held.ebl(held.bill).possessor_id == held.consignee
        again = send(held)
        assert work_off(held) == 1
        assert status(held, again)["code"] == "RECE"
        assert check(held.portal.services.engine, commit).findings == ()


def test_a_bill_that_comes_back_before_the_answer_has_arrived(held, carx_key):
    with another_platform(held, carx_key) as carx:
        sent = send(held)
        carx.receiver.faults += ["drop"]
        work_off(held)
        answer = come_back(held, carx, carx.envelopes[0])
        assert held.code(answer) == (200, "RECE")
        assert status(held, sent)["state"] == "accepted"
        (errand,) = outbox_rows(held)
        deliveries.deliver(held.portal.services, errand)
        assert held.ebl(held.bill).possessor_id == held.consignee
