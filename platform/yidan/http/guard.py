"""What every answer carries and every request has to pass, whatever the route.

Security headers after OWASP ASVS 5.0 (3.4): a content security policy without inline script, no
sniffing, no framing. Forwarded headers are believed only from as many proxies as the settings name
(QUALITY D9).
"""

from typing import Final

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from yidan.config import Settings
from yidan.http.reading import MAX_BODY_BYTES, refuse_compressed

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
    " font-src 'self' data:; connect-src 'self'; media-src 'self' blob:; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
"""For pages: everything from here, nothing inline."""
DATA_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
"""For everything that is not a page."""
CONSOLE_POLICY: Final = PAGE_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""For the API console, whose wheel sets style attributes."""

_FIXED: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), camera=(self)",
}


def install(app: Flask, settings: Settings) -> None:
    """Put limits, headers and the believed proxies into an application."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["SESSION_COOKIE_HTTPONLY"] = True
    app.config["SESSION_COOKIE_SAMESITE"] = "Strict"
    app.config["SESSION_COOKIE_SECURE"] = settings.public_url.startswith("https://")
    app.before_request(_refuse_compressed)
    app.after_request(_protect)
    if proxies := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's own way to wrap
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )


def _refuse_compressed() -> None:
    refuse_compressed(request)


def _protect(response: Response) -> Response:
    # The server dates every answer; what make_conditional adds would be a second Date, and a sender
    # must not repeat it (RFC 9110 5.3, 6.6.1).
    response.headers.pop("Date", None)
    for name, value in _FIXED.items():
        response.headers.setdefault(name, value)
    page = response.mimetype == "text/html"
    console = request.path.startswith("/openapi/")
    policy = (CONSOLE_POLICY if console else PAGE_POLICY) if page else DATA_POLICY
    response.headers.setdefault("Content-Security-Policy", policy)
    if request.path.startswith(("/v1/", "/v3/", "/oauth/")):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
