"""Settings, read once from the environment: the only module that looks at it.

Every setting is a field here with its unit and default; `docs/reference/settings.md` is made from
this class.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

PREFIX: Final = "YIDAN_"

_PLAIN_NAMES: Final = {
    "database_url": "DATABASE_URL",
    "redis_url": "REDIS_URL",
    "chain_url": "CHAIN_URL",
}
"""Settings that other tools know under a name without our prefix."""


def variable(setting: str) -> str:
    """Name of the environment variable of a setting."""
    return _PLAIN_NAMES.get(setting, PREFIX + setting.upper())


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How this installation runs; the defaults are the embedded form, with nothing to configure."""

    var: Path = Path("var")
    """Folder of everything made at run time: database, keys, chain, blobs, demo."""
    database_url: str = ""
    """SQLAlchemy URL; empty: SQLite in `var/yidan.db`. PostgreSQL: `postgresql+psycopg://…`."""
    redis_url: str = ""
    """Redis URL; empty: the embedded server's socket in `var/redis.sock`."""
    chain_url: str = ""
    """JSON-RPC URL of the chain; empty: the embedded node on `node_port`."""
    chain_second_url: str = ""
    """JSON-RPC URL of a second node of the same chain, compared with the first; empty: none."""
    signer_url: str = ""
    """JSON-RPC URL of a signer that keeps the relayer's key (`eth_signTransaction`); empty: the
    key lies in `var/keys`.
    """
    signer_address: str = ""
    """Address that the signer at `signer_url` signs for."""
    key_passphrase_file: str = ""
    """File with the passphrase under which the relayer's key is kept encrypted; empty: a plain
    file, mode 0600.
    """
    node_port: int = 8645
    """Loopback port of the embedded chain node."""
    chain_id: int = 20251
    """Chain id that the node must answer; a different one stops the sender."""
    bind: str = "127.0.0.1:8600"
    """Address the web server listens on."""
    public_url: str = "http://127.0.0.1:8600"
    """URL under which the platform is reached; audience of tokens, base of verify links."""
    log_origin: str = "yidan.example/log"
    """Origin line of the release log's checkpoints (C2SP tlog-checkpoint)."""
    witness_ports: str = "8611,8612,8613"
    """Loopback ports of the embedded witnesses, comma separated."""
    trusted_proxies: int = 0
    """Number of proxies whose X-Forwarded headers are believed."""
    checkpoint_every_s: int = 2
    """Seconds between checkpoints while there are new leaves."""
    anchor_events: int = 1000
    """Anchor when this many leaves are not anchored …"""
    anchor_age_s: int = 300
    """… or the oldest unanchored leaf is this old, in seconds."""
    anchor_alarm_s: int = 1800
    """Alarm when the oldest unanchored leaf is this old, in seconds."""
    nullify_events: int = 64
    """Send used-up releases to the chain when this many wait …"""
    nullify_age_s: int = 5
    """… or the oldest of them is this old, in seconds."""
    title_events: int = 50
    """Send instructions on titles to the chain when this many wait (64 at most) …"""
    title_age_s: int = 1
    """… or the oldest of them is this old, in seconds."""
    title_alarm_s: int = 900
    """Alarm when an instruction on a title has no outcome for so long, in seconds."""
    cancel_after_s: int = 3600
    """Take a transaction's nonce back when it was not mined for so long, in seconds."""
    monitor_every_s: int = 10
    """Seconds between two rounds of the monitor (`yidan monitor`)."""
    confirmations: int = 2
    """Blocks on top of a transaction's block before it counts as confirmed."""
    decision_ttl_s: int = 20
    """Seconds within which a gate decision's barrier may be opened."""
    token_ttl_s: int = 300
    """Life of an access token, in seconds."""
    session_ttl_s: int = 8 * 3600
    """Life of a person's session, in seconds."""
    customs_district: str = "2302"
    """4-digit customs office of the port (关区代码)."""
    tally_organisation: str = "138999812"
    """9-digit code of the organisation that tallies (理货单位), as customs registered it."""
    un_location_code: str = "CNLYG"
    """UN/LOCODE of the port."""
    site_timezone: str = "Asia/Shanghai"
    """Zone of local-date rules such as "paid through"."""
    ebl_platform: str = "YIDN"
    """Code of this platform among electronic bill platforms (DCSA `eblPlatform`), up to 4 signs."""
    private_endpoints: bool = False
    """Whether messages may be sent to private and loopback addresses (the demo, a port's own
    network).
    """
    demo: bool = False
    """Demo mode: short anchoring, demo sign-ins; never for real goods."""

    @property
    def sqlalchemy_url(self) -> str:
        """The database URL with the default filled in."""
        return self.database_url or f"sqlite:///{(self.var / 'yidan.db').resolve()}"

    @property
    def chain_rpc_url(self) -> str:
        """The chain's URL with the default filled in."""
        return self.chain_url or f"http://127.0.0.1:{self.node_port}"


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; unknown variables with our prefix are refused, so that a typo cannot hide.

    Raises:
        ValueError: an unknown or malformed setting, named.
    """
    environ = os.environ if environ is None else environ
    known = {f.name: f for f in fields(Settings)}
    values: dict[str, Any] = {}
    for name, text in environ.items():
        key = name.removeprefix(PREFIX).lower() if name.startswith(PREFIX) else ""
        if key and key not in known:
            raise ValueError(f"{name} is not a setting of this version")
        if key:
            values[key] = _read(name, text, known[key].type)
    for key, name in _PLAIN_NAMES.items():
        if environ.get(name):
            values.setdefault(key, environ[name])
    return Settings(**values)


def _read(name: str, text: str, kind: object) -> object:
    if kind is bool:
        if text not in ("0", "1"):
            raise ValueError(f"{name} must be 0 or 1")
        return text == "1"
    if kind is int:
        if not text.isascii() or not text.isdigit():
            raise ValueError(f"{name} must be a whole number")
        return int(text)
    return Path(text) if kind is Path else text
