"""Receiving envelopes: PINT's response matrix, as DCSA's conformance scenarios call its cases."""

import copy
import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from tests.counterparts.ebl_platform import (
    Chain,
    b64,
    canonical,
    party,
    sha256,
    transaction,
    unb64,
    verified,
)
from tests.yidan.exchange.pint.conftest import ORIGIN, SHOES
from yidan.exchange.pint.events import SignerKind
from yidan.kernel.reasons import Role
from yidan.store.engine import reading
from yidan.store.rebuild import check

# --- RECE and DUPE ------------------------------------------------------------------------------


def test_an_envelope_without_documents_is_received_at_once(receiving):
    chain = receiving.chain()
    answer = receiving.start(chain)
    assert receiving.code(answer) == (200, "RECE")
    said = receiving.said(answer)
    assert said == {
        "lastEnvelopeTransferChainEntrySignedContentChecksum": sha256(chain.entries[-1]),
        "responseCode": "RECE",
        "receivedAdditionalDocumentChecksums": [],
    }
    ebl = receiving.ebl(chain)
    assert (ebl.possessor_platform, ebl.possessor_id) == ("YIDN", receiving.consignee)
    assert receiving.events("exchange.ebl_received.v1") == 1


def test_the_same_envelope_again_is_a_duplicate_with_one_signed_answer(receiving):
    chain = receiving.chain()
    receiving.start(chain)
    first, second = receiving.start(chain), receiving.start(chain)
    assert receiving.code(first) == (200, "DUPE")
    assert (
        receiving.said(first)["duplicateOfAcceptedEnvelopeTransferChainEntrySignedContent"]
        == chain.entries[-1]
    )
    assert first.json == second.json
    assert receiving.events("exchange.ebl_received.v1") == 1


def test_an_envelope_that_was_signed_again_is_a_duplicate_of_the_accepted_one(receiving):
    chain = receiving.chain()
    receiving.start(chain)
    answer = receiving.start(receiving.wave.resigned(chain))
    assert receiving.code(answer) == (200, "DUPE")
    said = receiving.said(answer)
    accepted = said["duplicateOfAcceptedEnvelopeTransferChainEntrySignedContent"]
    assert accepted == chain.entries[-1]


# --- DISE ---------------------------------------------------------------------------------------


def test_a_manipulated_envelope_is_disputed_and_both_histories_are_kept(receiving):
    chain = receiving.chain()
    receiving.start(chain)
    other = receiving.wave.issued(
        transaction("SIGN", receiving.wave.shipper),
        transaction("TRANSFER", receiving.wave.shipper, receiving.to),
    )
    answer = receiving.start(other)
    assert receiving.code(answer) == (409, "DISE")
    assert "known here" in receiving.said(answer)["reason"]
    assert list(receiving.ebl(chain).entries) == [sha256(one) for one in chain.entries]
    assert receiving.alarms() == ["ebl-disputed"]
    with reading(receiving.portal.services.engine) as connection:
        kept = connection.execute(text("SELECT state FROM pint_incoming ORDER BY id")).scalars()
        assert list(kept) == ["accepted", "disputed"]


def test_a_dispute_is_told_of_once(receiving):
    receiving.start(receiving.chain())
    other = receiving.wave.issued(
        transaction("SIGN", receiving.wave.shipper),
        transaction("TRANSFER", receiving.wave.shipper, receiving.to),
    )
    receiving.start(other)
    assert receiving.code(receiving.start(other)) == (409, "DISE")
    assert receiving.events("exchange.ebl_disputed.v1") == 1


def test_a_chain_that_stops_before_what_is_known_is_disputed(receiving):
    wave, to = receiving.wave, receiving.to
    first = wave.issued(transaction("SIGN", wave.shipper))
    second = wave.extended(first, transaction("TRANSFER", wave.shipper, to))
    receiving.start(second)
    assert receiving.code(receiving.start(first)) == (409, "DISE")


def test_another_history_while_the_first_still_waits_for_documents_is_disputed(receiving):
    receiving.start(receiving.chain(), [SHOES])
    other = receiving.wave.issued(
        transaction("SIGN", receiving.wave.shipper),
        transaction("TRANSFER", receiving.wave.shipper, receiving.to),
    )
    assert receiving.code(receiving.start(other)) == (409, "DISE")


