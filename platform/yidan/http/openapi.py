"""The application class and its OpenAPI 3.1 document, completed from what the routes say.

Each operation gets the security, the idempotency header and the problem answers its mark demands
(http/auth), so that a room's `api.py` names only what it does. The page that shows the document is
served from the wheel's own files; nothing is fetched from elsewhere.
"""

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final, TypeVar

from flask import Flask
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from flask_openapi3.utils import parse_rule
from pydantic import BaseModel
from typing_extensions import override

from yidan.http import auth
from yidan.http.models import KEY_HEADER, Problem, WireModel
from yidan.http.problems import MEDIA_TYPE
from yidan.http.reading import StrictRequest

View = TypeVar("View", bound=Callable[..., Any])
VERSION: Final = "v1"
BODY_ATTRIBUTE: Final = "yidan_request_body"

_PROBLEM: Final = {"schema": {"$ref": "#/components/schemas/Problem"}}
_ALWAYS: Final = (400, 404, 405, 413, 415, 422, 500, 503)
_WITH_ACCESS: Final = (401, 403)
_CHANGING: Final = (401, 409, 429)
_REASONS_HEADER: Final = {
    "Content-Language": {"schema": {"type": "string", "enum": ["en", "zh"]}},
}

SECURITY_SCHEMES: Final[dict[str, Any]] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Access token of POST /oauth/token (private_key_jwt, EdDSA).",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "session",
        "description": "Session of a signed-in person; changing calls also send X-CSRFToken.",
    },
}

CONSOLE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Yidan API</title>
<link rel="stylesheet" href="{{ url_for('swagger.static', filename='css/swagger-ui.css') }}"></head>
<body><div id="swagger-ui" data-document="{{ doc_url }}"></div>
<script src="{{ url_for('swagger.static', filename='js/swagger-ui-bundle.js') }}"></script>
<script src="{{ url_for('http.static', filename='api-console.js') }}"></script>
</body></html>"""
"""The API console's page, without inline script, which the content security policy forbids."""

FRONT: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Yidan API</title></head><body>
<ul><li><a href="{{ url_for('openapi.doc_url') }}">OpenAPI 3.1</a></li>
<li><a href="{{ url_for('swagger.swagger') }}">Console</a></li></ul></body></html>"""


class Api(OpenAPI):
    """A Flask application that reads strictly and describes itself."""

    request_class = StrictRequest

    @override
    def generate_spec_json(self) -> None:
        """Make the document, then complete every operation from its view's mark."""
        super().generate_spec_json()  # type: ignore[no-untyped-call]  # untyped library
        schemas = self.spec_json["components"]["schemas"]
        seen: dict[str, type[BaseModel]] = {}
        for model in _wire_models():
            if (name := model.__name__) in schemas:
                if seen.setdefault(name, model) is not model:
                    raise ValueError(f"two models are called {name} in the OpenAPI document")
                schemas[name] = _schema_of(model)
        self.spec_json["components"]["responses"] = {
            f"Problem{status}": _problem(status)
            for status in sorted({*_ALWAYS, *_WITH_ACCESS, *_CHANGING})
        }
        marks = dict(_marks(self))
        for path, item in self.spec_json["paths"].items():
            for method, operation in item.items():
                _complete(operation, method.upper(), marks[method.upper(), path])


def new_api() -> Api:
    """A new application, before any route."""
    app = Api(
        "yidan",
        info=Info(
            title="Yidan 一单",
            version=VERSION,
            description="One bill for the whole way: waybills, releases, gates, and their proof.",
        ),
        security_schemes=SECURITY_SCHEMES,
        validation_error_model=Problem,
        static_folder=None,
    )
    app.config["SWAGGER_HTML_STRING"] = CONSOLE
    app.config["OPENAPI_HTML_STRING"] = FRONT
    return app


def answers(model: type[WireModel], status: int = HTTPStatus.CREATED) -> dict[Any, Any]:
    """The documented good answer of an operation; problems are added by themselves."""
    return {status: model}


def raw_answers(*media_types: str, status: int = HTTPStatus.OK) -> dict[Any, Any]:
    """A documented good answer that is not JSON."""
    content = {name: {"schema": {"type": "string"}} for name in media_types}
    return {status: {"description": HTTPStatus(status).phrase, "content": content}}


def with_body(description: Mapping[str, Any]) -> Callable[[View], View]:
    """Document a body that no model describes (OpenAPI request body object)."""

    def mark(view: View) -> View:
        setattr(view, BODY_ATTRIBUTE, dict(description))
        return view

    return mark


def _marks(app: Flask) -> Iterator[tuple[tuple[str, str], Any]]:
    for rule in app.url_map.iter_rules():
        for method in rule.methods or ():
            yield (method, parse_rule(rule.rule)), app.view_functions[rule.endpoint]


def _complete(operation: dict[str, Any], method: str, view: object) -> None:
    access = auth.access_of(view)
    closed = access is not None and access.closed
    statuses = [
        *_ALWAYS,
        *(_WITH_ACCESS if closed else ()),
        *(_CHANGING if method != "GET" else ()),
    ]
    for status in statuses:
        operation["responses"].setdefault(str(status), _problem_reference(status))
    operation["responses"]["422"] = _problem_reference(422)
    if method == "GET":
        operation["responses"].setdefault("304", {"description": "Not Modified"})
    if access is not None and access.closed:
        scopes = [access.scope] if access.scope else []
        operation["security"] = [{"token": scopes}, {"session": scopes}]
        if method == "POST" and scopes:
            _add_key(operation)
    if body := getattr(view, BODY_ATTRIBUTE, None):
        operation["requestBody"] = body


def _add_key(operation: dict[str, Any]) -> None:
    parameters = operation.setdefault("parameters", [])
    parameters[:] = [item for item in parameters if item["name"] != KEY_HEADER]
    parameters.append(
        {
            "name": KEY_HEADER,
            "in": "header",
            "required": True,
            "description": "Your own name for this request; repeated, it gives the first answer.",
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": 255,
                "pattern": r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$",
            },
        }
    )


def _problem_reference(status: int) -> dict[str, str]:
    return {"$ref": f"#/components/responses/Problem{status}"}


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": HTTPStatus(status).phrase,
        "headers": _REASONS_HEADER,
        "content": {MEDIA_TYPE: _PROBLEM},
    }


def _wire_models() -> Iterator[type[BaseModel]]:
    waiting: list[type[BaseModel]] = [WireModel]
    while waiting:
        found = waiting.pop().__subclasses__()
        waiting.extend(found)
        yield from found


def _schema_of(model: type[BaseModel]) -> Mapping[str, Any]:
    """A model's whole schema; flask-openapi3's own classes drop keywords they do not know."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return schema
