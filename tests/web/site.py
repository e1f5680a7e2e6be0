"""The folder web/ served as the service would, with an empty page and the pictures of a test."""

import io
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from PIL import Image

WEB = Path(__file__).parent.parent.parent / "web"
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".jpg": "image/jpeg",
    ".png": "image/png",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>test</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<link rel="stylesheet" href="/web/style.css"><link rel="stylesheet" href="/web/full.css">
<body><button>Behind</button></body></html>"""


class Site:
    """Serves until its block ends. `pictures` maps names, such as a.jpg, to bytes: they are at /pictures/a.jpg."""

    def __init__(self) -> None:
        self.pictures: dict[str, bytes] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = site.find(self.path)
                self.send_response(404 if found is None else 200)
                if found:
                    self.send_header("Content-Type", found[0])
                    self.send_header("Content-Length", str(len(found[1])))
                self.send_header("Content-Security-Policy", POLICY)
                self.send_header("X-Content-Type-Options", "nosniff")
                self.end_headers()
                self.wfile.write(found[1] if found else b"")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def __enter__(self) -> "Site":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def find(self, path: str) -> tuple[str, bytes] | None:
        """Return the type and the bytes of what lies at a path."""
        if path == "/":
            return "text/html", PAGE
        name = path.removeprefix("/pictures/")
        file = WEB / path.removeprefix("/web/")
        kind = TYPES.get(Path(path).suffix)
        if kind and name in self.pictures:
            return kind, self.pictures[name]
        if kind and path.startswith("/web/") and ".." not in path and file.is_file():
            return kind, file.read_bytes()
        return None


@cache
def landscape(width: int, height: int, *, sun: tuple[int, int, int] = (250, 210, 120), form: str = "JPEG") -> bytes:
    """Return a picture of hills under a sun: something to look at, made here."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / max(width, height)
    low = height / max(width, height)
    picture = np.stack([90 + 90 * y / low, 140 + 60 * y / low, 210 - 20 * y / low], axis=-1)
    picture[np.hypot(x - 0.7, y - 0.25 * low) < 0.08] = sun
    for top, colour in ((0.6, (70, 110, 80)), (0.75, (45, 80, 55))):
        hill = low * (top + 0.08 * np.sin(9 * x + 7 * top))
        picture[y > hill] = colour
    saved = io.BytesIO()
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(saved, form)
    return saved.getvalue()
