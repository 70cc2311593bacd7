"""The port day: every party sends its files of `examples/port-day/`; a stranger checks the proof.

`make demo` runs this and then serves the console; `make demo ONCE=1` stops everything afterwards.
This is a client: it starts `yidan up` and then uses the public API, the file drop and its own
receivers, as the parties would. Everything lies in `var/` (or `YIDAN_VAR`); a second run goes on
with the same parties and a new day, with references of its own.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from runner import box, bulk, parties, proof
from runner.access import Access
from runner.client import UnexpectedError
from runner.files import FOLDER, Day
from runner.installation import CannotStartError, Installation, choose_ports
from runner.parties import Stage
from runner.receivers import Receiver
from runner.telling import Teller


def main() -> int:
    """Run the day: 0 if all came out as expected, 1 if not, 2 if it cannot start."""
    parser = argparse.ArgumentParser(description="The port day 港口一天")
    parser.add_argument("--once", action="store_true", help="stop everything afterwards")
    once: bool = parser.parse_args().once
    console = Console(soft_wrap=True)
    var = Path(os.environ.get("YIDAN_VAR", "var")).resolve()
    try:
        access = _access(var)
        choose_ports(access)
        console.print("平台启动中 Starting the platform…", style="dim", highlight=False)
        with Installation(var, access) as installation:
            run_day(installation, console)
            if not once:
                _serve(installation, console)
    except CannotStartError as error:
        console.print(str(error), style="red", markup=False)
        return 2
    except UnexpectedError as error:
        console.print(f"与预期不符 NOT AS EXPECTED: {error}", style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("已停止 Stopped.")
        return 0 if not once else 1
    if once:
        console.print("DEMO OK", highlight=False)
    return 0


def _access(var: Path) -> Access:
    access = Access.load(var / "demo" / "access.json")
    if (var / "yidan.db").exists() and not access.ports:
        raise CannotStartError(
            f"{var} 中已有其他安装 holds an installation that is not the demo's, and it stays as it"
            " is. Take another folder: YIDAN_VAR=/some/folder make demo"
        )
    return access


def run_day(installation: Installation, console: Console) -> None:
    """Tell one port day on a running platform.

    Raises:
        UnexpectedError: a step or a refusal came out otherwise.
    """
    access = installation.access
    access.days += 1
    access.save()
    out = installation.var / "demo"
    received = out / "received"
    teller = Teller(console)
    console.print(f"[bold]一单 Yidan[/bold]  第 {access.days} 个港口日 port day {access.days}")
    console.print(f"{installation.url}  ·  {FOLDER}", style="dim", highlight=False)
    with (
        Receiver("agent", received, ".edi") as agent,
        Receiver("customs", received, ".xml") as customs,
        teller.showing(),
    ):
        stage = Stage(
            installation, Day(access.days), teller, {"agent": agent, "customs": customs}, out
        )
        parties.let_in(stage)
        parties.tell_addresses(stage)
        right = box.carry_box(stage)
        task = bulk.carry_lot(stage)
        box.fetch_papers(stage)
        proof.prove(
            stage,
            {
                "gate-out.bundle.json": ("haulier", right),
                "weighbridge-ticket.bundle.json": ("haulier", f"task:{task}"),
            },
        )


def _serve(installation: Installation, console: Console) -> None:
    """Leave the platform running and say how to sign in."""
    table = Table(title=f"{installation.url}/sign-in")
    for heading in ("单位 organisation", "登录名 sign-in name", "密码 password"):
        table.add_column(heading)
    listed = json.loads((FOLDER / "parties.json").read_text(encoding="utf-8"))
    table.add_row(
        "平台管理 administration", parties.ADMINISTRATOR, installation.access.admin_password
    )
    for party in listed:
        one = installation.access.party(party["key"])
        table.add_row(party["nameEn"], one.person, one.password)
    console.print(table)
    console.print("控制台在运行，按 Ctrl-C 停止。 The console is served; stop with Ctrl-C.")
    installation.wait()


if __name__ == "__main__":
    sys.exit(main())
