"""Words and filters."""

import inspect
import re
from datetime import UTC, datetime

import pytest

from yidan.http.languages import COOKIE
from yidan.kernel import reasons
from yidan.kernel.events import REGISTRY
from yidan.kernel.reasons import Role
from yidan.store.standing import EventStanding, Standing
from yidan.waybill.events import WaybillSubmitted
from yidan.web import words


@pytest.fixture
def speaking(scene):
    def speaking(language):
        return scene.app.test_request_context("/", headers={"Cookie": f"{COOKIE}={language}"})

    return speaking


def test_roles_are_called_what_the_kernel_calls_them():
    source = inspect.getsource(reasons.Role)
    chinese = dict(re.findall(r'= "(\w+)"\n    """([^"]+)"""', source))
    assert {role.value: pair[1] for role, pair in words.ROLES.items()} == chinese


def test_an_instant_is_shown_by_the_ports_clocks_and_kept_exact(speaking):
    with speaking("zh"):
        shown = words.when(datetime(2026, 11, 22, 20, 30, tzinfo=UTC))
    assert shown == '<time datetime="2026-11-22T20:30:00+00:00">2026-11-23 04:30</time>'
    assert words.when(None) == "—"


def test_kilograms_are_grouped(speaking):
    with speaking("en"):
        assert words.kg(58_500_000) == "58,500,000 kg"
        assert words.kg(None) == "—"


def test_roles_stand_in_one_line(speaking):
    with speaking("en"):
        assert words.roles({Role.TERMINAL, Role.BANK}) == "bank, terminal"
    with speaking("zh"):
        assert words.roles({Role.TERMINAL, Role.BANK}) == "银行、码头"
        assert words.role(None) == "—"


def test_a_proof_says_how_far_it_came(speaking):
    with speaking("zh"):
        assert "已上链 · 叶 7" in words.proof(EventStanding(Standing.ANCHORED, 7))
        assert "已记录" in words.proof(None)


def test_an_event_is_told_by_its_type(speaking):
    submitted = object.__new__(WaybillSubmitted)
    with speaking("en"):
        assert words.happened(submitted).startswith("The forwarder submitted the bill")
    with speaking("zh"):
        assert words.happened(submitted) == "提交"


def test_every_event_of_the_platform_can_be_told(speaking):
    for language in ("en", "zh"):
        with speaking(language):
            told = [words.happened(object.__new__(cls)) for cls in REGISTRY.values()]
        assert min(map(len, told)) >= 2
        assert max(map(len, told)) < 160
