"""Commands of the pages that are not run as they stand there, and what is done instead.

Whatever stands in no line of this table is run against a real service (`test_pages.py`).
"""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from tests.docs.pages import ROOT

_ENVIRONMENT = re.compile(r"^(?:[A-Z_][A-Za-z_0-9]*=\S+ )+")
_JOINED = re.compile(r"""(?:&&|;|\|\|)(?=(?:[^'"]|'[^']*'|"[^"]*")*$)""")  # outside of quotes


def files_are_there(command: str) -> None:
    """Check that the configuration that a command names exists."""
    names = re.findall(r"[\w./]+\.ya?ml", command)
    assert names, command
    assert [name for name in names if not (ROOT / name).is_file()] == []


def target_exists(command: str) -> None:
    """Check that make knows what it is asked for, and what it would do."""
    words = ["make", "-n", *command.split()[1:]]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def service_is_started(command: str) -> None:
    """Check that `make serve` is the command that every test of the service starts."""
    words = ["make", "-n", "--no-print-directory", "serve"]  # a make within `make test` would say where it is
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ".venv/bin/photobatch serve"


def options_exist(command: str) -> None:
    """Check that a benchmark has the options that it is given."""
    found = re.search(r"python -m (benchmarks[.\w]*)([^'#]*)", command)
    assert found, command
    known = _help_of(found[1])
    assert [option for option in re.findall(r"--[a-z-]+", found[2]) if option not in known] == []


@cache
def _help_of(module: str) -> str:
    words = [sys.executable, "-m", module, "--help"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def nothing(command: str) -> None:
    """Check nothing: the test that is named does what the page says."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Commands that begin so, and who runs them (a file, or a test in it); nobody where `check` is all there is."""

    begins: str
    where: str | None
    check: Callable[[str], None] = nothing


TABLE = (
    Elsewhere(r"make demo\b", "tests/docs/test_make.py::test_the_demo_is_made", target_exists),
    Elsewhere(r"make (test|test-slow|guard)\b", ".ci/run", target_exists),
    Elsewhere(r"make (check|setup|lint)\b", "Makefile", target_exists),  # `make test` does what these do
    Elsewhere(r"make docs\b", "tests/deployments/reference/test_reference.py", target_exists),
    Elsewhere(r"make (bench|format)\b", None, target_exists),
    Elsewhere(r"make app-test\b", "tests/app/conftest.py", target_exists),
    Elsewhere(r"make serve\b", "tests/docs/conftest.py", service_is_started),
    Elsewhere(r"(\.venv/bin/)?photobatch serve\b", "tests/docs/conftest.py"),
    Elsewhere(r"(\.venv/bin/)?photobatch models pull\b", "tests/deployments/test_model_files.py"),
    Elsewhere(r"(\.venv/bin/)?ray get-auth-token --generate$", "tests/cluster/test_ray_up.py"),
    Elsewhere(r"(\.venv/bin/)?ray exec \S+ '.*benchmarks", None, options_exist),
    Elsewhere(
        r"(\.venv/bin/)?ray (up|exec|down) ",
        "tests/cluster/test_ray_up.py::test_a_cluster_that_loses_a_host_loses_no_photo",
        files_are_there,
    ),
    Elsewhere(r"ray job submit .*benchmarks", None, options_exist),
    Elsewhere(r"\.venv/bin/python -m pip install boto3$", "tests/deployments/doctor/test_cluster_file.py"),
    Elsewhere(
        r"(\.venv/bin/)?photobatch doctor --cluster ",
        "tests/deployments/doctor/test_cluster_file.py::test_ours_has_no_fault_once_it_is_filled_in",
        files_are_there,
    ),
    Elsewhere(r"export OTEL_EXPORTER_OTLP_ENDPOINT=\S+$", "tests/service/test_service_traces.py"),
    Elsewhere(r"export RAY_AUTH_MODE=token$", "tests/service/test_deploy.py::test_a_ray_that_wants_a_token"),
    Elsewhere(r"(\.venv/bin/)?ray start --head\b", "tests/service/test_deploy.py", files_are_there),
    Elsewhere(r"(server=\$\(python -m photobatch|\"\$server/|serve deploy \"\$server/)", "tests/wheel/test_deploy.py"),
    Elsewhere(
        r"(\.venv/bin/)?serve deploy ",
        "tests/service/test_deploy.py::test_serve_deploy_serves_the_same_application",
        files_are_there,
    ),
    Elsewhere(r"(\.venv/bin/)?python -m benchmarks(?!\.photos\.demo_photos)", None, options_exist),
    Elsewhere(r"\.venv/bin/python -c 'import sqlite3|rsync ", "tests/service/test_service_backup.py"),
    Elsewhere(r"pip install ", "tests/wheel/conftest.py"),
    Elsewhere(r"(uvx|pipx run) ", "tests/wheel/test_tools.py::test_a_folder_is_retouched_by_one_line"),
    Elsewhere(r"docker (build|run|push) ", "tests/test_cluster_files.py::test_the_images_are_made_of_what_is_there"),
    Elsewhere(
        r"kubectl create secret ",
        "tests/deployments/test_helm_chart.py::test_the_secrets_that_people_make_are_those_that_pods_want",
    ),
    Elsewhere(r"helm install ", "tests/deployments/test_helm_chart.py", files_are_there),
    Elsewhere(r"redis-cli ", "tests/service/test_service_backup.py"),
)


def elsewhere(command: str) -> Elsewhere | None:
    """Return the line of the table for a command, None for one that is run as it stands there."""
    first, *others = [_line(part.strip()) for part in _JOINED.split(command)]
    assert all((other is None) is (first is None) for other in others), f"half of it is run elsewhere: {command}"
    return first


def _line(command: str) -> Elsewhere | None:
    plain = _ENVIRONMENT.sub("", command)
    return next((line for line in TABLE if re.match(line.begins, plain)), None)
