"""The `yidan` command; each part is imported only by the command that needs it."""

from yidan.cli import checking, keeping, running, succession
from yidan.cli.command import main

__all__ = ["checking", "keeping", "main", "running", "succession"]
