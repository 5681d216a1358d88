"""The command `youju`.

Exit codes: 0 done (a refusal is an answer) · 1 a fault in Youju · 2 wrong usage or settings ·
3 a file or document that cannot be had · 4 the store · 5 the language or embedding model (`ask`
then still prints the best sentences of the sources) · 130 interrupted.

Heavy libraries are imported by the command that needs them: `youju --help` takes a tenth of a
second, and importing everything takes four.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import json
import sys
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from rag.cards import card, shortened
from rag.dates import as_date
from rag.errors import ModelError, YoujuError
from rag.model import Done, Evidence, Filters, Token
from rag.report import SHOW_PASSAGES_OF, Bar, passage_table, result_line, summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias

    from rag.build import FileResult, Youju
    from rag.model import Answer, Citation, Event

    AddCommand: TypeAlias = Callable[
        [str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser
    ]
    """Makes the parser of a command: its name, what runs it, its help."""

COMMANDS = "youju.commands"
"""Entry points for further commands: functions that are handed an ``AddCommand``."""


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


def _home_option(default: str | None) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--home",
        metavar="DIR",
        default=default,
        help="folder of the documents; one named here starts empty "
        "(default: YOUJU_HOME or .youju, filled from the seed documents the first time)",
    )
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="youju",
        description="有据: answers over your documents, every sentence checked against its source.",
        epilog=(__doc__ or "").split("\n\n")[1],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_home_option(None)],
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Any, help: str) -> argparse.ArgumentParser:  # noqa: ANN401
        # Suppressed: else it would hide what was given before the command's name.
        shared = [_home_option(argparse.SUPPRESS)]
        sub = commands.add_parser(name, help=help, description=help, parents=shared)
        sub.set_defaults(run=run)
        return sub

    def filters(sub: argparse.ArgumentParser) -> None:
        group = sub.add_argument_group("filters (each may be repeated but the dates)")
        for name, help in (
            ("document", "only this document, by its id"),
            ("outlet", "only documents of this outlet"),
            ("language", "only documents in this language: zh, en"),
            ("tag", "only documents with this tag"),
            ("kind", "only passages of this class: body, comment, reference, caption"),
        ):
            group.add_argument(f"--{name}", action="append", default=[], help=help)
        group.add_argument("--since", type=_date, help="published then or later: 2025, 2025-06…")
        group.add_argument("--until", type=_date, help="published then or earlier")

    ask = command("ask", _ask, "answer a question, with checked citations")
    filters(ask)
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
    filters(search)
    search.add_argument("-k", type=_positive, default=None, help="how many (default: YOUJU_TOP_K)")
    search.add_argument("--json", action="store_true", help="print one JSON object")
    _commands_over_all(command, filters)
    add = command("add", _add, "add files and folders (text, web pages, PDF, Office, archives…)")
    add.add_argument("path", nargs="+")
    add.add_argument(
        "--sync", action="store_true", help="remove documents whose files are gone from the folders"
    )
    add.add_argument(
        "--tag",
        action="append",
        help="tag for every document of this run, beside its own and instead of those that its "
        "file was given before; may be repeated ('': only take those away)",
    )
    add.add_argument("--watch", action="store_true", help="go on: add what changes, until Ctrl-C")
    add.add_argument(
        "--passages",
        action=argparse.BooleanOptionalAction,
        help="print every passage with its class "
        f"(default: where no more than {SHOW_PASSAGES_OF} documents went in)",
    )
    add.add_argument("--json", action="store_true", help="print one JSON object")
    reindex = command("reindex", _reindex, "cut and embed all documents anew, from the ledger")
    reindex.add_argument("--json", action="store_true", help="print one JSON object")
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
    _commands_of_upkeep(command)
    for further in sorted(entry_points(group=COMMANDS), key=lambda e: e.name):
        further.load()(command)
    return parser


def _commands_of_upkeep(command: AddCommand) -> None:
    doctor = command("doctor", _doctor, "check the installation, the home and the models")
    doctor.add_argument("--deep", action="store_true", help="compare every text with its hash, too")
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    model = command("model", _model, "put the embedded model's file together, if it is not yet")
    model.add_argument("--check", action="store_true", help="only say whether it is there")


def _commands_over_all(
    command: AddCommand, filters: Callable[[argparse.ArgumentParser], None]
) -> None:
    for name, run, help in (
        ("mentions", _mentions, "list all documents that mention a topic, by date"),
        ("timeline", _timeline, "list what documents date of a topic"),
    ):
        over_all = command(name, run, f"{help}; asks no language model")
        over_all.add_argument(
            "topic", help="a name, word, date or figure; 甲和乙: both, 甲或乙: any"
        )
        filters(over_all)
        over_all.add_argument("--json", action="store_true", help="print one JSON object")


def _date(text: str) -> str:
    date = as_date(text)
    if date is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write 2025, 2025-06 or 2025-06-05")
    return date


def _filters(youju: Youju, args: argparse.Namespace) -> Filters:
    return Filters(
        documents=tuple(youju.document(id).id for id in args.document),
        outlets=tuple(args.outlet),
        since=args.since,
        until=args.until,
        languages=tuple(args.language),
        kinds=tuple(args.kind),
        tags=tuple(args.tag),
    )


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
        if args.stream and not args.json:
            answer = _streamed(youju.stream(args.question, history, _filters(youju, args)))
        else:
            answer = youju.ask(args.question, history, _filters(youju, args))
    if args.json:
        _print_json(answer.to_dict())
    else:
        _print_answer(answer)
    if answer.model_failure:  # the sources' own words were the answer
        _say(f"youju: {answer.model_failure}")
        return ModelError.exit_code
    return 0


def _streamed(events: Iterable[Event]) -> Answer:
    """Print what comes before the checked answer; return that."""
    for event in events:
        if isinstance(event, Done):
            print("\n\n核对之后 · checked")
            return event.answer
        _print_event(event)
    raise AssertionError("a stream ends with Done or raises")


def _print_event(event: Event) -> None:
    match event:
        case Evidence(citations=citations):
            print("最相关的原文 · nearest sentences")
            for citation in citations:
                print(f"  · {citation.quote}")
            print("\n草稿（未核对）· draft, not checked yet")
        case Token(text=text):
            print(text, end="", flush=True)


def _print_answer(answer: Answer) -> None:
    print(answer.text)
    if answer.note:
        print(f"（{answer.note}）")
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
    with _opened(args) as youju:
        hits = youju.search(args.question, args.k, _filters(youju, args))
    if args.json:
        _print_json({"question": args.question, "hits": [asdict(hit) for hit in hits]})
    for rank, hit in enumerate(hits, 1) if not args.json else ():
        found = ", ".join(f"{leg} {place}" for leg, place in hit.by.items())
        print(f"{rank:2}. {hit.score:.3f} ({found})  {card(hit)}  {hit.passage.id}")
        if hit.time:
            print(f"    {hit.time}")
        if hit.passage.section:
            print(f"    {' › '.join(hit.passage.section)}")
        print(f"    {shortened(hit.passage.text, 120)}")
    return 0


def _mentions(args: argparse.Namespace) -> int:
    with _opened(args) as youju:
        found = youju.mentions(args.topic, _filters(youju, args))
    if args.json:
        _print_json(found.to_dict())
        return 0
    for mention in (*found.certain, *found.doubtful):
        citation = mention.citation
        print(f"{'? ' if mention.doubt else ''}{card(citation)}  {citation.document_id}")
        print(f"    “{citation.quote}”")
        for copy in mention.also:
            print(f"    ≈ {card(copy)}  {copy.id}")
    certain, doubtful = len(found.certain), len(found.doubtful)
    print(f"{found.searched} documents searched: {certain} certain, {doubtful} doubtful (?)")
    return 0


def _timeline(args: argparse.Namespace) -> int:
    with _opened(args) as youju:
        told = youju.timeline(args.topic, _filters(youju, args))
    if args.json:
        events = [{"date": h.date, **asdict(h.mention.citation)} for h in told]
        _print_json({"topic": args.topic, "events": events})
        return 0
    for happening in told:
        citation = happening.mention.citation
        print(f"{happening.date:10}  {citation.quote}\n{'':12}{card(citation)}")
    return 0


def _add(args: argparse.Namespace) -> int:
    with _opened(args) as youju:
        if args.watch:
            return _watch(youju, args)
        with Bar(hidden=args.json) as bar:
            results = youju.add(*args.path, sync=args.sync, tags=args.tag, progress=bar.show)
        return _report(youju, results, args)


def _watch(youju: Youju, args: argparse.Namespace) -> int:
    _say("Watching; Ctrl-C ends it.")
    for results in youju.watch(*args.path, sync=args.sync, tags=args.tag):
        if args.json:
            print(json.dumps([asdict(r) for r in results], ensure_ascii=False), flush=True)
        else:
            for result in results:
                print(result_line(result), flush=True)
    return 0


def _report(youju: Youju, results: list[FileResult], args: argparse.Namespace) -> int:
    failed = any(r.state == "failed" for r in results)
    if args.json:
        _print_json({"results": [asdict(r) for r in results]})
        return 3 if failed else 0
    ids = list(dict.fromkeys(id for r in results for id in r.document_ids if r.state != "removed"))
    if args.passages or (args.passages is None and 0 < len(ids) <= SHOW_PASSAGES_OF):
        for id in ids:
            document = youju.document(id)
            print("\n".join(passage_table(document, youju.ledger.passages_of(id))))
    print(summary(results))
    return 3 if failed else 0


def _reindex(args: argparse.Namespace) -> int:
    from rag.build import open_home

    with (
        open_home(args.home, say=_say, must_match=False) as youju,
        Bar(hidden=args.json) as bar,
    ):
        results = youju.reindex(progress=bar.show)
    if args.json:
        _print_json({"results": [asdict(r) for r in results]})
    else:
        print(summary(results))
    return 0


def _docs(args: argparse.Namespace) -> int:
    with _opened(args) as youju:
        documents = youju.documents()
        passages = youju.ledger.count_passages()
    if args.json:
        cards = [{**d.to_dict(), "passages": passages.get(d.id, 0)} for d in documents]
        for card in cards:
            del card["text"], card["marks"]
        _print_json({"documents": cards})
        return 0
    for d in documents:
        print(
            f"{d.id}  {'~' if d.inferred else ''}{d.published or '—':10}  "
            f"{passages.get(d.id, 0):4} passages  "
            f"{d.title}{f'（{d.outlet}）' if d.outlet else ''}"
            f"{''.join(f'  #{tag}' for tag in d.tags)}"
            f"{f'  ≈ {d.near}' if d.near else ''}"
        )
    if not documents:
        print("No documents yet: youju add PATH…")
    return 0


def _show(args: argparse.Namespace) -> int:
    with _opened(args) as youju:
        document = youju.document(args.id)
        passages = youju.ledger.passages_of(document.id) if args.json else []
    if args.json:
        _print_json({**document.to_dict(), "passages": [asdict(p) for p in passages]})
    else:
        from rag.fold import visible

        print(visible(document.text))  # a document must not steer the terminal
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

    findings = examine(args.home, deep=args.deep)
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
