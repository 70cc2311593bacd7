"""The one typed way from a request to the services the application was built with."""

from typing import Final, cast

from flask import Flask, current_app

from yidan.ports import Services

EXTENSION: Final = "yidan"


def install(app: Flask, services: Services) -> None:
    """Put the services into an application."""
    app.extensions[EXTENSION] = services


def services() -> Services:
    """The services of the application that answers this request."""
    return cast("Services", current_app.extensions[EXTENSION])
