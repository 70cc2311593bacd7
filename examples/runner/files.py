"""The input files of the port day, with what cannot stand in a file filled in.

A release has an end and a ship a voyage, so a file says `{{today+7d}}` where a real message has a
date. `Day.fill` is all there is to it:

- `{{today}}`, `{{today-44d}}`, `{{now+1h}}`, `{{now-1m:%Y%m%d%H%M}}`: the day or instant in the
  port's time (UTC+8), moved by days, hours or minutes, in `strftime` form;
- `{{run}}`: the number of this port day, three digits, so that a second day has its own bills;
- `{{box}}`: the day's container, its ISO 6346 check digit computed;
- `{{id:haulier}}`: what the platform answered as the id of something named so before.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parents[1] / "port-day"
PORT_TIME: Final = timezone(timedelta(hours=8))
_PLACEHOLDER: Final = re.compile(
    r"\{\{(?:(?P<when>today|now)(?P<move>[+-]\d+[dhm])?(?::(?P<form>[^}]+))?"
    r"|(?P<run>run)|(?P<box>box)|id:(?P<id>[a-z_]+))\}\}"
)
_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes"}
_FORMS: Final = {"today": "%Y-%m-%d", "now": "%Y-%m-%dT%H:%M:%S+08:00"}
_OWNER: Final = "CSQU"
_FIRST_SERIAL: Final = 305_437
"""The first day's box is CSQU3054383, the example of the standard."""


@dataclass
class Day:
    """One port day: its number, and the ids that the platform has given so far."""

    run: int
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def box(self) -> str:
        """The day's container."""
        return with_check_digit(f"{_OWNER}{_FIRST_SERIAL + self.run:06}")

    @property
    def bill(self) -> str:
        """The number of the container's bill."""
        return f"EOCLYG{self.run:03}"

    def text(self, name: str) -> str:
        """A file as its sender sends it."""
        return self.fill((FOLDER / name).read_text(encoding="utf-8"))

    def json(self, name: str) -> Any:
        """A JSON file as its sender sends it."""
        return json.loads(self.text(name))

    def fill(self, text: str) -> str:
        """Replace every placeholder.

        Raises:
            KeyError: an id is asked for that nobody gave.
        """
        return _PLACEHOLDER.sub(self._value, text)

    def _value(self, found: re.Match[str]) -> str:
        if found["run"]:
            return f"{self.run:03}"
        if found["box"]:
            return self.box
        if found["id"]:
            return self.ids[found["id"]]
        moment = datetime.now(PORT_TIME)
        if move := found["move"]:
            moment += timedelta(**{_UNITS[move[-1]]: int(move[:-1])})
        return moment.strftime(found["form"] or _FORMS[found["when"]])


def with_check_digit(number: str) -> str:
    """A container number of ten characters with its check digit (ISO 6346)."""
    letters = {chr(65 + n): 10 + n + (n + 9) // 10 for n in range(26)}
    total = sum(letters.get(c, 0) * 2**i or int(c) * 2**i for i, c in enumerate(number))
    return f"{number}{total % 11 % 10}"
