"""What templates say, they say in both languages: no word stands outside `say(en, zh)`."""

import re
from pathlib import Path

import pytest

import yidan

TEMPLATES = sorted(
    path
    for path in Path(yidan.__file__).parent.glob("*/templates/**/*.html")
    if "kinds" not in path.parts
)
SAME_IN_BOTH = {
    "PDF",
    "IMO",
    "SHA",
    "JSON",
    "BUNDLE",
    "FILE",
    "POLICY",
    "python",
    "ledger",
    "verify",
}


def bare_words(text: str) -> list[str]:
    """Words of a template that a reader sees and that are not said in two languages."""
    text = re.sub(r"\{% block body_class %\}.*?\{% endblock %\}", " ", text)
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.DOTALL)
    text = re.sub(r"<(\w+)[^>]*\blang=\"(?:zh|en)\"[^>]*>[^<]*</\1>", " ", text)
    text = re.sub(r"<code>.*?</code>", " ", text, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>|&\w+;", " ", text)
    return [word for word in re.findall(r"[A-Za-z一-鿿]{3,}", text) if word not in SAME_IN_BOTH]


def test_a_bare_word_is_found():
    assert bare_words('<p>Sign in {{ say("a", "b") }}</p>') == ["Sign"]
    assert bare_words('<p>{{ say("Sign in", "登录") }}</p>') == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_word_stands_in_one_language_only(path):
    assert bare_words(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_what_is_said_is_english_first_and_chinese_second(path):
    said = re.findall(r"say\((['\"])(.*?)\1,\s*(['\"])(.*?)\3\)", path.read_text(encoding="utf-8"))
    wrong = [
        (en, zh)
        for _, en, _, zh in said
        if re.search(r"[一-鿿]", en) and not re.fullmatch(r"中文", en)
    ]
    assert wrong == []
