"""Ask the gold questions and report: `youju eval`, `python -m eval.run`, `make eval`.

A run is a folder ``runs/<id>``: ``records.jsonl`` (each record an `Answer` with its case and
score), ``summary.json`` and ``report.html``. What the model has answered before is not asked
again: ``runs/model.jsonl`` holds it, by the hash of all that shaped it.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval import judge as judges
from eval.baselines import make_baseline
from eval.cases import GOLD, Case
from eval.compare import compare
from eval.datasets import choose, opened, stratified
from eval.gate import Gate, check
from eval.homes import Homes
from eval.recorded_model import RecordedModel, Recordings, StaleRecordingError, identity
from eval.records import (
    YOUJU,
    Record,
    find_run,
    make_record,
    read_records,
    records_file,
)
from eval.report import write_report
from eval.score import METRICS, Cost, score
from eval.summary import ALL, HELD_OUT, TUNED, circumstances, figures
from rag.answer import Answerer
from rag.errors import BadFileError, ModelError, SettingsError, YoujuError
from rag.llm import make_chat_model
from rag.model import Done, Evidence, Token
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from eval.baselines import Baseline
    from eval.homes import Home
    from eval.score import Score
    from rag.llm import ChatModel
    from rag.model import Answer

RUNS = Path("runs")
MODEL_CALLS = "model.jsonl"
SUMMARY = "summary.json"
BASELINE_QUESTIONS = 30
"""Asked of a baseline where no ``--limit`` is given: one takes a minute or more for each."""
TEMPERATURE = 0.7
"""Of a run with a seed: enough that words differ from one seed to the next."""
MOST_STALE = 1 / 2
"""Share of the questions that a replay may leave out. Processors round the embedding's integers
each in its own way, so the passages of some prompts, a fifth where it was tried, change places."""
HEADLINES = (
    "right",
    "refused_rightly",
    "refusal_right",
    "refused_wrongly",
    "false_shown",
    "shown_wrong",
    "missing_named",
    "sides_shown",
    "recall_5",
    "citation_precision",
    "citation_recall",
    "citation_valid",
    "supported",
    "uncited_refusal",
    "language_right",
    "judged_right",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to ask, of whom, and what to make of it."""

    gold: Path = GOLD
    documents: Path | None = None
    """What ``gold`` is asked of; None: the seeds."""
    dataset: str | None = None
    slice: str | None = None
    held_out: bool | None = None
    limit: int | None = None
    only: tuple[str, ...] = ()
    """Ids of cases; none: all."""
    model: str | None = None
    seed: int | None = None
    """Of a model that writes by chance; None: always its likeliest word."""
    judge: str | None = None
    baselines: tuple[str, ...] = ()
    fresh: bool = False
    recordings: Path | None = None
    """Where the model's answers are kept; by default with the runs."""
    live: bool = True
    """False never to ask a model, but to leave out what is not recorded; to fail beyond
    `MOST_STALE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An answer and what it took."""

    answer: Answer
    cost: Cost


def run(
    plan: Plan,
    folder: Path,
    *,
    settings: Settings | None = None,
    say: Callable[[str], None] = print,
    homes: Homes | None = None,
) -> list[Record]:
    """Ask every case of a plan that ``folder`` holds no record of; write a record of each.

    Args:
        plan: What to ask.
        folder: Of the run; what it holds already is kept.
        settings: Instead of the environment's.
        say: Told each answer as it comes.
        homes: Open ones, to use instead of making some.

    Returns:
        The records of the whole run.

    Raises:
        SettingsError: When the folder holds a run that was made otherwise.
    """
    settings = with_model(settings or Settings.load(), plan.model)
    with ExitStack() as stack:
        dataset = stack.enter_context(opened(plan.dataset, plan.gold, plan.documents))
        cases = choose(
            dataset.cases,
            slice=plan.slice,
            held_out=plan.held_out,
            limit=plan.limit,
            only=plan.only,
        )
        made_with = circumstances(settings, cases, dataset.documents) | {"seed": plan.seed}
        _begin(folder, plan, dataset.name, made_with)
        homes = homes or stack.enter_context(Homes(settings, dataset.documents))
        recordings = Recordings(plan.recordings or folder.parent / MODEL_CALLS)
        model = _recorded(homes.shared.youju.model, settings, recordings, plan)
        judge = _judge(plan, settings, model, recordings, stack)
        homes.shared.youju.search("你好")  # loads what the first question would be charged with
        _ask_all(cases, homes, _Youju(model, settings), folder, judge=judge, say=say)
        for name in plan.baselines:
            baseline = stack.enter_context(make_baseline(name, homes.shared, settings, folder))
            sample = [c for c in cases if not c.documents]
            sample = stratified(sample, plan.limit or BASELINE_QUESTIONS)
            say(f"\n{name}: {len(sample)} questions")
            _ask_all(sample, homes, _Baseline(baseline), folder, judge=judge, say=say)
    return read_records(folder)


