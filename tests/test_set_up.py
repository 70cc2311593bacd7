"""What README promises of `make demo` and `make test` where something is missing."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("dirname", "tr", "grep")


def test_without_root_what_is_missing_is_named_and_nothing_is_begun(tmp_path):
    requirements, tools = tmp_path / "requirements", tmp_path / "tools"
    requirements.mkdir()
    tools.mkdir()
    shutil.copy(ROOT / "requirements/bootstrap.sh", requirements)
    for name in TOOLS:
        (tools / name).symlink_to(str(shutil.which(name)))
    (tools / "id").write_text("#!/bin/sh\necho 1000\n")
    (tools / "id").chmod(0o755)
    answer = subprocess.run(
        ["/bin/sh", str(requirements / "bootstrap.sh"), "dev"],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 2, answer.stderr
    for package in ("python3-venv", "libpangoft2-1.0-0", "chromium"):
        assert package in answer.stderr
    assert "sudo apt-get install" in answer.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"requirements", "tools"}
