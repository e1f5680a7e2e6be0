"""The sliders of presets, in the groups and the order in which the page shows them.

A colour op declares its own sliders, in models/colour/ops/. What is done to faces, to the whole picture or in erase is
more than a function; the sliders of that are declared here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from models.colour.ops import OPS
from models.slider import Slider


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Sliders that belong together, and the types of presets that have them."""

    en: str
    zh: str
    types: tuple[str, ...]
    sliders: tuple[Slider, ...]


COLOUR_SLIDERS = tuple(setting for op in OPS for setting in op.settings if isinstance(setting, Slider))

_PHOTO = ("beauty", "filter", "color")

STRENGTH = Group(
    en="Strength",
    zh="强度",
    types=_PHOTO,
    sliders=(Slider("strength", 0, 1, neutral=1.0, en="Strength of the whole", zh="整体强度"),),
)
FACES = Group(
    en="Faces",
    zh="人像",
    types=("beauty",),
    sliders=(
        Slider("smoothing", 0, 1, en="Smoothing", zh="磨皮"),
        Slider("whitening", 0, 1, en="Whitening", zh="美白"),
        Slider("blemish", 0, 1, en="Spots", zh="祛斑"),
        Slider("sharpening", 0, 1, en="Sharpening", zh="清晰"),
        Slider("eyes", 0, 1, en="Brighter eyes", zh="亮眼"),
        Slider("teeth", 0, 1, en="Whiter teeth", zh="牙齿美白"),
        Slider("dark_circles", 0, 1, en="Dark circles", zh="祛黑眼圈"),
    ),
)
COLOUR = Group(
    en="Colour and light",
    zh="色彩与光线",
    types=_PHOTO,
    sliders=(
        Slider("auto_tone", 0, 1, en="Auto tone", zh="自动影调"),
        *COLOUR_SLIDERS,
        Slider("grain", 0, 1, en="Grain", zh="颗粒"),
        Slider("vignette", 0, 1, en="Vignette", zh="暗角"),
    ),
)
ERASE = Group(
    en="Edges",
    zh="边缘",
    types=("erase",),
    sliders=(
        Slider("dilate_px", 0, 60, step=1, most=500, en="Grow what is marked (pixels)", zh="扩大标记区域（像素）"),
    ),
)
GROUPS = (STRENGTH, FACES, COLOUR, ERASE)


def sliders_of(preset_type: str) -> Iterator[Slider]:
    """The sliders of a type of presets."""
    return (slider for group in GROUPS if preset_type in group.types for slider in group.sliders)
