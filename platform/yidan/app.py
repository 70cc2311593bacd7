"""The web application: services in, blueprints collected, nothing global."""

from flask import Blueprint
from flask_openapi3.blueprint import APIBlueprint

from yidan import bootstrap
from yidan.config import from_environment
from yidan.http import auth, guard, health, problems, wiring
from yidan.http.openapi import Api, new_api
from yidan.parties import authentication
from yidan.ports import Services
from yidan.web import shell


def create_app(services: Services | None = None) -> Api:
    """Put an application together over these services, or over those the environment describes."""
    services = services or bootstrap.build(from_environment())
    app = new_api()
    wiring.install(app, services)
    problems.install(app)
    guard.install(app, services.settings)
    health.install(app)
    shell.install(app, services.settings)
    authentication.install(app, services)
    for module in bootstrap.furniture("api", "pages"):
        _register(app, getattr(module, "bp", None))
    auth.install(app, authentication.authenticate)
    return app


def _register(app: Api, bp: object) -> None:
    if isinstance(bp, APIBlueprint):
        app.register_api(bp)
    elif isinstance(bp, Blueprint):
        app.register_blueprint(bp)
