"""The parties' own systems: they speak to the platform over HTTP, as anybody's would.

Machines sign in with OAuth 2.0 client credentials and `private_key_jwt` (Ed25519), people with a
password. Nothing of the platform is imported here.
"""

import base64
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import OKPKey

_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_TOKEN_USE_S: Final = 200
"""A token is used this long, less than its life of 300 seconds."""
_TIMEOUT_S: Final = 30.0


class UnexpectedError(Exception):
    """The platform did something else than the story says."""


@dataclass(frozen=True)
class Answer:
    """What the platform answered."""

    status: int
    body: Any
    headers: httpx.Headers

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """The reasons of a problem, or of a gate's verdict."""
        found = self.body.get("reasons", []) if isinstance(self.body, dict) else []
        return list(found)

    def said(self) -> str:
        """The answer in a line, for an error."""
        codes = ", ".join(reason["code"] for reason in self.reasons)
        return f"HTTP {self.status} {codes or str(self.body)[:500]}"


def _answer(response: httpx.Response) -> Answer:
    is_json = "json" in response.headers.get("Content-Type", "")
    body = response.json() if is_json else response.text
    return Answer(response.status_code, body, response.headers)


def expect(answer: Answer, *statuses: int) -> Answer:
    """The answer, if it has one of these statuses (200 or 201 where none is named).

    Raises:
        UnexpectedError: it has another.
    """
    if answer.status not in (statuses or (200, 201)):
        raise UnexpectedError(answer.said())
    return answer


@dataclass
class Machine:
    """A party's system with its own key."""

    url: str
    client_id: str
    private_key: Ed25519PrivateKey
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=_TIMEOUT_S))
    _token: str = ""
    _until: float = 0.0

    def get(self, path: str) -> Answer:
        """Ask a question."""
        return _answer(self.http.get(self.url + path, headers=self._headers()))

    def download(self, path: str) -> bytes:
        """Fetch bytes exactly as they are.

        Raises:
            UnexpectedError: there are none.
        """
        response = self.http.get(self.url + path, headers=self._headers())
        expect(_answer(response), 200)
        return response.content

    def post(self, path: str, body: Any, *, key: str = "") -> Answer:
        """Send a command as JSON, with a key of its own."""
        headers = {**self._headers(), "Idempotency-Key": key or str(uuid.uuid4())}
        return _answer(self.http.post(self.url + path, json=body, headers=headers))

    def send(self, adapter: str, message: str, content_type: str) -> Answer:
        """Send a message as it is on the wire."""
        headers = {**self._headers(), "Content-Type": content_type}
        headers["Idempotency-Key"] = str(uuid.uuid4())
        url = f"{self.url}/v1/exchange/{adapter}"
        return _answer(self.http.post(url, content=message.encode(), headers=headers))

    def _headers(self) -> dict[str, str]:
        if time.monotonic() > self._until:
            self._token = self._new_token()
            self._until = time.monotonic() + _TOKEN_USE_S
        return {"Authorization": f"Bearer {self._token}", "Accept-Language": "en"}

    def _new_token(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION,
            "client_assertion": self._assertion(),
        }
        answer = _answer(self.http.post(f"{self.url}/oauth/token", data=form))
        return str(expect(answer).body["access_token"])

    def _assertion(self) -> str:
        key = OKPKey.import_key(
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "x": public_x(self.private_key),
                "d": _base64url(self.private_key.private_bytes_raw()),
            }
        )
        now = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": f"{self.url}/oauth/token",
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid.uuid4()),
        }
        header = {"alg": "Ed25519", "kid": key.thumbprint()}
        return jwt.encode(header, claims, key, algorithms=["Ed25519"])


@dataclass
class Person:
    """Somebody signed in with a password: a cookie and a CSRF token."""

    url: str
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=_TIMEOUT_S))
    _csrf: str = ""

    def sign_in(self, name: str, password: str) -> Answer:
        """Try to sign in."""
        return self._begun("/v1/sessions", {"signInName": name, "password": password})

    def set_password(self, password: str, new_password: str) -> Answer:
        """Set one's own password in place of the present one."""
        body = {"password": password, "newPassword": new_password}
        return self._begun("/v1/sessions/password", body)

    def post(self, path: str, body: Any) -> Answer:
        """Send a command."""
        headers = {
            "X-CSRFToken": self._csrf,
            "Idempotency-Key": str(uuid.uuid4()),
            "Referer": self.url,
        }
        return _answer(self.http.post(self.url + path, json=body, headers=headers))

    def _begun(self, path: str, body: Any) -> Answer:
        answer = self.post(path, body)
        if answer.status in (200, 201):
            self._csrf = str(answer.body["csrfToken"])
        return answer


def public_x(key: Ed25519PrivateKey) -> str:
    """`x` of the public key as JWK (RFC 8037)."""
    return _base64url(key.public_key().public_bytes_raw())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