def test_an_entry_in_our_name_that_we_never_made_is_disputed(receiving):
    wave = receiving.wave
    chain = receiving.chain()
    ours = {
        "eblPlatform": "YIDN",
        "transportDocumentChecksum": chain.checksum,
        "previousEnvelopeTransferChainEntrySignedContentChecksum": sha256(chain.entries[-1]),
        "transactions": [transaction("TRANSFER", receiving.to, wave.shipper)],
    }
    forged = chain.copy()
    forged.entries.append(receiving.here.signer.sign(ours))
    back = wave.extended(forged, transaction("TRANSFER", wave.shipper, receiving.to))
    assert receiving.code(receiving.start(back)) == (409, "DISE")


def test_another_version_of_a_bill_that_is_held_here_is_disputed(receiving):
    receiving.start(receiving.chain())
    other = receiving.chain(termsAndConditions="Other terms.")
    assert receiving.code(receiving.start(other)) == (409, "DISE")


def not_signed_by_the_carrier(receiving, issuance):
    """Another version of the bill, with whatever issuance its sender found."""
    wave = receiving.wave
    other = Chain(receiving.chain().bill | {"termsAndConditions": "Other."})
    more = {"issuanceManifestSignedContent": issuance} if issuance else {}
    issue = transaction("ISSUE", wave.carrier, wave.shipper)
    return wave.extended(other, issue, transaction("TRANSFER", wave.shipper, receiving.to), **more)


@pytest.mark.parametrize("borrowed", [False, True], ids=["no issuance", "another bill's"])
def test_nothing_is_told_of_a_bill_to_whom_the_carrier_signed_none(receiving, borrowed):
    chain = receiving.chain()
    probe = not_signed_by_the_carrier(receiving, chain.issuance if borrowed else "")
    before = receiving.start(probe)
    assert receiving.code(before) == (422, "BENV")
    receiving.start(chain)
    after = receiving.start(probe)
    assert receiving.code(after) == (422, "BENV")
    assert receiving.said(after) == receiving.said(before)
    assert receiving.alarms() == []
    assert receiving.events("exchange.ebl_disputed.v1") == 0


def test_of_disputed_histories_so_many_are_kept_and_the_others_counted(receiving, monkeypatch):
    from yidan.exchange.pint.actions import receiving as actions

    monkeypatch.setattr(actions, "MAX_DISPUTES", 2)
    wave = receiving.wave
    receiving.start(receiving.chain())
    for number in range(4):
        signs = [transaction("SIGN", wave.shipper)] * (number + 1)
        other = wave.issued(*signs, transaction("TRANSFER", wave.shipper, receiving.to))
        assert receiving.code(receiving.start(other)) == (409, "DISE")
    assert receiving.events("exchange.ebl_disputed.v1") == 2
    with reading(receiving.portal.services.engine) as connection:
        disputed = text("SELECT answers FROM pint_incoming WHERE state = 'disputed' ORDER BY id")
        kept = [json.loads(one) for one in connection.execute(disputed).scalars()]
        raw = connection.execute(text("SELECT count(*) FROM inbox")).scalar_one()
    assert kept == [{}, {"further": "2"}]
    assert raw == 3
    assert receiving.alarms() == ["ebl-disputed"] * 3


def test_a_surrender_that_was_answered_once_is_not_answered_otherwise(receiving):
    wave = receiving.wave
    carrier = party("Carrier", "YIDN", "529900T8BM49AURSDO55", "GLEIF", "LEI")
    chain = wave.issued(
        transaction("SURRENDER_FOR_DELIVERY", wave.shipper, wave.carrier),
        transaction("SREJ", wave.carrier, wave.shipper),
        transaction("TRANSFER", wave.shipper, carrier),
    )
    assert receiving.code(receiving.start(chain)) == (200, "RECE")
    other = wave.issued(
        transaction("SURRENDER_FOR_DELIVERY", wave.shipper, wave.carrier),
        transaction("SACC", wave.carrier, carrier),
    )
    assert receiving.code(receiving.start(other)) == (409, "DISE")


# --- BSIG ---------------------------------------------------------------------------------------


