"""The composition root: what the first start of an installation makes."""

import os
import subprocess
import sys

EVERY_TABLE = """
import sys
from pathlib import Path
from sqlalchemy import inspect
from sqlmodel import SQLModel
from yidan import app, bootstrap, worker
from yidan.config import Settings
from yidan.proof import service

services = bootstrap.build(Settings(var=Path(sys.argv[1])))
app.create_app(services)
print(sorted(set(SQLModel.metadata.tables) - set(inspect(services.engine).get_table_names())))
"""


def test_the_first_start_makes_every_table_that_any_part_uses(tmp_path):
    """In a process of its own, since other tests have imported modules that a start does not."""
    answer = subprocess.run(
        [sys.executable, "-c", EVERY_TABLE, tmp_path],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert answer.stdout.strip() == "[]"
