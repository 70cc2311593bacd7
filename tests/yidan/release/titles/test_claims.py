"""A bill has one claim: no title beside an electronic bill, and none passes while that is away."""

import pytest
from sqlalchemy import insert

from tests.port import box_number
from tests.yidan.release.titles.test_api import NUMBER, Quay, said
from tests.yidan.release.titles.test_pages import Reader, acts
from yidan.exchange.pint.tables import EblRow, SignerRow
from yidan.kernel.events import SYSTEM
from yidan.release.titles import tables
from yidan.release.titles.goods import sending_findings
from yidan.store.engine import reading, writing

EBL = "a" * 64


@pytest.fixture
def quay(services):
    quay = Quay(services)
    signer = {"code": "SMDG:COS", "kind": "carrier", "organisation_id": quay.port.ids["carrier"]}
    rest = dict.fromkeys(("url", "jwks", "token_url", "client_id"), "")
    with writing(services.engine) as connection:
        connection.execute(insert(SignerRow.__table__).values(signer | rest))
    return quay


def circulates(quay, **changes):
    """An electronic bill as the interchange would have written it."""
    row = {
        "ebl": EBL,
        "carrier": "SMDG:COS",
        "transport_document_reference": NUMBER,
        "entries": [],
        "transfer_id": "t1",
        "possessor_platform": "YIDN",
        "possessor_id": "consignee",
        "ended": False,
        "sending": "",
        "stands": "",
        "evidence": "",
    }
    with writing(quay.services.engine) as connection:
        connection.execute(insert(EblRow.__table__).values(row | changes))


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"sending": "t2"},
        {"possessor_platform": "WAVE", "possessor_id": ""},
        {"transport_document_reference": "ANOTHER-NUMBER"},
    ],
    ids=["here", "on its way", "elsewhere", "the document under another number"],
)
def test_no_title_is_issued_while_the_electronic_bill_circulates(quay, where):
    circulates(quay, **where)
    said(quay.issue(documentCommitment=EBL), 409, "title-ebl-circulates")


@pytest.mark.parametrize("other", [{"ended": True}, {"carrier": "SMDG:RIVAL"}], ids=str)
def test_an_ended_electronic_bill_and_a_rival_carriers_hinder_no_title(quay, other):
    circulates(quay, **other)
    assert quay.issue(documentCommitment=EBL).status_code == 201


@pytest.mark.parametrize(
    "away", [{"sending": "t2"}, {"possessor_platform": "WAVE", "possessor_id": ""}], ids=str
)
def test_a_title_does_not_pass_while_its_electronic_bill_is_elsewhere(quay, away):
    quay.issued()
    circulates(quay, **away)
    to = quay.port.ids["consignee"]
    said(quay.ask("forwarder", "transfer", to=to), 409, "title-ebl-elsewhere")
    said(quay.ask("forwarder", "surrender"), 409, "title-ebl-elsewhere")
    assert quay.ask("customs", "hold", authority="customs").status_code == 201


def test_a_title_passes_beside_an_electronic_bill_that_is_here(quay):
    quay.issued()
    circulates(quay)
    answer = quay.ask("forwarder", "transfer", to=quay.port.ids["consignee"])
    assert answer.status_code == 201


def reissued(quay, document):
    children = [{"quantity": 1, "documentCommitment": document}]
    return quay.ask("forwarder", "surrender_for_amendment", children=children)


def test_no_title_takes_anothers_place_for_a_document_that_circulates(quay):
    quay.issued()
    circulates(quay, transport_document_reference="ANOTHER-NUMBER")
    said(reissued(quay, EBL), 409, "title-document-of-another")
    assert reissued(quay, "b" * 64).status_code == 201


def test_no_title_takes_anothers_place_for_another_bills_document(quay):
    second = quay.port.bill("EOCLYG26110043", boxes=(box_number(305439),), negotiable=True)
    assert quay.issue(waybillId=second, documentCommitment="c" * 64).status_code == 201
    quay.issued()
    said(reissued(quay, "c" * 64), 409, "title-document-of-another")


def test_a_document_that_circulates_by_now_stops_the_title_that_is_to_stand_for_it(quay):
    quay.issued()
    asked = reissued(quay, EBL).json
    with quay.services.unit_of_work(SYSTEM, reading=True) as uow:
        found = tables.instruction(uow.connection, asked["id"])
        assert sending_findings(uow.connection, found) == []
    lineage = found.terms["lineage"]
    quay.outcome("SurrenderedForAmendment", state=5, sequence=2, evidence=lineage)
    assert "replace" in acts(Reader(quay, "agent").get(f"/titles/{quay.title}"))
    circulates(quay, transport_document_reference="ANOTHER-NUMBER")
    said(quay.ask("agent", "replace"), 409, "title-document-of-another")
    with reading(quay.services.engine) as connection:
        (reason,) = sending_findings(connection, found)
    assert reason.code == "title-document-of-another"
