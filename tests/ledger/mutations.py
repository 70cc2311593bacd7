"""Random changes of a bundle's bytes: what somebody does who errs, and who knows the format."""

import hashlib
import json
import random
import secrets

from ledger import jcs


def places(value, path=()):
    """Yield the path of every value in a JSON document."""
    yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, key))


def other_value(value, chance):
    """Return a value near the given one."""
    match value:
        case bool() | None:
            return 0
        case int():
            return chance.choice([value + 1, value - 1, -value - 1, str(value), True])
        case str():
            at = chance.randrange(len(value) + 1)
            longer, turned = value[:at] + "0" + value[at:], value[at:] + value[:at]
            return chance.choice([longer, turned, value[:-1], value.upper()])
        case list():
            return chance.choice([[*value, value[0] if value else 0], value[1:] or None])
        case dict():
            return chance.choice([{**value, "more": 1}, dict(list(value.items())[1:])])


def with_another_value(data, chance):
    """Change one value of a bundle and write it canonically again."""
    top = json.loads(data)
    path = chance.choice([path for path in places(top) if path])
    holder = top
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = other_value(holder[path[-1]], chance)
    return jcs.canonicalize(top)


def with_another_byte(data, chance):
    """Change, add or take away one byte."""
    at = chance.randrange(len(data))
    kind = chance.randrange(4)
    if kind == 0:
        return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + data[at + 1 :]
    if kind == 2:
        return data[:at] + bytes([chance.choice(b' \n\t"0a,}')]) + data[at:]
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def changed(count, data, *changes):
    """Return as many results of random changes that differ from the data, and the seed."""
    seed = secrets.randbits(32)
    chance = random.Random(seed)  # noqa: S311 - repeatable by its seed
    tried = []
    while len(tried) < count:
        try:
            result = changes[len(tried) % len(changes)](data, chance)
        except jcs.JcsError:  # an integer went beyond what JSON can hold
            continue
        if result != data:
            tried.append(result)
    return tried, f"seed {seed}"


def with_a_new_digest(data, chance):
    """Change one value as somebody does who knows the format."""
    top = json.loads(with_another_value(data, chance))
    top.pop("digest", None)
    return jcs.canonicalize({**top, "digest": hashlib.sha256(jcs.canonicalize(top)).hexdigest()})
