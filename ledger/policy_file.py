"""Read and write a trust policy as a text file (策略文件).

Source: C2SP tlog-policy (``log``, ``witness``, ``group``, ``quorum``). Lines of our own, which a
policy may have:

* ``chain <chain id> <contract>``: where roots are anchored;
* ``operator <witness> <text>``: who runs a witness, in words for people;
* ``bls <witness> <public key> <proof of possession>``: its key for the aggregate, in lower-case
hex.

Deliberately not here: what a policy means (``policy``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ledger.note import KeyType, NoteError, VerifierKey
from ledger.policy import (
    NONE,
    BlsKey,
    ChainReference,
    Group,
    Log,
    Policy,
    PolicyError,
    Witness,
)


def write(policy: Policy) -> bytes:
    """Return the policy as a file that ``parse`` reads back."""
    lines = [_line("log", log.key.encode(), log.url) for log in policy.logs]
    for witness in policy.witnesses:
        lines.append(_line("witness", witness.name, witness.key.encode(), witness.url))
        if witness.operator:
            lines.append(_line("operator", witness.name, witness.operator))
        if witness.bls:
            keys = witness.bls.public_key.hex(), witness.bls.proof.hex()
            lines.append(_line("bls", witness.name, *keys))
    lines += [_line("group", g.name, str(g.threshold), *g.members) for g in policy.groups]
    lines.append(_line("quorum", policy.quorum))
    if policy.chain:
        lines.append(_line("chain", str(policy.chain.chain_id), policy.chain.contract))
    return "".join(lines).encode("utf-8", "surrogateescape")


def parse(data: bytes) -> Policy:
    """Read a policy file.

    Raises:
        PolicyError: When a line is malformed, a name or key is defined twice or not at all, or
            the quorum
            is not said exactly once. The message names the line, counted from 1.
    """
    reader = _Reader()
    for number, text in enumerate(_lines(data), start=1):
        words = text.split(" ")
        if words == [""] or words[0].startswith("#"):
            continue
        try:
            reader.read(words[0], words[1:])
        except (NoteError, PolicyError) as error:
            raise PolicyError(f"line {number}: {error}") from error
    return reader.policy()


@dataclass
class _Reader:
    """What the lines have said so far."""

    logs: list[Log] = field(default_factory=list)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    operators: dict[str, str] = field(default_factory=dict)
    bls: dict[str, BlsKey] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    quorum: str | None = None
    chain: ChainReference | None = None

    def read(self, keyword: str, words: list[str]) -> None:
        """Take in one line."""
        match keyword, words:
            case "log", [key, *url] if len(url) < 2:  # noqa: PLR2004 - the URL is optional
                self._log(VerifierKey.parse(key), "".join(url))
            case "witness", [name, key, *url] if len(url) < 2:  # noqa: PLR2004 - likewise
                self._witness(name, VerifierKey.parse(key), "".join(url))
            case "group", [name, threshold, *members] if members:
                self._group(name, threshold, members)
            case "quorum", [name]:
                self._quorum(name)
            case "chain", [chain_id, contract]:
                self._chain(chain_id, contract)
            case "operator", [name, *text] if text:
                self._once(name, self.operators)
                self.operators[name] = " ".join(text)
            case "bls", [name, public_key, proof]:
                self._bls(name, _hex(public_key, 48), _hex(proof, 96))
            case _:
                raise PolicyError("not a line of a policy")

    def policy(self) -> Policy:
        """Return the whole, once all lines are read."""
        if self.quorum is None:
            raise PolicyError("the policy says no quorum")
        witnesses = tuple(
            Witness(w.name, w.key, w.url, self.operators.get(w.name, ""), self.bls.get(w.name))
            for w in self.witnesses.values()
        )
        return Policy(
            tuple(self.logs), witnesses, tuple(self.groups.values()), self.quorum, self.chain
        )

    def _log(self, key: VerifierKey, url: str) -> None:
        if key.key_type is not KeyType.ED25519:
            raise PolicyError("a log's key is of type 01")
        if any(key.public_key == log.key.public_key for log in self.logs):
            raise PolicyError("a log is there twice")
        if any(key.name == log.key.name for log in self.logs):
            raise PolicyError("two logs have one origin")
        self.logs.append(Log(key, url))

    def _witness(self, name: str, key: VerifierKey, url: str) -> None:
        if key.key_type is KeyType.ED25519:
            raise PolicyError("a witness's key is of type 04 or 06")
        if any(key.public_key == witness.key.public_key for witness in self.witnesses.values()):
            raise PolicyError("a witness is there twice")
        self._define(name)
        self.witnesses[name] = Witness(name, key, url)

    def _group(self, name: str, threshold: str, members: list[str]) -> None:
        self._define(name)
        for member in members:
            if member not in self.witnesses and member not in self.groups:
                raise PolicyError(f"{member} is not defined before")
            if member in self.members:
                raise PolicyError(f"{member} is in a group already")
            self.members.add(member)
        count = {"all": len(members), "any": 1}.get(threshold) or _decimal(threshold)
        if not 1 <= count <= len(members):
            raise PolicyError("a threshold is not between 1 and the number of members")
        self.groups[name] = Group(name, count, tuple(members))

    def _quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise PolicyError("the quorum is said twice")
        if name not in {NONE, *self.witnesses, *self.groups}:
            raise PolicyError(f"{name} is not defined before")
        self.quorum = name

    def _chain(self, chain_id: str, contract: str) -> None:
        if self.chain is not None:
            raise PolicyError("the chain is said twice")
        _hex(contract.removeprefix("0x"), 20)
        if not contract.startswith("0x"):
            raise PolicyError("a contract's address begins with 0x")
        self.chain = ChainReference(_decimal(chain_id), contract)

    def _bls(self, name: str, public_key: bytes, proof: bytes) -> None:
        self._once(name, self.bls)
        if any(public_key == key.public_key for key in self.bls.values()):
            raise PolicyError("a BLS key is there twice")
        self.bls[name] = BlsKey(public_key, proof)

    def _define(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise PolicyError(f"the name {name} is taken")

    def _once(self, name: str, table: Mapping[str, object]) -> None:
        if name not in self.witnesses:
            raise PolicyError(f"{name} is no witness defined before")
        if name in table:
            raise PolicyError(f"said twice for {name}")


_FORBIDDEN: Final = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_SPACE: Final = re.compile(r"[ \t]+")


def _lines(data: bytes) -> list[str]:
    """Return the lines with single spaces between their words; other octets stay opaque."""
    if _FORBIDDEN.search(data):
        raise PolicyError("a policy holds a control character")
    if not data.endswith(b"\n"):
        raise PolicyError("a policy's last line does not end")
    text = data.decode("utf-8", "surrogateescape")
    return [_SPACE.sub(" ", line).strip(" ") for line in text[:-1].split("\n")]


def _decimal(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,18}", text):
        raise PolicyError("not a plain decimal")
    return int(text)


def _hex(text: str, size: int) -> bytes:
    if not re.fullmatch(f"[0-9a-f]{{{2 * size}}}", text):
        raise PolicyError(f"not {size} bytes in lower-case hex")
    return bytes.fromhex(text)


def _line(*words: str) -> str:
    return " ".join(word for word in words if word) + "\n"
