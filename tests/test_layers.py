"""Imports point down only (docs/design.md): proven from the syntax trees, without importing anything."""

import ast
import importlib
import pkgutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
LAYERS = ("photobatch", "deployments", "actors", "presets", "models", "storage")
OURS = {*LAYERS, "benchmarks", "tests"}

# The rooms of a layer, the lowest first: each may use those before it.
ROOMS = {
    "photobatch": ("schemas", "naming", "watching", "shown", "engine", "stage", "commands"),
    "deployments": ("wire", "gate", "files", "intake", "status", "routes", "reference", "local", "doctor"),
    "actors": ("messages", "sources", "photos", "batches", "worker", "pool", "coordinator"),
    "models": ("colour", "faces", "erase", "neural", "codec", "shoot", "eager", "compiled"),
    "benchmarks": ("record", "photos", "servers", "pages", "rivals", "faults", "gpu"),
}

# What a layer may import of ours, wherever the import stands.
ALLOWED = {
    "photobatch": {"photobatch"},
    "deployments": {
        "deployments",
        "actors",
        "presets",
        "storage",
        "photobatch.schemas",
        "photobatch.engine.finding",
        "photobatch.file_names",
        "photobatch.naming",
        "photobatch.__version__",
        "photobatch.server_code",
        "photobatch.stage.messages",
        "models.codec.capture_time",
        "models.codec.header",
        "models.compiled.library",
        "models.errors",
        "models.mark_image",
        "models.neural.installed",
        "models.weights",
    },
    "actors": {"actors", "presets", "models", "storage"},
    "presets": {"presets", "models"},
    "models": {"models"},
    "storage": {"storage"},
}
# What it may import besides, inside functions only.
ALLOWED_LATE = {"photobatch": {"deployments", "presets"}, "deployments": {"models.colour.lut_file"}}

PIXELS = {"torch", "torchvision", "nvidia", "cv2", "simplejpeg", "pillow_heif", "rawpy"}
SERVING = {"ray", "fastapi", "starlette", "httpx", "uvicorn", "sse_starlette"}
FORBIDDEN = {
    "deployments": PIXELS,
    "presets": SERVING,
    "models": SERVING,
    "storage": SERVING | PIXELS,
}


@dataclass(frozen=True)
class Import:
    """One imported name: a module, or a module and what is taken from it."""

    path: Path
    line: int
    name: str
    late: bool  # inside a function

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} imports {self.name}"


def sources(layer: str) -> list[Path]:
    return sorted((ROOT / layer).rglob("*.py"))


def imports_of(path: Path) -> Iterator[Import]:
    yield from _imports(ast.parse(path.read_bytes()), path, late=False)


def _imports(node: ast.AST, path: Path, *, late: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        for name in _named_by(child, path):
            yield Import(path, child.lineno, name, late)  # type: ignore[attr-defined]
        inside = late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _imports(child, path, late=inside)


def _named_by(node: ast.AST, path: Path) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=module, names=names, level=level):
            package = list(path.relative_to(ROOT).parent.parts)
            parents = package[: len(package) - level + 1] if level else []
            start = ".".join([*parents, *([module] if module else [])])
            return [f"{start}.{alias.name}" for alias in names]
        case ast.Call(func=ast.Name("__import__") | ast.Attribute(attr="import_module"), args=[first, *_]):
            return [first.value] if isinstance(first, ast.Constant) and isinstance(first.value, str) else []
    return []


def within(name: str, allowed: set[str]) -> bool:
    return any(name == start or name.startswith(start + ".") for start in allowed)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_what_lies_below_it(layer: str) -> None:
    wrong = []
    for found in (found for path in sources(layer) for found in imports_of(path)):
        allowed = ALLOWED[layer] | (ALLOWED_LATE.get(layer, set()) if found.late else set())
        if found.top in OURS and not within(found.name, allowed):
            wrong.append(str(found))
    assert wrong == []


@pytest.mark.parametrize("layer", sorted(FORBIDDEN))
def test_a_layer_knows_nothing_of_what_is_not_its_business(layer: str) -> None:
    found = [found for path in sources(layer) for found in imports_of(path)]
    assert [str(one) for one in found if one.top in FORBIDDEN[layer]] == []


def rooms_of(layer: str) -> dict[str, set[str]]:
    """Return what each room of a layer imports of it; a module that stands in no room counts as one."""
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sources(layer)
    }
    arrows: dict[str, set[str]] = {room_of(name): set() for name in modules}
    for name, path in modules.items():
        for found in imports_of(path):
            target = next((start for start in prefixes(found.name) if start in modules), None)
            if target is not None and target != layer and room_of(target) != room_of(name):
                arrows[room_of(name)].add(room_of(target))
    return arrows


def room_of(module: str) -> str:
    """Return a module's folder below its layer, or its own name where it stands in none."""
    return ".".join(module.split(".")[1:2])


