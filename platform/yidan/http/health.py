"""Is it up, is it ready, how busy is it: `/healthz`, `/readyz`, `/metrics`.

`/metrics` (Prometheus text format) answers callers on this very machine only; one that came through
a proxy gets the 404 that everything unknown gets.
"""

import ipaddress
import time
from collections.abc import Callable
from typing import Final

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from yidan.http.auth import anyone
from yidan.http.wiring import services
from yidan.kernel.errors import NotFoundError, UnavailableError
from yidan.store.engine import reading

BUCKETS_S: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)
"""Upper bounds of the duration histogram, in seconds."""


def install(app: Flask) -> None:
    """Add the health routes and count every request of the application."""
    registry = CollectorRegistry()
    labels = ("route", "method", "status")
    requests = Counter("yidan_requests", "Requests answered.", labels, registry=registry)
    duration = Histogram(
        "yidan_request_seconds", "Time to answer.", ("route",), buckets=BUCKETS_S, registry=registry
    )

    def begin() -> None:
        g.began = time.perf_counter()

    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "(none)"
        requests.labels(route, request.method, str(response.status_code)).inc()
        if "began" in g:
            duration.labels(route).observe(time.perf_counter() - g.began)
        return response

    app.before_request(begin)
    app.after_request(count)
    app.register_blueprint(_blueprint(lambda: generate_latest(registry)))


def _blueprint(metrics_text: Callable[[], bytes]) -> Blueprint:
    bp = Blueprint("http", __name__, static_folder="static", static_url_path="/openapi/console")

    @bp.get("/healthz")
    @anyone("says nothing but that the process answers")
    def healthz() -> Response:
        return Response("ok\n", content_type="text/plain")

    @bp.get("/readyz")
    @anyone("says nothing but that the database answers")
    def readyz() -> Response:
        try:
            with reading(services().engine) as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            raise UnavailableError from error
        return Response("ready\n", content_type="text/plain")

    @bp.get("/metrics")
    @anyone("answers this machine only")
    def metrics() -> Response:
        if not _from_this_machine():
            raise NotFoundError
        return Response(metrics_text(), content_type=CONTENT_TYPE_LATEST)

    return bp


def _from_this_machine() -> bool:
    forwarded = {"X-Forwarded-For", "Forwarded", "X-Real-Ip"} & set(request.headers.keys())
    if forwarded or not request.remote_addr:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr).is_loopback
    except ValueError:
        return False
