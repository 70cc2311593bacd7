"""Every route of the OpenAPI document, as nobody, as another party, in a lower role (OWASP API1).

The routes come from the document, so that a new room is walked the day it is written.
"""

import uuid

import pytest
from flask_openapi3.utils import parse_rule

from yidan.app import create_app
from yidan.http.auth import SCOPES, access_of
from yidan.kernel.reasons import Role
from yidan.parties import rules
from yidan.proof import setup

OPEN = {
    "/oauth/token",
    "/v1/sessions",
    "/v1/policy",
    "/v1/ebl-keys",
    "/v1/document-kinds",
    "/v1/document-kinds/{name}",
}
"""Signing in, and what is published. Whoever opens another route says so here."""
VERBS = ("get", "post", "put", "patch", "delete")


def operations(document):
    for path, item in sorted(document["paths"].items()):
        for verb in VERBS:
            if verb in item:
                yield verb, path, item[verb]


def filled(path: str, operation) -> str:
    """A path with ids of things that somebody else might have."""
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            number = parameter["schema"].get("type") == "integer"
            value = "1" if number else str(uuid.uuid4())
            path = path.replace(f"{{{parameter['name']}}}", value)
    assert "{" not in path
    return path


@pytest.fixture
def document(portal):
    return portal.client().get("/openapi/openapi.json").json


def closed(document):
    return [(verb, path, one) for verb, path, one in operations(document) if "security" in one]


def demanded(operation) -> str:
    scopes = operation["security"][0]["token"]
    return scopes[0] if scopes else ""


def call(portal, verb, path, operation, headers):
    sent = {"Idempotency-Key": str(uuid.uuid4())} | headers
    body = {} if verb == "get" else {"json": {}}
    return getattr(portal.client(), verb)(filled(path, operation), headers=sent, **body)


def test_only_what_is_named_here_is_open_to_everybody(document):
    opened = {path for _, path, one in operations(document) if "security" not in one}
    assert opened == OPEN


def test_every_route_under_v1_is_in_the_document(portal, document):
    hidden = {
        rule.rule
        for rule in portal.app.url_map.iter_rules()
        if rule.rule.startswith("/v1/") and parse_rule(rule.rule) not in document["paths"]
    }
    assert hidden == set()


def test_nobody_gets_nothing(portal, document):
    for verb, path, one in closed(document):
        answer = call(portal, verb, path, one, {})
        assert answer.status_code == 401, (verb, path)
        assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("value", ["Bearer x.y.z", "Bearer ", "Basic YWRtaW46YWRtaW4="])
def test_a_bad_credential_is_nobody(portal, document, value):
    for verb, path, one in closed(document):
        answer = call(portal, verb, path, one, {"Authorization": value})
        assert answer.status_code == 401, (verb, path)


def test_a_credential_without_the_scope_may_not(portal, document):
    for verb, path, one in closed(document):
        scope = demanded(one)
        if scope:
            others = sorted(SCOPES.keys() - {scope})
            portal_machine = portal.machine(*Role, scopes=others)
            answer = call(portal, verb, path, one, portal_machine.headers())
            assert answer.status_code == 403, (verb, path)


@pytest.mark.parametrize("role", [Role.REGULATOR, Role.ADMINISTRATOR, Role.HAULIER])
def test_a_key_that_was_given_too_much_is_held_to_its_organisations_roles(portal, document, role):
    headers = portal.machine(role, scopes=sorted(SCOPES)).headers()
    carried = rules.scopes_of([role])
    beyond = [found for found in closed(document) if demanded(found[2]) not in {"", *carried}]
    assert beyond
    for verb, path, one in beyond:
        assert call(portal, verb, path, one, headers).status_code == 403, (verb, path)


def test_an_unverified_party_may_not(portal, document):
    from yidan.kernel.events import Actor
    from yidan.parties import actions

    machine = portal.machine(*Role)
    headers = machine.headers()
    root = Actor(portal.organisation(Role.ADMINISTRATOR), "root")
    portal.run(lambda uow: actions.suspend_organisation(machine.party, "why", uow), root)
    for verb, path, one in closed(document):
        if demanded(one):
            answer = call(portal, verb, path, one, headers)
            assert answer.status_code == 403, (verb, path)


def test_another_party_finds_nothing_of_others(portal, document):
    """With every scope and somebody else's ids: not there, or the body is found wanting first."""
    stranger = portal.machine(*(role for role in Role if role is not Role.ADMINISTRATOR))
    headers = stranger.headers()
    for verb, path, one in closed(document):
        if "{" in path:
            status = call(portal, verb, path, one, headers).status_code
            assert status in ({404} if verb == "get" else {404, 422, 415}), (verb, path, status)


def test_no_route_answers_an_empty_call_with_a_fault(portal, document):
    setup.prepare(portal.services.settings)
    everything = portal.machine(*Role, scopes=sorted(SCOPES))
    headers = everything.headers()
    for verb, path, one in operations(document):
        assert call(portal, verb, path, one, headers).status_code < 500, (verb, path)


def test_an_application_with_an_unmarked_route_does_not_start(services):
    from yidan.http import auth

    app = create_app(services)
    app.add_url_rule("/v1/forgotten", view_func=lambda: "secret")
    with pytest.raises(ValueError, match="does not say what it demands"):
        auth.install(app, lambda _request: None)


def test_what_a_route_demands_is_what_its_document_says(portal, document):
    for rule in portal.app.url_map.iter_rules():
        access = access_of(portal.app.view_functions[rule.endpoint])
        path = parse_rule(rule.rule)
        for verb in {"GET", "POST"} & set(rule.methods or ()):
            operation = document["paths"].get(path, {}).get(verb.lower())
            if operation is not None and access is not None and access.closed:
                assert demanded(operation) == (access.scope or "")