def prefixes(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition(".")[0]


@pytest.mark.parametrize("layer", ROOMS)
def test_a_room_uses_only_rooms_before_it(layer: str) -> None:
    order, arrows = ROOMS[layer], rooms_of(layer)
    folders = {path.parent.name for path in (ROOT / layer).glob("*/__init__.py")}
    assert set(order) == folders
    assert [
        (room, used) for room in order for used in arrows[room] & folders if order.index(used) > order.index(room)
    ] == []


@pytest.mark.parametrize("layer", [*LAYERS, "benchmarks"])
def test_rooms_and_what_stands_beside_them_use_each_other_in_no_circle(layer: str) -> None:
    TopologicalSorter(rooms_of(layer)).prepare()  # raises CycleError


@pytest.mark.parametrize("layer", [*LAYERS, "benchmarks"])
def test_each_room_says_who_lives_there(layer: str) -> None:
    rooms = [path for path in sources(layer) if path.name == "__init__.py"]
    assert [str(path) for path in rooms if not ast.get_docstring(ast.parse(path.read_bytes()))] == []


def test_torch_is_imported_where_torch_computes_alone() -> None:
    homes = {ROOT / "models/eager", ROOT / "models/neural"}
    elsewhere = [path for layer in LAYERS for path in sources(layer) if path.parent not in homes]
    elsewhere.remove(ROOT / "models/codec/gpu_jpeg.py")
    found = [found for path in elsewhere for found in imports_of(path)]
    assert [str(one) for one in found if one.top in ("torch", "torchvision")] == []


def test_the_client_imports_only_what_its_wheel_depends_on() -> None:
    """The stage for Ray Data uses what is there in other people's Ray, when it is called."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    light = {Requirement(line).name for line in project["dependencies"]} | {"photobatch"}
    found = [found for path in sources("photobatch") for found in imports_of(path)]
    stage = {ROOT / "photobatch/ray.py", ROOT / "photobatch/stage/batches.py"}
    heavy = [
        one
        for one in found
        if one.top not in light | sys.stdlib_module_names
        and not (one.late and one.top in OURS)
        and not (one.path in stage and one.top in {"ray", "pyarrow"})
    ]
    assert [str(one) for one in heavy] == []


def test_the_client_loads_neither_ray_nor_torch() -> None:
    package = importlib.import_module("photobatch")
    names = [info.name for info in pkgutil.walk_packages(package.__path__, "photobatch.")]
    names.remove("photobatch.__main__")
    heavy = ("ray", "torch", "numpy", "pyarrow", "cv2", "PIL", "fastapi", "psutil", "yaml", "obstore")
    program = f"import sys, {', '.join(names)}\nprint(*[name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_importing_the_package_loads_nothing_that_takes_time() -> None:
    program = "import sys, photobatch\nprint(*[name for name in ('httpx', 'pydantic', 'rich') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_only_settings_the_clients_address_and_the_path_to_the_server_touch_the_environment() -> None:
    wrong = []
    homes = {ROOT / "deployments/settings.py", ROOT / "photobatch/address.py", ROOT / "photobatch/server_code.py"}
    for path in (path for layer in LAYERS for path in sources(layer)):
        if path not in homes:
            tree = ast.parse(path.read_bytes())
            lines = [node.lineno for node in ast.walk(tree) if _touches_environment(node)]  # type: ignore[attr-defined]
            wrong += [f"{path.relative_to(ROOT)}:{line}" for line in lines]
    assert wrong == []


def _touches_environment(node: ast.AST) -> bool:
    """`os.environ…`, `os.getenv(…)`, `from os import environ`."""
    names = {"environ", "environb", "getenv", "getenvb", "putenv"}
    match node:
        case ast.Attribute(value=ast.Name("os"), attr=attr):
            return attr in names
        case ast.ImportFrom(module="os", names=taken):
            return any(alias.name in names for alias in taken)
    return False


def test_every_layer_was_looked_at() -> None:
    assert all(sources(layer) for layer in LAYERS)
    assert any(found.late for path in sources("photobatch") for found in imports_of(path))


@pytest.mark.parametrize(
    ("line", "name", "late"),
    [
        ("import torch.nn", "torch.nn", False),
        ("from models import errors", "models.errors", False),
        ("from . import records", "actors.records", False),
        ("from .records import Lease", "actors.records.Lease", False),
        ("def f():\n    import ray", "ray", True),
        ("if True:\n    from ray import serve", "ray.serve", False),
        ("class A:\n    async def f(self):\n        from ray import serve", "ray.serve", True),
        ("import importlib\nx = importlib.import_module('ray')", "ray", False),
    ],
)
def test_the_proof_sees_every_kind_of_import(line: str, name: str, late: bool) -> None:
    found = list(_imports(ast.parse(line), ROOT / "actors/some.py", late=False))
    assert (found[-1].name, found[-1].late) == (name, late)
