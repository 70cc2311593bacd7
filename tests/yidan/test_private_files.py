"""What the command line's processes write is nobody else's to read."""

import os

from click.testing import CliRunner

from yidan.cli import main


def test_what_a_command_makes_is_readable_by_nobody_else(tmp_path):
    before = os.umask(0o022)
    try:
        CliRunner().invoke(main, ["migrate"], env={"YIDAN_VAR": str(tmp_path / "var")})
        made = list((tmp_path / "var").iterdir())
        (tmp_path / "new").touch()
    finally:
        os.umask(before)
    assert made
    assert not any(path.stat().st_mode & 0o077 for path in (*made, tmp_path / "new"))
