"""Settings: read from the environment once, and never guessed."""

from pathlib import Path

import pytest

from yidan.config import Settings, from_environment, variable


def test_an_empty_environment_is_the_embedded_form():
    assert from_environment({}) == Settings()


def test_settings_are_read_with_their_types():
    read = from_environment(
        {"YIDAN_VAR": "/srv/yidan", "YIDAN_CHAIN_ID": "7", "YIDAN_DEMO": "1", "PATH": "/bin"}
    )
    assert (read.var, read.chain_id, read.demo) == (Path("/srv/yidan"), 7, True)


def test_names_that_other_tools_know_are_read_and_ours_come_first():
    plain = {"DATABASE_URL": "postgresql+psycopg://a", "CHAIN_URL": ""}
    assert from_environment(plain).database_url == "postgresql+psycopg://a"
    assert from_environment(plain).chain_url == Settings().chain_url
    ours = {**plain, "YIDAN_DATABASE_URL": "postgresql+psycopg://b"}
    assert from_environment(ours).database_url == "postgresql+psycopg://b"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("YIDAN_CHAIN_IDD", "7", "YIDAN_CHAIN_IDD is not a setting"),
        ("YIDAN_CHAIN_ID", "seven", "YIDAN_CHAIN_ID must be a whole number"),
        ("YIDAN_CHAIN_ID", "٧", "YIDAN_CHAIN_ID must be a whole number"),
        ("YIDAN_DEMO", "yes", "YIDAN_DEMO must be 0 or 1"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_by_name(name, text, said):
    with pytest.raises(ValueError, match=said):
        from_environment({name: text})


def test_the_default_database_lies_in_var(tmp_path):
    settings = Settings(var=tmp_path)
    assert settings.sqlalchemy_url == f"sqlite:///{tmp_path.resolve()}/yidan.db"
    assert Settings(database_url="postgresql+psycopg://a").sqlalchemy_url.startswith("postgresql")


def test_every_setting_has_one_variable():
    assert variable("chain_id") == "YIDAN_CHAIN_ID"
    assert variable("database_url") == "DATABASE_URL"
