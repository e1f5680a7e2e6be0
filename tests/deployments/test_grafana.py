"""Dashboard and alerts: sound in themselves. `tests/service/test_service_prometheus.py` asks a real Prometheus."""

import json
import re
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GRAFANA = ROOT / "deployments/grafana"
ALERTS = GRAFANA / "alerts.yaml"
TESTS = Path(__file__).with_name("alerts.test.yaml")
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.usefixtures("needs_prometheus")
def test_each_alert_fires_when_it_should_and_not_on_a_healthy_service() -> None:
    for done in (promtool("check", "rules", "--lint-fatal", ALERTS), promtool("test", "rules", TESTS)):
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("needs_prometheus")
@pytest.mark.parametrize("name", [rule["alert"] for rule in RULES])
def test_an_alert_that_never_fires_would_be_noticed(name: str, tmp_path: Path) -> None:
    groups = yaml.safe_load(ALERTS.read_text())
    for rule in groups["groups"][0]["rules"]:
        if rule["alert"] == name:
            rule["expr"] = "vector(0) > 1"
    (tmp_path / "alerts.yaml").write_text(yaml.safe_dump(groups))
    tests = TESTS.read_text().replace("../../deployments/grafana/alerts.yaml", "alerts.yaml")
    (tmp_path / "alerts.test.yaml").write_text(tests)
    done = promtool("test", "rules", tmp_path / "alerts.test.yaml")
    assert done.returncode != 0
    assert name in done.stdout + done.stderr


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_and_where_to_read_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"]
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    sections = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(), re.MULTILINE)
    assert anchor in {section.lower() for section in sections}
    assert anchor == rule["alert"].lower()


def test_the_dashboard_is_one_that_grafana_can_lay_out() -> None:
    board = json.loads((GRAFANA / "dashboard.json").read_text())
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["title"]
        assert panel["type"] == "row" or panel["targets"]
        for target in panel.get("targets", []):
            assert target["datasource"]["uid"] == "${datasource}", "whoever imports it chooses a Prometheus"
            assert 'instance=~"$instance"' in target["expr"]
    for one, other in combinations((panel["gridPos"] for panel in panels), 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, (one, other)
    variables = {variable["name"] for variable in board["templating"]["list"]}
    used = set(re.findall(r"\$\{?([a-z]+)\b", json.dumps(panels))) - {"__rate_interval"}
    assert used == variables
