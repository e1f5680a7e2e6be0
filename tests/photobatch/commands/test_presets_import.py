from tests.deployments.conftest import World
from tests.photobatch.typed import Typist
from tests.presets.camera_raw.xmp import of_attributes


async def test_a_preset_of_lightroom_is_imported_and_told_what_it_lacks(world: World, typist: Typist) -> None:
    (typist.folder / "Golden hour.xmp").write_bytes(of_attributes(Exposure2012="+0.50", Clarity2012="+20"))
    (typist.folder / "none.xmp").write_bytes(b"none")
    tried = await typist.types("presets", "import", "Golden hour.xmp", "--dry-run")
    assert (tried.status, tried.stdout) == (0, "golden-hour would have exposure 0.5.\n"), tried.stderr
    made = await typist.types("presets", "import", "Golden hour.xmp", "--id", "golden")
    assert made.stdout == "golden is there, with exposure 0.5.\n"
    assert "Clarity2012" in made.stderr
    kept = await typist.types("presets", "show", "golden", "--json")
    assert kept.json["name"]["en"] == "Golden hour"
    refused = await typist.types("presets", "import", "none.xmp")
    assert (refused.status, "Export it again" in refused.stderr) == (2, True)
