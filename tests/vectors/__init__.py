"""Known answers for docs/protocol.md, made by an independent implementation with another crypto library."""

import json
from pathlib import Path
from typing import Any

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors.json").read_text())
