"""Words for JSON schemas in the HTTP reference."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def type_of(schema: Json) -> str:
    """Return the type of a value: `integer 1..100`, `string or null`, or a link to a message."""
    if link := linked(schema):
        return link
    if "anyOf" in schema:
        return " or ".join(type_of(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kind = schema.get("type", "any")
    known = {"array": _array, "object": _object, "string": _string, "integer": _number, "number": _number}
    return known[kind](schema) if kind in known else str(kind)


def linked(schema: Json) -> str | None:
    """Return a link to the message that a schema refers to."""
    for each in [schema, *schema.get("allOf", ())]:
        if "$ref" in each:
            name = each["$ref"].rpartition("/")[2]
            return f"[{name}](#{name.lower()})"
    return None


def fields(schema: Json, *, asked: bool) -> Iterator[str]:
    """Yield the lines of a table of an object's fields; `asked`: clients send this object, so show its defaults."""
    yield "| field | type | if left out | |" if asked else "| field | type | |"
    yield "| - | - | - | - |" if asked else "| - | - | - |"
    for name, shape in schema["properties"].items():
        words = [f"`{name}`", type_of(shape)]
        if asked:
            words.append("needed" if name in schema.get("required", ()) else _default(shape))
        yield f"| {' | '.join([*words, _said(shape)])} |"


def _array(schema: Json) -> str:
    return f"list of {type_of(schema['items'])}{_most(schema, 'maxItems')}"


def _number(schema: Json) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None:
        return str(schema["type"])
    return f"{schema['type']}, at least {low:,.0f}" if high is None else f"{schema['type']} {low:,.0f}..{high:,.0f}"


def _object(schema: Json) -> str:
    inner = schema.get("additionalProperties")
    if isinstance(inner, dict) and inner.get("type"):
        return f"object of {type_of(inner)}s"
    return "object"


def _string(schema: Json) -> str:
    if schema.get("format") == "date-time":
        return "time"
    if schema.get("format") == "binary":
        return "the bytes of a file"
    return f"string{_most(schema, 'maxLength')}" + (f", `{schema['pattern']}`" if "pattern" in schema else "")


def _most(schema: Json, name: str) -> str:
    return f" (at most {schema[name]:,})" if name in schema else ""


def _default(shape: Json) -> str:
    default = shape.get("default")
    if "default" not in shape or default == "" or isinstance(default, dict):
        return "empty"
    if default is None or isinstance(default, bool):
        return {None: "null", True: "true", False: "false"}[default]
    return f"`{default}`" if isinstance(default, str) else f"{default:,}"


def _said(shape: Json) -> str:
    """Return a field's description; for a nullable value it is inside `anyOf`."""
    found = shape.get("description") or next((_said(each) for each in shape.get("anyOf", ()) if _said(each)), "")
    return found.replace("|", "\\|").replace("\n", " ")
