"""Generates docs/http.md from the application: `python -m deployments.reference [FILE]`, or `make docs`.

Routes, parameters and messages come from the OpenAPI document, WebSockets from the docstrings of their functions, and
the meanings of codes from `deployments.wire.codes`. Nothing is started for it.
"""

import argparse
import inspect
import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from textwrap import wrap
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import WebSocketRoute

from actors.client import CoordinatorClient
from actors.previews import Previews
from actors.sources.fetch import Roots
from deployments.api import create_api
from deployments.gate.access import Access
from deployments.reference.schema_words import fields, linked, type_of
from deployments.services import Services
from deployments.wire.codes import CODES, PHOTO_CODES, PROBLEMS
from deployments.wire.problems import MEDIA_TYPE
from models.codec.header import Limits
from models.weights import WeightStore
from photobatch import __version__
from presets.catalogue import Catalogue
from storage.blobs import open_blobs

Json = dict[str, Any]

PAGE = Path(__file__).parents[2] / "docs/http.md"
_SECTIONS = {
    "batches": "Batches",
    "photos": "Photos",
    "progress": "Progress",
    "shares": "Links to results",
    "uploads": "Uploads",
    "presets": "Presets and LUTs",
    "health": "Health and metrics",
}
# Answers of the gate and the layers before it, possible for every request: documented once.
_EVERYWHERE = frozenset({"unauthorized", "rate_limited", "forbidden_host", "forbidden_origin", "internal_error"})
_HEAD = """# HTTP reference

<!-- written by python -m deployments.reference (make docs) -->

Every route, with its parameters, body and answers. The service shows the same at `/docs`, and as OpenAPI at
`/openapi.json`. The [tutorial](tutorial.md) uses the most important routes with curl, [batches.md](batches.md) says
what happens to a batch, and [security.md](security.md) says who may do what.

{description}

- Messages are JSON in UTF-8. Times are RFC 3339 in UTC; durations are seconds (`_s`) or milliseconds (`_ms`). In a body
  an unknown field is refused; in an answer ignore unknown fields.
- Lists are `{{"items": […], "next_cursor": …}}`: repeat the request with `cursor` until `next_cursor` is null.
- Paths: `{{task_id}}` is a batch, from the answer of the submit; `{{index}}` a photo's position in it, from 0;
  `{{preset_id}}`, `{{share_id}}` and `{{name}}` (of a LUT) are as in the lists. Routes that send a file answer HEAD
  too.
- Every answer has an `X-Request-ID`, which the service's log has too: yours, if a request has one, else a new one.
- Every route may also answer the problems {everywhere}.
"""


def application() -> FastAPI:
    """Return the application without services."""
    nobody = CoordinatorClient("")  # nothing is asked here
    return create_api(
        Services(
            coordinator=nobody,
            blobs=open_blobs("memory://"),
            catalogue=Catalogue.built_in(),
            limits=Limits(),
            max_photos=0,
            roots=Roots((), ()),
            least_room=0,
            callbacks=False,
            version=__version__,
            previews=Previews(nobody, ""),
            weights=WeightStore(Path()),
            access=Access(),
        )
    )


def page(api: FastAPI) -> str:
    """Return the reference of an application."""
    document = api.openapi()
    everywhere = ", ".join(f"`{code}`" for code in sorted(_EVERYWHERE))
    parts = [_HEAD.format(description="\n".join(wrap(api.description, 150)), everywhere=everywhere)]
    parts += _table(document)
    for tag, title in _SECTIONS.items():
        parts.append(f"## {title}\n")
        parts += [_route(document, *found) for found in _routes(document, tag)]
        if tag == "progress":
            parts += _sockets(api)
    return "\n".join([*parts, _messages(document), _codes()])


def _routes(document: Json, tag: str) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if operation["tags"] == [tag]:
                yield method.upper(), path, operation


def _table(document: Json) -> Iterator[str]:
    """Yield the list of all routes; each leads to its own part."""
    yield "| route | |\n| - | - |"
    for tag in _SECTIONS:
        for method, path, operation in _routes(document, tag):
            anchor = re.sub(r"[^a-z0-9 _-]", "", f"{method} {path}".lower()).replace(" ", "-")
            yield f"| [{method} {path}](#{anchor}) | {_first(operation['description'])} |"
    yield ""


def _first(description: str) -> str:
    return " ".join(description.split()).partition(". ")[0].removesuffix(".")


def _sockets(api: FastAPI) -> Iterator[str]:
    for context in iter_route_contexts(api.routes):
        route = context.original_route
        if isinstance(route, WebSocketRoute):
            yield f"### WebSocket {context.path}\n\n{inspect.getdoc(route.endpoint)}\n"


