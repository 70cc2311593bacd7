from yidan.documents import kinds
from yidan.documents.code_words import WORDS, word


def enums(schema, name=""):
    """Every list of values in a schema, by the name of the field it is for."""
    if isinstance(schema, dict):
        if "enum" in schema:
            yield name, schema["enum"]
        for key, item in schema.items():
            yield from enums(item, key)
    elif isinstance(schema, list):
        for item in schema:
            yield from enums(item, name)


def test_every_value_of_a_printed_code_list_has_words():
    lists = {"status": "customs", "source": "seal"}
    printed = [
        (lists.get(name, name), value)
        for kind in kinds.newest()
        for name, values in enums(dict(kind.schema))
        for value in values
        if name not in ("scheme", "incoterm")
    ]
    assert printed
    lacking = [
        (name, value)
        for name, value in printed
        if value not in {**WORDS[name], **(WORDS["sealCondition"] if name == "condition" else {})}
    ]
    assert lacking == []


def test_words_are_chinese_and_english():
    assert word("RAIL", "mode") == "铁路 Rail"
    assert word(False, "negotiable") == "不可转让 Non-negotiable"


def test_a_value_without_words_stands_for_itself():
    assert word("CANAL", "mode") == "CANAL"
