"""Addresses as strangers write them: one reading of each, or none."""

import pytest

from actors.messages.errors import SourceError
from actors.sources.web_address import AllowedHosts, web_address


@pytest.mark.parametrize(
    ("written", "host", "port", "target"),
    [
        ("https://photos.example", "photos.example", None, "/"),
        ("https://Photos.Example./a b.jpg", "photos.example", None, "/a%20b.jpg"),
        ("https://bücher.example/美.jpg?x=ü#f", "xn--bcher-kva.example", None, "/%E7%BE%8E.jpg?x=%C3%BC"),
        ("https://a.example/%E7%BE%8E.jpg?sig=a%2Fb%3D", "a.example", None, "/%E7%BE%8E.jpg?sig=a%2Fb%3D"),
        ("http://a_b.example:8080/", "a_b.example", 8080, "/"),
        ("http://127。0。0。1/", "127.0.0.1", None, "/"),
        ("http://0x7f.1/", "0x7f.1", None, "/"),  # the resolver says what that is, and then it is checked
        ("http://[::FFFF:127.0.0.1]:81/", "::ffff:7f00:1", 81, "/"),
        ("http://a.example#@127.0.0.1/", "a.example", None, "/"),
        ("http://a.example?@127.0.0.1/", "a.example", None, "/?@127.0.0.1/"),
        ("http://a.example/..%2f..\\x", "a.example", None, "/..%2f..\\x"),
    ],
)
def test_what_they_mean(written: str, host: str, port: int | None, target: str) -> None:
    url = web_address(written)
    assert (url.host.decode(), url.port, url.target.decode()) == (host, port, target)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(
            (address, "invalid_source")
            for address in (
                "http:///a.jpg", "http:a.example", "http://", "http://..", "http://a..b/", "http://[::1", "http://::1/",
                "http://ann@a.example/", "http://ann:secret@a.example/", "http://a.example\\@127.0.0.1/",
                "http://127.0.0.1\\@a.example/", "http://a.example:80@127.0.0.1/", "http://127%2e0.0.1/",
                "http://ex%61mple.com/", "http://a%00.example/", "http://a.ex\tample/", "http://a.example/\r\nX: y",
                "http://a.example/\0", "http://①②⑦.⓪.⓪.①/", "http://１２７.0.0.1/", "http://[fe80::1%25eth0]/",
                "http://[fe80::1%eth0]/", "http://[1.1.1.1]/", "http://256.1.1.1/", "http://0177.0.0.1/", "http://a.example:0/",
                "http://a.example:65536/", "http://a.example:80:81/", "http://a.example:ssh/", "http://a.example:-1/",
                "http://a b/", "http://a,b/", "http://*/",
            )
        ),
        *(
            (address, "unsupported_source")
            for address in (
                "file:///etc/passwd", "//a.example/", "a.jpg", "ftp://a.example/", "gopher://127.0.0.1:6379/_x",
                "data:image/png;base64,x", "upload:u1", "javascript:alert(1)", "ws://a.example/",
            )
        ),
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_refused(written: str, code: str) -> None:
    with pytest.raises(SourceError) as refused:
        web_address(written)
    assert refused.value.code == code
    assert refused.value.detail.endswith(".")
    assert "secret" not in refused.value.detail


@pytest.mark.parametrize(
    ("entry", "allowed", "not_allowed"),
    [
        (
            "Nas.Local.",
            [("nas.local", 80), ("nas.local", 443)],
            [("local", 80), ("a.nas.local", 80), ("nas.local.x", 80)],
        ),
        ("nas.local:8080", [("nas.local", 8080)], [("nas.local", 80)]),
        ("10.0.0.7", [("10.0.0.7", 80)], [("10.0.0.70", 80), ("167772167", 80)]),
        ("fd00:0:0::7", [("fd00::7", 80)], [("fd00::70", 80)]),
        ("[FD00::7]:81", [("fd00::7", 81)], [("fd00::7", 80)]),
        ("bücher.example", [("xn--bcher-kva.example", 80)], [("bucher.example", 80)]),
    ],
)
def test_allowed_hosts_are_those_and_no_others(
    entry: str, allowed: list[tuple[str, int]], not_allowed: list[tuple[str, int]]
) -> None:
    hosts = AllowedHosts([entry])
    assert all(hosts.allow(*host) for host in allowed)
    assert not any(hosts.allow(*host) for host in not_allowed)


@pytest.mark.parametrize("entry", ["http://nas.local", "nas.local/photos", "*.local", "10.0.0.0/8", "nas:ssh", "a b"])
def test_what_would_never_match_is_refused_when_it_is_set(entry: str) -> None:
    with pytest.raises(ValueError, match=r"is no host|does not appear"):
        AllowedHosts([entry])
