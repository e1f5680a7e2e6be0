"""The columns of a stage: photos out of a batch of Ray Data, and their outcomes in an Arrow table."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from photobatch.stage.messages import Failed, Made, Photo

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415 - the light client has neither Ray nor Arrow


_NOTHING = Failed("empty_file", "There are no bytes.", False)


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of a stage's columns."""

    photo: str
    mask: str | None
    thumbnails: bool


def table_of(batch: Any) -> "pa.Table":
    """Return a batch as an Arrow table."""
    from ray.data.block import BlockAccessor

    return BlockAccessor.for_block(BlockAccessor.batch_to_block(batch)).to_arrow()


def photos_of(table: "pa.Table", columns: Columns) -> Iterator[Photo | Failed]:
    """Yield the photos; a row that an earlier stage failed, or that has no bytes, as it failed. Raises ValueError."""
    photos = _binary(table, columns.photo)
    masks = _binary(table, columns.mask) if columns.mask is not None else None
    errors = table.column("error") if "error" in table.column_names else None
    for row in range(table.num_rows):
        data: bytes | None = photos[row].as_py()
        if data is None:
            earlier = errors[row].as_py() if errors is not None else None
            yield _failed(earlier) or _NOTHING
        else:
            yield Photo(data, None if masks is None else masks[row].as_py())


def with_outcomes(table: "pa.Table", columns: Columns, outcomes: Iterable[Made | Failed]) -> "pa.Table":
    """Return the table with its photos replaced by their outcomes; columns of the same names are replaced."""
    import pyarrow as pa

    rows = [_row(outcome, columns) for outcome in outcomes]
    for name, kind in _types(columns).items():
        values = pa.array([row.get(name) for row in rows], kind)
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, values)
        else:
            table = table.append_column(name, values)
    return table


def _types(columns: Columns) -> "dict[str, pa.DataType]":
    """Say the types: guessed from the values they would differ from block to block."""
    import pyarrow as pa

    box = [("box", pa.list_(pa.float64())), ("retouched", pa.bool_()), ("texture_cut", pa.float64())]
    error = [("code", pa.string()), ("message", pa.string()), ("retryable", pa.bool_())]
    thumbnail = {"thumbnail": pa.binary()} if columns.thumbnails else {}
    return {
        columns.photo: pa.binary(),
        "format": pa.string(),
        "width": pa.int32(),
        "height": pa.int32(),
        "notes": pa.list_(pa.string()),
        "faces": pa.list_(pa.struct(box)),
        "error": pa.struct(error),
        **thumbnail,
    }


def _row(outcome: Made | Failed, columns: Columns) -> dict[str, Any]:
    if isinstance(outcome, Failed):
        return {"error": asdict(outcome)}
    return {**asdict(outcome), columns.photo: outcome.data}


def _binary(table: "pa.Table", name: str) -> "pa.ChunkedArray":
    import pyarrow as pa

    if name not in table.column_names:
        raise ValueError(f"There is no column {name!r}; there are {', '.join(table.column_names)}.")
    column = table.column(name)
    if not (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type) or pa.types.is_null(column.type)):
        raise ValueError(f"The column {name!r} holds {column.type}, not the bytes of files.")
    return column


def _failed(error: Mapping[str, Any] | None) -> Failed | None:
    try:
        return Failed(error["code"], error["message"], bool(error["retryable"])) if error else None
    except (KeyError, TypeError):  # a column of somebody else
        return None
