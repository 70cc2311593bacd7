"""The public verify page in a real browser: good and changed bundles and papers."""

import pytest


@pytest.fixture
def bundle(scene):
    return scene.client().get(f"/verify/{scene.order.id}/bundle.json").data


def hand_in(stranger, name, data):
    stranger.page.set_input_files("#file", {"name": name, "mimeType": "", "buffer": data})
    stranger.page.click("main form button")
    return stranger.page.get_attribute(".verdict", "data-outcome")


def test_a_good_bundle_is_valid_and_a_changed_one_is_not(visitor, bundle):
    stranger = visitor()
    stranger.go("/verify?lang=en")
    assert hand_in(stranger, "bundle.json", bundle) == "VALID"
    assert "run by 示例海关 Example Customs" in stranger.text(".checked")
    changed = bytearray(bundle)
    changed[len(changed) // 2] ^= 1
    assert hand_in(stranger, "bundle.json", bytes(changed)) == "INVALID"


def test_a_paper_is_known_by_its_bytes_and_its_code(visitor, scene, picture):
    stranger = visitor()
    stranger.go(f"/verify/{scene.order.id}?lang=zh")
    assert "未核验" in stranger.text(".verdict")
    assert hand_in(stranger, "do.pdf", scene.pdf) == "VALID"
    assert "提货单" in stranger.text("main")
    assert "有效" in stranger.text(".verdict")
    picture(stranger.page, "verify")
    assert hand_in(stranger, "do.pdf", scene.pdf + b"\n") == "INVALID"


def test_its_proof_can_be_taken_away_and_handed_in_again(visitor, scene):
    stranger = visitor()
    stranger.go(f"/verify/{scene.order.id}?lang=en")
    with stranger.page.expect_download() as waiting:
        stranger.page.click("a:has-text('Download its proof')")
    with open(waiting.value.path(), "rb") as file:  # noqa: PTH123 - a path of playwright's
        assert hand_in(stranger, "bundle.json", file.read()) == "VALID"
