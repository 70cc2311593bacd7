import copy
import hashlib
import json
import socket
from datetime import UTC, datetime

import pytest
import zxingcpp
from weasyprint.text import ffi

from yidan.documents import kinds, rules
from yidan.documents.rendering import (
    ATTACHMENT_NAME,
    SLOW_PDF,
    WeasyRenderer,
    doctor,
)
from yidan.kernel.errors import InvalidError, NotFoundError

VERIFY_URL = "https://port.example/verify/0193526e-8a41-7c10-b6f2-5d1e7a90c3d4"
ISSUED = datetime(2026, 11, 22, tzinfo=UTC)
EXAMPLES = [(kind.name, name) for kind in kinds.newest() for name in kind.examples]


@pytest.fixture(params=EXAMPLES, ids="/".join)
def example(request):
    return request.param


@pytest.fixture
def document(example, pdf_of, read_pdf):
    return read_pdf(pdf_of(*example))


@pytest.fixture
def body():
    return copy.deepcopy(dict(kinds.find("eir").examples["gate_out_laden"]))


def body_of(example):
    return kinds.find(example[0]).examples[example[1]]


def fonts_of(document):
    for page in document.pages:
        for font in page["/Resources"]["/Font"].get_object().values():
            yield font.get_object()


def test_it_says_of_itself_that_it_is_pdf_a_3b(document):
    xmp = document.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert 'pdfaid:part="3"' in xmp
    assert 'pdfaid:conformance="B"' in xmp


def test_it_has_an_srgb_output_intent_a_file_id_and_no_encryption(document):
    (intent,) = document.trailer["/Root"]["/OutputIntents"]
    assert intent["/S"] == "/GTS_PDFA1"
    assert len(intent["/DestOutputProfile"].get_data()) > 1000
    assert len(document.trailer["/ID"]) == 2
    assert not document.is_encrypted


def test_every_font_is_embedded_and_ours(document):
    used = list(fonts_of(document))
    assert used
    for font in used:
        (descendant,) = font["/DescendantFonts"]
        descriptor = descendant.get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)
        assert "Yidan" in font["/BaseFont"] or "Noto" in font["/BaseFont"]


def test_it_has_no_script_form_link_or_launch(document):
    root = document.trailer["/Root"]
    assert not {"/AcroForm", "/OpenAction", "/AA"} & set(root)
    assert "/JavaScript" not in root["/Names"]
    assert all("/Annots" not in page for page in document.pages)


def test_the_json_is_attached_once_as_source(example, document):
    root = document.trailer["/Root"]
    (associated,) = root["/AF"]
    assert associated.get_object()["/AFRelationship"] == "/Source"
    assert list(document.attachments) == [ATTACHMENT_NAME]
    (content,) = document.attachments[ATTACHMENT_NAME]
    assert content == rules.canonical(body_of(example))
    assert json.loads(content) == body_of(example)
    assert hashlib.sha256(content).hexdigest() == rules.json_sha256(body_of(example))


def test_the_dates_in_the_file_are_the_documents_own(pdf_of, read_pdf):
    info = read_pdf(pdf_of("delivery_order", "containers")).metadata
    assert info["/CreationDate"] == info["/ModDate"] == "D:20261120021200Z"


def test_titles_number_and_page_numbers_can_be_read(example, document):
    kind = kinds.find(example[0])
    text = document.pages[0].extract_text()
    for wanted in (kind.title_zh, body_of(example)[kind.reference], "Page 1 of 1", VERIFY_URL):
        assert wanted in text
    assert "〓" not in text
    assert document.metadata.title == (
        f"{kind.title_zh} {kind.title_en} {body_of(example)[kind.reference]}"
    )


def test_a_reader_finds_the_verify_url_in_the_qr_code(example, pdf_of, picture_of):
    (code,) = zxingcpp.read_barcodes(picture_of(pdf_of(*example)))
    assert code.text == VERIFY_URL
    assert code.format == zxingcpp.BarcodeFormat.QRCode


def test_the_same_document_gives_the_same_bytes(font_folder, pdf_of):
    again = WeasyRenderer(font_folder).render(
        "eir", 1, kinds.find("eir").examples["gate_out_laden"], VERIFY_URL
    )
    first = pdf_of("eir", "gate_out_laden")
    assert doctor() or hashlib.sha256(again).digest() == hashlib.sha256(first).digest()


