"""JSON-RPC 2.0 requests, single or in a batch, to answers; HTTP is elsewhere.

Source: JSON-RPC 2.0 and the error codes of the Ethereum execution APIs: 3 is a revert, with the
returned data, so that clients can read the reason.
"""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any, Final

from ledger.chain.node.formats import ParameterError, data
from ledger.chain.node.machine import CallError, RevertedError
from ledger.chain.node.pool import RefusedError
from ledger.chain.reverts import REVERTED, revert_reason

if TYPE_CHECKING:
    from ledger.chain.node.methods import Methods

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
SERVER_ERROR: Final = -32000
BATCH_LIMIT: Final = 1_000
DEPTH_LIMIT: Final = 32

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_log = logging.getLogger(__name__)


def answer(methods: Methods, body: bytes) -> bytes:
    """Return the answer to one HTTP body; empty if it holds notifications only."""
    try:
        request = json.loads(_shallow(body))
    except ValueError:
        return _dumped(_error(None, PARSE_ERROR, "parse error"))
    if not isinstance(request, list):
        single = _one(methods, request)
        return b"" if single is None else _dumped(single)
    if not request or len(request) > BATCH_LIMIT:
        return _dumped(_error(None, INVALID_REQUEST, f"batch of 1 to {BATCH_LIMIT} expected"))
    answers = [each for each in (_one(methods, one) for one in request) if each is not None]
    return _dumped(answers) if answers else b""


def _shallow(body: bytes) -> bytes:
    """Return the body if it does not nest too deeply.

    py-evm raises the interpreter's recursion limit so far that a deep body would overflow the
    stack of the thread that parses it, instead of raising RecursionError.

    Raises:
        ValueError: it nests too deeply.
    """
    depth = 0
    for token in _TOKEN.finditer(body):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token.group(), 0)
        if depth > DEPTH_LIMIT:
            raise ValueError("nested too deeply")
    return body


def _one(methods: Methods, request: Any) -> dict[str, Any] | None:
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        return _error(None, INVALID_REQUEST, "invalid request")
    identifier = request.get("id")
    result = _called(methods, request["method"], request.get("params") or [], identifier)
    return result if "id" in request else None


def _called(  # noqa: PLR0911  # one answer per kind of failure
    methods: Methods, name: str, params: Any, identifier: Any
) -> dict[str, Any]:
    function = methods.table.get(name)
    if function is None:
        return _error(identifier, METHOD_NOT_FOUND, f"the method {name} does not exist")
    if not isinstance(params, list):
        return _error(identifier, INVALID_PARAMS, "params must be a list")
    try:
        with methods.lock:
            return {"jsonrpc": "2.0", "id": identifier, "result": function(*params)}
    except RevertedError as error:
        reason = revert_reason(error.data)
        message = "execution reverted" + (f": {reason}" if reason else "")
        return _error(identifier, REVERTED, message, data(error.data))
    except (RefusedError, CallError) as error:
        return _error(identifier, SERVER_ERROR, str(error))
    except (ParameterError, TypeError) as error:
        return _error(identifier, INVALID_PARAMS, str(error))
    except Exception:  # noqa: BLE001  # see the next line
        # The last handler before the socket: the caller learns that it failed, the log learns why.
        _log.exception("%s failed", name)
        return _error(identifier, INTERNAL_ERROR, "internal error")


def _error(identifier: Any, code: int, message: str, returned: str | None = None) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    if returned is not None:
        error["data"] = returned
    return {"jsonrpc": "2.0", "id": identifier, "error": error}


def _dumped(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
