"""All findings at once; and no JSON, however wrong, breaks the checks."""

from hypothesis import given
from hypothesis import strategies as st

from yidan.documents import kinds, schemas
from yidan.waybill.rules import bill as rules

KIND = kinds.find("multimodal_waybill")


def judge(body):
    return rules.findings(body, schemas.findings(KIND, body))


def test_right_bills_have_no_findings(bill, bulk_bill):
    assert judge(bill) == []
    assert judge(bulk_bill) == []


def test_everything_that_is_wrong_is_said_at_once(bill):
    bill["legs"][2]["from"]["unLocationCode"] = "CNSHA"
    bill["equipment"][0]["equipmentReference"] = "CSQU3054384"
    bill["totals"]["grossMassKg"] = 1
    bill["terms"]["freightPayment"] = "LATER"
    bill["colour"] = "red"
    del bill["issuedAt"]
    bill["parties"] = [one for one in bill["parties"] if one["role"] != "FORWARDER"]
    found = {(reason.code, reason.at) for reason in judge(bill)}
    assert {at for _, at in found} == {
        "/parties",
        "/legs/2/from/unLocationCode",
        "/equipment/0/equipmentReference",
        "/equipment/0/fullness",
        "/cargoItems/0/equipmentReference",
        "/totals/grossMassKg",
        "/terms/freightPayment",
        "/colour",
        "/issuedAt",
    }


def test_where_both_speak_of_a_field_the_rule_with_the_mended_form_is_heard(bill):
    bill["equipment"][0]["equipmentReference"] = "csqu3054383"
    bill["cargoItems"][0]["equipmentReference"] = "csqu3054383"
    here = [r for r in judge(bill) if r.at == "/equipment/0/equipmentReference"]
    assert [r.code for r in here] == ["identifier-not-plain"]
    assert "CSQU3054383" in here[0].text("en")


NAMES = st.sampled_from(
    [
        *("parties", "legs", "equipment", "cargoItems", "totals", "terms", "role", "identifiers"),
        *("scheme", "value", "sequence", "mode", "from", "to", "unLocationCode", "fullness"),
        *("plannedDepartureAt", "plannedArrivalAt", "transportMeans", "carrierIdentifier"),
        *("equipmentReference", "sealNumbers", "packages", "quantity", "grossMassKg", "bulk"),
    ]
)
SCALARS = st.sampled_from(
    [None, True, 0, -1, 2**70, 1.5, "", "SEA", "CARRIER", "USCC", "\u0000", "１２", "CSQU3054383"]
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)


@given(body=st.dictionaries(NAMES, ANYTHING, max_size=8))
def test_no_json_breaks_the_checks(body):
    assert all(reason.text("zh") and reason.text("en") for reason in judge(body))
