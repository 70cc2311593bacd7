"""Watch a log and cosign only what extends everything seen before (见证人).

Source: C2SP tlog-witness (the HTTP interface and its answers) and tlog-cosignature. A witness is
run by a party whose interest is opposed to the log's: customs, the port authority, a carrier, a
bank. It keeps its own keys and its own small database, and imports nothing of the platform.

``keys`` makes and loads them, ``state`` remembers the largest checkpoint, ``cosigner`` decides,
``server`` speaks HTTP, ``client`` is the other side: what the log uses to ask.
"""

from typing import Final

TIME_HEADER: Final = "Yidan-Checkpoint-Time"
"""POSIX seconds, in decimal, that all witnesses of one checkpoint are asked to sign with BLS."""
