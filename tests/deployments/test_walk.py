"""Every route there is, asked for without a key, with a wrong one, and with somebody else's.

The routes are the application's own: one that is added is walked too, or fails here until it is told how.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import connect

from deployments.gate.gate import is_open
from tests.deployments.closed import ANN_KEY, BEN_KEY, WRONG_KEY, Closed, closed
from tests.deployments.conftest import World
from tests.deployments.in_process import served
from tests.deployments.routes.test_luts_api import CUBE, SHA256
from tests.deployments.routes.test_presets_api import MINE
from tests.deployments.status.test_progress_api import all_said

API = "/api/v1"
OPEN = {"/", "/docs", "/docs/start.js", "/docs/{name}", "/openapi.json", f"{API}/health", f"{API}/health/live"}
# What a share's key opens; tests/service/test_service_shares.py says for whom.
SHARED = "/s/{task_id}"
OPEN |= {SHARED}
OPEN |= {
    f"/s/{{task_id}}/{what}" for what in ("archive.zip", "{index}/result", "{index}/thumbnail", "{index}/original")
}
NO_SUCH = {"task_id": "b0", "index": "0", "preset_id": "nope", "name": "nope", "share_id": "none", "upload_id": "u0"}
# The bodies of what takes one; PUT and POST without a body must be named too, with {}.
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", f"{API}/batch/submit"): {"json": {"image_urls": ["https://a.org/1.jpg"], "preset_id": "filter_warm"}},
    ("POST", f"{API}/batch/{{task_id}}/photos"): {"json": {"image_urls": ["https://a.org/1.jpg"]}},
    ("POST", f"{API}/batch/{{task_id}}/photos/{{index}}/adjust"): {"json": {"preset_params": {"fade": 0.5}}},
    ("PATCH", f"{API}/batch/{{task_id}}"): {"json": {"name": "Ben's"}},
    ("POST", f"{API}/batch/check"): {"json": {"preset_id": "filter_warm"}},
    ("POST", f"{API}/uploads"): {"content": b"no photo"},
    ("POST", f"{API}/uploads/signed"): {"json": {"name": "bens.jpg", "bytes": 5}},
    ("POST", f"{API}/uploads/{{upload_id}}/accept"): {},
    ("POST", f"{API}/presets"): {"json": MINE | {"id": "bens"}},
    ("POST", f"{API}/presets/import"): {"content": b"no preset"},
    ("POST", f"{API}/presets/preview"): {"json": {"source": "upload:u0", "items": [{"preset_id": "filter_warm"}]}},
    ("POST", f"{API}/presets/{{preset_id}}/duplicate"): {"json": {"id": "copy"}},
    ("PUT", f"{API}/presets/{{preset_id}}"): {"json": MINE | {"name": {"zh": "", "en": "Stolen"}}},
    ("POST", f"{API}/luts"): {"params": {"name": "bens"}, "content": b"no lut"},
} | {
    ("POST", f"{API}/batch/{{task_id}}/{action}"): {}
    for action in ("pause", "resume", "cancel", "retry", "close", "share")
}


@dataclass
class Scene:
    """Things of ann's, one of each kind."""

    service: Closed
    ids: dict[str, str]  # by the name that routes have for them
    upload: str
    secrets: list[str]

    async def ann_sees(self) -> list[str]:
        """All that is hers, as text, and what is stored."""
        task = self.ids["task_id"]
        paths = ["/batch", f"/batch/{task}", f"/batch/{task}/photos", f"/batch/{task}/share", "/presets", "/luts"]
        paths += [f"/batch/{task}/photos/0/{what}" for what in ("result", "thumbnail", "original")]
        answers = [await self.service.ann.get(API + path) for path in paths]
        assert [answer.status_code for answer in answers] == [200] * len(answers)
        return [answer.text for answer in answers] + [
            name for name in self.service.world.stored() if not name.startswith("health/")
        ]


