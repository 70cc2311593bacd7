"""The OpenAPI document: valid as 3.1, complete, and kept under generated calls."""

import uuid

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from yidan.http.auth import SCOPES
from yidan.kernel.reasons import Role
from yidan.proof import setup

EXAMPLES = 8
"""Generated calls an operation."""


@pytest.fixture
def document(portal):
    return portal.client().get("/openapi/openapi.json").json


def test_the_document_is_valid_as_3_1(document):
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def operations(document):
    for path, item in document["paths"].items():
        for verb, operation in item.items():
            yield verb, path, operation


def test_every_operation_says_what_it_does_and_how_it_fails(document):
    for verb, path, operation in operations(document):
        assert operation["summary"].endswith("."), (verb, path)
        assert {"400", "422", "500", "503"} <= operation["responses"].keys(), (verb, path)
        assert any(status.startswith("2") for status in operation["responses"]), (verb, path)


def test_every_changing_operation_demands_an_idempotency_key(document):
    without = {
        path
        for verb, path, operation in operations(document)
        if verb == "post"
        and "Idempotency-Key" not in {item["name"] for item in operation.get("parameters", [])}
    }
    assert without == {
        "/oauth/token",
        "/v1/sessions",
        "/v1/sessions/end",
        "/v1/sessions/password",
    }


def unbounded_texts(schema, at=""):
    if isinstance(schema, dict):
        if schema.get("type") == "string" and not (
            {"maxLength", "enum", "const", "format"} & schema.keys()
        ):
            yield at
        for name, part in schema.items():
            yield from unbounded_texts(part, f"{at}/{name}")
    elif isinstance(schema, list):
        for index, part in enumerate(schema):
            yield from unbounded_texts(part, f"{at}/{index}")


def test_every_text_that_is_sent_has_a_longest_form(document):
    sent = [operation.get("requestBody", {}) for _, _, operation in operations(document)]
    names = {
        part["schema"]["$ref"].rsplit("/", 1)[1]
        for body in sent
        for media, part in body.get("content", {}).items()
        if media == "application/json" and "$ref" in part["schema"]
    }
    schemas = document["components"]["schemas"]
    assert {name: list(unbounded_texts(schemas[name])) for name in names} == {
        name: [] for name in names
    }


@pytest.mark.integration
def test_no_generated_call_finds_a_fault_or_an_undocumented_answer(portal, document):
    setup.prepare(portal.services.settings)
    machine = portal.machine(*Role, scopes=sorted(SCOPES))
    headers = machine.headers()
    schema = schemathesis.openapi.from_wsgi("/openapi/openapi.json", portal.app)
    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]
    called = set()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def attack(case):
            fresh = {"Idempotency-Key": str(uuid.uuid4())}
            case.call_and_validate(headers=headers | fresh, checks=checks)

        attack()
        called.add(operation.label)
    assert len(called) == sum(1 for _ in operations(document))
