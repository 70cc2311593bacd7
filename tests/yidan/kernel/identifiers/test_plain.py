"""How refused values are shown."""

from yidan.kernel.identifiers.plain import shown


def test_a_refused_value_is_quoted_bounded_and_printable():
    assert shown("a\nb\x00") == "“a\ufffdb\ufffd”"
    assert shown("x" * 99) == "“" + "x" * 40 + "…”"