@pytest.fixture
async def scene(world: World, jpeg: bytes) -> AsyncIterator[Scene]:
    async with closed(world) as service:
        ann = service.ann
        upload = (await ann.post(f"{API}/uploads?name=secret.jpg", content=jpeg)).json()
        made = [
            await ann.post(f"{API}/presets", json=MINE),
            await ann.post(f"{API}/luts?name=anns-lut", content=CUBE),
            await ann.post(
                f"{API}/batch/submit",
                json={"image_urls": [upload["source"], "https://a.org/2.jpg"], "preset_id": "dusk"},
            ),
        ]
        assert [answer.status_code for answer in made] == [201, 201, 202], [answer.text for answer in made]
        task = made[-1].json()["task_id"]
        world.coordinator.work(task, 0)
        result = (await world.coordinator.photo(task, 0))["result"]
        for key in (result["key"], result["thumbnail_key"]):
            await world.blobs.put(key, b"secret pixels")
        share = (await ann.post(f"{API}/batch/{task}/share")).json()["id"]
        ids = {"task_id": task, "index": "0", "preset_id": "dusk", "name": "anns-lut", "share_id": share}
        ids["upload_id"] = upload["id"]
        secrets = [task, upload["id"], upload["sha256"], "dusk", "anns-lut", SHA256, "secret", '"ann"']
        yield Scene(service, ids, upload["source"], secrets)


def routes(service: Closed) -> list[tuple[str, str]]:
    """Method and path of every route; WS for a WebSocket."""
    found = []
    for context in iter_route_contexts(service.api.routes):
        assert context.path, context
        socket = isinstance(context.original_route, WebSocketRoute)
        found += [(method, context.path) for method in sorted(context.methods or ())] + [("WS", context.path)] * socket
    return found


def http_routes(service: Closed) -> list[tuple[str, str]]:
    return [(method, path) for method, path in routes(service) if method != "WS"]


async def asked(client: httpx.AsyncClient, method: str, path: str, ids: dict[str, str]) -> httpx.Response:
    body = BODIES[method, path] if method in {"POST", "PUT", "PATCH"} else {}
    if method == "PUT":  # the id stands in the body too
        body = {"json": body["json"] | {"id": ids["preset_id"]}}
    return await client.request(method, path.format(**ids), **body)


def test_what_is_open(scene: Scene) -> None:
    known = routes(scene.service)
    assert len(known) > 30
    assert {path for _, path in known if is_open(path)} == OPEN


async def test_without_a_key_nothing_is_told(scene: Scene) -> None:
    before = await scene.ann_sees()
    for client in (scene.service.nobody, scene.service.wrong):
        for method, path in http_routes(scene.service):
            answer = await asked(client, method, path, scene.ids)
            if path in OPEN:
                assert answer.status_code in ({404} if path == SHARED else {200, 422, 503}), (method, path)
                continue
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"
            assert method == "HEAD" or answer.json()["code"] == "unauthorized"
    assert await scene.ann_sees() == before


async def test_with_another_s_key_nothing_is_there(scene: Scene) -> None:
    before = await scene.ann_sees()
    for method, path in http_routes(scene.service):
        answer = await asked(scene.service.ben, method, path, scene.ids)
        assert answer.status_code not in {401, 500}, (method, path)
        if path not in OPEN and "{" in path:
            assert answer.status_code == 404, (method, path, answer.text)
            none = await asked(scene.service.ben, method, path, NO_SUCH)
            assert told(answer, scene.ids) == told(none, NO_SUCH), (method, path)
        said = answer.text if path not in OPEN else ""  # the document has examples of its own
        assert [secret for secret in scene.secrets if "{" not in path and secret in said] == [], (method, path)
    assert await scene.ann_sees() == before, "and nothing of hers has changed"


def told(answer: httpx.Response, ids: dict[str, str]) -> str:
    """What an answer says, whatever the thing is called."""
    said = answer.text
    for value in ids.values():
        said = said.replace(value, "…")
    return f"{answer.status_code} {said}"


async def test_the_owner_gets_everything(scene: Scene) -> None:
    """Else the walk would prove nothing: what is 404 for others is there."""
    cancel = await asked(scene.service.ann, "POST", f"{API}/batch/{{task_id}}/cancel", scene.ids)
    assert cancel.status_code == 200  # and the event stream ends
    for method, path in http_routes(scene.service):
        if method in {"GET", "HEAD"} and path != SHARED:
            answer = await asked(scene.service.ann, method, path, scene.ids)
            assert answer.status_code in ({200, 503} if path == f"{API}/health" else {200, 422}), (method, path)
    gone = await asked(scene.service.ann, "DELETE", f"{API}/batch/{{task_id}}", scene.ids)
    assert gone.status_code == 204


