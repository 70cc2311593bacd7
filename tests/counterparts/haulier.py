"""A haulier's dispatch system: sends COPINO over HTTP."""

from dataclasses import dataclass

from tests.counterparts import segments, wire

CONTENT_TYPE = "application/edifact"
ORIGINAL, REPLACE, CANCEL = "9", "5", "1"


@dataclass(frozen=True)
class Haulier:
    """A haulier under its identification."""

    name: str = "HAULIER1"

    def pre_notification(
        self, reference, bill, box, *, plate="沪A12345", driver="D-00017",
        planned="202611221430", function=ORIGINAL, sender=None,
    ):  # fmt: skip
        """COPINO for one box; `sender` lies about who sends."""
        text = [
            f"BGM+661+{reference}+{function}",
            f"RFF+BM:{segments.escaped(bill)}",
            f"TDT+1++3+31++++{plate}:146::{segments.escaped(driver)}",
            "LOC+88+CNSHA:139:6",
            f"DTM+132:{planned}:203",
            f"NAD+MS+{sender or self.name}:160:ZZZ",
            f"EQD+CN+{box}+45G1:102:5++3+5",
            "RFF+SQ:1",
            "CNT+16:1",
        ]
        message = ("COPINO:D:95B:UN:ITG13", text)
        return segments.interchange(sender or self.name, "YIDAN", reference, [message])

    def send(self, url, message, **options):
        """Send a message; `headers` carry its access token."""
        return wire.post(url, message, CONTENT_TYPE, **options)
