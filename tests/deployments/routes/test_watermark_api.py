"""A mark of a batch: its image is a part of the batch, and answers name it by its digest."""

import hashlib
import io
import json

from PIL import Image

from photobatch.schemas.watermark import data_url
from tests.deployments.conftest import World


async def test_answers_have_a_digest_in_place_of_the_image(world: World) -> None:
    target = io.BytesIO()
    Image.new("RGBA", (40, 20)).save(target, "png")
    mark = {"image": data_url(target.getvalue()), "corner": "center"}
    task = await world.submit(output={"watermark": mark})
    digest = f"sha256:{hashlib.sha256(target.getvalue()).hexdigest()}"
    batch = (await world.http.get(f"/api/v1/batch/{task}")).json()
    assert batch["output"]["watermark"]["image"] == digest
    line = json.loads((await world.http.get(f"/api/v1/batch/{task}/manifest.jsonl")).text.splitlines()[0])
    assert line["options"]["watermark"]["image"] == digest
    again = {"preset_id": "filter_warm", "output": batch["output"], "image_urls": world.urls}
    refused = await world.http.post("/api/v1/batch/submit", json=again)
    assert (refused.status_code, refused.json()["field"]) == (422, "output.watermark.image")


async def test_a_text_that_the_font_has_not_is_refused_with_advice(world: World) -> None:
    asked = {"preset_id": "filter_warm", "output": {"watermark": {"text": "照片 Ann"}}}
    refused = await world.http.post("/api/v1/batch/check", json=asked)
    assert (refused.status_code, "bring it as a PNG" in refused.json()["detail"]) == (422, True)
