"""The page behind a share link: results to see and download. Plain HTML without scripts."""

from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import urlencode

from deployments.wire.safe_headers import PAGE

PHOTOS = 200  # on one page
# The key is in the address: no other site may see it, and no search engine may keep it.
HEADERS = {
    "Content-Security-Policy": PAGE,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "private, no-store",
}
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, "PingFang SC", "Noto Sans CJK SC", sans-serif }
body { margin: 0 auto; padding: 1rem; max-width: 75rem }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .5rem 1.5rem; margin-bottom: 1rem }
h1 { font-size: 1.25rem; margin: 0 }
a.all { padding: .5rem 1rem; border: 1px solid; border-radius: .5rem; text-decoration: none; color: inherit }
ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .75rem }
ul { padding: 0; list-style: none }
img { width: 100%; aspect-ratio: 1; object-fit: cover; border-radius: .5rem; background: #8883 }
li a { color: inherit; text-decoration: none; font-size: .875rem; overflow-wrap: anywhere }
small { opacity: .75 }
"""
_WORDS = {
    "en": {
        "title": "{count} photos", "all": "Download all", "until": "This link works until {until} (UTC).",
        "next": "More", "none": "No photo is ready yet. Look again later.",
        "gone": "This link does not work any more. Ask whoever sent it for another one.",
    },
    "zh": {
        "title": "{count} 张照片", "all": "全部下载", "until": "此链接有效期至 {until}（UTC）。",
        "next": "更多", "none": "还没有处理好的照片，请稍后再看。",
        "gone": "此链接已失效，请向分享者索取新的链接。",
    },
}  # fmt: skip


def render(
    task_id: str,
    key: str,
    photos: list[dict[str, Any]],
    *,
    count: int,
    more: str | None,
    until: datetime,
    language: str,
) -> str:
    """Return the page: `photos` are views of photos with results, `more` is the cursor of the next page."""
    spoken = _spoken(language)
    words = _WORDS[spoken]
    query = urlencode({"key": key})

    def link(path: str, further: str = "") -> str:
        return escape(f"/s/{task_id}{path}?{query}{further}")

    def item(photo: dict[str, Any]) -> str:
        full, small = (link(f"/{photo['index']}/{what}") for what in ("result", "thumbnail"))
        name = escape(photo["name"])
        return f'<li><a href="{full}" download><img src="{small}" alt="" loading="lazy">{name}</a></li>'

    title = words["title"].format(count=count)
    parts = [
        _head(spoken, title),
        f"<header><h1>{title}</h1>",
        f'<a class="all" href="{link("/archive.zip")}" download>{words["all"]}</a>' if photos else "",
        "</header><main>",
        f"<ul>{''.join(map(item, photos))}</ul>" if photos else f"<p>{words['none']}</p>",
        f'<p><a href="{link("", f"&cursor={more}")}">{words["next"]}</a></p>' if more else "",
        f"</main><footer><small>{words['until'].format(until=f'{until:%Y-%m-%d %H:%M}')}</small></footer></html>",
    ]
    return "\n".join(parts) + "\n"


def gone(language: str) -> str:
    """Return the page of an invalid link: revoked, expired or mistyped."""
    spoken = _spoken(language)
    said = _WORDS[spoken]["gone"]
    return f"{_head(spoken, said)}\n<main><h1>{said}</h1></main></html>\n"


def _head(spoken: str, title: str) -> str:
    return (
        f'<!doctype html><html lang="{spoken}"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="/web/icons/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="/s/share.css">'
    )


def _spoken(language: str) -> str:
    return "zh" if language.lower().startswith("zh") else "en"
