"""The kinds of documents, found by walking this folder: one folder a kind (ARCHITECTURE 6).

A kind's folder holds `__init__.py` with `KIND`, `schema.json` (JSON Schema 2020-12),
`template.html` (Jinja2, over `layout/`) and `examples/`. A new version is a new schema file and a
`KIND` that names it, the old one moving to a tuple `EARLIER`; each schema is complete in itself, so
that an old version never changes with a new one.
"""

import json
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from yidan.kernel.errors import NotFoundError
from yidan.kernel.reasons import reason

UNKNOWN_KIND = reason(
    "document-kind-unknown",
    en="There is no document kind {kind}, version {version}; the kinds are {known}.",
    zh="没有单证类型 {kind} 版本 {version}；现有类型：{known}。",
)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of document (单证类型) in one version."""

    name: str
    """The folder's name, e.g. `delivery_order`."""
    version: int
    """1 for the first schema, then +1."""
    title_zh: str
    title_en: str
    type_code: str
    """UN/CEFACT document name code (UNTDID 1001), or "" where the list has none."""
    reference: str
    """The field that holds the document's own number."""
    folder: Path
    schema_file: str = "schema.json"
    template_file: str = "template.html"

    @property
    def schema(self) -> Mapping[str, Any]:
        """The kind's JSON Schema; shared, so never change it."""
        return _read(self.folder / self.schema_file)

    @property
    def template(self) -> str:
        """The kind's page as the template loader knows it: `<folder>/<file>`."""
        return f"{self.folder.name}/{self.template_file}"

    @property
    def examples(self) -> Mapping[str, Mapping[str, Any]]:
        """The kind's example documents by file name without `.json`."""
        return {
            path.stem: _read(path) for path in sorted((self.folder / "examples").glob("*.json"))
        }


@cache
def _read(path: Path) -> Mapping[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


@cache
def registry() -> Mapping[tuple[str, int], Kind]:
    """Every kind in every version, by name and version."""
    found: dict[tuple[str, int], Kind] = {}
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        for kind in _declared(module.name):
            found[kind.name, kind.version] = kind
    return MappingProxyType(found)


def _declared(module_name: str) -> Iterable[Kind]:
    module = import_module(module_name)
    return (*getattr(module, "EARLIER", ()), module.KIND)


def newest() -> list[Kind]:
    """Every kind in its newest version, in the order of their names."""
    latest = {name: kind for (name, _), kind in sorted(registry().items())}
    return list(latest.values())


def find(name: str, version: int | None = None) -> Kind:
    """The kind of a name, in its newest version unless one is given.

    Raises:
        NotFoundError: there is no such kind or version.
    """
    for kind in newest() if version is None else registry().values():
        if kind.name == name and version in (None, kind.version):
            return kind
    known = ", ".join(kind.name for kind in newest())
    raise NotFoundError(UNKNOWN_KIND(kind=name, version=version or "*", known=known))
