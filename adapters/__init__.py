"""One module per outside system, codecs beside them; found by walking this package."""

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

from yidan.ports import Adapter


def find_adapters() -> Mapping[str, Adapter]:
    """Find every module's `ADAPTER`, by the adapter's name.

    Raises:
        ValueError: two adapters have the same name.
    """
    found: dict[str, Adapter] = {}
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        adapter = getattr(importlib.import_module(module.name), "ADAPTER", None)
        if adapter is not None and found.setdefault(adapter.name, adapter) is not adapter:
            raise ValueError(f"two adapters are named {adapter.name!r}")
    return MappingProxyType(dict(sorted(found.items())))