def test_markup_in_a_name_is_printed_and_not_obeyed(renderer, read_pdf, body):
    evil = "<img src='file:///etc/hostname'><script>1</script>&amp;"
    body["parties"][0]["name"] = evil
    pages = read_pdf(renderer.render("eir", 1, body, VERIFY_URL)).pages
    assert evil in pages[0].extract_text().replace("\n", "")
    assert not pages[0]["/Resources"].get("/XObject")


@pytest.mark.parametrize("url", ["file:///etc/hostname", "FILE:///etc/hostname", "/etc/hostname"])
def test_no_file_is_attached_or_drawn_whatever_the_page_says(renderer, read_pdf, body, url):
    page = renderer.page(kinds.find("eir"), body, VERIFY_URL).replace(
        "</head>",
        f"<link rel=attachment href='{url}'><link rel=stylesheet href='{url}'></head>",
    )
    page = page.replace("</body>", f"<a rel=attachment href='{url}'>x</a><img src='{url}'></body>")
    pdf = renderer.draw(page, b"{}", at=ISSUED)
    assert list(read_pdf(pdf).attachments) == [ATTACHMENT_NAME]


def test_nothing_is_fetched_from_the_network(renderer, body, socket_refused):
    page = renderer.page(kinds.find("eir"), body, VERIFY_URL).replace(
        "</body>", "<img src='http://127.0.0.1:9/x.png'></body>"
    )
    renderer.draw(page, b"{}", at=ISSUED)
    assert socket_refused == []


@pytest.fixture
def socket_refused(monkeypatch):
    """Every attempt to open a connection."""
    tried = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: tried.append(address))
    return tried


def test_rare_and_unknown_characters_are_printed(renderer, read_pdf, body):
    body["driverName"] = "陈堃喆🚢"
    document = read_pdf(renderer.render("eir", 1, body, VERIFY_URL))
    assert "陈堃喆〓" in document.pages[0].extract_text()
    (content,) = document.attachments[ATTACHMENT_NAME]
    assert json.loads(content)["driverName"] == "陈堃喆🚢"


def test_long_lists_go_on_over_pages_with_their_heads(renderer, read_pdf):
    order = copy.deepcopy(dict(kinds.find("delivery_order").examples["containers"]))
    order["equipment"] = [
        order["equipment"][0] | {"equipmentReference": f"CSQU{number:07d}"} for number in range(60)
    ]
    pages = read_pdf(renderer.render("delivery_order", 1, order, VERIFY_URL)).pages
    assert len(pages) == 3
    assert "Size-type" in pages[1].extract_text()
    assert "Page 2 of 3" in pages[1].extract_text()


def test_a_document_that_fails_its_schema_is_not_rendered(renderer, body):
    del body["plate"]
    body["lane"] = "lane 3"
    with pytest.raises(InvalidError) as refused:
        renderer.render("eir", 1, body, VERIFY_URL)
    assert [reason.at for reason in refused.value.reasons] == ["/plate", "/lane"]


def test_an_unknown_version_is_not_rendered(renderer, body):
    with pytest.raises(NotFoundError):
        renderer.render("eir", 9, body, VERIFY_URL)


def test_instants_kept_in_utc_are_printed_in_local_time(renderer, body):
    body |= {"issuedAt": "2026-11-22T06:05:31.000000Z", "occurredAt": "2026-11-22T16:30:00Z"}
    page = renderer.page(kinds.find("eir"), body, VERIFY_URL).replace("\N{NO-BREAK SPACE}", " ")
    assert "2026-11-22 14:05 +08:00" in page
    assert "2026-11-23 00:30" in page


def test_the_doctor_names_a_missing_harfbuzz_subset(monkeypatch):
    monkeypatch.setattr(ffi, "harfbuzz_subset", None)
    assert doctor() == [SLOW_PDF()]


def test_the_doctor_is_silent_where_harfbuzz_subset_is_there(monkeypatch):
    monkeypatch.setattr(ffi, "harfbuzz_subset", object())
    assert doctor() == []
