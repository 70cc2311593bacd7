"""Chapter 4: what a stranger can check: bundles, the policy, `yidan verify`, one flipped byte."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from runner.client import Machine, UnexpectedError, expect
from runner.parties import Stage

VALID, INVALID = 0, 1
_WITHIN_S: Final = 180


def prove(stage: Stage, subjects: dict[str, tuple[str, str]]) -> None:
    """Save the bundles of these subjects, verify them offline, and see a flipped byte found.

    Args:
        stage: of the day.
        subjects: file name by what it holds: `(party that asks, subject)`.
    """
    teller = stage.teller
    teller.chapter("四、证明", "4. The proof")
    _wait_for_anchor(stage)
    policy = _save_policy(stage)
    for name, (party, subject) in subjects.items():
        bundle = _save_bundle(stage, party, subject, stage.out / name)
        _expect_verdict(bundle, policy, VALID)
        teller.step(
            f"离线验证 {name}：有效",
            "Verified offline: VALID",
            f"yidan verify {_shown(bundle)} --policy {_shown(policy)}",
        )
        flipped = _flip_one_byte(bundle)
        said = _expect_verdict(flipped, policy, INVALID)
        teller.step("翻转一个字节：无效", "One byte flipped: INVALID")
        teller.note(said.splitlines()[-1] if said.strip() else "")


def _wait_for_anchor(stage: Stage) -> None:
    teller = stage.teller
    asking = stage.machines["terminal"]
    leaves = expect(asking.get("/v1/proof/status")).body
    events = leaves["leaves"] + leaves["eventsNotLogged"]

    def reached(asking: Machine, name: str) -> dict[str, Any] | None:
        status: dict[str, Any] = expect(asking.get("/v1/proof/status")).body
        if status["stopped"]:
            raise UnexpectedError(f"the ledger has stopped: {status['stopped']}")
        return status if status[name] >= events else None

    link = f"{stage.url}/v1/proof/status"
    teller.wait("写入日志", "into the log", lambda: reached(asking, "leaves"), _WITHIN_S)
    teller.step(f"{events} 个事件写入日志", f"{events} events are leaves of the log", link)
    teller.wait("见证", "witnesses", lambda: reached(asking, "cosignedSize"), _WITHIN_S)
    teller.step("三个见证方会签检查点", "The witnesses cosigned its checkpoint", link)
    teller.wait("锚定", "anchor", lambda: reached(asking, "anchoredSize"), _WITHIN_S)
    teller.step("检查点锚定上链", "The checkpoint is anchored on the chain", link)


def _save_policy(stage: Stage) -> Path:
    answer = expect(stage.machines["terminal"].get("/v1/policy"))
    path = stage.out / "policy"
    path.write_text(answer.body, encoding="utf-8")
    return path


def _save_bundle(stage: Stage, party: str, subject: str, path: Path) -> Path:
    machine = stage.machines[party]
    kind, _, identifier = subject.partition(":")
    path.write_bytes(machine.download(f"/v1/proofs/{kind}/{identifier}"))
    return path


def _flip_one_byte(bundle: Path) -> Path:
    """A copy of the bundle with one bit of the byte in its middle flipped."""
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    flipped = bundle.with_name(bundle.name.replace("bundle", "flipped"))
    flipped.write_bytes(data)
    return flipped


def _expect_verdict(bundle: Path, policy: Path, verdict: int) -> str:
    """Run `yidan verify` as a stranger would and give what it said."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "yidan.cli", "verify", str(bundle), "--policy", str(policy)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != verdict:
        raise UnexpectedError(
            f"yidan verify {bundle}: {done.returncode}\n{done.stdout}{done.stderr}"
        )
    return done.stdout


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
