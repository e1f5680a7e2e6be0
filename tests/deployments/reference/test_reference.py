"""docs/http.md says what the application is."""

import ast
import re
from pathlib import Path

from fastapi.routing import iter_route_contexts
from starlette.routing import WebSocketRoute

from deployments.reference.code_words import OF_PHOTOS, OF_PROBLEMS
from deployments.reference.page import PAGE, application, main, page
from deployments.wire.problems import STATUS
from storage.errors import StorageError

ROOT = PAGE.parent.parent
AT_WORK = ("actors", "models", "presets")  # where photos fail
OF_A_PHOTO = {"PhotoError", "SourceError", "BrokenError", "WeightsError"}
ELSEWHERE = {"invalid_model"}  # of `photobatch models add`


def test_the_page_is_what_the_application_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(application()), "run `make docs`"


def shown(route: object) -> bool:
    return isinstance(route, WebSocketRoute) or bool(getattr(route, "include_in_schema", False))


def test_every_route_is_on_the_page() -> None:
    told = set(re.findall(r"^### \w+ (/\S*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    routes = [(context.path, context.original_route) for context in iter_route_contexts(application().routes)]
    assert told == {path for path, route in routes if shown(route)}
    assert "/ws/batch/{task_id}" in told


def test_every_code_has_a_meaning_and_there_is_no_other() -> None:
    assert OF_PROBLEMS.keys() == STATUS.keys()


def test_every_code_that_a_photo_fails_with_has_a_meaning_and_there_is_no_other() -> None:
    raised = set().union(*(codes_in(path) for folder in AT_WORK for path in (ROOT / folder).rglob("*.py")))
    assert raised - ELSEWHERE | {StorageError.code} == OF_PHOTOS.keys()


def codes_in(path: Path) -> set[str]:
    """The codes of the errors that a file makes: what is raised, {"code": …}, and what is called `code`."""
    found: list[ast.expr] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id), args=[code, *_]) if id in OF_A_PHOTO:
                found.append(code)
            case ast.Dict():
                found += [value for key, value in zip(node.keys, node.values, strict=True) if is_(key, "code")]
            case ast.Assign(targets=[ast.Name("code")], value=code):
                found.append(code)
            case ast.Assign(targets=[ast.Tuple([ast.Name("code"), *_])], value=ast.Tuple([code, *_])):
                found.append(code)
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
