"""A command that is pointed at the wrong place says so, makes nothing there and finds nothing."""

import re

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import checkpoint as checkpoints
from ledger import policy_file
from ledger.policy import ChainReference, Log, Policy
from yidan.cli import main

COMMANDS = {
    "fsck": ["fsck"],
    "rebuild": ["rebuild", "--check"],
    "audit": ["audit", "EOCLYG001"],
    "prove": ["prove", "waybill:1"],
    "resume": ["resume"],
    "erase": ["erase", "1", "--ground", "request 18"],
    "monitor": ["monitor", "--once"],
    "propose": ["succession", "propose", "new", "--new-log-key"],
    "apply": ["succession", "apply", "."],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_where_no_installation_is_nothing_is_made_and_nothing_found(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = CliRunner().invoke(main, COMMANDS[name], env={"YIDAN_VAR": "vra"})
    assert answer.exit_code == 2, answer.output
    assert re.search(
        "YIDAN_VAR=.*vra 中没有安装.*YIDAN_VAR=.*vra holds no installation", answer.stderr
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_database_that_does_not_answer_is_named(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    gone = {"YIDAN_VAR": "var", "DATABASE_URL": "postgresql+psycopg://u@127.0.0.1:9/d"}
    answer = CliRunner().invoke(main, COMMANDS[name], env=gone)
    assert answer.exit_code == 2, answer.output
    assert "DATABASE_URL: the database does not answer: " in answer.stderr


def test_a_database_without_our_tables_is_no_installation(tmp_path):
    (tmp_path / "yidan.db").touch()
    answer = CliRunner().invoke(main, ["fsck"], env={"YIDAN_VAR": str(tmp_path)})
    assert (answer.exit_code, "holds no installation" in answer.stderr) == (2, True)


@pytest.mark.parametrize("command", [["audit", "EOCLYG001"], ["prove", "waybill:1"]])
def test_an_installation_that_no_ledger_served_yet_has_no_policy(tmp_path, command):
    environment = {"YIDAN_VAR": str(tmp_path)}
    assert CliRunner().invoke(main, ["migrate"], env=environment).exit_code == 0
    answer = CliRunner().invoke(main, command, env=environment)
    assert answer.exit_code == 2, answer.output
    assert f"There is no trust policy {tmp_path / 'policy'}" in answer.stderr


@pytest.mark.parametrize("command", [["witness", "4"], ["succession", "sign", "4", "."]])
def test_a_witness_beyond_those_with_a_port_is_named(tmp_path, command):
    answer = CliRunner().invoke(main, command, env={"YIDAN_VAR": str(tmp_path)})
    assert answer.exit_code == 2
    assert "There is no embedded witness 4: YIDAN_WITNESS_PORTS is 8611,8612,8613" in answer.stderr


@pytest.mark.parametrize("command", [["fsck"], ["audit", "EOCLYG001"], ["prove", "waybill:1"]])
def test_a_policy_with_a_fault_is_named_and_nothing_is_found(tmp_path, command):
    environment = {"YIDAN_VAR": str(tmp_path)}
    assert CliRunner().invoke(main, ["migrate"], env=environment).exit_code == 0
    (tmp_path / "policy").write_text("log nobody\n")
    answer = CliRunner().invoke(main, command, env=environment)
    assert answer.exit_code == 2, answer.output
    assert f"{tmp_path / 'policy'}: the trust is at fault: line 1" in answer.stderr


def test_a_chain_that_can_be_neither_asked_nor_read_is_named(tmp_path):
    environment = {"YIDAN_VAR": str(tmp_path), "CHAIN_URL": "http://127.0.0.1:9"}
    assert CliRunner().invoke(main, ["migrate"], env=environment).exit_code == 0
    key = checkpoints.log_key("yidan.example/log", Ed25519PrivateKey.generate())
    chain = ChainReference(20251, f"0x{1:040x}")
    policy = Policy((Log(key),), (), (), "none", chain)
    (tmp_path / "policy").write_bytes(policy_file.write(policy))
    answer = CliRunner().invoke(main, ["fsck"], env=environment)
    assert answer.exit_code == 2, answer.output
    assert "cannot be compared: " in answer.stderr
    assert f"and there is no {tmp_path / 'chain.db'}" in answer.stderr


def test_with_a_faulty_policy_no_backup_is_made(tmp_path):
    environment = {"YIDAN_VAR": str(tmp_path)}
    assert CliRunner().invoke(main, ["migrate"], env=environment).exit_code == 0
    (tmp_path / "policy").write_text("log nobody\n")
    place = tmp_path / "set.tar"
    answer = CliRunner().invoke(main, ["backup", str(place), "--no-keys"], env=environment)
    assert (answer.exit_code, "Error: line 1: " in answer.stderr) == (1, True)
    assert not place.exists()