class _Youju:
    """Youju, asked as it stands, its model recorded."""

    name = YOUJU

    def __init__(self, model: RecordedModel | None, settings: Settings) -> None:
        self.model = model
        self._settings = settings

    def ask(self, case: Case, home: Home) -> Asked:
        """Answer a case; seconds are what it took when the model was really asked."""
        answerer = Answerer(home.youju.retriever, self.model, self._settings, home.youju.reader)
        if self.model:
            self.model.begin()
        began, evidence, word = time.monotonic(), None, None
        for event in answerer.stream(case.question, case.history):
            if isinstance(event, Evidence):
                evidence = round(time.monotonic() - began + self._saved(), 3)
                if self.model:
                    self.model.commit()  # what rewrites a question may fail
            if isinstance(event, Token) and word is None and self.model:
                saved = self.model.saved_before_word
                word = None if saved is None else round(time.monotonic() - began + saved, 3)
            if isinstance(event, Done):
                if self.model and self.model.failure:
                    # A reader is shown the best sentences instead: that says nothing of the model.
                    raise ModelError(self.model.failure)
                seconds = round(time.monotonic() - began + self._saved(), 3)
                return Asked(answer=event.answer, cost=self._cost(seconds, evidence, word))
        raise AssertionError("a stream ends with Done or raises")

    def _saved(self) -> float:
        return self.model.saved if self.model else 0.0

    def _cost(self, seconds: float, evidence: float | None, word: float | None) -> Cost:
        if self.model is None:
            return Cost(seconds=seconds, seconds_to_evidence=evidence)
        written = [c.recorded for c in self.model.calls if c.recorded.kind == "write"]
        return Cost(
            seconds=seconds,
            seconds_to_evidence=evidence,
            seconds_to_first_word=word,
            prompt_tokens=sum(r.prompt_tokens for r in written),
            completion_tokens=sum(r.completion_tokens for r in written),
        )


class _Baseline:
    """Something else that answers."""

    def __init__(self, baseline: Baseline) -> None:
        self.name = baseline.name
        self.model: RecordedModel | None = None
        self._baseline = baseline

    def ask(self, case: Case, home: Home) -> Asked:
        """Answer a case."""
        began = time.monotonic()
        answer = self._baseline.ask(case, home)
        seconds = round(time.monotonic() - began, 3)
        return Asked(
            answer=answer,
            cost=Cost(
                seconds=seconds,
                seconds_to_first_word=seconds,  # it is handed out whole
                prompt_tokens=answer.usage.prompt_tokens or None,
                completion_tokens=answer.usage.completion_tokens or None,
            ),
        )


def _ask_all(  # noqa: PLR0913 - all of what a run has open
    cases: Sequence[Case],
    homes: Homes,
    system: _Youju | _Baseline,
    folder: Path,
    *,
    judge: RecordedModel | None,
    say: Callable[[str], None],
) -> None:
    """Ask the cases that have no record yet, those of one home after another."""
    path = records_file(folder, system.name)
    done = {r.id for r in read_records(folder, system.name)} if path.exists() else set()
    left = [c for c in _by_home(cases) if c.id not in done]
    if done:
        say(f"{len(done)} of {len(cases)} are answered; {len(left)} are left.")
        _mend(path)
    progress = _Progress(len(cases), len(cases) - len(left))
    stale: list[StaleRecordingError] = []
    with path.open("a", encoding="utf-8") as file:
        for case in left:
            home = homes.of(case)
            try:
                asked = system.ask(case, home)
                judged = judges.judge(case, asked.answer, judge, 120.0) if judge else None
            except ModelError as error:
                say(progress.line(case, f"not scored: {error}"))
                continue
            except StaleRecordingError as error:
                say(progress.line(case, f"not recorded: {error}"))
                stale.append(error)
                continue
            scored = score(case, asked.answer, home.library, asked.cost, judged=judged)
            calls = system.model.calls if system.model else ()
            record = make_record(case, scored, asked.answer, calls, home.library)
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            file.flush()
            say(progress.line(case, _line(scored, asked.answer)))
    if len(stale) > MOST_STALE * len(cases):
        raise stale[0]


def _by_home(cases: Sequence[Case]) -> Iterator[Case]:
    """Those over the shared documents first, then those with the same documents together."""
    groups: dict[object, list[Case]] = {(): []}
    for case in cases:
        groups.setdefault(case.documents, []).append(case)
    for group in groups.values():
        yield from group


