"""Which faces of a photo are retouched."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from models.faces.faces import Face
from models.picture import Picture

Box = tuple[float, ...]  # left, top, width, height


@dataclass(frozen=True, slots=True)
class Chosen:
    """All faces, or those whose middle is in one of some boxes; no box: none."""

    boxes: tuple[Box, ...] | None
    fraction: bool = True  # whether the boxes are in fractions of the photo, not in its pixels

    @classmethod
    def of(cls, faces: str | dict[str, Any]) -> Self:
        """From the parameter `faces`: "all", "none" or boxes."""
        if isinstance(faces, str):
            return cls(None if faces == "all" else ())
        return cls(tuple(tuple(box) for box in faces["boxes"]), faces["unit"] == "fraction")

    def among(self, picture: Picture) -> Callable[[Face], bool]:
        """Return what says whether a face of a picture, in its pixels, is chosen by the middle of what is seen of it.

        Boxes in pixels are those of the photo before it was resized.
        """
        height, width = picture.pixels.shape[:2]
        whole = (1.0, 1.0) if self.fraction else (float(picture.source.width), float(picture.source.height))

        def chosen(face: Face) -> bool:
            if self.boxes is None:
                return True
            x = (max(face.box[0], 0) + min(face.box[2], width)) / 2 / width * whole[0]
            y = (max(face.box[1], 0) + min(face.box[3], height)) / 2 / height * whole[1]
            return any(left <= x <= left + wide and top <= y <= top + high for left, top, wide, high in self.boxes)

        return chosen


EVERYBODY = Chosen(None)
