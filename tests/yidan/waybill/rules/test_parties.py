"""The parties: complete, identified, the main leg's carrier named, one payer."""

import pytest

from yidan.waybill.rules import parties


def codes(body):
    return [(reason.code, reason.at) for reason in parties.findings(body)]


def without(bill, role):
    bill["parties"] = [one for one in bill["parties"] if one["role"] != role]
    return bill


def test_the_right_parties_have_no_findings(bill, bulk_bill):
    assert codes(bill) == []
    assert codes(bulk_bill) == []


@pytest.mark.parametrize("role", ["FORWARDER", "CONSIGNEE", "CARRIER"])
def test_a_missing_party_is_named(bill, role):
    (found,) = parties.findings(without(bill, role))
    assert (found.code, found.params["role"]) == ("party-missing", role)


@pytest.mark.parametrize("role", ["FORWARDER", "CONSIGNEE"])
def test_there_is_exactly_one_of_each(bill, role):
    bill["parties"].append(next(one for one in bill["parties"] if one["role"] == role))
    assert ("party-named-twice", "/parties") in codes(bill)


def test_who_must_be_found_needs_an_identifier_we_can_look_up(bill):
    bill["parties"][1]["identifiers"] = [{"scheme": "EORI", "value": "CN123"}]
    assert codes(bill) == [("party-not-identified", "/parties/1/identifiers")]


def test_the_check_digits_of_identifiers_are_checked(bill):
    bill["parties"][0]["identifiers"][0]["value"] = "529900T8BM49AURSDO56"
    bill["parties"][1]["identifiers"][0]["value"] = "91610131MA6X2TRN8Y"
    assert codes(bill) == [
        ("lei-check-digits", "/parties/0/identifiers/0/value"),
        ("uscc-check-character", "/parties/1/identifiers/0/value"),
    ]


def test_who_carries_the_main_leg_is_the_carrier_of_the_bill(bill):
    bill["legs"][1]["carrierIdentifier"] = "COSU"
    assert codes(bill) == [("main-carrier-not-named", "/legs/1/carrierIdentifier")]


@pytest.mark.parametrize(("terms", "role"), [("PREPAID", "SHIPPER"), ("COLLECT", "CONSIGNEE")])
def test_somebody_must_pay_and_only_one(bill, terms, role):
    bill["terms"]["freightPayment"] = terms
    assert "payer-unclear" not in dict(codes(bill))
    assert ("payer-unclear", "/terms/freightPayment") in codes(without(bill, role))


def test_the_bill_number_is_checked(bill):
    bill["transportDocumentReference"] = "X."
    assert codes(bill) == [("bill-number-form", "/transportDocumentReference")]


def test_identifiers_are_written_with_their_scheme_and_foreign_schemes_left_out(bill):
    assert parties.identifiers(bill["parties"][0]) == ("lei:529900T8BM49AURSDO55",)
    assert parties.identifiers(bill["parties"][3]) == ("smdg:EOC", "uscc:91310000132207927C")