class _Progress:
    """Counts, and says how long the rest will take."""

    def __init__(self, total: int, done: int) -> None:
        self._total, self._done, self._began, self._first = total, done, time.monotonic(), done

    def line(self, case: Case, text: str) -> str:
        self._done += 1
        spent = (time.monotonic() - self._began) / (self._done - self._first)
        left = spent * (self._total - self._done)
        rest = f"{left / 60:3.0f} min left" if left >= 60 else f"{left:3.0f} s left  "
        return f"{self._done:3}/{self._total} {rest}  {case.id:12} {text}"


def _line(scored: Score, answer: Answer) -> str:
    mark = {True: "ok ", False: "BAD", None: "·  "}[scored.good]
    return (
        f"{mark} {answer.outcome:8} {scored.seconds:5.1f} s  {answer.question} → "
        f"{' '.join(answer.text.split())[:80]}"
    )


# --- the run's folder


def new_folder(out: Path = RUNS) -> Path:
    """Return the folder of a new run: its id is the time."""
    name = time.strftime("%Y%m%d-%H%M%S")
    number = 1
    while (folder := out / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return folder


def _begin(folder: Path, plan: Plan, dataset: str, made_with: dict[str, Any]) -> None:
    """Write what the run is made with, or see that it is the same as when it began."""
    path = folder / SUMMARY
    if path.exists():
        before = read_summary(folder)
        for what in ("settings", "model", "seed", "hashes"):
            # As they are read back: JSON has no tuples.
            if before.get(what) != json.loads(json.dumps(made_with[what])):
                raise SettingsError(
                    f"{folder} was made with other {what}: begin a new run, without --resume."
                )
        return
    folder.mkdir(parents=True, exist_ok=True)
    arguments = {k: str(v) if isinstance(v, Path) else v for k, v in asdict(plan).items()}
    write_summary(
        folder, {"id": folder.name, "dataset": dataset, "arguments": arguments, **made_with}
    )


def read_summary(folder: Path) -> dict[str, Any]:
    """Read a run's ``summary.json``.

    Raises:
        BadFileError: When it cannot be read.
    """
    try:
        return dict(json.loads((folder / SUMMARY).read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise BadFileError(f"{folder / SUMMARY}: {error}") from error


def write_summary(folder: Path, summary: dict[str, Any]) -> None:
    """Write a run's ``summary.json``."""
    text = json.dumps(summary, ensure_ascii=False, indent=1)
    (folder / SUMMARY).write_text(text + "\n", "utf-8")


def plan_of(folder: Path) -> Plan:
    """Return the plan that a run was begun with, to go on with it."""
    arguments = dict(read_summary(folder)["arguments"])
    arguments["gold"] = Path(arguments["gold"])
    if arguments["recordings"]:
        arguments["recordings"] = Path(arguments["recordings"])
    for name in ("baselines", "only"):
        arguments[name] = tuple(arguments[name])
    return Plan(**arguments)


def _mend(path: Path) -> None:
    """Drop a last line that a kill has torn."""
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        path.write_bytes(data[: data.rfind(b"\n") + 1])


def finish(folder: Path, *, against: Path | None = None) -> dict[str, Any]:
    """Work out the figures of a run's records and write its summary and report.

    Args:
        folder: Of the run.
        against: Another run to compare with.
    """
    records = read_records(folder)
    baselines = {
        path.stem.removeprefix("records-"): read_records(folder, path.stem[len("records-") :])
        for path in sorted(folder.glob("records-*.jsonl"))
    }
    scores = [r.score for r in records]
    summary = read_summary(folder) | {
        "questions": len(records),
        "figures": figures(scores),
        "judge": judges.agreement(scores),
        "baselines": {
            name: {
                "figures": figures([r.score for r in of])[ALL],
                "youju": figures([r.score for r in records if r.id in {x.id for x in of}])[ALL],
            }
            for name, of in baselines.items()
        },
    }
    comparison = compare(read_records(against), records) if against else None
    if against and comparison:
        summary["compared"] = {"with": against.name, **comparison.to_dict()}
    write_summary(folder, summary)
    write_report(folder, summary, records, baselines, comparison)
    return summary


# --- models


def with_model(settings: Settings, name: str | None) -> Settings:
    """Return settings with another language model.

    Args:
        settings: As they are.
        name: A size of the embedded model, a GGUF file, or a model of ``OPENAI_BASE_URL``; None:
            the one of the settings.

    Raises:
        SettingsError: When it is none of these.
    """
    if name is None:
        return settings
    if Path(name).is_file():
        return settings.model_copy(update={"base_url": None, "model_path": Path(name)})
    try:
        embedded = Settings.load(environ={}, dotenv=Path("/dev/null"), local_model=name)
    except SettingsError:
        if settings.base_url:
            return settings.model_copy(update={"model": name})
        raise SettingsError(
            f"--model {name}: write 1.5b, 0.5b or a GGUF file, or set OPENAI_BASE_URL."
        ) from None
    update = {"base_url": None, "model_path": None, "local_model": embedded.local_model}
    return settings.model_copy(update=update)


def _recorded(
    model: ChatModel | None, settings: Settings, recordings: Recordings, plan: Plan
) -> RecordedModel | None:
    if model is None:
        return None
    who = identity(settings)
    if plan.seed is not None:
        model = model.sampling(TEMPERATURE, plan.seed)
        who = f"{who} temperature {TEMPERATURE} seed {plan.seed}"
    return RecordedModel(model, who, recordings, fresh=plan.fresh, live=plan.live)


def _judge(
    plan: Plan,
    settings: Settings,
    model: RecordedModel | None,
    recordings: Recordings,
    stack: ExitStack,
) -> RecordedModel | None:
    if plan.judge is None:
        return None
    chosen = with_model(settings, None if plan.judge == "same" else plan.judge)
    if chosen == settings:
        return model
    asked, server = make_chat_model(chosen)
    if server:
        stack.callback(server.stop)
    return _recorded(asked, chosen, recordings, plan)


# --- on the terminal


def print_summary(summary: dict[str, Any]) -> None:
    """Print the headline figures: all questions, those held out, those tuned on."""
    for part in (ALL, HELD_OUT, TUNED):
        row = summary["figures"][part]
        if not row["questions"] or (part == TUNED and row["questions"] == summary["questions"]):
            continue
        print(f"\n{part} ({row['questions']} questions)")
        for name in HEADLINES:
            found = row[name]
            if found:
                print(
                    f"  {METRICS[name].english:28} {found['mean']:.3f}  "
                    f"[{found['low']:.3f}, {found['high']:.3f}]  n={found['n']}"
                )
        if row["seconds"]:
            seconds = row["seconds"]
            print(
                f"  {'seconds':28} median {seconds['median']:.1f}, 95 % below {seconds['p95']:.1f}"
            )
    if summary["judge"]:
        agreed = summary["judge"]
        print(
            f"\nThe judge agrees with the gold groups on {agreed['share']:.2f} of {agreed['n']} "
            f"(Cohen's kappa {agreed['kappa']:.2f})."
        )
    for name, both in summary["baselines"].items():
        print(f"\nThe same questions ({both['figures']['questions']}): youju, {name}")
        for metric in HEADLINES:
            mine, other = both["youju"][metric], both["figures"][metric]
            if mine or other:
                cells = [f"{x['mean']:.3f}" if x else "—" for x in (mine, other)]
                print(f"  {METRICS[metric].english:28} {'   '.join(cells)}")


def print_comparison(compared: dict[str, Any]) -> None:
    """Print what broke and what healed, and whether it is more than chance."""
    print(f"\nAgainst {compared['with']}, {compared['questions']} questions in both:")
    for word in ("broke", "healed"):
        print(f"  {word:7} {len(compared[word]):3}  {'  '.join(compared[word])}")
    for name, found in compared["metrics"].items():
        if found and found["verdict"] != "same" and METRICS[name].unit == "share":
            p = f", p = {found['p']:.3f}, among all {found['adjusted']:.3f}"
            print(
                f"  {METRICS[name].english:28} {found['before']:.3f} → {found['after']:.3f}  "
                f"[{found['low']:+.3f}, {found['high']:+.3f}]{p}: {found['verdict']}"
            )


def run_and_report(
    plan: Plan,
    out: Path,
    *,
    resume: str | None = None,
    against: str | None = None,
    gate: Path | None = None,
) -> int:
    """Run, write, print; return the exit code: 1 where the gate is shut.

    Args:
        plan: What to ask.
        out: Folder of the runs.
        resume: A run to go on with, as it was planned.
        against: A run to compare with.
        gate: File of floors.
    """
    other = find_run(out, against) if against else None
    floors = Gate.read(gate) if gate else None
    folder = find_run(out, resume) if resume else new_folder(out)
    began = time.monotonic()
    try:
        run(plan_of(folder) if resume else plan, folder, say=_say)
    except (KeyboardInterrupt, YoujuError):
        if records_file(folder).exists():
            print(f"\nGo on with: youju eval --resume {folder.name}", file=sys.stderr)
        raise
    summary = finish(folder, against=other)
    print_summary(summary)
    if other:
        print_comparison(summary["compared"])
    print(f"\n{time.monotonic() - began:.0f} s. Report: {folder / 'report.html'}")
    if floors is None:
        return 0
    findings = check(floors, [r.score for r in read_records(folder)])
    for finding in findings:
        print(finding.line())
    return 1 if any(not f.passed for f in findings) else 0


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    from eval.command import main

    sys.exit(main())
