"""The direction of imports, read from the syntax trees."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = [p for folder in ("rag", "vectorstore", "eval") for p in (ROOT / folder).rglob("*.py")]
ABOVE_BUILD = {
    "rag/cli.py",
    "rag/doctor.py",
    "rag/__init__.py",
    "rag/web/page.py",
    "rag/serve/commands.py",
}


def imported(path):
    """Modules that a file imports at run time (not only for its type annotations)."""
    tree = ast.parse(path.read_text("utf-8"))
    typing_only = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_of(name):
    return {
        str(p.relative_to(ROOT))
        for p in FILES
        if any(m == name or m.startswith(f"{name}.") for m in imported(p))
    }


def test_only_the_vector_store_knows_chroma_and_sqlite():
    assert all(p.startswith("vectorstore/") for p in imports_of("chromadb"))
    assert imports_of("sqlite3") - {"rag/doctor.py"} <= {
        "vectorstore/ledger.py",
        "vectorstore/seal.py",  # reads Chroma's to tell whether it changed
        "vectorstore/accounts.py",
        "vectorstore/conversations.py",
        "eval/lexical_engines.py",  # what tantivy was chosen over
    }
    assert imports_of("tantivy") == {"vectorstore/lexical.py", "eval/lexical_engines.py"}


def test_only_the_page_knows_gradio():
    assert imports_of("gradio") == {"rag/web/page.py"}


def test_only_build_puts_the_pieces_together():
    assert {p for p in imports_of("rag.build") if not p.startswith("eval/")} <= ABOVE_BUILD
    inside = {str(p.relative_to(ROOT)) for p in FILES if p.parts[-2] == "vectorstore"}
    users, talks = {"rag/serve/commands.py"}, {"rag/web/desk.py"}
    opening = {"rag/build.py", "rag/engine.py", *users, *talks}
    assert imports_of("vectorstore") - inside == opening
    assert imports_of("vectorstore.accounts") == users
    assert imports_of("vectorstore.conversations") == talks


def test_rag_never_imports_eval():
    assert not [p for p in imports_of("eval") if p.startswith(("rag/", "vectorstore/"))]


def test_the_values_import_the_standard_library_alone():
    allowed = set(sys.stdlib_module_names)
    assert {m.split(".")[0] for m in imported(ROOT / "rag/model.py")} <= allowed


def test_nothing_but_settings_reads_the_environment():
    readers = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}:
                readers.add(str(path.relative_to(ROOT)))
    # budget.py tells tiktoken where its tables are, telemetry.py tells libraries to be silent:
    # variables are their only way in.
    assert readers == {"rag/settings.py", "rag/budget.py", "rag/telemetry.py"}


def test_llama_indexs_global_settings_are_never_read():
    for path in FILES:
        assert "llama_index.core.Settings" not in set(imported(path)), path


def test_no_prompt_is_a_string_in_code():
    from rag.prompt import load_prompt, placeholders

    for path in (ROOT / "prompts").glob("*.md"):
        assert load_prompt(path.stem)
    assert placeholders("write") == {"question", "passages", "language"}


@pytest.mark.parametrize("command", [["--help"], ["ask", "--help"]])
def test_help_needs_no_heavy_library(command):
    script = (
        "import sys; sys.argv = ['youju', *sys.argv[1:]]\n"
        "from rag.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'chromadb', 'llama_index', 'gradio', 'numpy', 'openai', 'jieba', 'pydantic'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run(
        [sys.executable, "-c", script, *command], check=True, cwd=ROOT, capture_output=True
    )


def test_no_registry_host_and_no_address_in_the_requirements():
    for path in ROOT.glob("requirements*.txt"):
        text = path.read_text("utf-8")
        assert "://" not in text
        assert "--index" not in text
        assert text.count("==") <= text.count("--hash=sha256:")
