"""Writes the OpenAPI document of the application: `python -m deployments.reference.openapi FILE`.

The types of the phone app (`app/generated/schema.ts`) are made of it. Nothing is started for it.
"""

import json
import sys
from pathlib import Path

from deployments.reference.page import application

if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(application().openapi()))
