"""What an adapter module says of the messages it speaks, for the reference page and its test."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Spoken:
    """One message an outside system and we exchange."""

    direction: str
    """"in" or "out"."""
    message: str
    version: str
    source: str
    """Where its rules stand."""
    transport: str
