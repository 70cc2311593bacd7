"""Which language an answer is in, Chinese or English, and how a page says something in both.

A page follows `?lang=`, then the cookie that remembers it, then `Accept-Language`; an API answer
follows `Accept-Language` alone. Both texts of a page stand side by side where they are said, as
those of a reason do: no catalogue to compile, and none to fall behind.
"""

from typing import Final

from flask import Response, request

LANGUAGES: Final = ("en", "zh")
COOKIE: Final = "lang"
"""Cookie with the language a person chose."""
REMEMBERED_S: Final = 365 * 24 * 3600
"""Life of that cookie, in seconds."""
API_PATHS: Final = ("/v1/", "/oauth/")

Words = tuple[str, str]
"""One text in English and in Chinese."""


def is_api() -> bool:
    """Whether this request is a machine's call and not a page."""
    return request.path.startswith(API_PATHS)


def language() -> str:
    """The language of this answer: "en" or "zh"."""
    chosen = () if is_api() else (request.args.get("lang"), request.cookies.get(COOKIE))
    for wanted in chosen:
        if wanted in LANGUAGES:
            return wanted
    return request.accept_languages.best_match(LANGUAGES, default="en")


def say(en: str, zh: str) -> str:
    """The one of two texts that fits this answer's language."""
    return zh if language() == "zh" else en


def remember(response: Response) -> Response:
    """Remember a language asked for by `?lang=` in a cookie."""
    if not is_api() and request.args.get("lang") in LANGUAGES:
        response.set_cookie(
            COOKIE,
            request.args["lang"],
            max_age=REMEMBERED_S,
            samesite="Lax",
            secure=request.is_secure,
            httponly=True,
        )
    return response
