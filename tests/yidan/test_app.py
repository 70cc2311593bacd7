"""The application: three lines in wsgi.py, rooms collected, each blueprint once."""

from pathlib import Path

from yidan.app import create_app

ROOT = Path(__file__).parents[2]


def test_wsgi_is_three_lines():
    lines = (ROOT / "wsgi.py").read_text("utf-8").split("\n")
    assert [line for line in lines if line] == [
        "from yidan.app import create_app",
        "app = create_app()",
    ]


def test_every_rooms_blueprint_is_registered_once(services):
    app = create_app(services)
    assert {"parties", "signing_in"} <= app.blueprints.keys()
    rules = [(rule.rule, tuple(sorted(rule.methods))) for rule in app.url_map.iter_rules()]
    assert len(rules) == len(set(rules))


def test_two_applications_do_not_share_anything(services):
    one, two = create_app(services), create_app(services)
    one.config["X"] = 1
    assert "X" not in two.config
