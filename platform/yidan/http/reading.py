"""Requests whose bytes are parsed once, strictly.

flask-openapi3 asks the request for its JSON; this class answers with the strict loader's reading
(kernel/strict_json) and refuses everything else with a problem, where the framework would go on
with nothing. A compressed body is refused: its size is not known before it is unpacked (QUALITY
D4).
"""

from typing import Any, Final

from flask import Request
from typing_extensions import override
from werkzeug.exceptions import UnsupportedMediaType

from yidan.kernel.content import JsonValue
from yidan.kernel.errors import BadRequestError, InvalidError
from yidan.kernel.reasons import reason
from yidan.kernel.strict_json import MAX_BYTES, loads

MAX_BODY_BYTES: Final = MAX_BYTES
"""Largest body that is read, in bytes."""

NOT_AN_OBJECT = reason(
    "body-not-an-object",
    en="The body must be one JSON object: {{…}}.",
    zh="请求体必须是一个 JSON 对象：{{…}}。",
)


class StrictRequest(Request):
    """A request that answers `get_json` with the strict loader's reading, or raises."""

    max_content_length = MAX_BODY_BYTES
    max_form_memory_size = 65_536
    max_form_parts = 100

    @override
    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The body as a JSON object; never silent.

        Raises:
            UnsupportedMediaType: the body is declared as something else.
            BadRequestError: the text is not strict JSON; with all findings.
        """
        return self.json_object()

    def json_object(self) -> dict[str, JsonValue]:
        """The body as a JSON object.

        Raises:
            UnsupportedMediaType: the body is declared as something else.
            BadRequestError: the text is not strict JSON; with all findings.
        """
        if self.mimetype != "application/json":
            raise UnsupportedMediaType
        try:
            value = loads(self.get_data(), max_bytes=MAX_BODY_BYTES)
        except InvalidError as error:
            raise BadRequestError(*error.reasons) from None
        if not isinstance(value, dict):
            raise BadRequestError(NOT_AN_OBJECT())
        return value


def refuse_compressed(request: Request) -> None:
    """Make sure a body was sent as it is.

    Raises:
        UnsupportedMediaType: it has a content coding.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType
