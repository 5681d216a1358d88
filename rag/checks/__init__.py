"""The checks of a claim against its source, a module each; `rag/verify.py` calls them in turn."""
