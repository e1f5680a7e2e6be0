import hashlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageCms
from skimage import color, data

from models.colour.cache import TableCache
from models.colour.curves import srgb_decode, srgb_encode
from models.colour.icc import parse
from models.colour.lut import Lut
from models.eager.applier import EagerApplier
from models.erase.filling import alone
from models.picture import Picture, Source
from presets import colour
from presets.catalogue import Catalogue
from presets.pipeline import compile_pipeline
from tests.models.colour.matrix_profile import DISPLAY_P3, SRGB_CURVE, para, profile

CATALOGUE = Catalogue.built_in()
PHOTOS = {name: getattr(data, name)() for name in ("astronaut", "coffee", "chelsea", "rocket")}
APPLIER = EagerApplier("cpu")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return TableCache(tmp_path_factory.mktemp("tables"))


def picture(rgb, alpha=255, icc=None):
    pixels = np.dstack([rgb, np.broadcast_to(np.uint8(alpha), rgb.shape[:2])])
    return Picture(pixels, Source("png", rgb.shape[1], rgb.shape[0], icc=icc), has_alpha=np.min(alpha) < 255)


def pipeline(tables, preset_id=None, preset_type=None, *, max_side=None, faces=None, luts=None, **params):
    preset = CATALOGUE.resolve(preset_id, preset_type, params)
    return compile_pipeline(preset, max_side=max_side, tables=tables, applier=APPLIER, faces=faces, luts=luts)


def done(pipe, rgb, **about):
    photo = picture(rgb, **about)
    notes = alone(pipe.run(photo, hashlib.sha256(rgb.tobytes()).digest()))
    return photo.pixels, notes


def seen(tables, preset_id, name):
    return done(pipeline(tables, preset_id), PHOTOS[name])[0][..., :3]


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("preset_id", ["filter_warm", "filter_cool"])
def test_filters_clip_no_channel_and_keep_the_brightness(tables, preset_id, name):
    before, after = PHOTOS[name], seen(tables, preset_id, name)
    for edge in (0, 255):
        assert not ((after == edge) & (np.abs(before.astype(int) - edge) > 1)).any()
    shift = color.rgb2lab(after) - color.rgb2lab(before)
    assert abs(shift[..., 0].mean()) < 1.5


def test_warm_is_visibly_warm_and_cool_cool(tables):
    before = color.rgb2lab(PHOTOS["chelsea"])[..., 2].mean()
    assert color.rgb2lab(seen(tables, "filter_warm", "chelsea"))[..., 2].mean() > before + 4
    assert color.rgb2lab(seen(tables, "filter_cool", "chelsea"))[..., 2].mean() < before - 3


@pytest.mark.parametrize("preset_id", ["filter_warm", "filter_cool"])
def test_filters_keep_greys_in_order_and_their_luminance(tables, preset_id):
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    after = done(pipeline(tables, preset_id), ramp)[0][0, :, :3].astype(int)
    assert (np.diff(after, axis=0) >= 0).all()
    luminance = [color.rgb2xyz(np.uint8(row)[None])[0, :, 1] for row in (ramp[0], after)]
    # Below code 32 one code is more than 2 %; there half a code of rounding is allowed.
    assert luminance[1][32:] == pytest.approx(luminance[0][32:], rel=0.02)
    assert luminance[1] == pytest.approx(luminance[0], rel=0.02, abs=4e-4)


