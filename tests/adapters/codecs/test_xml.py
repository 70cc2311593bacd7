"""The hardened XML codec: attacks are refused, what is kept is kept whole."""

import random

import pytest
from lxml import etree

from adapters.codecs import xml
from adapters.codecs.xml import XmlError

WHOLE = """<?xml version="1.0" encoding="UTF-8"?>
<m:Manifest xmlns:m="urn:a" xmlns:o="urn:b" o:kept="yes"><!-- note --><m:Head>
<m:MessageID>A1</m:MessageID></m:Head><o:Unknown a="1">提单<o:Inner/>tail</o:Unknown></m:Manifest>
""".encode()


def refusals(data):
    with pytest.raises(XmlError) as caught:
        xml.read(data)
    return [reason.code for reason in caught.value.reasons]


def test_a_document_is_read_and_written_again_without_loss():
    root = xml.read(WHOLE)
    again = xml.read(xml.write(root))
    assert etree.tostring(again, method="c14n2") == etree.tostring(root, method="c14n2")
    assert b"<!-- note -->" in xml.write(root)
    assert 'kept="yes"' in xml.write(root).decode()


def test_values_are_found_whatever_the_namespace_and_unknown_elements_are_named():
    root = xml.read(WHOLE)
    assert xml.text_at(root, "Head", "MessageID") == "A1"
    assert xml.text_at(root, "Head", "Nothing") == ""
    known = frozenset({"Manifest", "Head", "MessageID"})
    assert list(xml.unknown(root, known)) == ["/Manifest/Unknown"]


def test_a_comment_inside_a_value_does_not_cut_it_short():
    root = xml.read(b"<a><ID>COSU<!-- x -->123</ID></a>")
    assert xml.text_at(root, "ID") == "COSU123"


def test_chinese_encodings_are_read():
    text = '<?xml version="1.0" encoding="GBK"?><a><b>放行</b></a>'
    assert xml.text_at(xml.read(text.encode("gbk")), "b") == "放行"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "xml-malformed"),
        (b"<a>", "xml-malformed"),
        (b"<a/><b/>", "xml-malformed"),
        (b"<a>&undefined;</a>", "xml-malformed"),
        (b"<a>\x00</a>", "xml-malformed"),
        (b'<!DOCTYPE a SYSTEM "http://example.org/x.dtd"><a/>', "xml-document-type"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "xml-document-type"),
        (
            b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
            "xml-document-type",
        ),
        ("<!DOCTYPE a><a/>".encode("utf-16"), "xml-encoding"),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "xml-encoding"),
        (b'<?xml version="1.0" encoding="UTF-8"?><a>\xff</a>', "xml-encoding"),
        (b"<a>" * 33 + b"</a>" * 33, "xml-too-deep"),
        (b"<a>" * 3000 + b"</a>" * 3000, "xml-malformed"),
        (b"<a>" + b"<b/>" * 200_000 + b"</a>", "xml-too-many-elements"),
        (b"<a>" + b"x" * 4097 + b"</a>", "xml-text-too-long"),
        (b'<a b="' + b"x" * 65_536 + b'"/>', "xml-text-too-long"),
        (b"<a>" + b" " * 2_097_152 + b"</a>", "xml-too-large"),
    ],
)
def test_what_is_not_plain_bounded_xml_is_refused(data, expected):
    assert refusals(data) == [expected]


def test_xinclude_is_kept_and_never_followed():
    text = (
        b'<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="file:///etc/hostname"/></a>'
    )
    assert b"include" in xml.write(xml.read(text))


def test_a_text_that_xml_cannot_carry_is_refused():
    with pytest.raises(XmlError) as caught:
        xml.add(etree.Element("a"), "b", "x\x00")
    assert [reason.code for reason in caught.value.reasons] == ["xml-unwritable"]


def test_five_thousand_mutated_documents_raise_nothing_else():
    chance = random.Random(20261122)  # noqa: S311 - a reproducible fuzz, no secret
    signs = b"<>/&;!?\"'= \x00\xff[]-"
    read = 0
    for _ in range(5_000):
        data = bytearray(WHOLE)
        for _ in range(chance.randrange(1, 4)):
            place = chance.randrange(len(data))
            match chance.randrange(3):
                case 0:
                    data[place] = chance.choice(signs)
                case 1:
                    del data[place : place + chance.randrange(1, 20)]
                case _:
                    data[place:place] = data[chance.randrange(len(data)) :][:40]
        try:
            read += xml.read(bytes(data)) is not None
        except XmlError:
            continue
    assert 0 < read < 5_000