async def test_websockets(scene: Scene) -> None:
    sockets = [path for method, path in routes(scene.service) if method == "WS"]
    assert sockets
    async with served(scene.service.api) as address:
        for path in sockets:
            url = f"ws://{address}{path.format(**scene.ids)}"
            for headers, code in (({}, 4401), ({"X-API-Key": WRONG_KEY}, 4401), ({"X-API-Key": BEN_KEY}, 4404)):
                async with connect(url, additional_headers=headers) as socket:
                    assert await all_said(socket) == ([], code)
            async with connect(url, additional_headers={"X-API-Key": ANN_KEY}) as socket:
                assert json.loads(await socket.recv())["batch"]["task_id"] == scene.ids["task_id"]


async def test_an_upload_of_another_is_none(scene: Scene, jpeg: bytes) -> None:
    """Named as photo, as mask, in a preview: it is as one that does not exist, and stays."""
    before, ben = await scene.ann_sees(), scene.service.ben
    erase = {"preset_type": "erase", "preset_params": {"mask": scene.upload}}
    own = (await ben.post(f"{API}/uploads?name=ben.jpg", content=jpeg)).json()["source"]
    as_photo = {"image_urls": [scene.upload], "preset_id": "filter_warm"}
    as_mask = {"image_urls": [own], **erase}
    as_own_mask = {"photos": [{"source": own, "params": {"mask": scene.upload}}], "preset_type": "erase"}
    tasks = []
    for body in (as_photo, as_mask, as_own_mask):
        answer = await ben.post(f"{API}/batch/submit", json=body)
        assert answer.status_code == 202, "one bad photo never refuses a batch"
        tasks.append(answer.json()["task_id"])
    assert {uploads for task in tasks for uploads in batch_of(scene, task).uploads()} & {scene.upload[7:]} == set()
    shown = [(await ben.get(f"{API}/batch/{task}/photos")).text for task in tasks]
    assert "secret" not in "".join(shown)
    assert (await ben.get(f"{API}/batch/{tasks[0]}/photos/0/original")).status_code == 404
    for source, items in ((scene.upload, [{"preset_id": "filter_warm"}]), (own, [erase])):
        answer = await ben.post(f"{API}/presets/preview", json={"source": source, "items": items})
        assert (answer.status_code, answer.json()["code"]) == (404, "upload_not_found")
    for task in tasks:
        await ben.delete(f"{API}/batch/{task}")
    await scene.service.world.coordinator.sweep()
    assert set(before) <= set(await scene.ann_sees())


def batch_of(scene: Scene, task_id: str) -> Any:
    return scene.service.world.coordinator._ledger.get(task_id)


async def test_one_s_own_uploads_are_there(scene: Scene) -> None:
    ann = scene.service.ann
    body = {"image_urls": [scene.upload], "preset_type": "erase", "preset_params": {"mask": scene.upload}}
    task = (await ann.post(f"{API}/batch/submit", json=body)).json()["task_id"]
    assert batch_of(scene, task).uploads() == {scene.upload[7:]}
    [photo] = (await ann.get(f"{API}/batch/{task}/photos")).json()["items"]
    assert photo["name"] == "secret.jpg"
    answer = await ann.post(
        f"{API}/presets/preview", json={"source": scene.upload, "items": [{"preset_type": "color"}]}
    )
    assert answer.status_code == 200


async def test_files_of_a_form_are_those_of_the_key(scene: Scene, jpeg: bytes) -> None:
    form = {"preset_id": "filter_warm", "user_id": "anonymous"}
    answer = await scene.service.ben.post(f"{API}/batch/submit", data=form, files=[("files", ("b.jpg", jpeg))])
    task = answer.json()["task_id"]
    assert (await scene.service.ben.get(f"{API}/batch/{task}")).json()["user_id"] == "ben"
    assert (await scene.service.ben.get(f"{API}/batch/{task}/photos/0/original")).content == jpeg
    [upload] = batch_of(scene, task).uploads()
    body = {"image_urls": [f"upload:{upload}"], "preset_id": "filter_warm"}
    again = (await scene.service.ben.post(f"{API}/batch/submit", json=body)).json()["task_id"]
    assert (await scene.service.ben.get(f"{API}/batch/{again}/photos/0/original")).content == jpeg
    stolen = (await scene.service.ann.post(f"{API}/batch/submit", json=body)).json()["task_id"]
    assert (await scene.service.ann.get(f"{API}/batch/{stolen}/photos/0/original")).status_code == 404


