"""Beauty: heals, smooths, evens and lightens skin, sharpens features, brightens eyes and teeth."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from models.faces.body import Reduced, body_of
from models.faces.detector import FaceDetector
from models.faces.faces import Face, Float, detection_step
from models.faces.features import Axes, Frame
from models.faces.grain import grain_of
from models.faces.masks import masks_of
from models.faces.mesh import drawn, guessed
from models.faces.patch import Patch, Sheet
from models.faces.retouch import retouch
from models.faces.strength import Strength
from models.faces.tone import lift_of
from models.picture import FoundFace, Picture, Pixels
from models.reduce import reduce_cells

_MARGIN = 0.40  # of the face's size, on each side of its box
_GRAIN = 6.0  # a patch's grain for a standard deviation of 1: uniform noise, where A is -½, then has 0.87 of it
_WIDEST = 256  # cells; a crop is reduced by two until it is no wider


def _any(_: Face) -> bool:
    return True


class Beauty:
    """Retouches faces: their skin, and their eyes, brows, lips and teeth."""

    def __init__(
        self,
        smoothing: float,
        whitening: float,
        sharpening: float,
        detector: FaceDetector,
        reduce: Callable[[Pixels, int], Pixels] = reduce_cells,
        *,
        blemish: float = 0.0,
        eyes: float = 0.0,
        teeth: float = 0.0,
        dark_circles: float = 0.0,
    ) -> None:
        """The sliders are 0..1; a slider at 0 does nothing and takes no time.

        `reduce` makes the small copy of the photo, which takes longer than all our other arithmetic here.
        """
        self._strength = Strength.of(
            smoothing, whitening, sharpening, blemish=blemish, eyes=eyes, teeth=teeth, dark_circles=dark_circles
        )
        self._detector = detector
        self._mesh = detector.mesh
        self._reduce = reduce

    def analyse(self, picture: Picture, chosen: Callable[[Face], bool] = _any) -> tuple[Patch, ...] | None:
        """Return the patches for the chosen faces of a picture, the largest first; None: there is no face.

        Notes all faces in the picture.
        """
        step = detection_step(*picture.pixels.shape[:2])
        small = picture.reduced(step, self._reduce)  # shared by the detector and the crops of large faces
        found = [face.scaled(step) for face in self._detector.detect(small)]
        picture.faces = [FoundFace(_fraction(face, picture), chosen(face)) for face in found]
        if not found:
            return None
        if not any(face.retouched for face in picture.faces):
            return ()
        # The others too: nobody's eyes are smoothed as a neighbour's cheek.
        faces = [self._drawn(face, picture, small) for face in found]
        patches = []
        for index, (face, noted) in enumerate(zip(faces, picture.faces, strict=True)):
            if noted.retouched:
                patch, cut = self._patch(face, faces, picture, small)
                picture.faces[index] = replace(noted, texture_cut=None if cut is None else round(cut, 2))
                patches.append(patch)
        return tuple(patch for patch in patches if patch is not None)

    def _drawn(self, face: Face, picture: Picture, small: Pixels) -> Face:
        """Return a face with its outlines, which are drawn on the crop that it is retouched on."""
        step, area = _view_of(face, *picture.pixels.shape[:2])
        if area is None:
            return replace(face, outlines=guessed(face))
        rgb = np.round(_cells(picture, small, step, area)).astype(np.uint8)
        x0, y0 = area[:2]
        return drawn(self._mesh, rgb, face.scaled(1 / step, (-x0 / step, -y0 / step))).scaled(step, (x0, y0))

    def _patch(
        self, face: Face, faces: list[Face], picture: Picture, small: Pixels
    ) -> tuple[Patch | None, float | None]:
        """Return the patch of one face and its body, and the part of its texture's variance that the face loses.

        None if there is nothing to do, e.g. no visible skin.
        """
        height, width = picture.pixels.shape[:2]
        step, area = _view_of(face, height, width)
        if area is None:
            return None, None
        x0, y0, x1, y1 = area
        rgb = _cells(picture, small, step, (x0, y0, x1, y1))
        near = [other.scaled(1 / step) for other in faces if other is not face and _meets(other, x0, y0, x1, y1)]
        own = face.scaled(1 / step)
        axes = Axes.over(Frame.of(own), (x0 / step, y0 / step), rgb.shape[:2])
        ramp = _ramp(rgb.shape[0], y0 > 0, y1 < height)[:, None] * _ramp(rgb.shape[1], x0 > 0, x1 < width)
        masks = masks_of(rgb, own, near, axes, ramp)
        if masks is None:
            return None, None
        planes, cut = retouch(rgb, axes, masks, self._strength, step)
        busy = np.maximum(masks.any, planes.any(axis=0))  # dark circles reach beyond the masks
        sheet = Sheet(planes, busy.astype(np.float32), step, x0, y0)
        if self._strength.reaches_bodies:
            view = Reduced(small, detection_step(height, width), (height, width))
            others = [other for other in faces if other is not face]
            strength = self._strength.for_body(lift_of(rgb, masks, axes.frame.size, self._strength))
            body = body_of(face, others, masks.model, view, strength)
            # One patch: two over the same pixels would round twice.
            sheet = sheet if body is None else sheet.and_also(body)
        grain = _GRAIN * self._grain(small, area, detection_step(height, width))
        return sheet.patch(height, width, grain), cut

    def _grain(self, small: Pixels, area: tuple[int, int, int, int], step: int) -> float:
        """Return the standard deviation of the grain around a face; 0 if it is not smoothed."""
        if not self._strength.smooth:
            return 0.0
        x0, y0, x1, y1 = area
        return grain_of(small[y0 // step : -(-y1 // step), x0 // step : -(-x1 // step)], step)


def _fraction(face: Face, picture: Picture) -> tuple[float, float, float, float]:
    """Return left, top, width and height of a face's box within the picture, in fractions of it."""
    height, width = picture.pixels.shape[:2]
    x0, x1 = (min(max(x / width, 0.0), 1.0) for x in face.box[::2])
    y0, y1 = (min(max(y / height, 0.0), 1.0) for y in face.box[1::2])
    left, top, wide, high = (round(value, 4) for value in (x0, y0, x1 - x0, y1 - y0))
    return left, top, wide, high


