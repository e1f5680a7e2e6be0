"""What `photobatch doctor --cluster` finds in a file for `ray up`: ours, filled in, and each fault that it can have."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployments.doctor import examine_cluster
from photobatch.engine.finding import Finding

ROOT = Path(__file__).parent.parent.parent.parent
Config = dict[str, Any]


@pytest.fixture
def launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the token, on a machine with boto3."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray/auth_token").write_text("secret")
    (tmp_path / "boto3.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def ours(name: str = "cluster.yaml") -> Config:
    text = (ROOT / name).read_text()
    filled_in = text.replace("YOUR-ACCOUNT", "123456789012").replace("YOUR-NETWORK", "198.51.100.0/24")
    config: Config = yaml.safe_load(filled_in)
    return config


def found(config: object, folder: Path) -> dict[str, Finding]:
    file = folder / "cluster.yaml"
    file.write_text(yaml.safe_dump(config))
    return {finding.name: finding for finding in examine_cluster(file)}


def head(config: Config) -> Config:
    node: Config = config["available_node_types"]["head"]["node_config"]
    return node


def gpu(config: Config) -> Config:
    node: Config = config["available_node_types"]["gpu"]["node_config"]
    return node


def kind(config: Config, name: str) -> Config:
    found: Config = config["available_node_types"][name]
    return found


def test_ours_has_no_fault_once_it_is_filled_in(launcher: Path) -> None:
    findings = found(ours(), launcher)
    assert {finding.state for finding in findings.values()} == {"ok"}, findings
    assert {
        "boto3",
        "images",
        "roles",
        "port",
        "setup",
        "weights",
        "GPU nodes",
        "open files",
        "token",
    } <= findings.keys()
    local = found(ours("cluster.local.yaml"), launcher)
    assert {finding.state for finding in local.values()} == {"ok"}, local
    assert "boto3" not in local


def test_what_is_still_in_capitals_is_named(launcher: Path) -> None:
    finding = {each.name: each for each in examine_cluster(ROOT / "cluster.yaml")}["filled in"]
    assert (finding.state, finding.found) == ("wrong", "YOUR-ACCOUNT, YOUR-NETWORK still in it")


def changed(change: Callable[[Config], object], launcher: Path) -> dict[str, Finding]:
    config = ours()
    change(config)
    return found(config, launcher)


@pytest.mark.parametrize(
    ("change", "name", "state", "words"),
    [
        (lambda c: c.update(head_setup_commands=[]), "boto3", "wrong", "nothing installs boto3 on the head"),
        (lambda c: gpu(c).pop("ImageId"), "images", "wrong", "gpu without an ImageId"),
        (lambda c: head(c).update(ImageId="latest_dlami"), "images", "wrong", "head without an ImageId"),
        (lambda c: head(c).pop("IamInstanceProfile"), "roles", "wrong", "the head has no IamInstanceProfile"),
        (lambda c: gpu(c).pop("IamInstanceProfile"), "roles", "warning", "do not reach the bucket"),
        (lambda c: gpu(c).update(IamInstanceProfile=head(c)["IamInstanceProfile"]), "roles", "warning", "share"),
        (lambda c: c["provider"].pop("security_group"), "port", "wrong", "port 8001 is shut"),
        (
            lambda c: c["provider"]["security_group"]["IpPermissions"][0].update(FromPort=80, ToPort=443),
            "port",
            "wrong",
            "port 8001 is shut",
        ),
        (
            lambda c: c["provider"]["security_group"]["IpPermissions"][0].update(IpRanges=[{"CidrIp": "0.0.0.0/0"}]),
            "port",
            "warning",
            "open to everybody",
        ),
        (lambda c: head(c).update(SecurityGroupIds=["sg-1"]), "port", "ok", "of your own"),
        (lambda c: c.update(initialization_commands=c.pop("setup_commands")), "setup", "wrong", "nightly"),
        (lambda c: c["worker_setup_commands"].append("make setup"), "setup", "warning", "tests and tools"),
        (
            lambda c: c["worker_setup_commands"].append("pip install 'photobatch[server,dev]'"),
            "setup",
            "warning",
            "tools",
        ),
        (lambda c: c["worker_setup_commands"].pop(), "weights", "warning", "gpu without weights"),
        (lambda c: kind(c, "gpu").update(worker_setup_commands=["true"]), "weights", "warning", "gpu without weights"),
        (lambda c: c["available_node_types"].pop("gpu"), "weights", "warning", "cpu without weights"),
        (lambda c: c["worker_setup_commands"].insert(0, "make setup-cpu"), "setup", "wrong", "gpu with a GPU and"),
        (lambda c: kind(c, "cpu")["worker_setup_commands"].append("make test"), "setup", "warning", "tests and tools"),
        (lambda c: kind(c, "gpu")["resources"].update(CPU=8), "GPU nodes", "warning", "keep an expensive node"),
        (lambda c: kind(c, "gpu")["resources"].pop("CPU"), "GPU nodes", "warning", "gpu with CPUs on offer"),
        (
            lambda c: c.update(worker_start_ray_commands=["ray start --address=$RAY_HEAD_IP:6379"]),
            "open files",
            "warning",
            "worker_start_ray_commands",
        ),
        (lambda c: c["setup_commands"].pop(), "token", "wrong", "`serve deploy` ends in 401"),
        (lambda c: c["file_mounts"].pop("~/.ray/auth_token"), "token", "wrong", "no file_mounts brings"),
        (
            lambda c: c["file_mounts"].update({"~/.ray/auth_token": "~/nowhere"}),
            "token",
            "wrong",
            "there is no ~/nowhere",
        ),
        (
            lambda c: c.update(head_start_ray_commands=["RAY_AUTH_MODE=disabled ~/photobatch/deployments/node --head"]),
            "token",
            "warning",
            "Ray has no token",
        ),
    ],
)
def test_faults(change: Callable[[Config], object], name: str, state: str, words: str, launcher: Path) -> None:
    findings = changed(change, launcher)
    finding = findings.pop(name)
    assert (finding.state, words in finding.found) == (state, True), finding
    assert bool(finding.advice) == (state != "ok")
    assert {other.state for other in findings.values()} == {"ok"}, "one fault, one finding"


def test_a_launcher_without_boto3(launcher: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    finding = found(ours(), launcher)["boto3 here"]
    assert (finding.state, "pip install boto3" in finding.advice) == ("wrong", True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a: [", "is not YAML"),
        (b"\xff\xfe\x00", "is not YAML"),
        (b"[" * 5000, "is not YAML"),
        (b"- a list", "Ray does not take"),
        (b"cluster_name: x\nprovider: {type: aws, region: us-west-2}\n", "no available_node_types"),
        (b"#" * (2 << 20), "more than 1 MB"),
    ],
)
def test_what_is_no_cluster_file(content: bytes, words: str, tmp_path: Path) -> None:
    file = tmp_path / "cluster.yaml"
    file.write_bytes(content)
    [finding] = examine_cluster(file)
    assert (finding.state, words in finding.found) == ("wrong", True), finding


def test_a_misspelt_key(launcher: Path) -> None:
    findings = found(ours() | {"idle_timeout_minuets": 3}, launcher)
    assert [(name, "idle_timeout_minuets" in finding.found) for name, finding in findings.items()] == [("file", True)]


def test_a_value_that_contains_itself_ends_nothing(launcher: Path) -> None:
    endless: Config = {}
    endless["again"] = endless
    findings = changed(lambda c: gpu(c).update(endless), launcher)
    assert findings["filled in" if "filled in" in findings else "file"].state == "wrong"


def test_a_value_of_a_wrong_kind_is_a_finding_of_its_check_alone(launcher: Path) -> None:
    findings = changed(
        lambda c: c["provider"]["security_group"].update(IpPermissions=[{"FromPort": "eight"}]), launcher
    )
    assert {name for name, finding in findings.items() if finding.state == "wrong"} <= {"port", "file"}
    assert any(finding.state == "wrong" for finding in findings.values())
