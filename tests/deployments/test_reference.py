"""docs/http.md says what the application is."""

import re
from pathlib import Path

from fastapi.routing import iter_route_contexts
from starlette.routing import WebSocketRoute

from deployments.code_words import MEANING
from deployments.problems import STATUS
from deployments.reference import PAGE, application, main, page


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
    assert MEANING.keys() == STATUS.keys()


def test_a_changed_route_would_make_another_page() -> None:
    api = application()

    @api.get("/api/v1/new", tags=["health"])
    def new() -> None:
        """Be new."""

    assert "### GET /api/v1/new\n\nBe new.\n" in page(api)


def test_the_command_writes_where_it_is_told(tmp_path: Path) -> None:
    main([str(tmp_path / "http.md")])
    assert (tmp_path / "http.md").read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")
