"""The rival's side of `eval/rival.py`: runs in its own environment and imports nothing of ours.

Standard input: one line of configuration, then a line a question. Standard output: a line for
each. PaperQA is used as its documentation shows, but for what a model with a context of 4,096
tokens needs: three pieces of 800 characters, read as they are rather than summed up one by one.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import IO, Any

from paperqa import Docs, Settings  # type: ignore[import-not-found]

PIECES, CHARACTERS, OVERLAP = 3, 800, 100
KEYS = re.compile(r"\(\s*(pqac-\w+(?:[,;\s]+pqac-\w+)*)\s*\)")


def make_settings(config: dict[str, Any]) -> Settings:
    """Point every model of PaperQA at the endpoints of ``config``."""
    name = f"openai/{config['model']}"
    endpoint = {
        "model_list": [
            {
                "model_name": name,
                "litellm_params": {
                    "model": name,
                    "api_base": config["base_url"],
                    "api_key": config["key"],
                    "temperature": 0.0,
                    "timeout": config["seconds"],
                },
            }
        ]
    }
    return Settings(
        llm=name,
        llm_config=endpoint,
        summary_llm=name,
        summary_llm_config=endpoint,
        embedding="openai/e5",
        embedding_config={"kwargs": {"api_base": config["embedding_url"], "api_key": "none"}},
        temperature=0.0,
        answer={
            "evidence_k": PIECES,
            "answer_max_sources": PIECES,
            "evidence_skip_summary": True,
            "max_concurrent_requests": 1,
        },
        parsing={
            "use_doc_details": False,
            "multimodal": False,
            "disable_doc_valid_check": True,
            "reader_config": {"chunk_chars": CHARACTERS, "overlap": OVERLAP},
        },
    )


async def load(config: dict[str, Any], settings: Settings) -> Docs:
    """Add every file of the folder of documents."""
    docs = Docs()
    for path in sorted(Path(config["documents"]).glob("*.txt")):
        if path.name == "aliases.txt":  # names, no document
            continue
        await docs.aadd(
            path, citation=path.stem, docname=path.stem, title=path.stem, settings=settings
        )
    return docs


async def answer(docs: Docs, settings: Settings, question: str) -> dict[str, Any]:
    """Ask one question; its citation keys become ``[n]``."""
    session = await docs.aquery(question, settings=settings)
    numbers = {context.id: n for n, context in enumerate(session.contexts, 1)}

    def marks(match: re.Match[str]) -> str:
        return "".join(f"[{numbers[k]}]" for k in re.findall(r"pqac-\w+", match[1]) if k in numbers)

    return {
        "text": KEYS.sub(marks, session.raw_answer or session.answer),
        "chunks": [
            {"document": c.text.doc.docname, "text": c.text.text, "score": float(c.score)}
            for c in session.contexts
        ],
    }


async def serve(out: IO[str]) -> None:
    """Answer until standard input ends."""
    config = json.loads(sys.stdin.readline())
    settings = make_settings(config)
    docs = await load(config, settings)
    write(out, {"loaded": len(docs.docs)})
    for line in sys.stdin:
        try:
            reply = await answer(docs, settings, json.loads(line)["question"])
        except Exception as error:  # noqa: BLE001 - told to the parent, which counts it
            reply = {"error": f"{type(error).__name__}: {error}"[:500]}
        write(out, reply)


def write(out: IO[str], value: dict[str, Any]) -> None:
    """Write one line."""
    out.write(json.dumps(value, ensure_ascii=False) + "\n")
    out.flush()


if __name__ == "__main__":
    # What the libraries print goes to the log: standard output is the parent's.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asyncio.run(serve(answers))
