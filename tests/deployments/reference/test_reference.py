"""docs/http.md says what the application is."""

import ast
import re
from pathlib import Path

from fastapi.routing import iter_route_contexts
from starlette.routing import WebSocketRoute

from deployments.reference.page import PAGE, application, main, page
from deployments.wire import explain, problems
from deployments.wire.codes import PHOTO_CODES, PROBLEMS
from storage.errors import StorageError

ROOT = PAGE.parent.parent
AT_WORK = ("actors", "models", "presets")  # where photos fail
OF_A_PHOTO = {"PhotoError", "SourceError", "BrokenError", "WeightsError"}
OF_A_REQUEST = {"ApiError", "BatchError", "PresetError", "SourceError", "BrokenError", "LutError", "problem"}
ELSEWHERE = {"invalid_model", "unknown_worker"}  # of `photobatch models add`, and between coordinator and workers
NO_JSON = [{"type": "json_invalid", "loc": ["body"], "msg": ""}]
NO_FIELD = [{"type": "missing", "loc": ["body", "x"], "msg": ""}]


def test_the_page_is_what_the_application_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(application()), "run `make docs`"


def shown(route: object) -> bool:
    return isinstance(route, WebSocketRoute) or bool(getattr(route, "include_in_schema", False))


def test_every_route_is_on_the_page() -> None:
    told = set(re.findall(r"^### \w+ (/\S*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    routes = [(context.path, context.original_route) for context in iter_route_contexts(application().routes)]
    assert told == {path for path, route in routes if shown(route)}
    assert "/ws/batch/{task_id}" in told


def test_what_a_photo_fails_with_stands_in_the_table_and_there_is_no_other() -> None:
    raised = set().union(*(codes_in(path, OF_A_PHOTO) for path in sources(*AT_WORK)))
    raised |= set().union(*(codes_written_in(path) for path in sources(*AT_WORK)))
    assert raised - ELSEWHERE | {StorageError.code} == set(PHOTO_CODES)


def test_what_a_request_is_refused_with_stands_in_the_table_and_there_is_no_other() -> None:
    raised = set().union(*(codes_in(path, OF_A_REQUEST) for path in sources(*AT_WORK, "deployments")))
    raised |= {*problems._OF_STATUS.values(), *(explain.first(errors)[0] for errors in (NO_JSON, NO_FIELD))}
    assert raised - ELSEWHERE <= PROBLEMS.keys(), "a code without a status"
    of_files = codes_in(ROOT / "models/codec/container/refusal.py", OF_A_PHOTO)  # the ingress reads headers too
    assert PROBLEMS.keys() <= raised | of_files, "a code that never comes"
    assert all(400 <= status < 600 for status in PROBLEMS.values())


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in (ROOT / folder).rglob("*.py")]


def codes_in(path: Path, errors: set[str]) -> set[str]:
    """The codes of the errors that a file makes."""
    found: list[ast.expr] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(name) | ast.Attribute(attr=name), args=[code, *_]) if name in errors:
                found.append(code)
    return strings(found)


def codes_written_in(path: Path) -> set[str]:
    """The codes that a file writes itself: {"code": …}, and what is called `code`."""
    found: list[ast.expr] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Dict():
                found += [value for key, value in zip(node.keys, node.values, strict=True) if is_(key, "code")]
            case ast.Assign(targets=[ast.Name("code")], value=code):
                found.append(code)
            case ast.Assign(targets=[ast.Tuple([ast.Name("code"), *_])], value=ast.Tuple([code, *_])):
                found.append(code)
    return strings(found)


def strings(found: list[ast.expr]) -> set[str]:
    within = [part for expression in found for part in leaves(expression)]
    return {part.value for part in within if isinstance(part, ast.Constant) and isinstance(part.value, str)}


def leaves(expression: ast.expr) -> list[ast.expr]:
    """Both ends of `a if b else c`, or the expression itself."""
    return [expression.body, expression.orelse] if isinstance(expression, ast.IfExp) else [expression]


def is_(expression: ast.expr | None, value: str) -> bool:
    return isinstance(expression, ast.Constant) and expression.value == value


def test_a_changed_route_would_make_another_page() -> None:
    api = application()

    @api.get("/api/v1/new", tags=["health"])
    def new() -> None:
        """Be new."""

    assert "### GET /api/v1/new\n\nBe new.\n" in page(api)


def test_the_command_writes_where_it_is_told(tmp_path: Path) -> None:
    main([str(tmp_path / "http.md")])
    assert (tmp_path / "http.md").read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")