def test_a_signature_by_an_unknown_key_is_refused_and_mended_by_the_right_one(receiving, stranger):
    chain = receiving.chain()
    wrong = chain.copy()
    wrong.entries[-1] = stranger.key.sign(unb64(chain.entries[-1].split(".")[1]), kid="1")
    answer = receiving.start(wrong)
    assert receiving.code(answer) == (422, "BSIG")
    assert "entry 1" in receiving.said(answer)["reason"]
    assert receiving.code(receiving.start(chain)) == (200, "RECE")


def test_a_manifest_for_another_last_entry_is_a_bad_signature(receiving):
    wrong = {"lastEnvelopeTransferChainEntrySignedContentChecksum": "0" * 64}
    answer = receiving.start(receiving.chain(), **wrong)
    assert receiving.code(answer) == (422, "BSIG")


def test_an_issuance_that_the_carrier_did_not_sign_is_refused(receiving, stranger):
    chain = Chain(receiving.chain().bill)
    manifest = {"documentChecksum": chain.checksum, "issueToChecksum": "0" * 64}
    wave = receiving.wave
    forged = wave.extended(
        chain,
        transaction("ISSUE", wave.carrier, wave.shipper),
        transaction("TRANSFER", wave.shipper, receiving.to),
        issuanceManifestSignedContent=stranger.carrier_key.sign(canonical(manifest)),
    )
    assert receiving.code(receiving.start(forged)) == (422, "BSIG")


@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_an_algorithm_without_a_key_pair_is_a_bad_signature(receiving, alg):
    chain = receiving.chain()
    head = b64(json.dumps({"alg": alg}).encode())
    chain.entries[-1] = f"{head}.{chain.entries[-1].split('.')[1]}.{b64(b'x' * 32)}"
    assert receiving.code(receiving.start(chain)) == (422, "BSIG")


def test_a_transfer_that_began_under_a_replaced_key_is_not_finished(receiving, stranger):
    chain = receiving.chain()
    reference = receiving.start(chain, [SHOES]).json["envelopeReference"]
    receiving.put(reference, SHOES)
    wave = receiving.wave.jwks
    receiving.register("WAVE", SignerKind.PLATFORM, receiving.machine.party, stranger.jwks)
    assert receiving.code(receiving.finish(reference)) == (422, "BSIG")
    assert receiving.ebl(chain) is None
    receiving.register("WAVE", SignerKind.PLATFORM, receiving.machine.party, wave)
    assert receiving.code(receiving.finish(reference)) == (200, "RECE")


# --- BENV ---------------------------------------------------------------------------------------


def other_platform(receiving):
    return receiving.wave.transferred(party("Consignee", "BOLE", "C1"))


def unknown_recipient(receiving):
    return receiving.wave.transferred(party("Nobody", "YIDN", "12345-invalid"))


def two_recipients(receiving):
    both = copy.deepcopy(receiving.to)
    other = receiving.portal.organisation(Role.BANK)
    both["identifyingCodes"].append({"codeListProvider": "YIDN", "partyCode": other})
    return receiving.wave.transferred(both)


def no_issue(receiving):
    chain = Chain(receiving.chain().bill)
    wave = receiving.wave
    return wave.extended(chain, transaction("TRANSFER", wave.shipper, receiving.to))


def after_the_end(receiving):
    wave = receiving.wave
    return wave.issued(
        transaction("SURRENDER_FOR_DELIVERY", wave.shipper, wave.carrier),
        transaction("SACC", wave.carrier, wave.shipper),
        transaction("TRANSFER", wave.shipper, receiving.to),
    )


def not_in_possession(receiving):
    wave = receiving.wave
    thief = party("Thief", "WAVE", "THIEF")
    return wave.issued(transaction("TRANSFER", thief, receiving.to))


def unknown_action(receiving):
    return receiving.chain(action="GIVE")


def other_bill(receiving):
    chain = receiving.chain()
    return Chain(chain.bill | {"termsAndConditions": "Other."}, chain.entries)


def not_linked(receiving):
    wave = receiving.wave
    first = wave.issued(transaction("SIGN", wave.shipper))
    other = wave.resigned(first)
    second = wave.extended(first, transaction("TRANSFER", wave.shipper, receiving.to))
    return Chain(first.bill, [other.entries[0], second.entries[1]])