async def test_a_lut_of_another_is_none(scene: Scene) -> None:
    for lut in ("anns-lut", SHA256):
        params = {"lut": lut}
        body = {"image_urls": ["https://a.org/1.jpg"], "preset_type": "color", "preset_params": params}
        photos = {"photos": [{"source": "https://a.org/1.jpg", "params": params}], "preset_type": "color"}
        preview = {"source": scene.upload, "items": [{"preset_type": "color", "preset_params": params}]}
        for path, asked_for in (
            ("/batch/submit", body),
            ("/batch/submit", photos),
            ("/presets", MINE | {"id": "bens", "params": params}),
            ("/presets/preview", preview),
        ):
            answer = await scene.service.ben.post(API + path, json=asked_for)
            assert (answer.status_code, answer.json()["code"]) == (404, "unknown_lut"), (path, lut)
        assert (await scene.service.ann.post(f"{API}/batch/submit", json=body)).status_code == 202


async def test_a_shared_preset_may_be_used_with_its_lut(scene: Scene) -> None:
    ann, ben = scene.service.ann, scene.service.ben
    shared = MINE | {"id": "shared", "params": {"lut": "anns-lut"}, "shared": True}
    assert (await ann.post(f"{API}/presets", json=shared)).status_code == 201
    body = {"image_urls": ["https://a.org/1.jpg"], "preset_id": "shared"}
    assert (await ben.post(f"{API}/batch/submit", json=body)).status_code == 202
    copy = await ben.post(f"{API}/presets/shared/duplicate", json={"id": "copy"})
    assert (copy.status_code, copy.json()["owner"]) == (201, "ben")
    await ann.delete(f"{API}/presets/shared")
    again = await ben.put(f"{API}/presets/copy", json=shared | {"id": "copy", "params": copy.json()["params"]})
    assert again.status_code == 200, "what one has of a LUT one keeps"


async def test_idempotency_keys_are_each_user_s_own(scene: Scene) -> None:
    body = {"image_urls": ["https://a.org/1.jpg"], "preset_id": "filter_warm"}
    headers = {"Idempotency-Key": "same"}
    await scene.service.world.coordinator.reserve("same", "a request under way", "ann")
    hers = await scene.service.ann.post(f"{API}/batch/submit", json=body, headers=headers)
    assert hers.json()["code"] == "idempotency_in_progress"
    his = [await scene.service.ben.post(f"{API}/batch/submit", json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in his] == [202, 202]
    assert his[0].json() == his[1].json()
    await scene.service.world.coordinator.release("same", "ann")
    hers = await scene.service.ann.post(f"{API}/batch/submit", json=body, headers=headers)
    assert hers.json()["task_id"] != his[0].json()["task_id"]


async def test_the_key_decides_who_one_is(scene: Scene) -> None:
    body = {"image_urls": ["https://a.org/1.jpg"], "preset_id": "filter_warm"}
    for said in ({}, {"user_id": "anonymous"}, {"user_id": "ben"}):
        answer = await scene.service.ben.post(f"{API}/batch/submit", json=body | said)
        batch = await scene.service.ben.get(answer.headers["location"])
        assert batch.json()["user_id"] == "ben"
    refused = [await scene.service.ben.post(f"{API}/batch/submit", json=body | {"user_id": "ann"})]
    refused += [await scene.service.ben.get(f"{API}/{what}?user_id=ann") for what in ("batch", "presets", "luts")]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(403, "forbidden")}
    listed = (await scene.service.ben.get(f"{API}/batch")).json()["items"]
    assert [batch["user_id"] for batch in listed] == ["ben"] * 3


async def test_a_link_needs_no_key_and_opens_that_batch_alone(scene: Scene) -> None:
    task, nobody = scene.ids["task_id"], scene.service.nobody
    url = (await scene.service.ann.post(f"{API}/batch/{task}/share")).json()["url"]
    assert (await nobody.get(url)).status_code == 200
    key = url.partition("?")[2]
    assert (await nobody.get(f"/s/{task}/0/result?{key}")).content == b"secret pixels"
    assert (await nobody.get(f"/s/{task}/0/result?key=12345678")).status_code == 404
    assert (await nobody.get(f"{API}/batch/{task}?{key}")).status_code == 401