@pytest.mark.parametrize("name", PHOTOS)
def test_vintage_lifts_blacks_mutes_colours_and_splits_the_tones(tables, name):
    before, after = (color.rgb2lab(rgb) for rgb in (PHOTOS[name], seen(tables, "color_vintage", name)))
    middle = (
        slice(before.shape[0] // 4, -before.shape[0] // 4),
        slice(before.shape[1] // 4, -before.shape[1] // 4),
    )
    before, after = before[middle], after[middle]
    darkest = before[..., 0] <= np.percentile(before[..., 0], 2)
    assert after[darkest][:, 0].mean() > before[darkest][:, 0].mean() + 1
    assert np.hypot(after[..., 1], after[..., 2]).mean() < np.hypot(before[..., 1], before[..., 2]).mean()
    assert abs((after - before)[..., 0].mean()) < 5


def test_vintage_tints_grey_shadows_cool_and_grey_lights_warm(tables):
    pipe = pipeline(tables, "color_vintage", grain=0, vignette=0)
    levels = np.repeat(np.array([[20, 225]], np.uint8)[..., None], 3, axis=2)
    shadow, light = color.rgb2lab(done(pipe, levels)[0][..., :3])[0, :, 2]
    assert shadow < -2
    assert light > 2


def test_a_filter_keeps_alpha_and_grain_depends_on_the_photo(tables):
    rgb = PHOTOS["chelsea"]
    alpha = np.random.default_rng(0).integers(0, 256, rgb.shape[:2])
    pixels, _ = done(pipeline(tables, "color_vintage"), rgb, alpha=alpha)
    assert (pixels[..., 3] == alpha).all()
    pipe = pipeline(tables, "color_vintage")
    one, two = picture(rgb), picture(rgb)
    alone(pipe.run(one, b"1" * 32))
    alone(pipe.run(two, b"2" * 32))
    assert (one.pixels != two.pixels).any()
    again = picture(rgb)
    alone(pipeline(tables, "color_vintage").run(again, b"1" * 32))
    assert (again.pixels == one.pixels).all()


@pytest.mark.parametrize(("preset_id", "params"), [("filter_warm", {"saturation": 0.1}), ("color_vintage", {})])
def test_small_work_and_baked_tables_give_the_same_bytes(tables, tmp_path, monkeypatch, preset_id, params):
    fresh = TableCache(tmp_path)
    small = done(pipeline(fresh, preset_id, **params), PHOTOS["coffee"])[0]
    assert not list(tmp_path.glob("*.bin"))
    monkeypatch.setattr(colour, "_SMALL", 0)
    assert (done(pipeline(tables, preset_id, **params), PHOTOS["coffee"])[0] == small).all()


def test_a_filter_that_mixes_no_channels_needs_no_table(tmp_path, monkeypatch):
    monkeypatch.setattr(colour, "_SMALL", 0)
    done(pipeline(TableCache(tmp_path), None, "filter", temperature=0.55, contrast=0.1), PHOTOS["coffee"])
    assert not list(tmp_path.glob("*.bin"))


def test_a_long_batch_of_small_photos_bakes_its_table(tmp_path, monkeypatch):
    monkeypatch.setattr(colour, "_SMALL", 500_000)
    pipe = pipeline(TableCache(tmp_path), "filter_warm", saturation=0.1)
    for count in (0, 0, 1, 1):
        done(pipe, PHOTOS["coffee"])
        assert len(list(tmp_path.glob("*.bin"))) == count


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"exposure": 2, "grain": 1, "vignette": 1, "strength": 0},
        {"curve": [[0, 0], [1, 1]]},
        {"hsl": {}, "shadows": 0},
        {"hsl": {"red": {}, "blue": {"hue": 0}}},
    ],
)
def test_neutral_parameters_leave_the_pixels_and_the_profile_alone(tables, params):
    rgb = PHOTOS["rocket"]
    pixels, notes = done(pipeline(tables, None, "filter", **params), rgb, icc=b"whatever")
    assert (pixels[..., :3] == rgb).all()
    assert notes == []


def test_strength_scales_the_whole_preset(tables):
    def change(strength):
        pixels, _ = done(pipeline(tables, "color_vintage", strength=strength), PHOTOS["coffee"])
        return np.abs(pixels[..., :3].astype(int) - PHOTOS["coffee"]).mean()

    assert change(0) == 0
    assert change(0.5) == pytest.approx(change(1) / 2, rel=0.1)


def test_a_profile_made_of_tables_becomes_srgb(tables):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes().replace(b"rTRC", b"A2B0", 1)
    photo = picture(PHOTOS["coffee"], icc=lab)
    notes = alone(pipeline(tables, "filter_warm").run(photo, bytes(32)))
    assert notes[0] in ("profile_to_srgb", "bad_profile")
    assert photo.source.icc is None


def test_a_table_profile_is_converted_as_littlecms_does(tables, monkeypatch):
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    monkeypatch.setattr("presets.pipeline.parse", lambda icc: None)
    photo = picture(PHOTOS["coffee"], icc=swapped.tobytes())
    assert alone(pipeline(tables, "filter_warm").run(photo, bytes(32))) == ["profile_to_srgb"]
    assert photo.source.icc is None
    plain = seen(tables, "filter_warm", "coffee").astype(int)
    assert np.abs(photo.pixels[..., :3] - plain).max() <= 2


def test_max_side_shrinks_keeps_the_shape_and_never_enlarges(tables):
    rgb = PHOTOS["coffee"]
    assert done(pipeline(tables, "filter_warm", max_side=150), rgb)[0].shape == (100, 150, 4)
    assert done(pipeline(tables, "filter_warm", max_side=5000), rgb)[0].shape == (400, 600, 4)
    assert done(pipeline(tables, None, "filter", max_side=1), rgb)[0].shape == (1, 1, 4)


def test_shrinking_lets_nothing_hidden_bleed_into_edges(tables):
    rgb = np.zeros((80, 80, 3), np.uint8)
    rgb[:, :41] = (255, 0, 0)
    rgb[:, 41:] = (0, 255, 0)
    alpha = np.where(np.arange(80) < 41, 255, 0)[None].repeat(80, axis=0)
    pixels, _ = done(pipeline(tables, None, "filter", max_side=40), rgb, alpha=alpha)
    assert pixels[0, 20].tolist() == [255, 0, 0, 128]


