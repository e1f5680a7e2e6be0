"""The Helm chart, made by Helm's own library and held against Kubernetes' own schemas.

Not checked: KubeRay's schema of a RayService, which no package brings, around the pods; and no cluster ever ran it.
"""

import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployments.reference.manifest import CHART, MANIFEST, ROOT, manifest, own_values, rendered

KUBERNETES = "1.34"


@pytest.fixture(autouse=True)
def _needs_helm() -> None:
    """Skip where Helm's library has no wheel; CI fails."""
    lacking = [name for name in ("helm_python", "kubernetes_validate") if find_spec(name) is None]
    if lacking and os.environ.get("CI") == "true":
        pytest.fail(f"needs {', '.join(lacking)}")
    if lacking:
        pytest.skip(f"needs {', '.join(lacking)}")


def documents(values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return [each for text in rendered(values).values() for each in yaml.safe_load_all(text) if each]


def of_kind(kind: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
    [found] = [each for each in documents(values) if each["kind"] == kind]
    return found


def cluster(values: dict[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = of_kind("RayService", values)["spec"]["rayClusterConfig"]
    return found


def templates(of: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "head", of["headGroupSpec"]["template"]
    for group in of["workerGroupSpecs"]:
        yield group["groupName"], group["template"]


def settings(values: dict[str, Any] | None = None) -> dict[str, str]:
    config = yaml.safe_load(of_kind("RayService", values)["spec"]["serveConfigV2"])
    args: dict[str, str] = config["applications"][0]["args"]
    return args


EVERYTHING: dict[str, Any] = {
    "image": {"pullSecrets": [{"name": "registry"}], "tag": "9"},
    "redis": {"bundled": {"enabled": True, "storageClass": "fast"}},
    "callbacks": {"secret": "photobatch-callbacks"},
    "settings": {"result_ttl": 3600, "signed_downloads": True, "max_workers": "3"},
    "envFrom": [{"secretRef": {"name": "store"}}],
    "head": {"disruptionBudget": True, "nodeSelector": {"pool": "head"}},
    "cpu": {"nodeSelector": {"pool": "spot"}, "tolerations": [{"key": "spot", "operator": "Exists"}]},
    "gpu": {"nodeSelector": {"cloud.google.com/gke-accelerator": "nvidia-l4"}},
    "weights": {"from": "download"},
    "service": {"type": "LoadBalancer", "annotations": {"a": "b"}},
    "ingress": {"enabled": True, "className": "nginx", "host": "photos.example", "tlsSecret": "tls"},
    "networkPolicy": {"apiFrom": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]},
}
CASES = {
    "plain": {},
    "everything": EVERYTHING,
    "volume": {"weights": {"from": "volume", "claim": "weights"}, "gpu": {"maxReplicas": 0}},
    "open": {"redis": {"secret": ""}, "apiKeys": {"secret": ""}, "env": [], "serviceAccount": {"create": False}},
}


def test_the_plain_manifest_is_what_the_chart_makes() -> None:
    assert MANIFEST.read_text() == manifest(), "make docs"


def test_helm_finds_no_fault() -> None:
    import helm_python  # noqa: PLC0415 - may be missing

    for values in (own_values(), None):
        said = helm_python.lint(str(CHART), values, strict=True)
        assert said["errors"] == []
        assert [each["error"] for each in said["messages"]] == ["icon is recommended"]


@pytest.mark.parametrize("case", CASES)
def test_kubernetes_knows_every_key(case: str) -> None:
    import kubernetes_validate  # noqa: PLC0415 - may be missing

    for document in documents(CASES[case]):
        if document["kind"] != "RayService":
            kubernetes_validate.validate(document, KUBERNETES, strict=True)
            continue
        for name, template in templates(document["spec"]["rayClusterConfig"]):
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {**template["metadata"], "name": name}}
            kubernetes_validate.validate({**pod, "spec": template["spec"]}, KUBERNETES, strict=True)


def test_a_misspelt_key_of_a_pod_would_be_found() -> None:
    import kubernetes_validate  # noqa: PLC0415 - may be missing

    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [], "tolerration": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(pod, KUBERNETES, strict=True)


@pytest.mark.parametrize(
    "values",
    [
        {"cpu": {"maxReplica": 3}},
        {"blobUrl": "/srv/photos"},
        {"redis": {"address": "redis://:secret@host:6379"}},  # it belongs into the Secret
        {"weights": {"from": "bucket"}},
        {"gpu": {"count": "one"}},
    ],
    ids=str,
)
def test_values_that_cannot_be_meant_are_refused(values: dict[str, Any]) -> None:
    import helm_python  # noqa: PLC0415 - may be missing

    with pytest.raises(helm_python.HelmError):
        rendered(values)


@pytest.mark.parametrize(
    ("values", "asked"),
    [
        ({"image": {"repository": ""}}, "image.repository"),
        ({"blobUrl": ""}, "blobUrl"),
        ({"redis": {"address": ""}}, "redis.address"),
        ({"weights": {"from": "volume"}}, "weights.claim"),
        ({"ingress": {"enabled": True}}, "ingress.host"),
        ({"redis": {"secret": "", "bundled": {"enabled": True}}}, "redis.secret"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_has_no_default_is_asked_for(values: dict[str, Any], asked: str) -> None:
    import helm_python  # noqa: PLC0415 - may be missing

    with pytest.raises(helm_python.HelmError, match=asked):
        rendered(values)


def test_the_api_is_sent_to_the_head_alone() -> None:
    """A worker is ready without a proxy, and KubeRay gives it ray.io/serve=true: the node's type tells them apart."""
    selector = of_kind("Service")["spec"]["selector"]
    assert selector["ray.io/node-type"] == "head"
    pods = dict(templates(cluster()))
    ours = {key: value for key, value in selector.items() if not key.startswith("ray.io/")}
    assert ours.items() <= pods["head"]["metadata"]["labels"].items()
    assert "app.kubernetes.io/name" not in pods["head"]["metadata"]["labels"], (
        "KubeRay's head service selects by its own"
    )
    [head] = pods["head"]["spec"]["containers"]
    [port] = of_kind("Service")["spec"]["ports"]
    assert port["targetPort"] in {each["containerPort"] for each in head["ports"]}


@pytest.mark.parametrize("case", CASES)
def test_workers_become_ready_without_a_proxy_and_the_head_by_kuberays_probe(case: str) -> None:
    pods = dict(templates(cluster(CASES[case])))
    assert "readinessProbe" not in pods.pop("head")["spec"]["containers"][0]
    for template in pods.values():
        [worker] = template["spec"]["containers"]
        assert worker["readinessProbe"]["httpGet"] == {"path": "/api/healthz", "port": 52365}


def test_gpu_pods_take_no_work_that_a_cpu_could_do() -> None:
    cpu, gpu = cluster()["workerGroupSpecs"]
    assert gpu["rayStartParams"]["num-cpus"] == "0"
    assert "num-cpus" not in cpu["rayStartParams"], "KubeRay takes them from the limits"
    assert "nvidia.com/gpu" not in cpu["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert cpu["minReplicas"] == gpu["minReplicas"] == 0


def test_without_gpu_pods_no_gpu_is_waited_for() -> None:
    values = {"gpu": {"maxReplicas": 0}}
    [only] = cluster(values)["workerGroupSpecs"]
    assert only["groupName"] == "cpu"
    assert settings(values)["use_gpu"] == "never"


def test_settings_of_the_release_win() -> None:
    assert (
        settings({"settings": {"max_workers": 3, "reuse": False}}).items()
        >= {"max_workers": "3", "reuse": "false"}.items()
    )
    assert settings({"cpu": {"maxReplicas": 10, "cpus": 2}})["max_workers"] == "20"
    assert settings({"gpu": {"maxReplicas": 2}, "settings": {"gpu_fraction": 0.3}})["max_gpu_workers"] == "6"


@pytest.mark.parametrize("page", [MANIFEST, ROOT / "docs/operations.md"], ids=lambda page: page.name)
def test_the_secrets_that_people_make_are_those_that_pods_want(page: Path) -> None:
    made = re.findall(r"kubectl create secret generic (\S+) --from-(?:file|literal)=([\w.-]+)", page.read_text())
    [head] = cluster()["headGroupSpec"]["template"]["spec"]["containers"]
    wanted = {
        (from_secret["name"], from_secret["key"])
        for each in head["env"]
        if (from_secret := each.get("valueFrom", {}).get("secretKeyRef"))
    }
    [keys] = cluster()["headGroupSpec"]["template"]["spec"]["volumes"]
    [mount] = head["volumeMounts"]
    assert set(made) == wanted | {(keys["secret"]["secretName"], mount["subPath"])}


def test_passwords_stay_in_secrets() -> None:
    assert "redis_url" not in settings(), "Serve's configuration can be read by many"
    [head] = cluster()["headGroupSpec"]["template"]["spec"]["containers"]
    names = [each["name"] for each in head["env"]]
    assert names.index("PHOTOBATCH_REDIS_PASSWORD") < names.index("REDIS_URL"), "Kubernetes fills in what came before"
    assert "REDIS_PASSWORD" not in names, "KubeRay refuses it"
    assert settings({"redis": {"secret": ""}})["redis_url"] == "redis://YOUR-REDIS:6379/0"


def test_weights_are_where_networks_are_computed() -> None:
    """On GPU pods; on CPU pods if there are no others."""
    download = {"weights": {"from": "download", "files": ["big-lama.pt"]}}
    assert settings(download)["model_dir"] == "/models"
    pods = dict(templates(cluster(download)))
    [pulls] = pods["gpu"]["spec"]["initContainers"]
    assert pulls["command"] == ["photobatch", "models", "pull", "big-lama.pt"]
    [mount] = pods["gpu"]["spec"]["containers"][0]["volumeMounts"]
    assert mount["mountPath"] == {each["name"]: each["value"] for each in pulls["env"]}["BATCH_MODEL_DIR"]
    assert "initContainers" not in pods["cpu"]["spec"]
    bucket = {"weights": {**download["weights"], "url": "s3://bucket/weights"}}
    [pulls] = dict(templates(cluster(bucket)))["gpu"]["spec"]["initContainers"]
    assert pulls["command"][-2:] == ["--from", "s3://bucket/weights"]
    volume = dict(templates(cluster({**CASES["volume"]})))
    [claimed] = volume["cpu"]["spec"]["volumes"]
    assert claimed["persistentVolumeClaim"] == {"claimName": "weights", "readOnly": True}


def test_rays_ports_are_for_the_release_and_for_kuberay() -> None:
    policy = of_kind("NetworkPolicy")["spec"]
    everybody = [rule for rule in policy["ingress"] if "from" not in rule]
    assert [rule["ports"] for rule in everybody] == [[{"port": 8001}]]
    for name, template in templates(cluster()):
        assert policy["podSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items(), name
    few = of_kind("NetworkPolicy", {"networkPolicy": {"apiFrom": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}})
    assert all("from" in rule for rule in few["spec"]["ingress"])


def test_a_bundled_redis_loses_no_commit() -> None:
    [server] = of_kind("StatefulSet", EVERYTHING)["spec"]["template"]["spec"]["containers"]
    args = " ".join(server["args"])
    for flag in ("--appendonly yes", "--appendfsync always", "--maxmemory-policy noeviction"):
        assert flag in args
    assert cluster(EVERYTHING)["gcsFaultToleranceOptions"]["redisAddress"] == "redis://photobatch-redis:6379"