def no_issuance(receiving):
    wave, chain = receiving.wave, Chain(receiving.chain().bill)
    issue = transaction("ISSUE", wave.carrier, wave.shipper)
    return wave.extended(chain, issue, transaction("TRANSFER", wave.shipper, receiving.to))


def other_registry(receiving):
    wave = receiving.wave
    return wave.extended(
        Chain(receiving.chain().bill),
        transaction("ISSUE", wave.carrier, wave.shipper),
        transaction("TRANSFER", wave.shipper, receiving.to),
        issuanceManifestSignedContent=receiving.chain().issuance,
        controlTrackingRegistry="https://ctr.other.example/v1",
    )


NOT_ACCEPTABLE = (
    other_platform,
    unknown_recipient,
    two_recipients,
    no_issue,
    after_the_end,
    not_in_possession,
    unknown_action,
    other_bill,
    not_linked,
    no_issuance,
    other_registry,
)


@pytest.mark.parametrize("made", NOT_ACCEPTABLE, ids=lambda one: one.__name__)
def test_an_envelope_that_cannot_be_taken_is_refused_and_leaves_nothing(receiving, made):
    chain = made(receiving)
    answer = receiving.start(chain)
    assert receiving.code(answer) == (422, "BENV"), answer.json
    assert receiving.said(answer)["reason"]
    assert receiving.ebl(chain) is None
    assert receiving.events("exchange.ebl_received.v1") == 0


def test_what_is_sent_for_another_platform_is_refused(receiving, stranger):
    chain = stranger.transferred(receiving.to)
    receiving.register(
        "CARX", SignerKind.PLATFORM, receiving.portal.organisation(Role.BANK), stranger.jwks
    )
    envelope = receiving.wave.envelope(chain)
    assert receiving.code(receiving.send(envelope)) == (422, "BSIG")


# --- documents: INCD and MDOC -------------------------------------------------------------------


def test_documents_are_asked_for_taken_and_confirmed(receiving):
    chain = receiving.chain()
    started = receiving.start(chain, [SHOES, ORIGIN])
    assert started.status_code == 201
    assert started.json["missingAdditionalDocumentChecksums"] == sorted(
        [sha256(SHOES), sha256(ORIGIN)]
    )
    assert started.json["transportDocumentChecksum"] == chain.checksum
    reference = started.json["envelopeReference"]
    assert receiving.put(reference, SHOES).status_code == 204
    early = receiving.finish(reference)
    assert receiving.code(early) == (409, "MDOC")
    assert receiving.said(early)["missingAdditionalDocumentChecksums"] == [sha256(ORIGIN)]
    again = receiving.start(chain, [SHOES, ORIGIN])
    assert again.json["envelopeReference"] == reference
    assert again.json["missingAdditionalDocumentChecksums"] == [sha256(ORIGIN)]
    receiving.put(reference, ORIGIN)
    done = receiving.finish(reference)
    assert receiving.code(done) == (200, "RECE")
    assert receiving.said(done)["receivedAdditionalDocumentChecksums"] == sorted(
        [sha256(SHOES), sha256(ORIGIN)]
    )
    assert receiving.code(receiving.finish(reference)) == (200, "DUPE")
    assert receiving.portal.services.blobs.get(sha256(SHOES)) == SHOES


def test_a_retry_with_everything_there_is_received_at_once(receiving):
    chain = receiving.chain()
    reference = receiving.start(chain, [SHOES]).json["envelopeReference"]
    receiving.put(reference, SHOES)
    assert receiving.code(receiving.start(chain, [SHOES])) == (200, "RECE")


def test_a_corrupted_and_an_unrelated_document_are_inconclusive(receiving):
    reference = receiving.start(None, [SHOES]).json["envelopeReference"]
    corrupted = receiving.put(reference, SHOES + b"!", sha256(SHOES))
    unrelated = receiving.put(reference, ORIGIN)
    assert receiving.code(corrupted) == receiving.code(unrelated) == (409, "INCD")
    assert receiving.code(receiving.finish(reference)) == (409, "MDOC")


def test_a_document_of_another_size_than_announced_is_inconclusive(receiving):
    wrong = [{**receiving.wave.metadata(SHOES), "size": 7}]
    reference = receiving.start(supportingDocuments=wrong).json["envelopeReference"]
    assert receiving.code(receiving.put(reference, SHOES)) == (409, "INCD")


