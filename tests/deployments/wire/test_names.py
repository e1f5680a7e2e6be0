import email
import re
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.wire.names import check_template, content_disposition, safe_name
from deployments.wire.problems import ApiError


@given(st.text(max_size=400))
def test_any_name_becomes_one_that_is_safe(name: str) -> None:
    safe = safe_name(name)
    assert 1 <= len(safe) <= 200
    assert len(safe.encode()) <= 240
    assert "/" not in safe
    assert "\\" not in safe
    assert safe.strip(".")
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Cf"} for char in safe)
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Photos\\a.jpg", "a.jpg"),
        ("美.jpg", "美.jpg"),
        ("e\u0301.png", "é.png"),
        ("a\r\nSet-Cookie: x.jpg", "aSet-Cookie: x.jpg"),
        ("..", "photo"),
        ("", "photo"),
        ("x" * 300 + ".jpeg", "x" * 195 + ".jpeg"),
        ("美" * 300 + ".jpeg", "美" * 78 + ".jpeg"),
        ("a.jpg\0.exe", "a.jpg.exe"),
        ("a\u202egpj.exe", "agpj.exe"),  # shown from right to left it would end in .jpg
        ("\u2066a\u200f\u061c.jpg", "a.jpg"),
        ("a\u2028b\u0085c\x7f.jpg", "abc.jpg"),
        ("..\\..\\a.jpg", "a.jpg"),
        ("a/../../b/..", "photo"),
    ],
)
def test_names(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(min_size=1, max_size=60))
def test_any_disposition_says_the_name_and_nothing_else(name: str) -> None:
    name = safe_name(name)
    header = content_disposition(name, inline=True)
    assert header.isascii()
    assert header.isprintable()
    message = email.message_from_string(f"Content-Disposition: {header}\n\n")
    assert message.get_content_disposition() == "inline"
    if "filename*" in header:
        assert header.count("filename") == 2


@pytest.mark.parametrize(
    "name", ['a"; filename="b.exe', "a\\.jpg", "a%22.jpg", "a;b.jpg", "a'b.jpg", '美"\r\nX: y.jpg', "a*='b.jpg"]
)
def test_a_disposition_is_one_header_of_one_name(name: str) -> None:
    name = safe_name(name)
    header = content_disposition(name, inline=False)
    found = re.fullmatch(
        r"attachment; filename=\"([^\"\\%\r\n]*)\"(?:; filename\*=UTF-8''([A-Za-z0-9._~%-]+))?", header
    )
    assert found, header
    plain, full = found.groups()
    assert (unquote(full) if full else plain) == name


def test_disposition() -> None:
    assert content_disposition("a b.jpg", inline=False) == 'attachment; filename="a b.jpg"'
    full = "filename*=UTF-8''%E7%BE%8E%22.jpg"
    assert content_disposition('美".jpg', inline=True) == f'inline; filename="__.jpg"; {full}'


@pytest.mark.parametrize("template", ["{", "{}", "{foo}", "{stem!r}", "{stem.__class__}", "{index:>99999999}"])
def test_a_template_takes_only_its_own_fields(template: str) -> None:
    with pytest.raises(ApiError, match=r"output\.name"):
        check_template(template)
