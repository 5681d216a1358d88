"""The command `youju`.

Exit codes: 0 done (a refusal is an answer) · 1 a fault in Youju · 2 wrong usage or settings ·
3 a file or document that cannot be had · 4 the store · 5 the language or embedding model ·
130 interrupted.

Heavy libraries are imported by the command that needs them: `youju --help` takes a tenth of a
second, and importing everything takes four.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rag.cards import card, shortened
from rag.errors import YoujuError
from rag.model import Checked, Done, Evidence, Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.build import FileResult, Youju
    from rag.model import Answer, Citation


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    args = _parser().parse_args(argv)
    try:
        return int(args.run(args))
    except YoujuError as error:
        if getattr(args, "json", False):
            print(
                json.dumps({"error": str(error), "kind": type(error).__name__}, ensure_ascii=False)
            )
        print(f"youju: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("youju: interrupted; what was committed is kept.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--home",
        metavar="DIR",
        help="folder of the documents; one named here starts empty "
        "(default: YOUJU_HOME or .youju, filled from the seed documents the first time)",
    )
    parser = argparse.ArgumentParser(
        prog="youju",
        description="有据: answers over your documents, every sentence checked against its source.",
        epilog=(__doc__ or "").split("\n\n")[1],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Any, help: str) -> argparse.ArgumentParser:  # noqa: ANN401
        sub = commands.add_parser(name, help=help, description=help, parents=[shared])
        sub.set_defaults(run=run)
        return sub

    ask = command("ask", _ask, "answer a question, with checked citations")
    ask.add_argument("question")
    ask.add_argument("--json", action="store_true", help="print one JSON object")
    ask.add_argument("--stream", action="store_true", help="show evidence and draft as they come")
    ask.add_argument(
        "--history",
        nargs=2,
        action="append",
        default=[],
        metavar=("QUESTION", "ANSWER"),
        help="an earlier turn of the conversation; may be repeated, oldest first",
    )
    search = command("search", _search, "find passages; asks no language model")
    search.add_argument("question")
    search.add_argument("-k", type=_positive, default=None, help="how many (default: YOUJU_TOP_K)")
    search.add_argument("--json", action="store_true", help="print one JSON object")
    add = command("add", _add, "add files and folders of text and Markdown")
    add.add_argument("path", nargs="+")
    add.add_argument("--json", action="store_true", help="print one JSON object")
    docs = command("docs", _docs, "list the documents")
    docs.add_argument("--json", action="store_true", help="print one JSON object")
    show = command("show", _show, "print a document's text")
    show.add_argument("id", help="its id, or the beginning of it")
    show.add_argument(
        "--json", action="store_true", help="print one JSON object, passages included"
    )
    rm = command("rm", _rm, "remove a document")
    rm.add_argument("id", help="its id, or the beginning of it")
    rm.add_argument("--json", action="store_true", help="print one JSON object")
    chat = command("chat", _chat, "open the chat page")
    chat.add_argument("--host", help="address (default: YOUJU_HOST or 127.0.0.1)")
    chat.add_argument("--port", type=int, help="port (default: YOUJU_PORT or 7860; 0: any)")
    chat.add_argument("--open", action="store_true", help="open the page in the browser")
    doctor = command("doctor", _doctor, "check the installation, the home and the models")
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    model = command("model", _model, "put the embedded model's file together, if it is not yet")
    model.add_argument("--check", action="store_true", help="only say whether it is there")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


@contextmanager
def _opened(args: argparse.Namespace) -> Iterator[Youju]:
    from rag.build import open_home

    with open_home(args.home, say=_say) as youju:
        yield youju


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))


def _ask(args: argparse.Namespace) -> int:
    history = [(q, a) for q, a in args.history]
    with _opened(args) as youju:
        if args.json:
            _print_json(youju.ask(args.question, history).to_dict())
        elif args.stream:
            for event in youju.stream(args.question, history):
                _print_event(event)
        else:
            _print_answer(youju.ask(args.question, history))
    return 0


def _print_event(event: object) -> None:
    match event:
        case Evidence(citations=citations):
            print("最相关的原文 · nearest sentences")
            for citation in citations:
                print(f"  · {citation.quote}")
            print("\n草稿（未核对）· draft, not checked yet")
        case Token(text=text):
            print(text, end="", flush=True)
        case Checked():
            pass
        case Done(answer=answer):
            print("\n\n核对之后 · checked")
            _print_answer(answer)


def _print_answer(answer: Answer) -> None:
    print(answer.text)
    for citation in answer.citations:
        print(f"\n[{citation.marker}] {card(citation)}  {citation.document_id} {_spans(citation)}")
        print(f"    “{citation.quote}”")
    if answer.outcome == "refused" and answer.hits:
        print("\n最相近的段落（不是答案）· nearest passages, not an answer:")
        for hit in answer.hits[:3]:
            print(f"  · {card(hit)}  {shortened(hit.passage.text, 60)}")


def _spans(citation: Citation) -> str:
    return ",".join(f"{start}–{end}" for start, end in citation.spans)


def _search(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    with _opened(args) as youju:
        hits = youju.search(args.question, args.k)
    if args.json:
        _print_json({"question": args.question, "hits": [asdict(hit) for hit in hits]})
    for rank, hit in enumerate(hits, 1) if not args.json else ():
        found = ", ".join(f"{leg} {place}" for leg, place in hit.by.items())
        print(f"{rank:2}. {hit.score:.3f} ({found})  {card(hit)}  {hit.passage.id}")
        print(f"    {shortened(hit.passage.text, 120)}")
    return 0


def _add(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    with _opened(args) as youju:
        results = youju.add(*args.path, progress=None if args.json else _print_result)
    failed = sum(r.state == "failed" for r in results)
    if args.json:
        _print_json({"results": [asdict(r) for r in results]})
    else:
        counts = ", ".join(
            f"{sum(r.state == state for r in results)} {state}"
            for state in dict.fromkeys(r.state for r in results)
        )
        print(f"{len(results)} files: {counts}" if results else "No files of a known type there.")
    return 3 if failed else 0


def _print_result(result: FileResult) -> None:
    if result.state == "failed":
        print(f"failed     {result.reason}", flush=True)
    else:
        print(
            f"{result.state:10} {result.path} → {result.document_id} ({result.passages} passages)",
            flush=True,
        )


def _docs(args: argparse.Namespace) -> int:
    with _opened(args) as youju:
        documents = youju.documents()
        passages = youju.ledger.count_passages()
    if args.json:
        cards = [{**d.to_dict(), "passages": passages.get(d.id, 0)} for d in documents]
        for card in cards:
            del card["text"]
        _print_json({"documents": cards})
        return 0
    for d in documents:
        print(
            f"{d.id}  {d.published or '—':10}  {passages.get(d.id, 0):4} passages  "
            f"{d.title}{f'（{d.outlet}）' if d.outlet else ''}"
        )
    if not documents:
        print("No documents yet: youju add PATH…")
    return 0


def _show(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    with _opened(args) as youju:
        document = youju.document(args.id)
        passages = youju.ledger.passages_of(document.id) if args.json else []
    if args.json:
        _print_json({**document.to_dict(), "passages": [asdict(p) for p in passages]})
    else:
        print(document.text)
    return 0


def _rm(args: argparse.Namespace) -> int:
    with _opened(args) as youju:
        document = youju.remove(args.id)
    if args.json:
        _print_json({"removed": document.id})
    else:
        print(f"Removed {document.id} ({document.title}).")
    return 0


def _chat(args: argparse.Namespace) -> int:
    from rag.settings import Settings
    from rag.web import serve

    settings = Settings.load(host=args.host, port=args.port)
    serve(args.home, settings, open_browser=args.open, say=_say)
    return 0


def _doctor(args: argparse.Namespace) -> int:
    from rag.doctor import examine

    findings = examine(args.home)
    if args.json:
        _print_json({"findings": [f.to_dict() for f in findings]})
    else:
        for finding in findings:
            print(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.what}: {finding.found}")
    return 0 if all(f.ok for f in findings) else 1


def _model(args: argparse.Namespace) -> int:
    from rag.local_model import is_ready, model_file
    from rag.settings import Settings

    settings = Settings.load()
    if args.check:
        # Nothing to put together where another model answers.
        return 0 if settings.base_url or settings.model_path or is_ready(settings) else 1
    print(model_file(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
