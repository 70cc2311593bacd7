"""A port's morning (tests/browser/scene) with its application, once for all pages."""

import pytest


@pytest.fixture(scope="session")
def scene(tmp_path_factory):
    from tests.browser.scene import Scene

    made = Scene(tmp_path_factory.mktemp("scene") / "var")
    yield made
    made.close()
