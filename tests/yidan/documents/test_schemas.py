import copy
import random
import re
from datetime import datetime

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from yidan.documents import kinds, schemas, wording

KINDS = kinds.newest()
EXAMPLES = [(kind, name) for kind in KINDS for name in kind.examples]
GONE = object()


def is_instant(text):
    try:
        datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return not isinstance(text, str)
    return True


INSTANTS = FormatChecker(formats=())
INSTANTS.checks("date-time")(is_instant)


def oracle(kind):
    """Python's jsonschema, the second judge."""
    return Draft202012Validator(dict(kind.schema), format_checker=INSTANTS)


def changed(kind, example, pointer, value):
    body = copy.deepcopy(dict(kinds.find(kind).examples[example]))
    *way, last = [int(step) if step.isdigit() else step for step in pointer.split("/")[1:]]
    here = body
    for step in way:
        here = here[step]
    if value is GONE:
        del here[last]
    else:
        here[last] = value
    return body


@pytest.mark.parametrize(("kind", "name"), EXAMPLES, ids=lambda v: getattr(v, "name", v))
def test_examples_are_valid_under_both_validators(kind, name):
    assert schemas.findings(kind, kind.examples[name]) == []
    assert list(oracle(kind).iter_errors(dict(kind.examples[name]))) == []


WAYBILL = ("multimodal_waybill", "duisburg_xian")
ORDER = ("delivery_order", "containers")
RECEIPT = ("eir", "empty_return_damaged")


FOUND_AT = {
    "/parties/0/role": "/parties",
    "/parties/1/role": "/parties",
    "/parties/2/role": "/parties",
    "/parties/3/role": "/parties",
    "/cargoItems/0/bulk": "/cargoItems/0/packages",
    "/inspection/condition": "/inspection/damages",
}
"""Where a change is found that makes another field wrong."""


@pytest.mark.parametrize(
    ("example", "pointer", "value", "code"),
    [
        (WAYBILL, "/terms", GONE, "document-field-missing"),
        (WAYBILL, "/cargoItems/0/packages", GONE, "document-field-missing"),
        (WAYBILL, "/terms/colour", "blue", "document-field-unknown"),
        (WAYBILL, "/legs/0/mode", "AIR", "document-not-listed"),
        (WAYBILL, "/legs/0/sequence", 0, "document-too-small"),
        (WAYBILL, "/legs/0/sequence", 13, "document-too-large"),
        (WAYBILL, "/legs", [], "document-too-few"),
        (WAYBILL, "/equipment", [{}] * 501, "document-too-many"),
        (WAYBILL, "/remarks", "", "document-too-short"),
        (WAYBILL, "/remarks", "长" * 501, "document-too-long"),
        (WAYBILL, "/remarks", "a\x00b", "document-text"),
        (WAYBILL, "/remarks", "one\n", "document-text"),
        (WAYBILL, "/parties/1/name", "abc\u202etxt", "document-text"),
        (WAYBILL, "/equipment/0/sealNumbers", ["A1", "A1"], "document-repeated"),
        (WAYBILL, "/equipment/0/sealNumbers/0", "seal 1", "document-seal"),
        (WAYBILL, "/equipment/0/equipmentReference", "CSQU3054383\n", "document-box-number"),
        (WAYBILL, "/equipment/0/equipmentReference", "CSQU３０５４３８３", "document-box-number"),
        (WAYBILL, "/equipment/0/equipmentReference", "CSQX3054383", "document-box-number"),
        (WAYBILL, "/equipment/0/isoEquipmentCode", "45G", "document-size-type"),
        (WAYBILL, "/legs/1/from/unLocationCode", "NL RTM", "document-un-location-code"),
        (WAYBILL, "/legs/1/plannedArrivalAt", "2026-11-19T05:00:00", "document-instant"),
        (WAYBILL, "/legs/1/plannedArrivalAt", "2026-02-30T05:00:00Z", "document-instant"),
        (WAYBILL, "/legs/1/plannedArrivalAt", "2026-11-19T05:00:00Z\n", "document-instant"),
        (WAYBILL, "/legs/1/transportMeans/vesselImoNumber", "IMO9795426", "document-imo-number"),
        (WAYBILL, "/legs/1/transportMeans/voyage", "062 E", "document-journey"),
        (WAYBILL, "/legs/3/transportMeans/plate", "陕A·D8826", "document-plate"),
        (WAYBILL, "/cargoItems/0/hsCode", "8458110", "document-hs-code"),
        (WAYBILL, "/cargoItems/0/packages/typeCode", "CASE", "document-package-type"),
        (WAYBILL, "/cargoItems/0/grossMassKg", "21350", "document-type"),
        (WAYBILL, "/cargoItems/0/grossMassKg", 21350.0, "document-not-whole"),
        (WAYBILL, "/cargoItems/0/grossMassKg", 21350.5, "document-type"),
        (WAYBILL, "/cargoItems/0/grossMassKg", True, "document-type"),
        (WAYBILL, "/cargoItems/0/bulk", True, "document-bulk-has-no-packages"),
        (WAYBILL, "/parties/0/role", "CARRIER", "document-party-shipper"),
        (WAYBILL, "/parties/1/role", "NOTIFY_PARTY", "document-party-consignee"),
        (WAYBILL, "/parties/3/role", "FORWARDER", "document-party-carrier"),
        (WAYBILL, "/parties/1/identifiers/0/value", "91610131MA6X2TRN8I", "document-uscc"),
        (WAYBILL, "/parties/0/identifiers/0/value", "529900", "document-lei"),
        (WAYBILL, "/parties/0/identifiers/1/value", "DE 49", "document-identifier"),
        (WAYBILL, "/transportDocumentReference", "EOC LYG", "document-reference"),
        (WAYBILL, "/terms/negotiable", "no", "document-type"),
        (ORDER, "/validUntil", GONE, "document-field-missing"),
        (ORDER, "/customs/status", "MAYBE", "document-not-listed"),
        (RECEIPT, "/inspection/damages", [], "document-too-few"),
        (RECEIPT, "/inspection/condition", "SOUND", "document-too-many"),
        (RECEIPT, "/inspection/damages/0/locationCode", "left", "document-cedex"),
        (RECEIPT, "/gateDecisionReference", "a b", "document-reference-any-case"),
        (RECEIPT, "/parties/2/role", "TERMINAL", "document-party-haulier"),
    ],
)
def test_a_wrong_field_is_named_with_its_rule(example, pointer, value, code):
    said = schemas.findings(kinds.find(example[0]), changed(*example, pointer, value))
    assert (code, FOUND_AT.get(pointer, pointer)) in {(reason.code, reason.at) for reason in said}


