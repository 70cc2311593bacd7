"""The lane's screen as the server gives it; what it does is tested in a browser."""

import pytest


@pytest.mark.parametrize("lane", ["", "A 3", "a/3", "X" * 13, "车道"])
def test_a_lane_without_a_proper_name_is_asked_for(scene, lane):
    text = scene.client("terminal").get("/kiosk", query_string={"lane": lane}).text
    assert 'id="capture"' not in text
    assert 'name="lane"' in text


def test_a_lane_has_one_spelling(scene):
    assert scene.client("terminal").get("/kiosk?lane=a3").location == "/kiosk?lane=A3"


def test_the_screen_speaks_both_languages_at_once_and_says_who_opened_it(scene):
    text = scene.client("terminal").get("/kiosk?lane=A3").text
    for word in ("放行", "Approved", "请等待人工", "Wait for a clerk", "不予放行", "Denied"):
        assert word in text
    assert "王海" in text
    assert 'name="csrf-token"' in text
