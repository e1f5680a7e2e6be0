import pytest

from presets.camera_raw.importing import imported
from presets.catalogue import Catalogue
from presets.errors import PresetError
from tests.presets.camera_raw.xmp import HEAD, TAIL, called, of_attributes, of_elements, sequence

BASIC = {
    "ProcessVersion": "11.0",
    "Exposure2012": "+0.50",
    "Contrast2012": "-20",
    "Highlights2012": "-60",
    "Shadows2012": "+40",
    "Vibrance": "+15",
    "Saturation": "-5",
    "IncrementalTemperature": "+10",
    "IncrementalTint": "-10",
    "HueAdjustmentOrange": "-10",
    "LuminanceAdjustmentBlue": "-25",
    "GrainAmount": "25",
    "PostCropVignetteAmount": "-20",
    "Sharpness": "0",
    "ToneCurveName2012": "Linear",
}
EXPECTED = {
    "exposure": 0.5,
    "contrast": -0.12,
    "highlights": -0.6,
    "shadows": 0.4,
    "vibrance": 0.15,
    "saturation": -0.05,
    "temperature": 0.07,
    "tint": -0.06,
    "hsl": {"orange": {"hue": -0.1}, "blue": {"luminance": -0.25}},
    "grain": 0.15,
    "vignette": 0.2,
}


@pytest.mark.parametrize("form", [of_attributes, of_elements])
def test_sliders_come_from_both_forms(form):
    made = imported(form(called("Golden Hour"), **BASIC))
    assert (made.id, made.name) == ("golden-hour", "Golden Hour")
    assert made.params == EXPECTED
    assert made.ignored == made.limited == []
    Catalogue.built_in().resolve(None, "color", made.params)


def test_what_has_no_counterpart_is_listed_and_what_does_nothing_is_not():
    look = '<crs:Look><rdf:Description crs:Name="Adobe Vivid" crs:Amount="1"/></crs:Look>'
    mask = (
        "<crs:MaskGroupBasedCorrections><rdf:Seq><rdf:li><rdf:Description crs:What='Correction'/></rdf:li></rdf:Seq>"
        "</crs:MaskGroupBasedCorrections>"
    )
    made = imported(
        of_attributes(
            look + mask,
            Clarity2012="+20",
            Texture="0",
            Dehaze="+5",
            WhiteBalance="Custom",
            Temperature="5200",
            CameraProfile="Adobe Color",
            LensProfileEnable="1",
            LensProfileSetup="LensDefaults",
            PostCropVignetteAmount="+15",
            GrainSize="80",
            SharpenRadius="+2.0",
            ParametricDarks="-5",
            ParametricShadowSplit="25",
            RequiresRGBTables="False",
            UUID="0123",
        )
    )
    assert made.params == {}
    assert made.ignored == [
        "CameraProfile",
        "Clarity2012",
        "Dehaze",
        "LensProfileEnable",
        "Look",
        "MaskGroupBasedCorrections",
        "ParametricDarks",
        "PostCropVignetteAmount",
        "Temperature",
    ]


def test_tone_curves_keep_their_points_and_straight_ones_are_left_out():
    made = imported(
        of_elements(
            sequence("ToneCurvePV2012", "0, 20", "128, 130", "255, 245")
            + sequence("ToneCurvePV2012Red", "0, 0", "255, 255")
            + sequence("ToneCurvePV2012Blue", "0, 10", "255, 255")
            + sequence("ToneCurvePV2012Green", "0, 0", "nonsense"),
            Exposure2012="0.00",
        )
    )
    assert made.params == {
        "curve": {"rgb": [[0.0, 0.0784], [0.502, 0.5098], [1.0, 0.9608]], "b": [[0.0, 0.0392], [1.0, 1.0]]}
    }
    assert made.ignored == ["ToneCurvePV2012Green"]


def test_whites_and_blacks_bend_the_ends_also_under_a_curve():
    (curve,) = imported(of_attributes(Whites2012="+50", Blacks2012="-50")).params["curve"].values()
    assert curve == [[0.0, 0.0], [0.04, 0.0], [0.5, 0.5], [0.94, 1.0], [1.0, 1.0]]
    rows = sequence("ToneCurvePV2012", "0, 40", "255, 255")
    (both,) = imported(of_attributes(rows, Whites2012="+50", Blacks2012="-50")).params["curve"].values()
    assert len(both) <= 16
    assert both[0] == [0.0, pytest.approx(40 / 255, abs=1e-3)]
    assert dict(both)[0.94] == 1.0


@pytest.mark.parametrize("balance", ["0", "100"])
def test_split_toning_colours_shadows_and_highlights_and_leaves_black_and_white(balance):
    toning = {
        "SplitToningShadowHue": "220",
        "SplitToningShadowSaturation": "40",
        "SplitToningHighlightHue": "40",
        "SplitToningHighlightSaturation": "40",
        "SplitToningBalance": balance,
    }
    made = imported(of_attributes(**toning))
    red, blue = (dict(made.params["curve"][channel]) for channel in "rb")
    assert (red[0.75] > 0.75, blue[0.75] < 0.75) == (True, True)
    if balance == "0":
        assert (red[0.25] < 0.25, blue[0.25] > 0.25) == (True, True)
    assert {red[0.0], blue[0.0], red[1.0], blue[1.0]} == {0.0, 1.0}
    assert made.ignored == []


def test_black_and_white():
    made = imported(of_attributes(ConvertToGrayscale="True", Treatment="Black &amp; White", GrayMixerRed="-10"))
    assert made.params == {"saturation": -1.0}
    assert made.ignored == ["GrayMixerRed"]


def test_an_old_preset_gives_what_means_the_same():
    made = imported(
        of_attributes(
            sequence("ToneCurve", "0, 0", "64, 50", "255, 255"), Exposure="+0.25", FillLight="20", Brightness="0"
        )
    )
    assert made.params["exposure"] == 0.25
    assert made.params["curve"]["rgb"][1] == [0.251, 0.1961]
    assert made.ignored == ["FillLight"]


def test_what_goes_further_there_is_limited_and_told():
    made = imported(of_attributes(Exposure2012="+4.50", Saturation="NaN"))
    assert (made.params, made.limited, made.ignored) == ({"exposure": 3.0}, ["Exposure2012"], ["Saturation"])


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"<html><body/></html>",
        (BOMB + HEAD + ' crs:Exposure2012="1">&b;' + TAIL).encode(),
        (HEAD + ">" + TAIL).encode(),
        (HEAD + ' crs:Exposure2012="1">' + "<crs:A>" * 100 + "</crs:A>" * 100 + TAIL).encode(),
        of_attributes(Exposure2012="1")[:-30],
        of_attributes("<!--" + "x" * (1 << 20) + "-->", Exposure2012="1"),
    ],
)
def test_what_is_no_preset_is_refused_in_words(data):
    with pytest.raises(PresetError, match="Export it again") as refused:
        imported(data)
    assert refused.value.code == "invalid_xmp"


def test_a_name_becomes_an_id():
    assert imported(of_attributes(called("  Film — Ünder 400! "), Exposure2012="1")).id == "film-nder-400"
    assert imported(of_attributes(called("胶片"), Exposure2012="1")).id == "imported"
    assert imported(of_attributes(Exposure2012="1"), "My look").name == "My look"
