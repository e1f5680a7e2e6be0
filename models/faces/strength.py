"""How strongly a face is retouched."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Strength:
    """The strengths that sliders give."""

    smooth: float  # part of the deviation of its texture that skin loses
    sharpen: float  # fraction of the distance from the local luma that features gain
    even: float  # fraction by which colour blotches shrink
    lift: float  # L* gain, limited by the room below white
    blemish: float = 0.0  # fraction of the way from spots to their surroundings
    eyes: float = 0.0  # this and the next two are slider values
    teeth: float = 0.0
    dark_circles: float = 0.0

    @staticmethod
    def of(smoothing: float, whitening: float, sharpening: float, **more: float) -> "Strength":
        """The sliders are 0..1; `more` are those of the features."""
        # Of the variance 31 % go at 0.3, 56 % at 0.6 and 75 % at 0.9.
        return Strength(0.56 * smoothing, 0.8 * sharpening, 0.40 * smoothing, 9.4 * whitening, **more)

    @property
    def reaches_bodies(self) -> bool:
        """Whether anything applies to necks and arms."""
        return self.smooth > 0 or self.lift > 0

    def for_body(self, lift: float) -> "Strength":
        """The strengths for neck and arms, which have a colour of their own; `lift` is what the face has gained."""
        return Strength(0.7 * self.smooth, 0.0, 0.0, lift)
