"""The files that people deploy with are ones that Ray takes, down to the last key."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from ray.autoscaler._private.util import prepare_config, validate_config
from ray.serve.schema import ServeDeploySchema

ROOT = Path(__file__).parent.parent


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
