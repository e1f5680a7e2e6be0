"""The codec: decoding and encoding of image files. Names are loaded at first use.

`models.codec.header` and `models.codec.options` need no OpenCV: the ingress imports only those.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.codec.decoder import decode as decode
    from models.codec.decoder import decode_in_places as decode_in_places
    from models.codec.decoder import decode_in_strips as decode_in_strips
    from models.codec.encoder import Encoded as Encoded
    from models.codec.encoder import encode as encode
    from models.codec.header import Header as Header
    from models.codec.header import Limits as Limits
    from models.codec.header import read_header as read_header
    from models.codec.options import EXTENSIONS as EXTENSIONS
    from models.codec.options import MEDIA_TYPES as MEDIA_TYPES
    from models.codec.options import OutputOptions as OutputOptions
    from models.codec.options import output_format as output_format
    from models.codec.preview import thumbnail as thumbnail
    from models.codec.workspace import Workspace as Workspace

_HOMES = {
    "decode": "decoder",
    "decode_in_places": "decoder",
    "decode_in_strips": "decoder",
    "Encoded": "encoder",
    "encode": "encoder",
    "Header": "header",
    "Limits": "header",
    "read_header": "header",
    "EXTENSIONS": "options",
    "MEDIA_TYPES": "options",
    "OutputOptions": "options",
    "output_format": "options",
    "thumbnail": "preview",
    "Workspace": "workspace",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"models.codec.{_HOMES[name]}"), name)