def test_a_photo_without_a_face_says_so_and_stays_as_it_is(tables):
    faces = pytest.importorskip("models.faces.detector").FaceDetector()
    pixels, notes = done(pipeline(tables, "beauty_heavy", faces=faces), PHOTOS["coffee"])
    assert notes == ["no_face"]
    assert (pixels[..., :3] == PHOTOS["coffee"]).all()


def test_beauty_and_colour_work_together(tables):
    faces = pytest.importorskip("models.faces.detector").FaceDetector()
    beauty = done(pipeline(tables, "beauty_heavy", faces=faces), PHOTOS["astronaut"])[0]
    both = done(pipeline(tables, "beauty_heavy", faces=faces, temperature=0.55), PHOTOS["astronaut"])[0]
    warm_after = done(pipeline(tables, None, "filter", temperature=0.55), beauty[..., :3])[0]
    assert (beauty[..., :3] != PHOTOS["astronaut"]).any()
    assert (both == warm_after).all()


def test_colours_that_beauty_made_are_graded_too(tables, tmp_path, monkeypatch):
    faces = pytest.importorskip("models.faces.detector").FaceDetector()
    looks = {"faces": faces, "saturation": 0.3}
    small = done(pipeline(TableCache(tmp_path), "beauty_heavy", **looks), PHOTOS["astronaut"])[0]
    assert not list(tmp_path.glob("*.bin"))
    monkeypatch.setattr(colour, "_SMALL", 0)
    assert (done(pipeline(tables, "beauty_heavy", **looks), PHOTOS["astronaut"])[0] == small).all()


def test_shadows_highlights_and_hsl_do_what_they_say(tables):
    photo = PHOTOS["coffee"]
    before = color.rgb2lab(photo)
    dark, light = before[..., 0] < 20, before[..., 0] > 85
    opened = color.rgb2lab(done(pipeline(tables, None, "filter", shadows=0.8), photo)[0][..., :3])
    assert (opened - before)[dark][:, 0].mean() > 5
    assert abs((opened - before)[light][:, 0].mean()) < 0.5
    recovered = color.rgb2lab(done(pipeline(tables, None, "filter", highlights=-0.8), photo)[0][..., :3])
    assert (recovered - before)[light][:, 0].mean() < -5
    assert abs((recovered - before)[dark][:, 0].mean()) < 0.5
    muted = {"red": {"saturation": -1}, "orange": {"saturation": -1}}  # a red cup on brown wood
    grey = color.rgb2lab(done(pipeline(tables, None, "filter", hsl=muted), photo)[0][..., :3])
    assert np.hypot(grey[..., 1], grey[..., 2]).mean() < np.hypot(before[..., 1], before[..., 2]).mean() / 4


def test_a_lut_is_got_by_its_name_and_strength_is_its_own(tables):
    asked = []

    def luts(name):
        asked.append(name)
        return Lut(np.array([[1, 1, 1], [0, 0, 0]], np.float32))

    pixels, _ = done(pipeline(tables, None, "filter", lut="negative", luts=luts), PHOTOS["coffee"])
    assert (pixels[..., :3] == 255 - PHOTOS["coffee"]).all()
    pixels, _ = done(pipeline(tables, None, "filter", lut="negative", strength=0.5, luts=luts), PHOTOS["coffee"])
    assert np.abs(pixels[..., :3] - 127.5).max() <= 0.5
    assert asked == ["negative", "negative"]


def test_a_lut_without_anybody_who_knows_luts_is_a_mistake(tables):
    with pytest.raises(ValueError, match="LUT"):
        pipeline(tables, None, "filter", lut="negative")


def test_a_batch_from_before_the_newer_sliders_still_runs(tables):
    now = CATALOGUE.resolve(None, "filter", {"temperature": 0.55})
    newer = ("highlights", "shadows", "hsl", "lut")
    then = replace(now, params={name: value for name, value in now.params.items() if name not in newer})
    pipe = compile_pipeline(then, max_side=None, tables=tables, applier=APPLIER, faces=None)
    today = done(pipeline(tables, None, "filter", temperature=0.55), PHOTOS["coffee"])[0]
    assert (done(pipe, PHOTOS["coffee"])[0] == today).all()


@pytest.mark.parametrize("slider", ["smoothing", "whitening", "sharpening", "eyes", "teeth", "dark_circles"])
def test_strength_scales_each_part_of_beauty(tables, slider):
    faces = pytest.importorskip("models.faces.detector").FaceDetector()

    def change(value, strength):
        pipe = pipeline(tables, None, "beauty", faces=faces, strength=strength, **{slider: value})
        return done(pipe, PHOTOS["astronaut"])[0]

    assert (change(1.0, 0.5) == change(0.5, 1.0)).all()
    assert (change(1.0, 1.0) != change(0.5, 1.0)).any()
    assert (change(1.0, 0)[..., :3] == PHOTOS["astronaut"]).all()


