"""Switch off what libraries would tell their makers, before the first of them is imported.

ONNX Runtime looks up its maker's host when a session is made and keeps a device id under the user's
cache; Gradio asks for its newest version. Each reads an environment variable when it is imported,
so this module is the first import of ``rag``, ``vectorstore`` and ``eval``. Child processes inherit
the variables. Nobody who runs Youju has asked for such reports: what is set otherwise is overruled.
"""

from __future__ import annotations

import os

OFF = {
    "ORT_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "ANONYMIZED_TELEMETRY": "False",  # Chroma
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}

os.environ.update(OFF)
