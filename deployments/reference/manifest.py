"""Makes deployments/kubernetes/rayservice.yaml from the Helm chart, with Helm's own library."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
CHART = ROOT / "deployments/helm/photobatch"
VALUES = ROOT / "deployments/kubernetes/values.yaml"
MANIFEST = ROOT / "deployments/kubernetes/rayservice.yaml"
_ORDER = ("serviceaccount.yaml", "networkpolicy.yaml", "service.yaml", "rayservice.yaml")
_OF_HELM = ("helm.sh/chart:", "app.kubernetes.io/managed-by:")
_HEAD = """\
# photobatch on Kubernetes without Helm, for KubeRay 1.5.1 or newer: a head, and CPU pods and GPU pods that come and go
# with the work. Made from the chart in deployments/helm by `make docs`: change that, or this in a copy.
#   docker build -t YOUR-REGISTRY/photobatch:{version} . && docker push YOUR-REGISTRY/photobatch:{version}
#   kubectl create secret generic photobatch-api-keys --from-file=api-keys.txt
#   kubectl create secret generic photobatch-redis --from-literal=password=…      # of letters and digits
#   kubectl apply -f deployments/kubernetes/rayservice.yaml
# Fill in what is in capitals. docs/operations.md says more. This file was never applied.
"""


def rendered(values: dict[str, Any] | None = None) -> dict[str, str]:
    """Return what Helm makes of the chart, by the names of the templates; empty ones are left out.

    `values` are merged over those of deployments/kubernetes/values.yaml. Raises helm_python.HelmError.
    """
    import helm_python  # noqa: PLC0415 - 85 MB, of the extra `dev`

    with helm_python.Chart.load(CHART) as chart:
        made = chart.render(merged(own_values(), values or {}), name="photobatch", namespace="default")
    texts = {path.rpartition("/")[2]: text for path, text in made.items()}
    return {name: text for name, text in texts.items() if text.strip() and not name.startswith("NOTES")}


def own_values() -> dict[str, Any]:
    """Return the values of deployments/kubernetes/values.yaml."""
    values: dict[str, Any] = yaml.safe_load(VALUES.read_text())
    return values


def merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return both, as Helm merges values: maps key by key."""
    both = dict(under)
    for key, value in over.items():
        inner = both.get(key)
        both[key] = merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return both


def manifest() -> str:
    """Return the file."""
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    texts = rendered()
    return "---\n".join([_HEAD.format(version=version), *(_plain(texts[name]) for name in _ORDER)])


def _plain(text: str) -> str:
    """Return a text without what says that Helm looks after it."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return "\n".join(line for line in lines if not line.strip().startswith(_OF_HELM)) + "\n"


if __name__ == "__main__":
    MANIFEST.write_text(manifest())
