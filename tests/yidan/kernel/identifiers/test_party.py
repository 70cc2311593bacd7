"""Party identifiers with their scheme."""

import pytest

from yidan.kernel.identifiers import party


@pytest.mark.parametrize(
    "identifier",
    [
        "uscc:91110000600037341L",
        "org:600037341",
        "lei:213800KUD8LAJWSQ9D15",
        "smdg:COS",
        "scac:COSU",
        "edi:NEWBAYSA",
    ],
)
def test_a_right_identifier_has_no_findings(identifier):
    assert party.findings(identifier) == []


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        ("91110000600037341L", "party-identifier-scheme"),
        ("vat:123", "party-identifier-scheme"),
        ("", "party-identifier-scheme"),
        ("uscc:91110000600037341M", "uscc-check-character"),
        ("org:60003734X", "organisation-code-check-character"),
        ("smdg:COSU", "carrier-code-form"),
        ("scac:cosu", "identifier-not-plain"),
        ("scac:C0SU", "carrier-code-form"),
        ("edi:a\nb", "identifier-not-plain"),
        ("edi:邮箱", "mailbox-form"),
        ("edi:", "mailbox-form"),
    ],
)
def test_a_wrong_identifier_is_found_by_its_schemes_check(identifier, code):
    (finding,) = party.findings(identifier, at="/parties/0/identifier")
    assert (finding.code, finding.at) == (code, "/parties/0/identifier")


def test_a_bare_identifier_is_recognised_by_its_check_digits():
    assert party.recognise("91110000600037341L") == "uscc:91110000600037341L"
    assert party.recognise("213800KUD8LAJWSQ9D15") == "lei:213800KUD8LAJWSQ9D15"
    assert party.recognise("600037341") == "org:600037341"
    assert party.recognise("EASTOCEAN") is None
