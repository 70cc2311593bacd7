"""What the demo says: each step with its number, a tick, a line in Chinese and English, a link."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from runner.client import UnexpectedError

Found = TypeVar("Found")

STEPS: Final = 49
"""Steps of a whole port day; a test compares it with what is told."""
_LOOK_AGAIN_S: Final = 0.5


class Teller:
    """Numbers the steps and shows how far the day is."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.told = 0
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("港口一天 Port day", total=STEPS)

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show the bar while the day goes on."""
        with self._progress:
            yield

    def chapter(self, zh: str, en: str) -> None:
        """Begin a part of the day."""
        self.console.print(f"\n[bold]{zh}[/bold]  {en}")

    def step(self, zh: str, en: str, link: str = "") -> None:
        """Say that a step came out as expected."""
        self._number("[green]✓[/green]", zh, en, link)

    def refused(self, zh: str, en: str, reasons: Sequence[dict[str, Any]], link: str = "") -> None:
        """Say that something was refused, as expected, with the reasons and who owes what."""
        self._number("[green]✓[/green] [red]✗[/red]", zh, en, link)
        self.reasons(reasons)

    def reasons(self, reasons: Sequence[dict[str, Any]]) -> None:
        """Say reasons, each with the party who owes the next step."""
        for reason in reasons:
            owner = f"  → {reason['owner']}" if reason.get("owner") else ""
            self.console.print(
                f"        · {reason['code']}: {reason['message']}{owner}", markup=False
            )

    def note(self, text: str) -> None:
        """Say something beside the steps."""
        self.console.print(f"        {text}", markup=False)

    def wait(self, zh: str, en: str, look: Callable[[], Found | None], timeout_s: float) -> Found:
        """Wait for something that the platform does by itself.

        Raises:
            UnexpectedError: it did not come in time.
        """
        self._progress.update(self._task, description=f"{zh} {en}")
        deadline = time.monotonic() + timeout_s
        try:
            while (found := look()) is None:
                if time.monotonic() > deadline:
                    raise UnexpectedError(f"{en}: not within {timeout_s:.0f} s")
                time.sleep(_LOOK_AGAIN_S)
        finally:
            self._progress.update(self._task, description="港口一天 Port day")
        return found

    def _number(self, mark: str, zh: str, en: str, link: str) -> None:
        self.told += 1
        self._progress.advance(self._task)
        self.console.print(f"{self.told:>4} {mark} {zh}  {en}", highlight=False)
        if link:
            self.console.print(f"        {link}", style="dim", highlight=False, markup=False)
