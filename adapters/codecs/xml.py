"""XML from outside, hardened: no DTD, no entities, no network, bounded; written back without loss.

UTF-8 and the Chinese character sets customs programs still write; everything else is refused. A
value is all text of its element, so that a comment inside cannot cut it short (QUALITY 5 B6).
"""

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from yidan.kernel.errors import InvalidError
from yidan.kernel.identifiers.plain import shown
from yidan.kernel.reasons import Reason, reason

MAX_BYTES: Final = 2 * 1024 * 1024
"""Largest document read, in bytes."""
MAX_DEPTH: Final = 32
"""Deepest nesting of elements."""
MAX_ELEMENTS: Final = 200_000
"""Most elements of one document."""
MAX_TEXT: Final = 4096
"""Longest text of one element or attribute, in characters."""

TOO_LARGE = reason(
    "xml-too-large",
    en="The document has {size} bytes; send at most {limit}.",
    zh="文档为 {size} 字节；最多允许 {limit} 字节。",
)
WRONG_ENCODING = reason(
    "xml-encoding",
    en="The document is not in {encoding}; write it in UTF-8.",
    zh="文档编码不是 {encoding}；请使用 UTF-8。",
)
DOCUMENT_TYPE = reason(
    "xml-document-type",
    en="The document has a DOCTYPE or entities; leave them out.",
    zh="文档含有 DOCTYPE 或实体；请去掉。",
)
MALFORMED = reason(
    "xml-malformed",
    en="Not well-formed XML at line {line}, column {column}; mend the document there.",
    zh="第 {line} 行第 {column} 列不是良构的 XML；请更正。",
)
TOO_DEEP = reason(
    "xml-too-deep",
    en="Elements are nested more than {limit} deep; flatten the document.",
    zh="元素嵌套超过 {limit} 层；请减少层级。",
)
TOO_MANY = reason(
    "xml-too-many-elements",
    en="There are more than {limit} elements; send several documents.",
    zh="元素数超过 {limit}；请分多个文档发送。",
)
TEXT_TOO_LONG = reason(
    "xml-text-too-long",
    en="The text of {name} is longer than {limit} characters; shorten it.",
    zh="{name} 的文本超过 {limit} 个字符；请缩短。",
)
UNWRITABLE = reason(
    "xml-unwritable",
    en="{value} cannot be written in XML; leave control characters out.",
    zh="{value} 无法写入 XML；请去掉控制字符。",
)

_DECLARED: Final = re.compile(
    rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_-]{1,20})["']"""
)
_DECLARATION: Final = re.compile(r"<\?xml[^>]{0,200}\?>")
_ENCODINGS: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "gb18030": "gb18030",
}
_DOCTYPE: Final = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class XmlError(InvalidError):
    """The bytes cannot be read as, or the values not be written in, XML."""


def read(data: bytes) -> etree._Element:
    """Read a document and give its root.

    Raises:
        XmlError: it is not well-formed, has a document type, or a bound is exceeded.
    """
    text = _decoded(data)
    if _DOCTYPE.search(text):
        raise XmlError(DOCUMENT_TYPE())
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_pis=True,
        strip_cdata=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise XmlError(MALFORMED(line=line or 0, column=column or 0)) from None
    _check_bounds(root)
    return root


def write(root: etree._Element) -> bytes:
    """Write a document in UTF-8 with its declaration."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def add(parent: etree._Element, name: str, text: str = "") -> etree._Element:
    """Add a child of the parent's namespace.

    Raises:
        XmlError: the text cannot be written.
    """
    namespace = etree.QName(parent).namespace
    child = etree.SubElement(parent, etree.QName(namespace, name).text)
    try:
        child.text = text or None
    except ValueError:
        raise XmlError(UNWRITABLE(value=shown(text))) from None
    return child


def name_of(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return etree.QName(element).localname


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """The child elements of a name, whatever their namespace."""
    return [child for child in elements(element) if name_of(child) == name]


def elements(element: etree._Element) -> Iterator[etree._Element]:
    """The child elements, comments left out."""
    return element.iterchildren(tag=etree.Element)


def text_at(element: etree._Element, *path: str) -> str:
    """The whole text at the first match of a path of names, without blanks around; "" if none."""
    for name in path:
        found = children(element, name)
        if not found:
            return ""
        element = found[0]
    return "".join([element.text or "", *(child.tail or "" for child in element)]).strip()


def unknown(element: etree._Element, known: frozenset[str]) -> Iterator[str]:
    """Paths below an element whose names are not known; nothing is said of what is below those."""
    for child in elements(element):
        if name_of(child) not in known:
            yield f"/{name_of(element)}/{name_of(child)}"
        else:
            yield from (f"/{name_of(element)}{path}" for path in unknown(child, known))


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise XmlError(TOO_LARGE(size=len(data), limit=MAX_BYTES))
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    found = _DECLARED.match(data)
    declared = found[1].decode("ascii").lower() if found else "utf-8"
    try:
        text = data.decode(_ENCODINGS[declared])
    except (KeyError, UnicodeDecodeError):
        raise XmlError(WRONG_ENCODING(encoding=declared)) from None
    return _DECLARATION.sub("", text, count=1) if found else text


def _check_bounds(root: etree._Element) -> None:
    depth = count = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "end":
            continue
        count += 1
        if depth > MAX_DEPTH:
            raise XmlError(TOO_DEEP(limit=MAX_DEPTH))
        if count > MAX_ELEMENTS:
            raise XmlError(TOO_MANY(limit=MAX_ELEMENTS))
        if wrong := _long_text(element):
            raise XmlError(wrong)


def _long_text(element: etree._Element) -> Reason | None:
    texts = [element.text or "", element.tail or "", *map(str, element.attrib.values())]
    if all(len(text) <= MAX_TEXT for text in texts):
        return None
    return TEXT_TOO_LONG(name=shown(name_of(element)), limit=MAX_TEXT)
