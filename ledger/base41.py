"""Write bytes as text that a QR code packs densely and a link may carry (二维码文本).

Source: the scheme of RFC 9285 (base45): two bytes are three characters, lowest digit first, and a
last odd byte is two. Its alphabet has a space and a percent sign, which change their meaning in
the fragment of a URI (RFC 3986 section 3.5); the 41 characters that are left over here also stand
in a QR code's alphanumeric mode (ISO/IEC 18004), and 41 ** 3 still exceeds 2 ** 16.
"""

from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ$*+-/"
"""The digits, by rising value."""

_BASE: Final = len(ALPHABET)
_WEIGHTS: Final = (1, _BASE, _BASE**2)
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    """Return bytes as text.

    >>> encode(b"AB!")
    'J+9X0'
    """
    pairs = (data[at : at + 2] for at in range(0, len(data), 2))
    return "".join(_digits(int.from_bytes(pair, "big"), len(pair) + 1) for pair in pairs)


def decode(text: str) -> bytes:
    """Read text that ``encode`` wrote; no other text stands for any bytes.

    Raises:
        ValueError: On another character, a group too large for its bytes, or one left over.
    """
    return b"".join(
        _value(group).to_bytes(len(group) - 1, "big")
        for group in (text[at : at + 3] for at in range(0, len(text), 3))
    )


def _digits(value: int, count: int) -> str:
    return "".join(ALPHABET[value // weight % _BASE] for weight in _WEIGHTS[:count])


def _value(group: str) -> int:
    values = [_VALUES.get(character, -1) for character in group]
    total = sum(value * weight for value, weight in zip(values, _WEIGHTS, strict=False))
    if len(group) == 1 or min(values) < 0 or total >= 256 ** (len(group) - 1):
        raise ValueError("not base41")
    return total
