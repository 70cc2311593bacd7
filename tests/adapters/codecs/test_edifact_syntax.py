"""Service characters and cutting."""

from adapters.codecs.edifact_syntax import ServiceCharacters, cut


def test_without_una_the_usual_service_characters_hold():
    text = cut(b"UNH+1+X:Y'")
    assert text.characters == ServiceCharacters(":", "+", ".", "?", "'")
    assert text.segments[0].elements == (("1",), ("X", "Y"))


def test_una_changes_the_service_characters():
    text = cut(b"UNA|^,\\ ~UNH^1^X|Y\\^Z~BGM^?+'~")
    assert text.characters == ServiceCharacters("|", "^", ",", "\\", "~")
    assert text.segments[0].elements == (("1",), ("X", "Y^Z"))
    assert text.segments[1].elements == (("?+'",),)


def test_una_may_have_no_release_character():
    text = cut(b"UNA:+.  'UNH+1?+X'")
    assert text.characters.release == ""
    assert text.segments[0].elements == (("1?",), ("X",))


def test_a_release_character_at_the_very_end_is_dropped():
    (segment,) = cut(b"UNH+1+X?").segments
    assert segment.elements == (("1",), ("X",))


def test_an_explicit_nesting_after_the_tag_is_left_out():
    assert cut(b"UNH+1'EQD:1+CN'").segments[1].tag == "EQD"
