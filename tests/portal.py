"""A platform in a test, and the parties that use it as their machines would."""

import base64
import json
import time
import uuid
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from yidan.app import create_app
from yidan.kernel.events import SYSTEM
from yidan.kernel.reasons import Role
from yidan.parties import actions, events, rules
from yidan.parties.events import ClientKind
from yidan.store import edge

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
USCC = (
    "91110000600037341L",
    "913201147487335734",
    "91320691MA1MLMB87K",
)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(header: dict, claims: dict, sign) -> str:
    """A JWT made by hand, so that a test can make a wrong one."""
    parts = [base64url(json.dumps(part).encode()) for part in (header, claims)]
    signed = ".".join(parts).encode()
    return f"{signed.decode()}.{base64url(sign(signed))}"


@dataclass
class Machine:
    """A partner's machine: an id, a key, and calls with a token."""

    portal: "Portal"
    party: str
    client_id: str
    key: Ed25519PrivateKey
    key_id: str
    _token: str = field(default="", repr=False)

    def claims(self, **changes):
        now = int(time.time())
        usual = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.portal.services.settings.public_url,
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid.uuid4()),
        }
        return usual | changes

    def assertion(self, **changes) -> str:
        header = {"alg": "EdDSA", "kid": self.key_id}
        return compact(header, self.claims(**changes), self.key.sign)

    def ask_token(self, assertion: str | None = None, **more):
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or self.assertion(),
        }
        return self.portal.client().post("/oauth/token", data=form | more)

    @property
    def token(self) -> str:
        if not self._token:
            answer = self.ask_token()
            assert answer.status_code == 200, answer.get_data(as_text=True)
            self._token = answer.json["access_token"]
        return self._token

    def headers(self, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} | more

    def get(self, path: str, **options):
        return self.portal.client().get(path, headers=self.headers(), **options)

    def post(self, path: str, body=None, *, key: str | None = None, **headers: str):
        sent = self.headers(**{"Idempotency-Key": key or str(uuid.uuid4())}, **headers)
        return self.portal.client().post(path, json={} if body is None else body, headers=sent)

    def post_raw(self, path: str, data: bytes, content_type: str, *, key: str | None = None):
        sent = self.headers(**{"Idempotency-Key": key or str(uuid.uuid4())})
        return self.portal.client().post(path, data=data, content_type=content_type, headers=sent)


class Portal:
    """A platform with its application."""

    def __init__(self, services) -> None:
        self.services = services
        self.app = create_app(services)
        self._numbers = iter(range(10**6))

    def client(self):
        return self.app.test_client()

    def run(self, work, actor=SYSTEM):
        """Run an action as the edge would."""
        return edge.run(self.services, actor, work)

    def organisation(self, *roles: Role, name="", identifiers=(), verified=True) -> str:
        """A new organisation's id."""

        def work(uow):
            made = actions.found_organisation(
                actions.RegisterOrganisation(
                    name=name or f"Party {next(self._numbers)}",
                    roles=roles,
                    identifiers=tuple(identifiers),
                ),
                uow,
            ).organisation
            if verified:
                happened = events.OrganisationVerified(organisation_id=made.id)
                uow.record(f"organisation:{made.id}", happened)
            return made.id

        return self.run(work)

    def machine(self, *roles: Role, party: str = "", scopes=(), **options) -> Machine:
        """A verified organisation's machine, able to call."""
        party = party or self.organisation(*roles, **options)
        return self._enrolled(party, ClientKind.MACHINE, scopes or rules.scopes_of(roles))

    def kiosk(self, party: str) -> Machine:
        """A terminal's kiosk."""
        return self._enrolled(party, ClientKind.DEVICE, rules.DEVICE_SCOPES)

    def _enrolled(self, party: str, kind: ClientKind, scopes) -> Machine:
        key = Ed25519PrivateKey.generate()
        x = base64url(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        command = actions.EnrolClient(
            organisation_id=party, kind=kind, name="machine", public_key=x, scopes=()
        )
        key_id = actions.thumbprint(x)
        made = self.run(
            lambda uow: actions.enrolled(command, key_id, frozenset(scopes), uow)
        ).client
        return Machine(self, party, made.id, key, key_id)
