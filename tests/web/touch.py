"""Fingers on a page: Playwright itself only taps."""

import time

from playwright.sync_api import Page

Points = list[tuple[float, float]]


class Touch:
    """Fingers that are put down, moved and lifted through the browser's debugging protocol."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)

    def drag(self, *fingers: Points) -> None:
        """Put fingers down one after another, each at the start of its way, move all of them along, lift them."""
        for count in range(1, len(fingers) + 1):
            self._send("touchStart", [way[0] for way in fingers[:count]])
        for at in zip(*(way[1:] for way in fingers), strict=True):
            self._send("touchMove", list(at))
        self._send("touchEnd", [])

    def tap(self, x: float, y: float) -> None:
        self.drag([(x, y)])

    def tap_twice(self, x: float, y: float) -> None:
        """Tap two times within 0.15 s, however busy this machine is."""
        now = time.time()
        for moment, kind in enumerate(("touchStart", "touchEnd") * 2):
            points = [(x, y)] if kind == "touchStart" else []
            self._send(kind, points, timestamp=now + 0.05 * moment)

    def put(self, points: Points) -> None:
        """Add or lift fingers until they lie at these points."""
        self._send("touchStart" if points else "touchEnd", points)

    def pen(self, kind: str, x: float, y: float) -> None:
        """Press, move or release a pen: what the protocol calls mousePressed, mouseMoved, mouseReleased."""
        event = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1, "pointerType": "pen"}
        self.session.send("Input.dispatchMouseEvent", event)

    def _send(self, kind: str, points: Points, **more: float) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches, **more})


def way(start: tuple[float, float], end: tuple[float, float], steps: int = 8) -> Points:
    """Return a straight way from one point to another."""
    parts = [step / steps for step in range(steps + 1)]
    return [(start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part) for part in parts]
