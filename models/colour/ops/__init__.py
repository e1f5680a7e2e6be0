"""The colour ops, one file each: settings, place in the grade, and function.

The ingress loads these files for their settings, and does without numpy. So they import what computes inside functions.
"""

from importlib import import_module
from pkgutil import iter_modules

from models.colour.op import ColourOp

_FOUND: list[ColourOp] = [import_module(f"{__name__}.{file.name}").OP for file in iter_modules(__path__)]
OPS = tuple(sorted(_FOUND, key=lambda op: op.order))