def _view_of(face: Face, height: int, width: int) -> tuple[int, tuple[int, int, int, int] | None]:
    """Return the step of the cells of a face's crop, and the crop; None for a box beyond the picture's edge."""
    step = 1
    while (1 + 2 * _MARGIN) * face.width > step * _WIDEST:
        step *= 2
    x0, y0, x1, y1 = _crop(face, step, height, width)
    return step, (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _crop(face: Face, step: int, height: int, width: int) -> tuple[int, int, int, int]:
    """Return the face and its margin in whole cells of the picture, cut at the picture's edges: x0, y0, x1, y1."""
    across, along = _MARGIN * face.width, _MARGIN * face.height
    x0 = int(max(0, face.box[0] - across)) // step * step
    y0 = int(max(0, face.box[1] - along)) // step * step
    x1 = min(width, -(-int(face.box[2] + across) // step) * step)
    y1 = min(height, -(-int(face.box[3] + along) // step) * step)
    return x0, y0, x1, y1


def _meets(face: Face, x0: int, y0: int, x1: int, y1: int) -> bool:
    """Whether the face with its margin reaches into the crop."""
    across, along = _MARGIN * face.width, _MARGIN * face.height
    beside = face.box[2] + across <= x0 or face.box[0] - across >= x1
    return not (beside or face.box[3] + along <= y0 or face.box[1] - along >= y1)


def _cells(picture: Picture, small: Pixels, step: int, area: tuple[int, int, int, int]) -> Float:
    """Return the colours of the area's cells, float32 (h, w, 3), 0..255; from `small` if it is fine enough."""
    x0, y0, x1, y1 = area
    done = detection_step(*picture.pixels.shape[:2])
    if done <= step:
        part = small[y0 // done : -(-y1 // done), x0 // done : -(-x1 // done)]
        cells = reduce_cells(part, step // done)
    else:
        picture.load(*area)
        cells = reduce_cells(picture.pixels[y0:y1, x0:x1], step)
    return cells[:, :, :3].astype(np.float32)


def _ramp(count: int, before: bool, after: bool) -> Float:
    """Return 1, falling to 0 towards the ends that are inside the picture, so that a crop leaves no seam."""
    place = np.arange(count, dtype=np.float32)
    reach = max(2.0, 0.06 * count)
    ramp = np.ones(count, np.float32)
    if before:
        ramp = np.minimum(ramp, place / np.float32(reach))
    if after:
        ramp = np.minimum(ramp, (count - 1 - place) / np.float32(reach))
    return ramp