def test_beauty_without_a_detector_is_a_mistake(tables):
    with pytest.raises(ValueError, match="face detector"):
        pipeline(tables, "beauty_light")


def test_a_read_only_picture_is_copied(tables):
    photo = picture(PHOTOS["coffee"])
    photo.pixels.setflags(write=False)
    alone(pipeline(tables, "filter_warm").run(photo, bytes(32)))
    assert (photo.pixels[..., :3] == seen(tables, "filter_warm", "coffee")).all()


@pytest.mark.parametrize("preset_id", ["filter_warm", "color_vintage", "color_mono"])
def test_a_shift_comes_before_the_look_and_no_strength_weakens_it(tables, preset_id):
    shift = {"exposure": 0.7, "temperature": -0.2, "tint": 0.1}
    alone_, _ = done(pipeline(tables, preset_id, strength=0, shift=shift, grain=0), PHOTOS["coffee"])
    only, _ = done(pipeline(tables, preset_type="color", shift=shift), PHOTOS["coffee"])
    assert (alone_ == only).all()
    together = done(pipeline(tables, preset_id, shift=shift, grain=0, vignette=0), PHOTOS["coffee"])[0]
    in_turn = done(pipeline(tables, preset_id, grain=0, vignette=0), only[..., :3].copy())[0]
    assert np.abs(together.astype(int) - in_turn).max() <= 6  # the first step rounds once more
    assert np.abs(together.astype(int) - in_turn).mean() < 0.6


def test_a_shift_means_the_same_light_in_every_profile(tables):
    shift = {"exposure": 0.5, "temperature": 0.3, "tint": 0.1}
    pipe = pipeline(tables, preset_type="color", shift=shift)
    greys = np.repeat(np.arange(0, 256, 5, dtype=np.uint8)[None, :, None], 3, axis=2)
    in_srgb = done(pipe, greys)[0][0, :, :3]
    icc = profile(DISPLAY_P3, para(*SRGB_CURVE))
    in_p3 = done(pipe, greys, icc=icc)[0][0, :, :3]
    converted = 255 * srgb_encode(srgb_decode(in_p3 / 255) @ parse(icc).to_srgb.T)
    assert np.abs(converted - in_srgb).max() < 4


@pytest.mark.parametrize("stops", [-1.5, -0.4, 0.4, 1.5])
def test_a_shift_keeps_black_white_and_order_and_is_undone_by_its_opposite(tables, stops):
    greys = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    there = done(pipeline(tables, preset_type="color", shift={"exposure": stops}), greys)[0][..., :3]
    assert (np.diff(there[0].astype(int), axis=0) >= 0).all()
    assert there[0, [0, 255]].tolist() == [[0] * 3, [255] * 3]
    back = done(pipeline(tables, preset_type="color", shift={"exposure": -stops}), there.copy())[0][..., :3]
    assert np.abs(back.astype(int) - greys).mean() < 1


def test_auto_tone_lightens_the_dark_and_leaves_what_is_right(tables):
    pipe = pipeline(tables, preset_type="color", auto_tone=1.0)
    right = PHOTOS["astronaut"]
    assert np.abs(done(pipe, right)[0][..., :3].astype(int) - right).mean() < 2
    dark = np.uint8(right * 0.35)
    lighter = done(pipe, dark)[0][..., :3]
    assert lighter.mean() > 1.3 * dark.mean()
    assert np.percentile(lighter, 99) > 1.2 * np.percentile(dark, 99)
    half = done(pipeline(tables, preset_type="color", auto_tone=0.5), dark)[0][..., :3]
    assert dark.mean() < half.mean() < lighter.mean()


def test_auto_tone_keeps_nights_and_pages_what_they_are(tables):
    pipe = pipeline(tables, preset_type="color", auto_tone=1.0)
    night = np.uint8(PHOTOS["rocket"] * 0.6)
    assert done(pipe, night)[0][..., :3].mean() < 110
    page = np.repeat(np.uint8(230 + data.page() // 12)[..., None], 3, axis=2)
    assert done(pipe, page)[0][..., :3].mean() > 200
    black = np.zeros((20, 30, 3), np.uint8)
    assert (done(pipe, black)[0][..., :3] == 0).all()


def test_auto_tone_looks_at_the_photo_under_its_shift(tables):
    dark = np.uint8(PHOTOS["astronaut"] * 0.35)
    shifted = done(pipeline(tables, preset_type="color", auto_tone=1.0, shift={"exposure": 2.0}), dark)[0]
    assert shifted[..., :3].mean() < 1.35 * PHOTOS["astronaut"].mean()
