"""A shipping agent's EDI system: sends COREOR, receives CODECO and APERAK over HTTP."""

from dataclasses import dataclass, field

from tests.counterparts import segments, wire

CONTENT_TYPE = "application/edifact"
ORIGINAL, REPLACE, CANCEL = "9", "5", "1"


@dataclass
class ShippingAgent:
    """An agent under its identification; `with agent:` opens its server."""

    name: str = "NEWBAYSA"
    carrier: str = "COS"
    receiver: wire.Receiver = field(init=False)
    reports: list[dict[str, str]] = field(default_factory=list)
    """Every gate movement it was told of, by box, bill, direction and plate."""

    def __post_init__(self):
        self.receiver = wire.Receiver(self._take)

    def __enter__(self):
        self.receiver.__enter__()
        return self

    def __exit__(self, *error):
        self.receiver.__exit__(*error)

    def release_order(
        self, reference, order, bill, boxes, *, function=ORIGINAL, to="", until="20261130",
        sender=None, ship="9319466", voyage="068E",
    ):  # fmt: skip
        """COREOR for one bill; `sender` lies about who sends."""
        text = [
            f"BGM+129+{reference}+{function}",
            "DTM+137:202611220800:203",
            f"RFF+RE:{order}",
            f"RFF+BM:{bill}",
            "DTM+7:20261101:102",
            f"DTM+36:{until}:102",
            f"TDT+20+{voyage}+1++{self.carrier}:172:20+++{ship}:146:11",
            "LOC+11+CNSHA:139:6",
            f"NAD+MS+{sender or self.name}:160:ZZZ",
            f"NAD+CF+{self.carrier}:160:20",
            *([f"NAD+FW+{to}:160:ZZZ"] if to else []),
        ]
        for number, box in enumerate(boxes, start=1):
            text += [f"EQD+CN+{box}+45G1:102:5++3+5", f"RFF+SQ:{number}"]
        text.append(f"CNT+16:{len(boxes)}")
        message = ("COREOR:D:00B:UN:SMDG20", text)
        return segments.interchange(sender or self.name, "YIDAN", reference, [message])

    def send(self, url, message, **options):
        """Send a message; `headers` carry its access token."""
        return wire.post(url, message, CONTENT_TYPE, **options)

    def refused_boxes(self, aperak):
        """Boxes an APERAK refuses, each with the codes of its reasons."""
        assert segments.kind_of(aperak) == "APERAK"
        refused = {}
        verdict, code = "", ""
        for segment in segments.split(aperak):
            match segment[0][0]:
                case "ERC":
                    verdict, code = segment[1][0], ""
                case "FTX":
                    code = segment[4][0]
                case "RFF" if segment[1][0] == "EQ" and verdict == "REFUSED":
                    refused.setdefault(segment[1][1], []).append(code)
                case _:
                    continue
        return refused

    def response(self, aperak):
        """AP, CA or RE of the first message acknowledged."""
        return next(s[4][0] for s in segments.split(aperak) if s[0] == ["BGM"])

    def _take(self, got):
        try:
            kind = segments.kind_of(got.body)
        except (AssertionError, ValueError, IndexError, UnicodeDecodeError) as error:
            return wire.Answer(400, body=str(error).encode())
        if kind == "CODECO":
            self.reports.append(_movement(got.body))
        return wire.Answer(200 if kind in {"CODECO", "APERAK"} else 422)


def _movement(body):
    found = {}
    for segment in segments.split(body):
        match segment:
            case [["BGM"], [code], *_]:
                found["direction"] = {"34": "in", "36": "out"}[code]
            case [["EQD"], ["CN"], [box], *_]:
                found["box"] = box
            case [["RFF"], ["BM", bill], *_]:
                found["bill"] = bill
            case [["TDT"], ["1"], *_]:
                found["plate"] = segment[8][0]
            case _:
                continue
    return found
