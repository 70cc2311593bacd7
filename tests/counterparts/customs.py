"""Customs behind a single window: receives tally reports over HTTP, sends release decisions."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from tests.counterparts import wire

CONTENT_TYPE = "application/xml"
SPACE = "{urn:Declaration:datamodel:standard:CN:MT5101:1}"
HEAD = ["MessageID", "FunctionCode", "MessageType", "SenderID", "ReceiverID", "SendTime", "Version"]
SHIP = ["JourneyID", "TypeCode", "ID", "Name", "ActualDateTime", "CompletedDateTime"]


@dataclass
class Customs:
    """A customs office; `with customs:` opens its server."""

    name: str = "CUSTOMS2248"
    receiver: wire.Receiver = field(init=False)
    tallies: list[dict[str, object]] = field(default_factory=list)
    """Every tally report accepted: its reference, bills with kilograms, boxes."""

    def __post_init__(self):
        self.receiver = wire.Receiver(self._take)

    def __enter__(self):
        self.receiver.__enter__()
        return self

    def __exit__(self, *error):
        self.receiver.__exit__(*error)

    def decision(
        self, reference, bill, code, *, boxes=None, function="9", quantity_kg=None,
        sent="20261122100000000", sender=None,
    ):  # fmt: skip
        """A decision on a bill, and on boxes of it by `{box: code}`."""
        mass = "" if quantity_kg is None else _tag("ReleasedGrossMassMeasure", quantity_kg)
        consignment = _tag(
            "Consignment",
            _tag("TransportContractDocument", _tag("ID", escape(bill)))
            + _tag("ResponseType", _tag("Code", escape(code)) + "<Text/>")
            + _tag("DeclarationID", "224820261000012345")
            + mass,
        )
        equipment = "".join(
            _tag(
                "TransportEquipment",
                _tag("EquipmentIdentification", _tag("ID", escape(box)))
                + _tag("ResponseType", _tag("Code", escape(decided)) + "<Text/>"),
            )
            for box, decided in (boxes or {}).items()
        )
        head = zip(
            HEAD,
            (reference, function, "YDRELEASE", sender or self.name, "YIDAN", sent, "1.0"),
            strict=True,
        )
        text = _tag("Head", "".join(_tag(name, value) for name, value in head))
        text += _tag("Response", consignment + equipment)
        return ('<?xml version="1.0" encoding="UTF-8"?>' + _tag("Manifest", text)).encode()

    def send(self, url, message, **options):
        """Send a message; `headers` carry its access token."""
        return wire.post(url, message, CONTENT_TYPE, **options)

    def receipt_code(self, receipt):
        """The code of a receipt for the whole message: 01 accepted."""
        return ET.fromstring(receipt).findtext("Response/ResponseType/Code")  # noqa: S314 - our own answer

    def _take(self, got):
        try:
            tally = _tally(got.body)
        except (AssertionError, ET.ParseError, ValueError) as error:
            return wire.Answer(200, CONTENT_TYPE, self._receipt("02", str(error)))
        self.tallies.append(tally)
        return wire.Answer(200, CONTENT_TYPE, self._receipt("01", ""))

    def _receipt(self, code, text):
        head = zip(
            HEAD,
            ("RCP", "9", "MT9999", self.name, "YIDAN", "20261122120000000", "1.0"),
            strict=True,
        )
        body = _tag("Head", "".join(_tag(name, value) for name, value in head)) + _tag(
            "Response",
            "<BorderTransportMeans><JourneyID/></BorderTransportMeans>"
            + _tag("ResponseType", _tag("Code", code) + _tag("Text", escape(text))),
        )
        return _tag("Manifest", body).encode()


def _tag(name, inner):
    return f"<{name}>{inner}</{name}>"


def _names(element):
    return [child.tag.removeprefix(SPACE) for child in element]


def _tally(body):
    """A tally report's content, after its structure was checked by hand."""
    root = ET.fromstring(body)  # noqa: S314 - what our own platform sent
    assert root.tag == f"{SPACE}Manifest", "not an MT5101"
    assert _names(root) == ["Head", "Declaration"], "Head and Declaration are needed"
    head, declaration = root
    assert _names(head) == HEAD, "the head is incomplete"
    assert (head[1].text, head[2].text) == ("2", "MT5101"), "another function or type"
    names = _names(declaration)
    assert names[:3] == ["DeclarationOfficeID", "BorderTransportMeans", "TallyParty"], "order"
    rest = ["Consignment", "TransportEquipment"]
    assert names[3:] == sorted(names[3:], key=rest.index), "bills stand before boxes"
    ship = declaration[1]
    assert _names(ship) == [*SHIP, "UnloadingLocation"], "the ship is incomplete"
    assert all(ship[n].text for n in range(len(SHIP))), "the ship has empty fields"
    return {
        "reference": head[0].text,
        "bills": {
            bill.findtext(f"{SPACE}TransportContractDocument/{SPACE}ID"): int(
                bill.findtext(f"{SPACE}TotalGrossMassMeasure")
            )
            for bill in declaration.findall(f"{SPACE}Consignment")
        },
        "boxes": [
            box.findtext(f"{SPACE}EquipmentIdentification/{SPACE}ID")
            for box in declaration.findall(f"{SPACE}TransportEquipment")
        ],
    }