def _route(document: Json, method: str, path: str, operation: Json) -> str:
    lines = [f"### {method} {path}", "", operation["description"], ""]
    lines += [_parameter(each) for each in operation.get("parameters", ()) if each["in"] != "path"]
    lines += _body(document, operation.get("requestBody"))
    lines += _answers(operation["responses"])
    return "\n".join(lines) + "\n"


def _parameter(found: Json) -> str:
    shape = found["schema"]
    default = f", {shape['default']} if left out" if shape.get("default") else ""
    needed = ", needed" if found["required"] else ""
    what = f". {found['description']}" if "description" in found else ""
    name = found["name"] if found["in"] == "query" else found["name"].title().replace("-Id", "-ID")
    kind = type_of(shape).removesuffix(" or null")  # null only means that it may be left out
    return f"- `{name}` ({found['in']}{needed}): {kind}{default}{what.removesuffix('.')}."


def _body(document: Json, body: Json | None) -> Iterator[str]:
    for media_type, content in (body or {"content": {}})["content"].items():
        shape = _named(document, content["schema"])
        if shape is None:
            yield f"- Body (`{media_type}`): {type_of(content['schema'])}."
        elif media_type == "application/json":
            yield f"- Body (`{media_type}`):\n"
            yield from fields(shape, asked=True)
            yield ""
        else:
            yield f"- Or as `{media_type}`: {shape['description'].partition(': ')[2]}"


def _named(document: Json, schema: Json) -> Json | None:
    """Return the schema name of a body; an optional body is `anyOf` the schema and null."""
    for each in schema.get("anyOf", [schema]):
        if "$ref" in each:
            return dict(document["components"]["schemas"][each["$ref"].rpartition("/")[2]])
    return None


def _answers(responses: Json) -> Iterator[str]:
    problems = []
    for status, answer in sorted(responses.items()):
        contents = answer.get("content", {})
        codes = [code for code in contents.get(MEDIA_TYPE, {}).get("examples", ()) if code not in _EVERYWHERE]
        problems += [f"{status} {', '.join(f'`{code}`' for code in codes)}"] if codes else []
        said = [_content(*found) for found in contents.items() if found[0] != MEDIA_TYPE]
        if said or not contents:
            yield f"- `{status}`: {' or '.join(said)}{_described(status, answer)}"
    if problems:
        yield f"- Problems: {'; '.join(problems)}."


def _content(media_type: str, content: Json) -> str:
    schema = content.get("schema")
    if media_type == "application/json" and schema:
        return linked(schema) or "JSON"
    return f"`{media_type}`"


def _described(status: str, answer: Json) -> str:
    words = answer.get("description", "")
    if words in {"Successful Response", ""} or words.startswith(HTTPStatus(int(status)).phrase):
        return "nothing." if not answer.get("content") else "."
    return f". {words}" if answer.get("content") else words


def _messages(document: Json) -> str:
    known = document["components"]["schemas"]
    asked = {name for name in known if name.startswith("Submit") and name != "Submitted"}
    parts = ["## Messages\n"]
    for name, shape in sorted(known.items()):
        if name in asked or name in {"PresetCopy", "PreviewRequest", "ShareRequest"}:
            continue  # shown at their routes
        text = shape.get("description", "")
        if "enum" in shape:
            parts.append(f"### {name}\n\n{text} Values: {type_of(shape)}.\n")
        else:
            rows = fields(shape, asked=shape.get("additionalProperties") is False)
            parts.append("\n".join([f"### {name}", "", text, "", *rows]) + "\n")
    return "\n".join(parts)


def _codes() -> str:
    words = {code: f"{known.meaning} | {known.advice}" for code, known in CODES.items()}
    problems = [f"| `{code}` | {status} | {words[code]} |" for code, status in PROBLEMS.items()]
    photos = [f"| `{code}` | {words[code]} |" for code in PHOTO_CODES]
    lines = [
        "## Problem codes",
        "What `code` may be in a problem.",
        "\n".join(["| code | status | meaning | what to do |", "| - | - | - | - |", *problems]),
        "## Photo codes",
        "What `code` may be in a photo's `error`, or in a batch's `errors`; `retryable` says whether a retry may help.",
        "\n".join(["| code | meaning | what to do |", "| - | - | - |", *photos]),
    ]
    return "\n\n".join(lines) + "\n"


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m deployments.reference", description="Write docs/http.md.")
    parser.add_argument("file", type=Path, nargs="?", default=PAGE)
    parser.parse_args(words).file.write_text(page(application()), encoding="utf-8")


if __name__ == "__main__":
    main()
