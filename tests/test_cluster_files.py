"""The files that people deploy with are ones that Ray takes, down to the last key."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from ray.autoscaler._private.util import prepare_config, validate_config
from ray.serve.schema import ServeDeploySchema

from deployments.settings import Settings
from photobatch import __version__

ROOT = Path(__file__).parent.parent
IMAGES = (ROOT / "Dockerfile").read_text()
MANIFESTS = yaml.safe_load_all((ROOT / "deployments/kubernetes/rayservice.yaml").read_text())
[MANIFEST] = [manifest for manifest in MANIFESTS if manifest and manifest["kind"] == "RayService"]
CLUSTER = MANIFEST["spec"]["rayClusterConfig"]
[RAY] = re.findall(r"^ray==(.+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", ["cluster.yaml", "cluster.local.yaml"])
def test_cluster_files_pass_rays_own_validator(name: str) -> None:
    config = yaml.safe_load((ROOT / name).read_text())
    validate_config(prepare_config(config))


def test_a_misspelt_key_would_not_pass() -> None:
    config = yaml.safe_load((ROOT / "cluster.yaml").read_text()) | {"idle_timeout_minuets": 3}
    with pytest.raises(Exception, match="idle_timeout_minuets"):
        validate_config(prepare_config(config))


def unknown_keys(value: Any, model: type[BaseModel], where: str = "") -> list[str]:
    """Serve's schema lets misspelt keys through: compare them with its fields ourselves."""
    found = []
    for key, inner in value.items():
        if key not in model.model_fields:
            found.append(f"{where}{key}")
            continue
        for kind in _models(model.model_fields[key].annotation):
            for part in inner if isinstance(inner, list) else [inner]:
                if isinstance(part, dict):
                    found += unknown_keys(part, kind, f"{where}{key}.")
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for inner in getattr(annotation, "__args__", ()) for model in _models(inner)]


@pytest.mark.parametrize("name", ["serve_config.yaml", "serve_config.cluster.yaml"])
def test_serve_config_has_only_keys_that_serve_knows(name: str) -> None:
    config = yaml.safe_load((ROOT / name).read_text())
    ServeDeploySchema.model_validate(config)
    assert unknown_keys(config, ServeDeploySchema) == []
    config["applications"][0]["deployments"][0]["max_ongoing_request"] = 1
    config["http_option"] = {}
    assert unknown_keys(config, ServeDeploySchema) == ["applications.deployments.max_ongoing_request", "http_option"]


def test_kubernetes_deploys_what_a_cluster_does() -> None:
    config = yaml.safe_load(MANIFEST["spec"]["serveConfigV2"])
    assert unknown_keys(config, ServeDeploySchema) == []
    expected = yaml.safe_load((ROOT / "serve_config.cluster.yaml").read_text())
    redis = expected["applications"][0]["args"].pop("redis_url")
    assert config == expected
    [head] = CLUSTER["headGroupSpec"]["template"]["spec"]["containers"]
    [journal] = [each["value"] for each in head["env"] if each["name"] == "REDIS_URL"]
    assert journal.replace(":$(PHOTOBATCH_REDIS_PASSWORD)@", "") == redis, "with the password, which is in a Secret"
    ports = {port["name"]: port["containerPort"] for port in head["ports"]}
    assert ports["serve"] == config["http_options"]["port"]
    [mount] = head["volumeMounts"]
    assert mount["mountPath"] == config["applications"][0]["args"]["api_keys"].replace("~", "/home/ray")


def test_there_is_room_for_as_many_workers_as_may_come() -> None:
    args = yaml.safe_load((ROOT / "serve_config.cluster.yaml").read_text())["applications"][0]["args"]
    most, fraction = int(args["max_workers"]), Settings.model_fields["gpu_fraction"].default
    cpu, gpu = CLUSTER["workerGroupSpecs"]
    per_pod = int(cpu["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"])
    assert cpu["maxReplicas"] * per_pod == most
    aws = yaml.safe_load((ROOT / "cluster.yaml").read_text())
    types = aws["available_node_types"]
    assert 0 <= types["cpu"]["max_workers"] * types["cpu"]["resources"]["CPU"] - most < types["cpu"]["resources"]["CPU"]
    assert sum(kind.get("max_workers", 0) for kind in types.values()) == aws["max_workers"]
    assert gpu["maxReplicas"] / fraction == int(args["max_gpu_workers"])
    assert types["gpu"]["max_workers"] / fraction == int(args["max_gpu_workers"])


def test_the_image_and_the_manifest_have_the_ray_that_is_pinned() -> None:
    assert CLUSTER["rayVersion"] == RAY
    [image] = re.findall(r"^FROM rayproject/ray:(\S+)-py311 AS node$", IMAGES, re.MULTILINE)
    assert image == RAY
    [*images] = re.findall(r"image: (\S+)", (ROOT / "deployments/kubernetes/rayservice.yaml").read_text())
    assert set(images) == {f"YOUR-REGISTRY/photobatch:{__version__}"}


