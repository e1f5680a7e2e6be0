"""The page behind a share link: results to see and save. It works without scripts; `web/share.js` adds a viewer."""

from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import urlencode

from actors.messages.records import Share
from deployments.wire.safe_headers import PAGE

PHOTOS = 200  # on one page
# The key is in the address: no other site may see it, and no search engine may keep it.
HEADERS = {
    "Content-Security-Policy": PAGE,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "private, no-store",
}
_LANGUAGES = {"en": "English", "zh": "中文"}
_WORDS = {
    "en": {
        "title": "{count} photos", "title_of_one": "1 photo", "from": "from {sender}",
        "all": "Save all", "originals": "Save the originals", "until": "This link works until {until} (UTC).",
        "next": "More", "none": "No photo is ready yet. Look again later.",
        "gone": "This link does not work any more. Ask whoever sent it for another one.",
    },
    "zh": {
        "title": "{count} 张照片", "title_of_one": "1 张照片", "from": "来自 {sender}",
        "all": "全部保存", "originals": "保存原图", "until": "此链接有效期至 {until}（UTC）。",
        "next": "更多", "none": "还没有处理好的照片，请稍后再看。",
        "gone": "此链接已失效，请向分享者索取新的链接。",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """What one visit of the page shows: the link, its batch, and the language that the visitor reads."""

    task_id: str
    key: str
    share: Share
    count: int  # of results
    name: str | None  # of the batch
    language: str  # as in Accept-Language
    cursor: str | None  # of this part of the photos

    def link(self, path: str, **further: str) -> str:
        """Return an address of this share, escaped for HTML."""
        return escape(f"/s/{self.task_id}{path}?{urlencode({'key': self.key, **further})}")


def render(shown: Shown, photos: list[dict[str, Any]], *, more: str | None) -> str:
    """Return the page: `photos` are views of photos with results, `more` is the cursor of the next page."""
    spoken, share = _spoken(shown.language), shown.share
    words = _WORDS[spoken]
    counted = words["title_of_one" if shown.count == 1 else "title"].format(count=shown.count)
    title = share.title or shown.name or counted
    said = [words["from"].format(sender=share.sender)] if share.sender else []
    said += [counted] if title != counted else []
    save = f'<a class="button primary" href="{shown.link("/archive.zip")}" download>{words["all"]}</a>'
    originals = shown.link("/archive.zip", of="originals")
    save_originals = f'<a class="button" href="{originals}" download>{words["originals"]}</a>'
    parts = [
        _head(spoken, title, share.sender),
        _language(shown, spoken),
        f'<header class="shared-head"><div><h1>{escape(title)}</h1>',
        f'<p class="soft">{escape(" · ".join(said))}</p></div>',
        f'<div class="row" id="save">{save}{save_originals if share.originals else ""}</div>' if photos else "",
        "</header><main>",
        f'<ul class="shared-grid">{"".join(_item(shown, photo) for photo in photos)}</ul>'
        if photos
        else f"<p>{words['none']}</p>",
        f'<p class="more"><a class="button" href="{shown.link("", cursor=more, lang=spoken)}">{words["next"]}</a></p>'
        if more
        else "",
        f"</main><footer><small>{words['until'].format(until=_until(share))}</small></footer></html>",
    ]
    return "\n".join(parts) + "\n"


def gone(language: str) -> str:
    """Return the page of an invalid link: revoked, expired or mistyped."""
    spoken = _spoken(language)
    said = _WORDS[spoken]["gone"]
    return f'{_head(spoken, said, None)}\n<main><h1 class="gone">{said}</h1></main></html>\n'


def _item(shown: Shown, photo: dict[str, Any]) -> str:
    full, small, raw = (shown.link(f"/{photo['index']}/{what}") for what in ("result", "thumbnail", "original"))
    before = f' data-original="{raw}"' if shown.share.originals else ""
    found, name = photo["result"], escape(photo["name"])
    shape = f' data-width="{found["width"]}" data-height="{found["height"]}" data-bytes="{found["bytes"]}"'
    return f'<li><a href="{full}" download{before}{shape}><img src="{small}" alt="{name}" loading="lazy"></a></li>'


def _head(spoken: str, title: str, sender: str | None) -> str:
    called = f"{title} · {sender}" if sender else title
    return (
        f'<!doctype html><html lang="{"zh-CN" if spoken == "zh" else spoken}"><meta charset="utf-8">'
        f'<title>{escape(called)}</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="/web/icons/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="/web/style.css">'
        '<link rel="stylesheet" href="/web/full.css"><link rel="stylesheet" href="/web/share.css">'
        '<script type="module" src="/web/share.js"></script>'
        '<body class="shared">'
    )


def _language(shown: Shown, spoken: str) -> str:
    other = "en" if spoken == "zh" else "zh"
    further = {"lang": other} | ({"cursor": shown.cursor} if shown.cursor else {})
    return f'<nav><a href="{shown.link("", **further)}" lang="{other}">{_LANGUAGES[other]}</a></nav>'


def _until(share: Share) -> str:
    return f"{datetime.fromtimestamp(share.until, UTC):%Y-%m-%d %H:%M}"


def _spoken(language: str) -> str:
    return "zh" if language.lower().startswith("zh") else "en"
