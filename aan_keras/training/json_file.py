"""JSON files that are whole at any moment."""

import json
import os
from pathlib import Path


def write_json(path, content):
    """Writes `content` to `path`; killed meanwhile, what was there before stays.

    Args:
        path: the file; its folder must exist.
        content: what `json.dumps` takes.
    """
    path = Path(path)
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps(content, indent=2) + "\n")
    os.replace(partial, path)
