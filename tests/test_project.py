"""What the project says of itself is true: dependencies, sizes, commands, settings, licence."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deployments.doctor import installation
from deployments.settings import Settings
from photobatch import __version__

ROOT = Path(__file__).parent.parent
MAKEFILE = (ROOT / "Makefile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LONGEST_FILE = 350
PAGES = [
    *("README.md", "README.zh.md", "CONTRIBUTING.md", "CHANGELOG.md"),
    "app/README.md",
    *(str(page.relative_to(ROOT)) for page in sorted((ROOT / "docs").rglob("*.md"))),
]
OF_OTHERS = {ROOT / "models/compiled/strips/libjpeg"}
CODE = {".py", ".c", ".h", ".js", ".mjs", ".ts", ".tsx", ".css", ".html", ".sh"}
FOLDERS = (
    "photobatch",
    "deployments",
    "actors",
    "presets",
    "models",
    "storage",
    "web",
    "app/src",
    "app/tests",
    "benchmarks",
    "tests",
)


def direct_dependencies() -> list[Requirement]:
    """All of them; of extras that are part of others, what they add."""
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    found = [Requirement(line) for group in groups for line in group]
    return [requirement for requirement in found if requirement.name != PROJECT["name"]]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


def test_every_dependency_has_its_reason_and_every_reason_its_dependency() -> None:
    page = (ROOT / "docs/dependencies.md").read_text()
    explained = {canonicalize_name(name) for name in re.findall(r"^\| `([^`\[]+)", page, re.MULTILINE)}
    assert explained == {canonicalize_name(requirement.name) for requirement in direct_dependencies()}


def test_constraints_pin_every_direct_dependency_within_its_range() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line) for line in lines), "pins only"
    pins = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}
    for requirement in direct_dependencies():
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_source_file_is_too_long(folder: str) -> None:
    files = [path for path in (ROOT / folder).rglob("*") if path.suffix in CODE and path.parent not in OF_OTHERS]
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in files}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


@pytest.mark.parametrize("page", PAGES)
def test_commands_in_the_documents_exist(page: str) -> None:
    text = (ROOT / page).read_text()
    code = " ".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", code))
    assert named <= targets()
    modules = re.findall(r"python -m (benchmarks[.\w]*)", code)
    assert [name for name in modules if not runs(ROOT / name.replace(".", "/"))] == []


def runs(module: Path) -> bool:
    return module.with_suffix(".py").exists() or (module / "__main__.py").exists()


@pytest.mark.parametrize("page", PAGES)
def test_links_in_the_documents_lead_somewhere(page: str) -> None:
    text = re.sub(r"<!--.*?-->", "", (ROOT / page).read_text(), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)#\s]+)", text)
    files = [link for link in links if "://" not in link]
    assert [link for link in files if not ((ROOT / page).parent / link).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_the_pictures_that_people_see_first_are_small(page: str) -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", (ROOT / page).read_text())
    sizes = {picture: (ROOT / picture).stat().st_size for picture in pictures}
    assert len(sizes) == 3, "the page, before and after, a chart"
    assert {picture: size for picture, size in sizes.items() if size > 300_000} == {}


def test_make_knows_what_is_promised() -> None:
    promised = {"help", "setup", "setup-cpu", "demo", "test", "test-slow", "lint", "serve", "bench", "dist", "clean"}
    assert promised <= targets()
    listed = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(f"make {name} " in listed for name in promised)


def test_every_setting_is_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text()
    shown = set(re.findall(r"^# ?([A-Z_]+)=", example, re.MULTILINE))
    names = {
        field.validation_alias.choices[0] if field.validation_alias else f"BATCH_{name.upper()}"  # type: ignore[union-attr]
        for name, field in Settings.model_fields.items()
    }
    assert names <= shown
    assert [line for line in example.splitlines() if line and not line.startswith("#")] == []


def test_the_version_has_its_changes() -> None:
    """Under its heading; where it is tagged, with the day of its release."""
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    [heading] = [heading for heading in headings if re.search(rf"(?<![\d.]){re.escape(__version__)}(?![\d.])", heading)]
    words = ["git", "tag", "--points-at", "HEAD", "--list", "v*"]
    tags = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    assert not tags or (tags == [f"v{__version__}"] and re.fullmatch(r"\[?[\d.]+\]? - \d{4}-\d\d-\d\d", heading))


def test_the_pythons_that_are_promised_are_one_range_everywhere() -> None:
    prefix = "Programming Language :: Python :: 3."
    minors = [int(name.removeprefix(prefix)) for name in PROJECT["classifiers"] if name.startswith(prefix)]
    assert minors == list(range(minors[0], minors[-1] + 1))
    assert PROJECT["requires-python"] == f">=3.{minors[0]}"
    assert ((3, minors[0]), (3, minors[-1])) == (installation.OLDEST, installation.NEWEST)
    assert f"(3, {minors[0]}) <= __import__" in MAKEFILE
    assert f"version_info[:2] <= (3, {minors[-1]})" in MAKEFILE
    named = re.search(r"^PYTHONS := (.+) python3$", MAKEFILE, re.MULTILINE)
    assert named
    assert named[1].split() == [f"python3.{minor}" for minor in minors]
    for page in ("README.md", "CONTRIBUTING.md", "docs/tutorial.md"):
        assert f"Python 3.{minors[0]} to 3.{minors[-1]}" in (ROOT / page).read_text(), page


def test_the_app_s_lock_names_no_registry() -> None:
    """What installs it chooses the registry; app/.npmrc keeps the addresses out."""
    assert '"resolved"' not in (ROOT / "app/package-lock.json").read_text()


def test_the_licence_is_there() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text()
