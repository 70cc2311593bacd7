"""The bundle's bytes: one form only, and every other shape is refused."""

import json

import pytest

from ledger import bundle_format as bundle
from ledger import jcs
from ledger.bundle_format import BundleError


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.replace(":", ": ", 1),
        lambda text: text.replace('"event-3"', '"\\u0065vent-3"', 1),
        lambda text: text.replace("21350", "21350.0", 1),
        lambda text: text.replace("21350", "2135e1", 1),
        lambda text: text.replace('{"checkpoint"', '{"checkpoint":1,"checkpoint"', 1),
        lambda text: text.replace('"yidan-proof/1"', '"yidan-proof/2"'),
        lambda text: "\ufeff" + text,
        lambda text: text.upper(),
        lambda _: "",
        lambda _: "[]",
        lambda _: "[" * 100_000,
        lambda _: '"' + "x" * bundle.MAX_SIZE + '"',
    ],
)
def test_other_bytes_for_the_same_content_are_no_bundle(proved, rewrite):
    with pytest.raises(BundleError):
        bundle.decode(rewrite(proved.data.decode()).encode())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("checkpoint", "size"), True),
        (("checkpoint", "size"), -1),
        (("checkpoint", "origin"), 1),
        (("checkpoint", "root"), "AB" * 32),
        (("checkpoint", "root"), None),
        (("checkpoint", "cosignatures"), {}),
        (("checkpoint", "cosignatures"), ["x"]),
        (("events",), []),
        (("events", 0), []),
        (("events", 0, "fields"), []),
        (("events", 0, "fields", 0), ["/path"]),
        (("events", 0, "fields", 0), [1, 2]),
        (("events", 0, "inclusion"), "x"),
    ],
)
def test_a_member_of_another_shape_is_refused(proved, path, value):
    top = json.loads(proved.data)
    holder = top
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    with pytest.raises(BundleError, match=r"^(not|a field|an array)"):
        bundle.decode(jcs.canonicalize(top))
