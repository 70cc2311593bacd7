import re

import pytest
from jsonschema import Draft202012Validator

from yidan.documents import kinds, wording
from yidan.kernel.errors import NotFoundError

KINDS = kinds.newest()


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request):
    return request.param


def parts(schema, path=()):
    """Every sub-schema and other object in a schema, with its path."""
    if isinstance(schema, dict):
        yield path, schema
        for name, item in schema.items():
            yield from parts(item, (*path, name))
    elif isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from parts(item, (*path, index))


def patterns(kind):
    for path, part in parts(dict(kind.schema)):
        if isinstance(part.get("pattern"), str):
            yield path, part


def test_the_three_kinds_are_found_by_walking_the_folder():
    assert [kind.name for kind in KINDS] == ["delivery_order", "eir", "multimodal_waybill"]


def test_a_kind_is_found_by_name_with_or_without_its_version():
    assert kinds.find("eir") is kinds.find("eir", 1)


@pytest.mark.parametrize(("name", "version"), [("bill_of_fare", None), ("eir", 2)])
def test_an_unknown_kind_or_version_names_the_known_ones(name, version):
    with pytest.raises(NotFoundError) as refused:
        kinds.find(name, version)
    assert "delivery_order, eir, multimodal_waybill" in refused.value.reasons[0].text("en")


def test_each_kind_bears_its_folders_name_and_both_titles(kind):
    assert kind.name == kind.folder.name
    assert re.fullmatch("[一-龥]+", kind.title_zh)
    assert kind.title_en.isascii()


def test_type_codes_are_those_of_untdid_1001():
    codes = {kind.name: kind.type_code for kind in KINDS}
    assert codes == {"delivery_order": "640", "eir": "", "multimodal_waybill": "765"}


def test_each_kind_has_two_examples_and_its_schema_requires_its_number(kind):
    assert len(kind.examples) >= 2
    assert kind.reference in kind.schema["required"]


def test_each_schema_is_json_schema_2020_12_and_names_itself(kind):
    Draft202012Validator.check_schema(dict(kind.schema))
    assert kind.schema["$id"] == f"urn:yidan:schema:{kind.name}:{kind.version}"


def test_no_object_takes_unknown_fields(kind):
    loose = [
        path
        for path, part in parts(dict(kind.schema))
        if part.get("type") == "object" and "title" in part
        if part.get("additionalProperties") is not False
    ]
    assert loose == []


def test_every_field_has_a_title_in_chinese_and_english(kind):
    def titled(part):
        if "title" not in part and "$ref" in part:
            part = kind.schema["$defs"][part["$ref"].rpartition("/")[2]]
        return re.match(r"[^A-Za-z]*[一-龥].* [A-Za-z]|IMO .*[一-龥]", part.get("title", ""))

    fields = [
        (path, name)
        for path, part in parts(dict(kind.schema))
        if part.get("type") == "object" and part.get("additionalProperties") is False
        for name, field in part["properties"].items()
        if not titled(field)
    ]
    assert fields == []


def test_patterns_use_no_class_or_anchor_on_which_validators_differ(kind):
    doubtful = [
        path for path, part in patterns(kind) if re.search(r"\\[dwsbDWSB]|\$", part["pattern"])
    ]
    assert doubtful == []


def test_patterns_bind_the_whole_text(kind):
    """Begun by ^, ended by a maximal length or "nothing follows"; under "not" no end is needed."""
    open_ended = [
        path
        for path, part in patterns(kind)
        if path[-1] != "not"
        and not (part["pattern"].startswith("^") and "maxLength" in part)
        and not part["pattern"].endswith("(?![^Z]|Z)")
    ]
    assert open_ended == []


def test_every_text_and_list_has_a_limit(kind):
    limit = {"string": "maxLength", "array": "maxItems", "integer": "maximum"}
    unlimited = [
        path
        for path, part in parts(dict(kind.schema))
        if part.get("type") in limit and limit[part["type"]] not in part
    ]
    assert unlimited == []


def test_there_is_no_number_that_is_not_an_integer(kind):
    assert [p for p, part in parts(dict(kind.schema)) if part.get("type") == "number"] == []


def test_every_rule_a_schema_names_has_words_and_the_other_way_round():
    named = {
        part["x-rule"] for kind in KINDS for _, part in parts(dict(kind.schema)) if "x-rule" in part
    }
    assert named == set(wording.BY_RULE)
