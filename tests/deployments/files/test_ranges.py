import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.files.ranges import Span, UnsatisfiableError, unchanged, wanted

TAG = '"abc"'


@pytest.mark.parametrize(
    ("header", "span"),
    [
        (None, None),
        ("bytes=0-3", Span(0, 4)),
        ("bytes=4-", Span(4, 10)),
        ("bytes=-3", Span(7, 10)),
        ("bytes=-99", Span(0, 10)),
        ("bytes=8-99", Span(8, 10)),
        ("BYTES = 1-2", Span(1, 3)),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-3", None),
        ("bytes=a-b", None),
    ],
)
def test_ranges(header: str | None, span: Span | None) -> None:
    assert wanted(header, None, TAG, 10) == span


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-0", 0), ("bytes=-1", 0)])
def test_a_range_outside(header: str, size: int) -> None:
    with pytest.raises(UnsatisfiableError):
        wanted(header, None, TAG, size)


def test_a_range_of_another_representation_is_the_whole() -> None:
    assert wanted("bytes=0-3", '"abc"', TAG, 10) == Span(0, 4)
    assert wanted("bytes=0-3", '"other"', TAG, 10) is None
    assert wanted("bytes=0-3", 'W/"abc"', 'W/"abc"', 10) is None
    assert wanted("bytes=0-3", "Wed, 21 Oct 2015 07:28:00 GMT", TAG, 10) is None


def test_unchanged() -> None:
    assert unchanged('"x", W/"abc"', TAG)
    assert unchanged("*", TAG)
    assert not unchanged('"x"', TAG)
    assert not unchanged(None, TAG)


@given(st.text(alphabet="bytes=0123456789-, ", max_size=20), st.integers(0, 100))
def test_any_header_gives_a_range_inside(header: str, size: int) -> None:
    try:
        span = wanted(header, None, TAG, size)
    except UnsatisfiableError:
        return
    assert span is None or 0 <= span.start < span.end <= size
