"""Links to a batch's results: who has one sees them, and nothing else; until it ends."""

import io
import zipfile
from pathlib import Path

import httpx
import pytest

from benchmarks.servers.server import Server


@pytest.fixture
def task(server: Server, photo_folder: Path) -> str:
    urls = [(photo_folder / name).as_uri() for name in ("astronaut.jpg", "coffee.png", "text.jpg")]
    task_id = server.submit(image_urls=urls, preset_id="filter_warm")["task_id"]
    server.ended(task_id)
    return str(task_id)


def shared(server: Server, task: str, **wish: object) -> dict[str, str]:
    answer = server.http.post(f"/api/v1/batch/{task}/share", json=wish or None)
    assert answer.status_code == 201
    made: dict[str, str] = answer.json()
    return made


def test_whoever_has_the_link_sees_the_results_and_takes_them_along(server: Server, task: str) -> None:
    url = shared(server, task)["url"]
    page = server.http.get(url)
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["referrer-policy"] == "no-referrer", "the key is in the address"
    assert "2 photos" in page.text
    assert "text.jpg" not in page.text
    assert "2 张照片" in server.http.get(url, headers={"Accept-Language": "zh-CN,zh;q=0.9"}).text
    key = url.partition("?")[2]
    result = server.http.get(f"/s/{task}/0/result?{key}")
    assert result.content == server.http.get(f"/api/v1/batch/{task}/photos/0/result").content
    assert server.http.get(f"/s/{task}/1/thumbnail?{key}").headers["content-type"] == "image/jpeg"
    with zipfile.ZipFile(io.BytesIO(server.http.get(f"/s/{task}/archive.zip?{key}").content)) as opened:
        assert opened.namelist() == ["astronaut.jpg", "coffee.png"]


def test_the_page_has_the_name_of_its_sender_and_originals_only_where_the_sender_allows_it(
    server: Server, task: str
) -> None:
    closed = shared(server, task, title="Wedding <3", sender="Ann & Ben")
    said = server.http.get(closed["url"]).text
    assert "<h1>Wedding &lt;3</h1>" in said
    assert "from Ann &amp; Ben" in said
    key = closed["url"].partition("?")[2]
    assert refused(server.http.get(f"/s/{task}/0/original?{key}"))
    assert refused(server.http.get(f"/s/{task}/archive.zip?{key}&of=originals"))
    opened = shared(server, task, originals=True)
    key = opened["url"].partition("?")[2]
    original = server.http.get(f"/s/{task}/0/original?{key}")
    assert original.content == server.http.get(f"/api/v1/batch/{task}/photos/0/original").content
    assert "来自" not in server.http.get(opened["url"] + "&lang=zh").text
    assert "全部保存" in server.http.get(opened["url"] + "&lang=zh").text
    listed = server.http.get(f"/api/v1/batch/{task}/share").json()["items"]
    assert sorted((one["title"], one["sender"], one["originals"]) for one in listed if one["sender"]) == [
        ("Wedding <3", "Ann & Ben", False)
    ]


def test_a_link_of_one_batch_opens_no_other(server: Server, task: str, photo_folder: Path) -> None:
    other = server.submit(image_urls=[(photo_folder / "coffee.jpg").as_uri()], preset_id="filter_cool")["task_id"]
    server.ended(other)
    key = shared(server, task)["url"].partition("?")[2]
    for path in (f"/s/{other}", f"/s/{other}/0/result", f"/s/{other}/archive.zip", "/s/b0"):
        assert refused(server.http.get(f"{path}?{key}"))
    assert refused(server.http.get(f"/s/{task}?key=wrongwrongwrong"))


def test_a_revoked_link_ends_at_once_and_the_others_stay(server: Server, task: str) -> None:
    first, second = shared(server, task), shared(server, task, expires_in_s=3600)
    listed = server.http.get(f"/api/v1/batch/{task}/share").json()["items"]
    assert {one["id"] for one in listed} == {first["id"], second["id"]}
    assert all("url" not in one for one in listed)
    assert server.http.delete(f"/api/v1/batch/{task}/share/{first['id']}").status_code == 204
    assert refused(server.http.get(first["url"]))
    assert server.http.get(second["url"]).status_code == 200
    assert server.http.delete(f"/api/v1/batch/{task}/share/{first['id']}").status_code == 204, "twice is fine"


def test_with_its_batch_a_link_is_gone(server: Server, task: str) -> None:
    url = shared(server, task)["url"]
    server.http.delete(f"/api/v1/batch/{task}").raise_for_status()
    assert refused(server.http.get(url))


@pytest.mark.parametrize("end", ["?key=nobody-knows-this", "?key=cut", "?key=", "", f"?key={'k' * 5000}"])
def test_a_person_reads_that_a_link_leads_nowhere(server: Server, task: str, end: str) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": "zh-CN,zh;q=0.9"}
    answer = server.http.get(f"/s/{task}{end}", headers=browser)
    assert answer.status_code == 404
    assert "此链接已失效" in answer.text
    assert answer.headers["x-robots-tag"].startswith("noindex")


def test_a_share_lasts_a_minute_at_least(server: Server, task: str) -> None:
    answer = server.http.post(f"/api/v1/batch/{task}/share", json={"expires_in_s": 1})
    assert (answer.status_code, answer.json()["field"]) == (422, "expires_in_s")


def refused(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json()["code"]) == (404, "not_found")
