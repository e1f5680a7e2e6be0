"""What the settings of Camera Raw are called, and which values of them change nothing."""

# They describe the preset, or repeat what other settings say.
_DESCRIBING = (
    "AlreadyApplied Amount AutoGrayscaleMix CameraModelRestriction CameraProfileDigest Cluster CompatibleVersion "
    "ConstrainToWarp ContactInfo Copyright CropConstrainToWarp Description Group HasCrop HasSettings LookName Name "
    "OverrideLookVignette PresetType ProcessVersion RawFileName RequiresRGBTables ShortName ShowInPresets "
    "ShowInQuickActions SortName SupportsAmount SupportsAmount2 SupportsColor SupportsHighDynamicRange "
    "SupportsMonochrome SupportsNormalDynamicRange SupportsOutputReferred SupportsSceneReferred ToneCurveName "
    "ToneCurveName2012 UUID Uncheck Version"
)
DESCRIBING = frozenset(_DESCRIBING.split())

# Values other than 0 with which a setting does nothing, or nothing without another that is listed.
_DEFAULTS = {
    "ColorGradeBlending": 50,
    "ColorNoiseReductionDetail": 50,
    "ColorNoiseReductionSmoothness": 50,
    "CurveRefineSaturation": 100,
    "DefringeGreenHueHi": 60,
    "DefringeGreenHueLo": 40,
    "DefringePurpleHueHi": 70,
    "DefringePurpleHueLo": 30,
    "GrainFrequency": 50,
    "GrainSize": 25,
    "LuminanceNoiseReductionDetail": 50,
    "ParametricHighlightSplit": 75,
    "ParametricMidtoneSplit": 50,
    "ParametricShadowSplit": 25,
    "PerspectiveScale": 100,
    "PostCropVignetteFeather": 50,
    "PostCropVignetteMidpoint": 50,
    "PostCropVignetteStyle": 1,
    "SharpenDetail": 25,
    "SharpenRadius": 1,
}
_WORDS = {
    "": None,
    "false": None,
    "as shot": "WhiteBalance",
    "custom": "WhiteBalance",
    "color": "Treatment",
    "default": "CameraProfile",
    "embedded": "CameraProfile",
    "original": "LensProfileSetup",
    "lensdefaults": "LensProfileSetup",
}
# Settings that only say how another one works: nothing without it.
_FOLLOWS = {
    "PostCropVignette": "PostCropVignetteAmount",
    "Grain": "GrainAmount",
    "Sharpen": "Sharpness",
    "ColorNoiseReduction": "ColorNoiseReduction",
    "LuminanceNoiseReduction": "LuminanceSmoothing",
    "DefringePurple": "DefringePurpleAmount",
    "DefringeGreen": "DefringeGreenAmount",
    "SplitToningShadowHue": "SplitToningShadowSaturation",
    "SplitToningHighlightHue": "SplitToningHighlightSaturation",
    "ColorGradeMidtoneHue": "ColorGradeMidtoneSat",
    "ColorGradeGlobalHue": "ColorGradeGlobalSat",
    "ColorGradeBlending": "ColorGradeMidtoneSat",
}


def number(value: str) -> float | None:
    """Return the number that is written there; None if it is none."""
    try:
        found = float(value)
    except ValueError:
        return None
    return found if abs(found) < 1e6 else None  # not NaN either


def does_nothing(setting: str, values: dict[str, str]) -> bool:
    """Whether a setting of a file, with the value that it has, leaves photos as they are."""
    value = values[setting]
    leader = next((leader for start, leader in _FOLLOWS.items() if setting.startswith(start)), setting)
    if leader != setting and not number(values.get(leader, "0")):
        return True
    found = number(value)
    if found is not None:
        return found in (0, _DEFAULTS.get(setting, 0))
    word = value.lower()
    return word in _WORDS and _WORDS[word] in (None, setting)
