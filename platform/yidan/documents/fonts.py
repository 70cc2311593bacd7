"""The font of the documents: Noto Sans SC, cut to what Chinese text uses, in a cache folder.

The font comes as a variable TrueType font (SIL OFL 1.1) in a locked wheel. Cutting it once to
GB 2312 and Latin, in two weights, makes a page some 100 times cheaper than the whole font (QUALITY
finding 3). Characters beyond the cut, as in rare names (堃, 喆), are cut for the document that
needs them; what the font does not have at all is printed as 〓. The cut fonts are derived files:
made at the first start (`bootstrap.prepare`) or first use, never committed.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

FAMILY: Final = "Yidan Sans"
RARE_FAMILY: Final = "Yidan Sans Rare"
MISSING_GLYPH: Final = "〓"
"""U+3013 geta mark, what typesetters put for a character they do not have."""

_PACKAGE: Final = "justmytype-intl-cjk"
_SOURCE: Final = files("justmytype_intl_cjk") / "fonts/ofl/notosanssc/NotoSansSC[wght].ttf"
_RECIPE: Final = 2
"""Counted up when the cut changes, so that an old cache is not taken for a new one."""
_WEIGHTS: Final = (400, 700)
_USUAL: Final = "gb2312"


@dataclass(frozen=True)
class Face:
    """One cut font file."""

    family: str
    weight: int
    """CSS weight: 400 or 700."""
    path: Path


def prepared(folder: Path) -> bool:
    """Whether the two faces that every document uses lie in `folder`."""
    return all(_place(folder, _USUAL, weight).exists() for weight in _WEIGHTS)


def prepare(folder: Path) -> tuple[Face, ...]:
    """The two faces that every document uses; cut now, some 20 seconds, if not yet in `folder`."""
    return tuple(
        Face(FAMILY, weight, _cut(folder, _USUAL, _gb2312(), weight)) for weight in _WEIGHTS
    )


def rare_faces(folder: Path, text: Iterable[str]) -> tuple[Face, ...]:
    """A face with the characters of a text that the font has and the cut has not; or none."""
    rare = frozenset(map(ord, text)) & _available() - _gb2312()
    if not rare:
        return ()
    name = hashlib.sha256(",".join(map(str, sorted(rare))).encode()).hexdigest()[:16]
    return (Face(RARE_FAMILY, 400, _cut(folder, f"rare-{name}", rare, 400)),)


def printable(text: str) -> str:
    """The text with every character that no face has, line breaks apart, replaced by 〓."""
    available = _available() | {ord("\n")}
    return "".join(c if ord(c) in available else MISSING_GLYPH for c in text)


@cache
def _gb2312() -> frozenset[int]:
    """The code points of GB 2312 and of Latin text."""
    rows, cells = range(0xA1, 0xF8), range(0xA1, 0xFF)
    raw = b"".join(bytes([row, cell]) for row in rows for cell in cells)
    return frozenset(map(ord, raw.decode("gb2312", "ignore"))) | {
        *range(0x20, 0x7F),
        *range(0xA0, 0x250),
        *range(0x2010, 0x2027),
    }


@cache
def _available() -> frozenset[int]:
    """The code points the source font has a glyph for."""
    return frozenset(_open().getBestCmap())


def _open() -> Any:
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - slow to import, needed only to cut

    # No time of cutting in the file: the same cut is the same bytes, here and elsewhere.
    return TTFont(str(_SOURCE), recalcTimestamp=False)


def _place(folder: Path, name: str, weight: int) -> Path:
    return folder / f"noto-sans-sc-{version(_PACKAGE)}-{_RECIPE}-{name}-{weight}.ttf"


def _cut(folder: Path, name: str, characters: frozenset[int], weight: int) -> Path:
    """Cut the source font to some characters in one weight, unless `folder` has that cut."""
    path = _place(folder, name, weight)
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write(_subset(characters, weight), path)
    return path


def _subset(characters: frozenset[int], weight: int) -> Any:
    from fontTools import subset  # noqa: PLC0415 - as above
    from fontTools.varLib import instancer  # noqa: PLC0415 - as above

    font = _open()
    options = subset.Options(
        layout_features=["kern"],
        hinting=False,
        notdef_outline=True,
        drop_tables=["BASE", "STAT", "VORG", "vhea", "vmtx"],
    )
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    return instancer.instantiateVariableFont(font, {"wght": weight}, inplace=True)


def _write(font: Any, path: Path) -> None:
    """Write so that another process sees the whole file or none."""
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        font.save(file)
    Path(name).replace(path)