def test_the_carriers_rendering_comes_with_the_bill(receiving):
    chain = receiving.chain(visualisation=sha256(SHOES))
    reference = receiving.start(chain, visualisation=SHOES).json["envelopeReference"]
    receiving.put(reference, SHOES)
    assert receiving.code(receiving.finish(reference)) == (200, "RECE")


def test_another_rendering_than_the_carriers_is_refused(receiving):
    chain = receiving.chain(visualisation=sha256(SHOES))
    assert receiving.code(receiving.start(chain, visualisation=ORIGIN)) == (422, "BENV")
    assert receiving.code(receiving.start(chain)) == (422, "BENV")


# --- who may call, and what cannot be read ------------------------------------------------------


def error(answer):
    assert answer.headers["API-Version"] == "3.0.0"
    assert answer.json["statusCode"] == answer.status_code
    return answer.status_code


def test_strangers_and_others_than_the_sender_find_nothing(receiving, portal, stranger):
    reference = receiving.start(None, [SHOES]).json["envelopeReference"]
    party_id = portal.organisation(Role.EBL_PLATFORM)
    other = portal.machine(Role.EBL_PLATFORM, party=party_id)
    path = f"/envelopes/{reference}/finish-transfer"
    assert error(receiving.call("put", path, machine=other)) == 404
    assert error(receiving.send(receiving.wave.envelope(receiving.chain()), machine=other)) == 404
    receiving.register("CARX", SignerKind.PLATFORM, party_id, stranger.jwks)
    assert error(receiving.call("put", path, machine=other)) == 404
    assert error(receiving.call("put", "/envelopes/none/finish-transfer")) == 404
    anybody = portal.client().post("/v3/envelopes", json={})
    assert error(anybody) == 401
    assert (
        error(receiving.call("post", "/receiver-validation", {}, machine=receiving.machine)) == 400
    )


def test_what_is_no_envelope_is_answered_unsigned(receiving):
    answer = receiving.send({"transportDocument": {}})
    assert error(answer) == 400
    assert {one["jsonPath"] for one in answer.json["errors"]} == {
        "$.envelopeManifestSignedContent",
        "$.envelopeTransferChain",
    }
    twice = receiving.portal.client().post(
        "/v3/envelopes",
        data=b'{"a": 1, "a": 2}',
        content_type="application/json",
        headers=receiving.machine.headers(),
    )
    assert error(twice) == 400


def test_the_receiver_is_named_if_bills_may_be_sent_to_it(receiving):
    good = {"codeListProvider": "GLEIF", "partyCode": "529900T8BM49AURSDO55", "codeListName": "LEI"}
    answer = receiving.call("post", "/receiver-validation", good)
    assert (answer.status_code, answer.json) == (200, {"partyName": "Consignee"})
    own = {"codeListProvider": "YIDN", "partyCode": receiving.consignee}
    assert receiving.call("post", "/receiver-validation", own).json == {"partyName": "Consignee"}
    wrong = good | {"partyCode": "5493001KJTIIGC8Y1R12"}
    assert error(receiving.call("post", "/receiver-validation", wrong)) == 404
    unknown = good | {"codeListProvider": "DNB"}
    assert error(receiving.call("post", "/receiver-validation", unknown)) == 404


# --- what is kept -------------------------------------------------------------------------------


def test_unknown_members_are_kept_as_they_came(receiving):
    chain = receiving.chain(futureMember={"weight": 12.5})
    envelope = receiving.wave.envelope(chain) | {"somethingNew": True}
    assert receiving.code(receiving.send(envelope)) == (200, "RECE")
    with reading(receiving.portal.services.engine) as connection:
        raw = connection.execute(text("SELECT raw FROM inbox")).scalar_one()
    assert json.loads(raw)["somethingNew"] is True
    assert json.loads(raw)["transportDocument"]["futureMember"] == {"weight": 12.5}


def test_history_gives_the_same_bills_again(receiving):
    from ledger.commitment import commit

    receiving.start(receiving.chain())
    receiving.start(
        receiving.wave.issued(
            transaction("SIGN", receiving.wave.shipper),
            transaction("TRANSFER", receiving.wave.shipper, receiving.to),
        )
    )
    assert check(receiving.portal.services.engine, commit).findings == ()


