"""Which language an answer is in."""

import pytest
from flask import Flask, Response

from yidan.http import languages

CASES = [
    ("/", {}, "en"),
    ("/", {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}, "zh"),
    ("/", {"Accept-Language": "zh", "Cookie": "lang=en"}, "en"),
    ("/?lang=zh", {"Accept-Language": "en", "Cookie": "lang=en"}, "zh"),
    ("/?lang=tlh", {"Cookie": "lang=zh"}, "zh"),
    ("/", {"Cookie": "lang=<b>"}, "en"),
    ("/v1/releases?lang=zh", {"Accept-Language": "en", "Cookie": "lang=zh"}, "en"),
    ("/v1/releases", {"Accept-Language": "zh"}, "zh"),
]


@pytest.mark.parametrize(("path", "headers", "spoken"), CASES)
def test_a_page_follows_query_cookie_header_and_the_api_the_header_alone(path, headers, spoken):
    with Flask("x").test_request_context(path, headers=headers):
        assert languages.language() == spoken
        assert languages.say("yes", "是") == {"en": "yes", "zh": "是"}[spoken]


@pytest.mark.parametrize(
    ("path", "kept"),
    [("/?lang=zh", True), ("/?lang=xx", False), ("/", False), ("/v1/?lang=zh", False)],
)
def test_only_a_language_asked_for_on_a_page_is_remembered(path, kept):
    with Flask("x").test_request_context(path):
        response = languages.remember(Response())
    assert ("Set-Cookie" in response.headers) is kept
