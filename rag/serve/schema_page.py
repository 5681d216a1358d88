"""The OpenAPI schema as a page: plain HTML, nothing fetched from anywhere."""

from __future__ import annotations

import json
from html import escape
from typing import Any

_HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem }}
section {{ border-top: 1px solid; margin-top: 1.5rem }}
table {{ border-collapse: collapse }} td, th {{ text-align: left; padding: .1rem .8rem .1rem 0 }}
pre {{ overflow-x: auto }} .method {{ font-weight: bold; text-transform: uppercase }}
</style>
<main><h1>{title} {version}</h1><p>{description}</p>
<p>The schema itself: <a href="/api/openapi.json">/api/openapi.json</a></p>
"""


def schema_page(schema: dict[str, Any]) -> str:
    """Return the page of an OpenAPI schema, as FastAPI makes it."""
    info = {k: escape(str(schema["info"].get(k, ""))) for k in ("title", "version", "description")}
    operations = "".join(
        _operation(path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    )
    forms = "".join(
        f'<section id="{escape(name)}"><h3>{escape(name)}</h3>{_json(form)}</section>'
        for name, form in schema.get("components", {}).get("schemas", {}).items()
    )
    return f"{_HEAD.format(**info)}{operations}<h2>Forms</h2>{forms}</main></html>\n"


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code><td>{escape(p['in'])}"
        f"<td>{_type(p['schema'])}<td>{escape(p.get('description', ''))}"
        for p in operation.get("parameters", ())
    )
    sent = "".join(
        f"<p>Send <code>{escape(kind)}</code>: {_type(body.get('schema', {}))}</p>"
        for kind, body in operation.get("requestBody", {}).get("content", {}).items()
    )
    answers = "".join(
        f"<tr><td>{escape(status)}<td>{escape(answer['description'])}<td>"
        + " · ".join(
            f"<code>{escape(kind)}</code> {_type(body.get('schema', {}))}"
            for kind, body in answer.get("content", {}).items()
        )
        for status, answer in operation["responses"].items()
    )
    told = "".join(f"<p>{escape(p)}</p>" for p in operation.get("description", "").split("\n\n"))
    return (
        f'<section><h2><span class="method">{escape(method)}</span> <code>{escape(path)}</code>'
        f"</h2>{told}<table>{rows}</table>{sent}<table>{answers}</table></section>\n"
    )


def _type(schema: dict[str, Any]) -> str:
    """A type in words, with a link to a form's description."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_type(s) for s in schema[several])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return escape(str(schema.get("type", "anything")))


def _json(form: dict[str, Any]) -> str:
    return f"<pre>{escape(json.dumps(form, ensure_ascii=False, indent=1))}</pre>"