def test_a_database_that_is_away_is_answered_503(receiving, monkeypatch):
    from yidan.kernel.errors import UnavailableError
    from yidan.store import edge

    def away(*_):
        raise UnavailableError

    token = receiving.machine.headers()
    envelope = receiving.wave.envelope(receiving.chain())
    monkeypatch.setattr(edge, "run", away)
    answer = receiving.portal.client().post("/v3/envelopes", json=envelope, headers=token)
    assert error(answer) == 503
    assert answer.headers["Retry-After"] == "10"


def test_answers_are_signed_by_the_published_key_alone(receiving):
    answer = receiving.start()
    (jwk,) = receiving.portal.client().get("/v1/ebl-keys").json["keys"]
    assert "d" not in jwk
    head, payload, signature = answer.json.split(".")
    changed = payload[:-2] + ("A" if payload[-2] != "A" else "B") + payload[-1]
    assert verified(f"{head}.{changed}.{signature}", jwk) is None


def test_a_second_administrator_can_replace_keys(receiving, stranger):
    platform = receiving.portal.run(
        lambda uow: uow.connection.execute(
            text("SELECT organisation_id FROM pint_signer WHERE code = 'WAVE'")
        ).scalar_one()
    )
    receiving.register("WAVE", SignerKind.PLATFORM, platform, stranger.jwks)
    assert receiving.code(receiving.start()) == (422, "BSIG")


@pytest.mark.integration
def test_of_two_histories_that_arrive_at_one_moment_one_is_received(receiving_on):
    receiving = receiving_on
    receiving.machine.headers()
    wave, to = receiving.wave, receiving.to
    signed = wave.issued(
        transaction("SIGN", wave.shipper), transaction("TRANSFER", wave.shipper, to)
    )
    chains = [receiving.chain(), signed, receiving.chain(termsAndConditions="Other terms.")]
    with ThreadPoolExecutor(len(chains)) as pool:
        found = sorted(receiving.code(answer) for answer in pool.map(receiving.start, chains))
    assert found == [(200, "RECE"), (409, "DISE"), (409, "DISE")]
    assert receiving.events("exchange.ebl_received.v1") == 1


@pytest.mark.integration
def test_of_two_versions_that_wait_for_documents_one_is_received(receiving_on):
    receiving = receiving_on
    chains = [receiving.chain(), receiving.chain(termsAndConditions="Other terms.")]
    references = [receiving.start(one, [SHOES]).json["envelopeReference"] for one in chains]
    for reference in references:
        assert receiving.put(reference, SHOES).status_code == 204
    with ThreadPoolExecutor(2) as pool:
        found = sorted(receiving.code(answer) for answer in pool.map(receiving.finish, references))
    assert found == [(200, "RECE"), (409, "DISE")]


# --- a process that dies ------------------------------------------------------------------------

DYING = """
import os, pathlib, signal, sys
from yidan import bootstrap
from yidan.config import Settings
from yidan.exchange.pint.actions import receiving
from yidan.exchange.pint.here import here
from yidan.kernel.events import Actor

services = bootstrap.build(Settings(var=pathlib.Path(sys.argv[1])))
with services.unit_of_work(Actor(party=sys.argv[2])) as uow:
    answer = receiving.start(pathlib.Path(sys.argv[3]).read_bytes(), here(services), uow)
    assert answer.code == "RECE", answer
    if sys.argv[4] == "after":
        uow.commit()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.integration
@pytest.mark.parametrize(("died", "code"), [("before", "RECE"), ("after", "DUPE")])
def test_what_was_accepted_survives_a_killed_process_and_nothing_else_does(
    receiving, tmp_path, died, code
):
    chain = receiving.chain()
    envelope = tmp_path / "envelope.json"
    envelope.write_text(json.dumps(receiving.wave.envelope(chain)), encoding="utf-8")
    var = receiving.portal.services.settings.var
    command = [sys.executable, "-c", DYING, var, receiving.machine.party, envelope, died]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert receiving.events("exchange.ebl_received.v1") == (died == "after")
    assert receiving.code(receiving.start(chain)) == (200, code)
    assert receiving.events("exchange.ebl_received.v1") == 1