def test_the_images_are_made_of_what_is_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", IMAGES, re.MULTILINE)
    assert all((ROOT / name).exists() for names in copied for name in names.split())
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert not {"constraints.txt", ".ci", "photobatch", *re.findall(r"[\w/.-]+", " ".join(copied))} & {*ignored} - {"."}
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {*re.findall(r"\.whl\)\[(\w+)\]", IMAGES)} == {"cpu", "server"} <= extras.keys()
    *stages, last = re.findall(r"^FROM \S+ AS (\w+)$", IMAGES, re.MULTILINE)
    assert (stages, last) == (["wheel", "cpu"], "node"), "the manifest's first line builds the last one"
    told = IMAGES + (ROOT / "docs/operations.md").read_text()
    assert {*re.findall(r"--target (\w+)", told)} | {*re.findall(r"--from=(\w+)", IMAGES)} <= {*stages}


def test_the_image_tells_ray_what_a_node_does() -> None:
    node = IMAGES.partition(" AS node\n")[2]
    [told] = re.findall(r"^ENV ((?:.*\\\n)*.*)$", node, re.MULTILINE)
    in_image = dict(re.findall(r"(\w+)=(\S+)", told))
    environment = (ROOT / "deployments/environment").read_text()
    of_a_node = dict(re.findall(r"^export (\w+)=?(\S*)$", environment, re.MULTILINE))
    mode = CLUSTER["authOptions"]["mode"]
    assert of_a_node.pop("RAY_AUTH_MODE") == f'"${{RAY_AUTH_MODE:-{mode}}}"'
    by_machine = {name for name, value in of_a_node.items() if value.startswith(('"$haproxy', '"$connections'))}
    assert in_image.keys() == of_a_node.keys() - by_machine, "a container has its own /tmp and limits"
    assert {name for name in in_image if in_image[name] != of_a_node[name]} == {
        "PHOTOBATCH_HAPROXY",
        "PYTHONPATH",
        "RAY_SERVE_HAPROXY_BINARY_PATH",
    }
    assert in_image["RAY_SERVE_HAPROXY_BINARY_PATH"] == f"{in_image['PYTHONPATH']}/deployments/haproxy-wrapper"
    assert f'ln -s "$(python -m photobatch.server_code)" {in_image["PYTHONPATH"]}\n' in node


@pytest.mark.parametrize(
    ("group", "cpus", "gib"),
    [
        (CLUSTER["headGroupSpec"], 4, 16),
        (CLUSTER["workerGroupSpecs"][0], 8, 16),
        (CLUSTER["workerGroupSpecs"][1], 8, 32),
    ],
    ids=["m6i.xlarge", "c6i.2xlarge", "g5.2xlarge"],
)
def test_pods_leave_room_on_the_nodes_they_are_for(group: dict[str, Any], cpus: int, gib: int) -> None:
    """Kubernetes keeps a part of each node, and its daemons run there too."""
    [container] = group["template"]["spec"]["containers"]
    asked = container["resources"]["requests"]
    assert float(asked["cpu"]) <= cpus - 1
    assert int(asked["memory"].removesuffix("Gi")) <= gib * 0.85


def test_gpu_pods_go_to_nodes_that_keep_others_away() -> None:
    _, group = CLUSTER["workerGroupSpecs"]
    spec = group["template"]["spec"]
    [container] = spec["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in spec["tolerations"]


def test_a_node_raises_its_limit_of_open_files() -> None:
    """1,024, as ssh has it, would be too few for a thousand clients."""
    script = (
        f"ulimit -Sn 1024; hard=$(ulimit -Hn); server={ROOT}; . {ROOT}/deployments/environment; echo $hard; ulimit -n"
    )
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-eu", "-c", script], env={"PATH": programs}, capture_output=True, text=True, check=True
    )
    hard, limit = done.stdout.split()
    assert int(limit) == (65536 if hard == "unlimited" else min(65536, int(hard)))


def test_workers_of_aws_install_no_tools_and_the_head_no_torch() -> None:
    config = yaml.safe_load((ROOT / "cluster.yaml").read_text())
    assert any("make setup-cpu " in command for command in config["head_setup_commands"])
    assert any(re.search(r"make setup-server$", command) for command in config["worker_setup_commands"])
    without_gpu = config["available_node_types"]["cpu"]["worker_setup_commands"]
    assert any(re.search(r"make setup-cpu$", command) for command in without_gpu)
    assert set(config["setup_commands"][:2]) < set(without_gpu), "they replace those of the whole file"
    makefile = (ROOT / "Makefile").read_text()
    [rule] = re.findall(r"^\$\(SERVER\):.*\n\t(.+)", makefile, re.MULTILINE)
    assert rule == "$(INSTALL) -e '.[server]'"
