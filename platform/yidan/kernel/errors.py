"""The one exception tree of the platform.

```
YidanError
├── BadRequestError     the request cannot even be read: not JSON, no key          400
├── InvalidError        the request is wrong in itself: every finding             422
├── RefusedError        the request is well-formed, the rules say no: every reason 409
├── InvalidTransitionError  an event is not allowed in a state (a RefusedError)   409
├── NotFoundError       not there, or not yours: the two are never told apart     404
├── ConflictError       somebody else was first; read again and retry             409
├── ForbiddenError      your role may not do this                                 403
├── UnauthenticatedError  who are you                                             401
├── ThrottledError      too many attempts; carries seconds to wait                429
└── UnavailableError    a part is down and goods could leave: fail closed         503
```

`http/problems.py` holds the one table from class to status. Nothing here knows HTTP.
"""

from yidan.kernel.reasons import Reason, reason


class YidanError(Exception):
    """Base of everything the platform raises on purpose."""

    reasons: tuple[Reason, ...] = ()

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(", ".join(r.code for r in reasons))
        self.reasons = reasons


class BadRequestError(YidanError):
    """The request cannot even be read (not JSON, no idempotency key)."""


class InvalidError(YidanError):
    """The request is wrong in itself; carries all findings, each with the field it is about."""


class RefusedError(YidanError):
    """The rules say no; carries all failing reasons, each with who owes the next step."""


class InvalidTransitionError(RefusedError):
    """An event is not allowed in the present state."""


class NotFoundError(YidanError):
    """There is no such thing, or it is not yours."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(*(reasons or (NOT_FOUND(),)))


class ConflictError(YidanError):
    """Somebody else changed the same thing first."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(*(reasons or (CONFLICT(),)))


class ForbiddenError(YidanError):
    """The caller's role may not do this."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(*(reasons or (FORBIDDEN(),)))


class UnauthenticatedError(YidanError):
    """The caller did not prove who they are."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(*(reasons or (UNAUTHENTICATED(),)))


class ThrottledError(YidanError):
    """Too many attempts; `retry_after_s` says how long to wait, in seconds."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(THROTTLED(seconds=retry_after_s))
        self.retry_after_s = retry_after_s


class UnavailableError(YidanError):
    """A needed part is down; the platform fails closed."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(*(reasons or (UNAVAILABLE(),)))


NOT_FOUND = reason("not-found", en="There is no such resource.", zh="没有该资源。")
CONFLICT = reason(
    "conflict",
    en="Somebody else changed this at the same moment; read it again and repeat.",
    zh="他人同时修改了该对象；请重新读取后再试。",
)
FORBIDDEN = reason("forbidden", en="Your role may not do this.", zh="您的角色无权执行此操作。")
UNAUTHENTICATED = reason(
    "unauthenticated", en="Sign in or send a valid access token.", zh="请登录或提供有效的访问令牌。"
)
THROTTLED = reason(
    "throttled",
    en="Too many attempts; wait {seconds} seconds.",
    zh="尝试次数过多；请等待 {seconds} 秒。",
)
UNAVAILABLE = reason(
    "unavailable",
    en="A part of the platform is not reachable; nothing was changed. Try again shortly.",
    zh="平台的某一部分暂不可用；未作任何更改。请稍后重试。",
)
