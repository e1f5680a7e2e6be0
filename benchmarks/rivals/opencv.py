"""OpenCV as people smooth faces with it: a bilateral filter, blended in where the colour is that of skin.

The faces are those of our own detector, with the same weights, on the photo reduced in the same way. Decoding and
encoding is done by simplejpeg, which is faster than OpenCV's own. Eyes, teeth, bodies and spots are left alone.
"""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import ExifTags, Image

from benchmarks.photos.floor import QUALITY

if TYPE_CHECKING:
    from models.faces.faces import Face

VERSIONS = {name: version(name) for name in ("opencv-python", "onnxruntime", "simplejpeg")}
_TURNS = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}
_MARGIN = 0.2  # of a face's width
_DARKEST, _LIGHTEST = (0, 133, 77), (255, 173, 127)  # skin in YCrCb (Chai and Ngan, 1999)


def make() -> Callable[[Path, Path], None]:
    """Return the work of a process of the pool."""
    from models.faces.detector import FaceDetector  # noqa: PLC0415

    cv2.setNumThreads(1)
    detector = FaceDetector()

    def retouch(source: Path, target: Path) -> None:
        data = source.read_bytes()
        with Image.open(source) as photo:
            orientation = photo.getexif().get(ExifTags.Base.Orientation, 1)
        _, _, _, subsampling = simplejpeg.decode_jpeg_header(data)
        pixels = simplejpeg.decode_jpeg(data, "RGBA", strict=True)
        if orientation in _TURNS:
            pixels = np.asarray(cv2.rotate(pixels, _TURNS[orientation]))
        for face in detector.detect(pixels):
            _smooth(pixels, face)
        target.write_bytes(simplejpeg.encode_jpeg(pixels, QUALITY, "RGBX", subsampling))

    return retouch


def _smooth(pixels: npt.NDArray[np.uint8], face: "Face") -> None:
    margin = _MARGIN * face.width
    x0, y0 = (max(0, int(face.box[axis] - margin)) for axis in (0, 1))
    x1, y1 = (int(face.box[axis] + margin) for axis in (2, 3))
    region = cv2.cvtColor(pixels[y0:y1, x0:x1], cv2.COLOR_RGBA2RGB)
    skin = cv2.inRange(cv2.cvtColor(region, cv2.COLOR_RGB2YCrCb), np.array(_DARKEST), np.array(_LIGHTEST))
    weight = cv2.GaussianBlur(skin, (0, 0), face.width / 40).astype(np.float32)[..., None] / 255
    smooth = cv2.bilateralFilter(region, 9, 40, 9)
    pixels[y0:y1, x0:x1, :3] = (region + (smooth.astype(np.float32) - region) * weight * 0.6 + 0.5).astype(np.uint8)