def test_every_finding_is_said_in_both_languages_with_the_field_and_the_fix():
    body = changed(*WAYBILL, "/equipment/0/equipmentReference", "CSQU305438")
    (said,) = schemas.findings(kinds.find("multimodal_waybill"), body)
    assert said.at == "/equipment/0/equipmentReference"
    assert said.text("en").startswith("equipmentReference must be an ISO 6346 number")
    assert "须为 ISO 6346 箱号" in said.text("zh")


def test_all_findings_come_at_once():
    body = changed(*WAYBILL, "/terms", GONE) | {"remarks": "", "extra": 1, "ucr": "a b"}
    said = schemas.findings(kinds.find("multimodal_waybill"), body)
    assert {(reason.at, reason.code) for reason in said} == {
        ("/terms", "document-field-missing"),
        ("/remarks", "document-too-short"),
        ("/extra", "document-field-unknown"),
        ("/ucr", "document-reference"),
    }


def test_a_pointer_escapes_slash_and_tilde():
    (said,) = schemas.findings(
        kinds.find("multimodal_waybill"),
        {**kinds.find("multimodal_waybill").examples["duisburg_xian"], "a/b~c": 1},
    )
    assert said.at == "/a~1b~0c"


def test_a_value_of_the_wrong_type_is_found_once():
    body = changed(*WAYBILL, "/cargoItems/0/hsCode", 84581100)
    assert [reason.code for reason in schemas.findings(kinds.find("multimodal_waybill"), body)] == [
        "document-type"
    ]


def test_an_empty_document_lacks_every_required_field():
    kind = kinds.find("eir")
    assert [reason.at for reason in schemas.findings(kind, {})] == [
        f"/{name}" for name in kind.schema["required"]
    ]


def leaves(value, path=()):
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


def spoiled(value, chance):
    """A value as somebody else would send it."""
    if not isinstance(value, str):
        return chance.choice([0, -1, str(value), None, 10**13, [], {}, not value])
    place = chance.randrange(len(value) + 1)
    inserted = chance.choice("\n\t\u2028０٣ Ｂaé堃$^.*\\/\u200b-0A")
    return chance.choice(
        [
            value[:place] + inserted + value[place:],
            value + "\n",
            value[:-1],
            value * 30,
            value.lower(),
            "",
            7,
            None,
        ]
    )


@pytest.mark.parametrize("seed", range(6))
def test_both_validators_agree_on_spoiled_documents(seed):
    chance = random.Random(seed)  # noqa: S311 - a repeatable choice of test cases
    kind, name = EXAMPLES[seed]
    judge = oracle(kind)
    for path, value in chance.sample(sorted(leaves(dict(kind.examples[name])), key=str), 25):
        body = copy.deepcopy(dict(kind.examples[name]))
        here = body
        for step in path[:-1]:
            here = here[step]
        here[path[-1]] = spoiled(value, chance)
        assert (schemas.findings(kind, body) == []) == judge.is_valid(body), (path, here[path[-1]])


def test_the_schemas_use_no_keyword_without_words():
    structural = {"$schema", "$id", "$defs", "$ref", "title", "description", "properties", "x-rule"}
    structural |= {"items", "allOf", "if", "then", "else", "required", "additionalProperties"}
    spoken = set(wording.BY_KEYWORD) | {"pattern", "not", "format", "contains"}

    def keywords(schema):
        yield from schema
        for name in ("items", "not", "contains", "if", "then", "else"):
            if isinstance(schema.get(name), dict):
                yield from keywords(schema[name])
        for name in ("properties", "$defs"):
            for item in schema.get(name, {}).values():
                if isinstance(item, dict):
                    yield from keywords(item)
        for item in schema.get("allOf", []):
            yield from keywords(item)

    assert {word for kind in KINDS for word in keywords(kind.schema)} <= structural | spoken


def test_a_megabyte_of_one_letter_is_judged_at_once():
    body = changed(*WAYBILL, "/cargoItems/0/hsCode", "1" * 1_000_000)
    said = schemas.findings(kinds.find("multimodal_waybill"), body)
    assert [reason.code for reason in said] == ["document-hs-code"]
    assert re.search("6, 8 or 10", said[0].text("en"))
