import pytest

from yidan.documents import wording

SAID = [*wording.BY_RULE.values(), *wording.BY_KEYWORD.values(), wording.NOT_ALLOWED]


@pytest.mark.parametrize("said", SAID, ids=lambda said: said.code)
def test_every_reason_names_the_field_in_both_languages(said):
    given = said(at="/x", field="grossMassKg", limit=7)
    assert "grossMassKg" in given.text("en")
    assert "grossMassKg" in given.text("zh")
    assert given.text("en").isascii() or "苏" in given.text("en")


def test_codes_begin_with_the_room_and_end_with_the_rule():
    assert all(said.code == f"document-{name}" for name, said in wording.BY_RULE.items())
