"""Metrics by worked arithmetic, records, data sets, and the runner over a scripted endpoint."""

import json
import subprocess
import sys
from dataclasses import fields, replace

import pytest

from eval import metrics, rival, statistics
from eval.baselines import REFUSES, Chunk, locate, make_answer
from eval.cases import Case, GoldEvidence, read_cases
from eval.command import main
from eval.compare import compare
from eval.datasets import choose, from_folder, opened, stratified
from eval.homes import Homes, Library
from eval.judge import agreement, judge
from eval.metrics import (
    Place,
    answer_correct,
    character_f1,
    citation_precision,
    citation_recall,
    overlaps,
    rank_of_first,
    recall_at,
    reciprocal_rank,
    share,
    speaks_like,
    wilson,
)
from eval.names import known_names
from eval.record import sample
from eval.recorded_model import (
    RecordedModel,
    Recordings,
    StaleRecordingError,
    identity,
    without_secrets,
)
from eval.records import find_run, make_record, read_records
from eval.report import number, write_report
from eval.report_plots import curve
from eval.rival import Rival
from eval.run import TEMPERATURE, Plan, finish, plan_of, read_summary, run, with_model
from eval.score import METRICS, Cost, Score, score
from eval.statistics import ceiling, difference, estimate, mcnemar, permutation
from eval.summary import figures, public
from rag.errors import BadFileError, ModelError, ModelProtocolError, SettingsError
from rag.model import Answer, Citation, Sentence, Usage
from rag.settings import Settings
from tests.conftest import SEEDS, document_of
from tests.scripted_endpoint import KEY

TARIFF = "中方把美国输华产品关税最高加到了多少？"


def test_gold_evidence_stands_in_the_documents_to_the_character():
    seeds = {p.stem: p.read_text("utf-8") for p in SEEDS.glob("0*.txt")}
    cases = read_cases()
    assert len({c.id for c in cases}) == len(cases)
    for case in cases:
        texts = seeds | {d.name: d.text for d in case.documents}
        assert case.answerable == bool(case.gold), case.id
        assert case.answerable == bool(case.evidence), case.id
        for group in case.evidence:
            for evidence in group:
                assert evidence.quote in texts[evidence.document], case.id


@pytest.mark.parametrize("module", [metrics, statistics], ids=lambda m: m.__name__)
def test_worked_examples_of_the_metrics_hold(module):
    import doctest

    found = doctest.testmod(module)
    assert found.attempted >= 5
    assert found.failed == 0


# --- the answer


@pytest.mark.parametrize(
    ("answer", "gold", "right"),
    [
        ("关税加至125%。", [["125%"]], True),
        ("普京與金正恩", [["普京"], ["金正恩"]], True),
        ("普京", [["普京"], ["金正恩"]], False),
        ("111 亿美元", [["111亿"]], True),
        ("11.1 billion dollars", [["111亿"]], True),
        ("在马耳他", [["Malta"]], True),
        ("一百五十", [["125%"]], False),
        ("2025年举行", [["20"]], False),
        ("有3.5万人", [["5万"]], False),
        ("The Iranian delegation", [["Iran"]], False),
        ("共有54家[20]", [["20"]], False),
        ("无关", [], None),
    ],
)
def test_an_answer_is_right_when_it_holds_one_alternative_of_every_group(answer, gold, right):
    assert answer_correct(answer, gold) is right


def test_character_f1_takes_the_alternative_that_fits_best():
    # 6 characters of 6 shared, 6 of the gold's 6.
    assert character_f1("加至125%。", [["加至125%", "另一种说法"]]) == 1.0
    assert character_f1("完全不同", [["125%"]]) == 0.0
    assert character_f1("x", []) is None


@pytest.mark.parametrize(
    ("question", "answer", "right"),
    [
        ("美国驻华大使是谁？", "庞德伟。[1]", True),
        ("美國駐華大使是誰？", "龐德偉。[1]", True),
        ("美國駐華大使是誰？", "庞德伟。", False),
        ("美国驻华大使是谁？", "龐德偉。", False),
        ("美國駐華大使是誰？", "王毅。", True),  # the same in both scripts
        ("Who is the ambassador?", "David Perdue.", True),
        ("Who is the ambassador?", "庞德伟。", False),
        ("多少？", "125%", None),
    ],
)
def test_an_answer_is_to_be_in_the_language_and_script_of_the_question(question, answer, right):
    assert speaks_like(question, answer) is right


# --- places


def test_overlap_needs_one_common_character():
    assert overlaps(((0, 5),), ((4, 9),))
    assert not overlaps(((0, 5),), ((5, 9),))


def test_the_rank_of_the_first_relevant_item_counts_from_one():
    assert rank_of_first([False, True, True]) == 2
    assert rank_of_first([False]) is None


def test_recall_and_mrr_are_over_groups_of_gold_evidence():
    a, b, c = (Place(d, ((0, 10),)) for d in "abc")
    gold = [[a], [b, c]]
    assert recall_at(1, [c, a], gold) == 0.5
    assert recall_at(2, [c, a], gold) == 1.0
    assert reciprocal_rank([Place("z", ((0, 9),)), c], gold) == 0.5
    assert reciprocal_rank([], gold) == 0.0
    assert recall_at(5, [a], []) is None


def test_citation_precision_counts_by_sentence_and_recall_by_group():
    right, other, wrong = Place("a", ((0, 9),)), Place("b", ((0, 9),)), Place("a", ((50, 60),))
    gold = [[Place("a", ((5, 6),))], [Place("b", ((5, 6),))]]
    # First sentence cites one right, the second one right and one wrong: 2 of 3; one group of 2.
    assert citation_precision([[right], [right, wrong]], gold) == pytest.approx(2 / 3)
    assert citation_recall([[right], [right, wrong]], gold) == 0.5
    assert citation_recall([[right, other]], gold) == 1.0
    assert citation_precision([[]], gold) is None
    assert citation_recall([[right]], []) is None


def test_not_scored_is_not_zero():
    assert share([True, False, None]) == 0.5
    assert share([None]) is None
    assert wilson([None]) is None
    assert estimate([None]) is None
    assert difference([(None, 1.0)]) is None


# --- what a number is worth


def test_wilsons_interval_of_8_of_10():
    # (0.8 + 1.9208/10 ± 1.96·√(0.016 + 0.009604)) / (1 + 0.38416)
    low, high = wilson([True] * 8 + [False] * 2)
    assert (low, high) == (pytest.approx(0.490, abs=1e-3), pytest.approx(0.943, abs=1e-3))


def test_the_bootstrap_interval_of_a_fair_coin_is_that_of_the_binomial():
    # Half of 100: the 2.5 % and 97.5 % quantiles of Binomial(100, 0.5) are 40 and 60.
    found = estimate([True, False] * 50)
    assert found.mean == 0.5
    assert (found.low, found.high) == (pytest.approx(0.4, abs=0.02), pytest.approx(0.6, abs=0.02))
    assert estimate([True, False] * 50) == found  # the seed is fixed


def test_mcnemar_counts_the_pairs_that_differ():
    assert mcnemar(0, 6) == 2 / 2**6
    assert mcnemar(3, 3) == 1.0
    assert mcnemar(0, 0) == 1.0


def test_a_difference_is_a_change_or_noise():
    assert difference([(1, 0)] * 6 + [(1, 1)] * 20).verdict == "change"
    assert difference([(1, 0)] * 3 + [(0, 1)] * 2 + [(1, 1)] * 20).verdict == "noise"
    assert difference([(1, 1)] * 5).verdict == "same"
    fractions = [(0.5, 0.5 + i / 100) for i in range(20)]
    assert difference(fractions).verdict == "change"


def test_the_permutation_test_of_many_differences_agrees_with_mcnemars():
    for broke, healed in ((4, 12), (3, 17)):
        changes = [-1.0] * broke + [1.0] * healed
        assert permutation(changes) == pytest.approx(mcnemar(broke, healed), abs=0.01)
    assert permutation([0.0, 0.0]) == 1.0


def test_one_of_many_metrics_that_moves_by_chance_is_noise(tmp_path):
    ids = "abcdefgh"
    before = write_run(tmp_path / "1", [line(i, True) for i in ids])
    after = write_run(tmp_path / "2", [line(i, i in "ab") for i in ids])
    found = compare(read_records(before), read_records(after)).metrics["right"]
    assert found.p == mcnemar(6, 0) < 0.05 < found.adjusted
    assert found.verdict == "noise"


def test_the_ceiling_of_three_failures_is_not_zero():
    assert ceiling([False] * 3) == pytest.approx(0.561, abs=1e-3)
    assert ceiling([0.5, 0.7]) <= 0.7
    assert ceiling([None]) is None


# --- the score of an answer

TEXT = "甲说有12人受伤。乙说有17人受伤。丙没有说话。"
DOCUMENT = document_of(TEXT, id="news")
LIBRARY = Library({"news": DOCUMENT, "news.txt": DOCUMENT}, known_names)
CASE = Case(
    id="x-1",
    slice="one fact",
    question="有多少人受伤？",
    history=(),
    answerable=True,
    gold=(("12人", "17人"),),
    evidence=(
        (GoldEvidence("news.txt", "甲说有12人受伤"), GoldEvidence("news", "乙说有17人受伤")),
    ),
    held_out=False,
    notes="",
    missing=(("何时", "时间"),),
    sides=(("12",), ("17",)),
)
NOT_THERE = replace(CASE, answerable=False, gold=(), evidence=(), missing=(), sides=())


def cite(marker, quote, spans=None):
    start = TEXT.index(quote)
    return Citation(
        marker=marker,
        document_id="news",
        title="新闻",
        outlet=None,
        published=None,
        spans=spans or ((start, start + len(quote)),),
        quote=quote,
    )


def answer_of(*sentences, citations=(), outcome="answered", **given):
    values = {
        "question": CASE.question,
        "understood_as": CASE.question,
        "text": "".join(f"{t}{''.join(f'[{m}]' for m in ms)}" for t, ms in sentences),
        "outcome": outcome,
        "sentences": tuple(
            Sentence(text=t, markers=ms, support="supported", reason="") for t, ms in sentences
        ),
        "citations": tuple(citations),
        "hits": (),
        "model": "hand",
        **given,
    }
    return Answer(**values)


def scored(answer, case=CASE):
    return score(case, answer, LIBRARY, Cost(seconds=1.0))


def test_every_metric_is_a_field_of_the_score():
    assert set(METRICS) <= {f.name for f in fields(Score)}


def test_an_answer_of_one_side_is_scored_for_each_thing_by_itself():
    found = scored(answer_of(("甲说有12人受伤。", (1,)), citations=[cite(1, "甲说有12人受伤。")]))
    assert found.right is True
    assert found.sides_shown == 0.5
    assert found.missing_named == 0.0
    assert found.citation_precision == found.citation_recall == found.citation_valid == 1.0
    assert found.supported == 1.0
    assert found.refused_wrongly is False
    assert found.refused_rightly is found.refusal_right is found.uncited_refusal is None
    assert found.language_right is True


def test_a_missing_part_counts_where_it_is_named_as_missing_and_not_in_a_cited_sentence():
    said = ("何时受伤？有12人受伤。", (1,))
    cited = answer_of(said, citations=[cite(1, "甲说有12人受伤。")])
    assert scored(cited).missing_named == 0.0
    assert scored(replace(cited, missing=("何时受伤",))).missing_named == 1.0
    assert scored(replace(cited, note="文档没有说时间。")).missing_named == 1.0


def test_a_quote_that_is_not_what_its_spans_select_is_not_valid():
    shifted = cite(1, "甲说有12人受伤。", ((1, 9),))
    assert scored(answer_of(("有12人受伤。", (1,)), citations=[shifted])).citation_valid == 0.0


def test_a_sentence_that_its_citation_does_not_say_is_not_supported():
    found = scored(answer_of(("甲说有12人受伤。", (1,)), citations=[cite(1, "丙没有说话。")]))
    assert found.supported == 0.0
    assert found.citation_precision == 0.0


@pytest.mark.parametrize(
    ("lead", "supported"),
    [
        ("《新闻》称：", 1.0),
        ("据《新闻》的读者评论，甲说：", 1.0),
        ("據《新聞》的讀者評論，一名讀者說：", 1.0),
        ("据《新闻》的读者评论，卡西莫多说：", 0.0),
        ("《别的报纸》称：", 0.0),
    ],
)
def test_the_words_in_front_of_a_quotation_must_name_its_source_and_its_speaker(lead, supported):
    quoted = answer_of((f"{lead}甲说有12人受伤。", (1,)), citations=[cite(1, "甲说有12人受伤。")])
    assert scored(quoted).supported == supported


@pytest.mark.parametrize(("author", "supported"), [("丁文山", 1.0), ("李四光", 0.0)])
def test_who_wrote_a_document_may_be_said_to_say_what_it_says(author, supported):
    document = replace(document_of("会谈的关键在于稳定。", id="essay"), author=author)
    quote = Citation(
        marker=1,
        document_id="essay",
        title="随笔",
        outlet=None,
        published=None,
        spans=((0, 10),),
        quote=document.text,
    )
    said = answer_of(("丁文山认为会谈的关键在于稳定。", (1,)), citations=[quote])
    library = Library({"essay": document}, known_names)
    found = score(replace(CASE, evidence=()), said, library, Cost(seconds=1.0))
    assert found.supported == supported


def test_a_refusal_is_right_or_wrong_by_the_case_and_must_cite_nothing():
    refusal = answer_of(outcome="refused", text="资料里没有。")
    wrong, right = scored(refusal), scored(refusal, NOT_THERE)
    assert (wrong.right, wrong.refused_wrongly, wrong.refusal_right) == (False, True, False)
    assert (wrong.citation_recall, wrong.citation_precision) == (0.0, None)
    assert (right.right, right.refused_rightly, right.refusal_right) == (None, True, True)
    assert right.recall_5 is right.citation_recall is right.character_f1 is None
    assert right.uncited_refusal is True
    leaking = replace(refusal, citations=(cite(1, "丙没有说话。"),))
    assert scored(leaking, NOT_THERE).uncited_refusal is False
    answered = answer_of(("有12人受伤。", ()))
    assert scored(answered, NOT_THERE).refused_rightly is False


def test_what_was_quoted_need_not_be_in_the_language_of_the_question():
    quoted = answer_of(("甲说有12人受伤。", (1,)), citations=[cite(1, "甲说有12人受伤。")])
    english = replace(CASE, question="How many?")
    assert scored(quoted, english).language_right is False
    as_printed = tuple(replace(s, support="quoted") for s in quoted.sentences)
    assert scored(replace(quoted, sentences=as_printed), english).language_right is None


# --- data sets


def test_a_limit_takes_of_every_slice_some():
    cases = [
        replace(CASE, id=f"{s}{i}", slice=s)
        for s, n in (("a", 8), ("b", 2), ("c", 1))
        for i in range(n)
    ]
    assert [c.id for c in stratified(cases, 5)] == ["a0", "a4", "b0", "b1", "c0"]
    assert stratified(cases, 99) == cases


def test_cases_are_chosen_by_slice_and_by_whether_they_are_held_out():
    held = replace(CASE, id="x-2", held_out=True)
    assert choose([CASE, held], held_out=True) == [held]
    assert choose([CASE, held], held_out=False) == [CASE]
    assert choose([CASE, held], only=("x-2",)) == [held]
    with pytest.raises(SettingsError, match="one fact"):
        choose([CASE], slice="no such")


def test_a_squad_question_is_a_case_whose_evidence_is_the_sentence_of_its_answer(tmp_path):
    context = "青岛栈桥始建于一八九二年。它在青岛。成都有大熊猫。"
    questions = [
        {
            "id": "1",
            "question": "何时始建？",
            "answers": [{"text": "一八九二年", "answer_start": 7}],
        },
        {"id": "2", "question": "谁建的？", "answers": []},
        {"id": "1", "question": "twice", "answers": []},
    ]
    data = {"data": [{"title": "t", "paragraphs": [{"context": context, "qas": questions}]}]}
    (tmp_path / "s.json").write_text(json.dumps(data), "utf-8")
    with opened(f"squad:{tmp_path / 's.json'}") as dataset:
        first, second = dataset.cases
        assert first.evidence == ((GoldEvidence("p00000", "青岛栈桥始建于一八九二年。"),),)
        assert (first.answerable, second.answerable) == (True, False)
        assert (dataset.documents / "p00000.txt").read_text("utf-8") == context
    with pytest.raises(SettingsError, match="squad:FILE"), opened("cmrc"):
        pass


# --- the model's answers are kept


class Counting:
    """A model that says what it is told to, and counts."""

    name = "counting"

    def __init__(self, *, fails=False):
        self.asked, self.fails = 0, fails

    def stream(self, messages, *, max_tokens, deadline):
        from rag.llm import Written

        self.asked += 1
        if self.fails:
            raise ModelError("cut off")
        yield Written("加至")
        yield Written("125%。", None)
        yield Written("", Usage(prompt_tokens=7, completion_tokens=3))

    def probability_of_yes(self, messages, *, yes, no, deadline):
        self.asked += 1
        return 0.75


def asked(model, text="问", most=9):
    return "".join(p.text for p in model.stream((("user", text),), max_tokens=most, deadline=1e12))


def test_what_was_asked_before_is_not_asked_again_also_by_another_process(tmp_path):
    path, inner = tmp_path / "m.jsonl", Counting()
    for _ in range(2):
        model = RecordedModel(inner, "weights", Recordings(path))
        assert asked(model) == "加至125%。"
        assert (
            model.probability_of_yes((("user", "问"),), yes="能", no="不能", deadline=1e12) == 0.75
        )
    assert inner.asked == 2
    assert [c.replayed for c in model.calls] == [True, True]
    assert model.calls[0].recorded.prompt_tokens == 7


def test_a_changed_prompt_parameter_or_model_asks_anew(tmp_path):
    recordings, inner = Recordings(tmp_path / "m.jsonl"), Counting()
    model = RecordedModel(inner, "weights", recordings)
    asked(model)
    asked(model, "问 ")
    asked(model, most=10)
    asked(RecordedModel(inner, "other weights", recordings))
    assert inner.asked == 4
    asked(RecordedModel(inner, "weights", recordings, fresh=True))
    assert inner.asked == 5


def test_a_failure_is_kept_only_when_the_question_was_answered_without_it(tmp_path):
    path, inner = tmp_path / "m.jsonl", Counting(fails=True)
    model = RecordedModel(inner, "weights", Recordings(path)).begin()
    with pytest.raises(ModelError):
        asked(model)
    assert len(Recordings(path)) == 0
    model.commit()
    with pytest.raises(ModelError, match="cut off"):
        asked(RecordedModel(inner, "weights", Recordings(path)))
    assert inner.asked == 1


def test_an_answer_that_was_cut_off_is_kept_at_once_for_it_is_cut_off_again(tmp_path):
    class CutOff(Counting):
        def stream(self, messages, *, max_tokens, deadline):
            self.asked += 1
            raise ModelProtocolError("cut off (finish_reason “length”)")
            yield

    inner = CutOff()
    for _ in range(2):
        model = RecordedModel(inner, "weights", Recordings(tmp_path / "m.jsonl"))
        with pytest.raises(ModelProtocolError, match="length"):
            asked(model)
        assert model.failure == ""
    assert inner.asked == 1


def test_a_torn_line_of_the_recordings_is_passed_over(tmp_path):
    path = tmp_path / "m.jsonl"
    asked(RecordedModel(Counting(), "weights", Recordings(path)))
    path.write_text(path.read_text("utf-8") + '{"key": "abc', "utf-8")
    assert len(Recordings(path)) == 1


def test_neither_settings_nor_identity_hold_a_secret():
    settings = Settings(
        base_url="https://me:hush@host/v1?key=s3cret",
        api_key="s3cret",
        model="m",
        rerank_api_key="s3cret",
        rerank_arguments={"api_key": "s3cret"},
    )
    assert "s3cret" not in json.dumps(public(settings)) + identity(settings)
    assert "hush" not in json.dumps(public(settings)) + identity(settings)
    assert without_secrets("http://127.0.0.1:8080/v1") == "http://127.0.0.1:8080/v1"


def test_a_model_is_named_by_size_file_or_the_endpoints_name(tmp_path):
    file = tmp_path / "x.gguf"
    file.touch()
    there = Settings(base_url="http://h/v1", model="a")
    assert with_model(there, "b").model == "b"
    assert with_model(there, "0.5b").local_model == "0.5b"
    assert with_model(there, "0.5b").base_url is None
    assert with_model(Settings(), str(file)).model_path == file
    with pytest.raises(SettingsError, match="OPENAI_BASE_URL"):
        with_model(Settings(), "gpt")


# --- runs


def line(id, good, part="one fact"):
    answer = (
        answer_of(("有12人受伤。", ())) if good else answer_of(outcome="refused", text="没有。")
    )
    case = replace(CASE, id=id, slice=part)
    return make_record(case, scored(answer, case), answer, (), LIBRARY)


def write_run(folder, lines):
    folder.mkdir(parents=True)
    (folder / "records.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines), "utf-8"
    )
    return folder


def test_a_run_is_found_by_path_id_or_as_the_last(tmp_path):
    first = write_run(tmp_path / "runs" / "1", [line("a", True)])
    second = write_run(tmp_path / "runs" / "2", [line("a", True)])
    assert find_run(tmp_path / "runs", "last") == second
    assert find_run(tmp_path / "runs", "1") == first
    with pytest.raises(BadFileError, match="There are: 1、2"):
        find_run(tmp_path / "runs", "3")


def test_records_of_another_version_are_refused_and_a_torn_last_line_is_left_out(tmp_path):
    folder = write_run(tmp_path / "r", [line("a", True), line("b", False)])
    path = folder / "records.jsonl"
    path.write_text(path.read_text("utf-8")[:-40], "utf-8")
    assert [r.id for r in read_records(folder)] == ["a"]
    path.write_text('{"score": {"case": "a"}, "case": {}, "answer": {}}\n', "utf-8")
    with pytest.raises(BadFileError, match="another version"):
        read_records(folder)


def test_two_runs_are_compared_over_the_questions_that_both_hold(tmp_path):
    before = write_run(tmp_path / "1", [line("a", True), line("b", False), line("c", True)])
    after = write_run(tmp_path / "2", [line("a", False), line("b", True), line("d", True)])
    found = compare(read_records(before), read_records(after))
    assert (found.questions, found.broke, found.healed) == (2, ("a",), ("b",))
    assert found.metrics["right"].verdict == "noise"


def test_figures_are_given_for_all_for_those_held_out_and_by_slice(tmp_path):
    rows = [line("a", True), line("b", False, "dates")]
    rows[1]["score"]["held_out"] = True
    found = figures([r.score for r in read_records(write_run(tmp_path / "r", rows))])
    assert found["all"]["right"]["mean"] == 0.5
    assert found["held out"]["right"]["mean"] == 0.0
    assert found["dates"]["questions"] == 1
    assert found["dates"]["refused_rightly"] is None


def test_the_judge_is_reported_with_its_agreement_alone_never():
    scores = [replace(scored(answer_of(("12人", ()))), judged_right=j) for j in (True, False)]
    assert agreement(scores) == {"share": 0.5, "kappa": 0.0, "n": 2}
    assert agreement([scored(answer_of(("12人", ())))]) is None


class Writes(Counting):
    """An endpoint without log-probabilities."""

    def __init__(self, text):
        super().__init__()
        self.text = text

    def stream(self, messages, *, max_tokens, deadline):
        from rag.llm import Written

        self.prompt = messages[-1][1]
        yield Written(self.text)

    def probability_of_yes(self, messages, *, yes, no, deadline):
        return None


def test_the_judge_judges_by_the_gold_and_only_what_there_is_to_judge():
    answered = answer_of(("有12人受伤。", (1,)))
    assert judge(CASE, answered, Counting(), 9.0) is True  # probability .75
    model = Writes("错。")
    assert judge(CASE, answered, model, 9.0) is False
    assert "12人 或 17人" in model.prompt
    assert judge(CASE, answered, Writes("说不好"), 9.0) is None
    assert judge(CASE, answer_of(outcome="refused", text="没有"), model, 9.0) is None
    assert judge(NOT_THERE, answered, model, 9.0) is None


def test_the_refusal_curve_counts_what_each_threshold_would_refuse(tmp_path):
    yes, no = line("a", True), line("b", False)
    yes["answer"]["signals"] = {"answerable": 0.8}
    no["answer"]["signals"] = {"answerable": 0.3}
    no["case"]["answerable"] = False
    points = {t: (r, w) for t, r, w in curve(read_records(write_run(tmp_path / "r", [yes, no])))}
    assert (points[0.2], points[0.5], points[0.9]) == ((0, 0), (1, 0), (1, 1))


def test_what_no_threshold_decided_is_refused_at_all_or_at_none(tmp_path):
    sides, part, early = line("a", True), line("b", True), line("c", False)
    part["answer"] |= {"outcome": "partial", "signals": {"answerable": 0.2}}
    early["case"]["answerable"] = False
    for row in (sides, early):
        row["answer"]["signals"] = {}
    points = curve(read_records(write_run(tmp_path / "r", [sides, part, early])))
    assert {(refused, wrongly) for _, refused, wrongly in points} == {(1.0, 0.0)}


# --- the report


def test_the_report_escapes_all_that_is_not_its_own_and_needs_no_network(tmp_path):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    row = line("a", True)
    row["case"] |= {"question": evil, "notes": evil, "id": '"><script>'}
    row["answer"] |= {"text": evil, "note": evil}
    row["sources"] = [{"marker": 1, "pieces": [[evil, True, False]]}]
    row["answer"]["citations"] = [{"marker": 1, "title": evil, "outlet": evil, "published": None}]
    row["calls"] = [
        {
            "kind": "write",
            "messages": [["user", evil]],
            "text": evil,
            "probability": None,
            "error": "",
            "seconds": 1.0,
            "replayed": True,
            "key": "k",
        }
    ]
    folder = write_run(tmp_path / "r", [row])
    records = read_records(folder)
    summary = {
        "id": evil,
        "dataset": evil,
        "questions": 1,
        "figures": figures([r.score for r in records]),
        "judge": None,
        "baselines": {},
        "versions": {},
        "hashes": {},
        "machine": {},
        "model": evil,
        "changed": {"x": evil},
        "settings": {},
    }
    page = write_report(folder, summary, records, {}).read_text("utf-8")
    assert "<script" not in page
    assert "<img" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert "@import" not in page
    assert "url(" not in page


def report_of(folder, rows, against=None):
    """The page of a run of these rows, compared with another run."""
    folder = write_run(folder, rows)
    records = read_records(folder)
    made_with = {"versions": {}, "hashes": {}, "machine": {}, "settings": {}, "changed": {}}
    summary = {
        "id": folder.name,
        "dataset": "d",
        "questions": len(records),
        "figures": figures([r.score for r in records]),
        "judge": None,
        "baselines": {},
        "model": "m",
        **made_with,
    }
    comparison = compare(read_records(against), records) if against else None
    if comparison:
        summary["compared"] = {"with": against.name, **comparison.to_dict()}
    return write_report(folder, summary, records, {}, comparison).read_text("utf-8")


def test_the_report_says_first_whether_anything_moved_beyond_chance(tmp_path):
    ids = "abcdefghijkl"
    good = write_run(tmp_path / "good", [line(i, True) for i in ids])
    noise = report_of(tmp_path / "noise", [line(i, i != "a") for i in ids], good)
    assert "没有超出偶然的变化" in noise
    assert '<span class="chip change">' not in noise
    broken = report_of(tmp_path / "broken", [line(i, False) for i in ids], good)
    assert '<span class="chip change">答对 -1.000</span>' in broken
    # What broke comes before every table, with what was said before and what is said now.
    diff = broken[broken.index('id="diff"') : broken.index('id="slices"')]
    assert diff.index("变坏 12") < diff.index("变好 0") < diff.index("<table")
    assert "<del>有12人受伤。</del> → 没有。" in diff
    assert 'id="diff"' not in report_of(tmp_path / "alone", [line("a", True)])


def test_a_question_can_be_picked_by_whether_it_is_wrong_held_out_or_moved(tmp_path):
    good = write_run(tmp_path / "good", [line("a", True), line("b", True)])
    rows = [line("a", False), line("b", True)]
    rows[1]["score"]["held_out"] = True
    page = report_of(tmp_path / "now", rows, good)
    assert '<details id="q-a" class="question wrong moved">' in page
    assert '<details id="q-b" class="question held">' in page
    assert 'id="pick-moved"' in page
    assert 'id="pick-moved"' not in report_of(tmp_path / "alone", rows)


def test_the_bar_of_a_slice_is_wide_where_few_questions_were_asked(tmp_path):
    page = report_of(tmp_path / "r", [line("a", True), line("b", True)])
    # Wilson's interval of 2 of 2 begins at .342; resampling would say that it is certain.
    assert '<s style="left:34.2%;width:65.8%">' in page


def test_figures_are_shown_without_a_leading_zero():
    assert [number(0.8381), number(1.0), number(0.42, 1), number(None)] == [
        ".838",
        "1.000",
        "0.4",
        "—",
    ]


# --- baselines


def test_a_baseline_is_scored_by_the_chunks_that_its_markers_name():
    chunks = [Chunk(DOCUMENT, "甲说有12人受伤。", 0.9), Chunk(DOCUMENT, "丙没有说话。", 0.1)]
    answer = make_answer(CASE, "有12人受伤[1]。别的不说。[2][7]", chunks, "m")
    assert [s.markers for s in answer.sentences] == [(1,), (2,)]
    found = scored(answer)
    assert (found.right, found.citation_precision, found.citation_valid) == (True, 0.5, 1.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Empty Response",
        "资料中没有提到酒店。",
        "I cannot answer.",
        "根据提供的信息，无法确定。",
        "The sources do not mention it.",
        "There is no information about the hotel.",
    ],
)
def test_a_baseline_refuses_when_its_first_sentence_says_so(text):
    assert make_answer(CASE, text, [], "m").outcome == "refused"


def test_a_baseline_that_denies_something_further_on_has_answered():
    assert not REFUSES.search("美国驻华大使是庞德伟。")
    answer = make_answer(CASE, "有12人受伤。资料没有提到时间。", [], "m")
    assert answer.outcome == "answered"


def test_a_chunk_is_found_in_its_document_also_by_its_ends():
    long = "头" * 45 + "中间" + "尾" * 45
    assert locate(long.replace("中间", "中 间"), f"前{long}后") == ((1, 1 + len(long)),)


# --- the whole way


@pytest.fixture
def settings(endpoint, tmp_path):
    return Settings(
        home=tmp_path / "unused",
        base_url=endpoint.url,
        api_key=KEY,
        model="scripted",
        deadline=30.0,
    )


@pytest.fixture
def folder_set(tmp_path):
    """A data set of one document and three questions, one of which brings its own document."""
    folder = tmp_path / "set"
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "bridge.txt").write_text(
        "白鹭大桥的总造价为3.2亿元。大桥全长1200米。\n", "utf-8"
    )
    ev = [[{"document": "bridge.txt", "quote": "总造价为3.2亿元"}]]
    empty = {"history": [], "held_out": False, "notes": ""}
    rows = [
        {
            "id": "b-1",
            "slice": "plain",
            "question": "白鹭大桥的总造价是多少？",
            "answerable": True,
            "gold": [["3.2亿"]],
            "evidence": ev,
            **empty,
        },
        {
            "id": "b-2",
            "slice": "not there",
            "question": "白鹭大桥的设计师住在哪家酒店？",
            "answerable": False,
            "gold": [],
            "evidence": [],
            **empty,
        },
        {
            "id": "b-3",
            "slice": "own",
            "question": "青松隧道有多长？",
            "answerable": True,
            "gold": [["800米"]],
            "evidence": [[{"document": "own.txt", "quote": "全长800米"}]],
            "documents": [{"name": "own.txt", "text": "青松隧道全长800米。\n"}],
            **empty,
        },
    ]
    (folder / "cases.jsonl").write_text(
        "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8"
    )
    return folder


def reply(prompt):
    # By what is asked: the passages of a case's own home speak of the bridge too.
    if "酒店" in prompt:
        return "MISSING: 酒店"
    return "青松隧道全长800米。" if "青松隧道有多长" in prompt else "总造价为3.2亿元。"


def test_a_run_is_asked_once_resumed_scored_again_without_the_model_and_reported(
    settings, endpoint, folder_set, tmp_path
):
    endpoint.reply = reply
    plan = Plan(dataset=f"folder:{folder_set}")
    said = []
    records = run(plan, tmp_path / "runs" / "1", settings=settings, say=said.append)
    assert {r.id: r.score.good for r in records} == {"b-1": True, "b-2": True, "b-3": True}
    assert len(said) == 3
    assert "ok" in said[0]
    asked = len(endpoint.prompts)
    assert asked > 0

    # Again: another run, nothing asked, the same answers and the time they took.
    again = run(plan, tmp_path / "runs" / "2", settings=settings, say=said.append)
    assert len(endpoint.prompts) == asked
    assert [r.answer["text"] for r in again] == [r.answer["text"] for r in records]
    assert [r.score.completion_tokens for r in again] == [
        r.score.completion_tokens for r in records
    ]
    assert all(c["replayed"] for r in again for c in r.calls)

    # Interrupted: what is on disk is kept, a torn line is asked again.
    path = tmp_path / "runs" / "2" / "records.jsonl"
    first, second, _ = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text(first + second[:50], "utf-8")
    resumed = run(plan_of(tmp_path / "runs" / "2"), path.parent, settings=settings, say=said.append)
    assert [r.id for r in resumed] == ["b-1", "b-2", "b-3"]
    assert path.read_text("utf-8").startswith(first)

    # Resumed otherwise than it was begun: refused.
    other = settings.model_copy(update={"refuse_below": 0.1})
    with pytest.raises(SettingsError, match="other settings"):
        run(plan, path.parent, settings=other, say=said.append)

    summary = finish(path.parent, against=tmp_path / "runs" / "1")
    assert summary["figures"]["all"]["right"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "n": 2}
    assert summary["compared"]["broke"] == []
    assert KEY not in json.dumps(read_summary(path.parent))
    page = (path.parent / "report.html").read_text("utf-8")
    assert "青松隧道有多长？" in page
    assert '<mark class="gold">' in page
    assert KEY not in page


def test_a_seed_lets_the_model_write_by_chance_and_is_another_run(
    settings, endpoint, folder_set, tmp_path
):
    endpoint.reply = reply
    plan = Plan(dataset=f"folder:{folder_set}", slice="plain")

    def asked(plan, name):
        endpoint.bodies.clear()
        run(plan, tmp_path / "runs" / name, settings=settings, say=lambda _: None)
        return [b for b in endpoint.bodies if b.get("stream")]

    assert {(b["temperature"], b.get("seed")) for b in asked(plan, "1")} == {(0.0, None)}
    seeded = replace(plan, seed=7)
    assert {(b["temperature"], b["seed"]) for b in asked(seeded, "2")} == {(TEMPERATURE, 7)}
    assert asked(seeded, "3") == []  # kept, by its seed
    assert len(asked(replace(plan, seed=8), "4")) > 0
    with pytest.raises(SettingsError, match="other seed"):
        asked(seeded, "1")


def test_a_question_that_is_not_recorded_is_left_out_of_a_replay_and_most_are_not(
    settings, endpoint, folder_set, tmp_path
):
    endpoint.reply = reply
    plan = Plan(dataset=f"folder:{folder_set}", recordings=tmp_path / "kept.jsonl")
    run(replace(plan, slice="plain"), tmp_path / "1", settings=settings, say=lambda _: None)
    run(replace(plan, slice="own"), tmp_path / "2", settings=settings, say=lambda _: None)
    endpoint.prompts.clear()
    said, replay = [], replace(plan, live=False)
    records = run(replay, tmp_path / "3", settings=settings, say=said.append)
    assert [r.id for r in records] == ["b-1", "b-3"]
    assert sum("not recorded" in line for line in said) == 1
    assert finish(tmp_path / "3")["questions"] == 2
    with pytest.raises(StaleRecordingError, match=r"python -m eval\.record"):
        run(replace(replay, slice="not there"), tmp_path / "4", settings=settings, say=said.append)
    assert endpoint.prompts == []


def test_a_question_whose_model_fails_is_not_scored_and_asked_again_the_next_time(
    settings, endpoint, folder_set, tmp_path
):
    endpoint.behaviour = "fails"
    plan = Plan(dataset=f"folder:{folder_set}", slice="plain")
    said = []
    assert run(plan, tmp_path / "runs" / "1", settings=settings, say=said.append) == []
    assert "not scored" in said[0]
    endpoint.behaviour, endpoint.reply = "well", reply
    (record,) = run(plan, tmp_path / "runs" / "1", settings=settings, say=said.append)
    assert record.score.right


def test_the_example_set_expresses_noise_joining_false_figures_and_instructions():
    from eval.command import EXAMPLE

    dataset = from_folder(EXAMPLE)
    assert {c.slice for c in dataset.cases} == {
        "retrieval noise",
        "all noise",
        "two passages joined",
        "false figure",
        "instruction",
    }
    texts = {p.name: p.read_text("utf-8") for p in dataset.documents.iterdir()}
    for case in dataset.cases:
        own = texts | {d.name: d.text for d in case.documents}
        for group in case.evidence:
            for evidence in group:
                assert evidence.quote in own[evidence.document], case.id
        assert case.answerable == bool(case.gold)


def test_the_example_set_is_asked_over_its_own_documents(tmp_path):
    from eval.command import EXAMPLE

    plan = Plan(dataset=f"folder:{EXAMPLE}")
    quoting = Settings(home=tmp_path / "unused", local_model="none")
    records = run(plan, tmp_path / "run", settings=quoting, say=lambda _: None)
    by_slice = {r.score.slice: r.score for r in records}
    assert by_slice["retrieval noise"].right
    assert by_slice["all noise"].refused_rightly
    assert by_slice["false figure"].sides_shown == 1.0
    assert by_slice["instruction"].right
    assert all(r.score.citation_valid in {1.0, None} for r in records)
    assert finish(tmp_path / "run")["dataset"] == "example_set"


def test_a_set_in_the_format_of_squad_is_asked_like_the_gold(settings, endpoint, tmp_path):
    endpoint.reply = reply
    bridge, tunnel = "白鹭大桥的总造价为3.2亿元。大桥全长1200米。", "青松隧道全长800米。"
    cost = {"text": "3.2亿元", "answer_start": 9}
    asked = [
        {"id": "1", "question": "白鹭大桥的总造价是多少？", "answers": [cost]},
        {"id": "2", "question": "白鹭大桥的设计师住在哪家酒店？", "answers": []},
    ]
    paragraphs = [{"context": bridge, "qas": asked}, {"context": tunnel, "qas": []}]
    (tmp_path / "set.json").write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}), "utf-8")
    plan = Plan(dataset=f"squad:{tmp_path / 'set.json'}")
    records = run(plan, tmp_path / "run", settings=settings, say=lambda _: None)
    assert {r.id: r.score.good for r in records} == {"1": True, "2": True}
    assert records[0].score.citation_recall == 1.0
    assert set(finish(tmp_path / "run")["figures"]) >= {"answerable", "unanswerable"}


def test_the_sample_that_ci_replays_has_every_slice_and_a_third_unanswerable():
    cases = read_cases()
    chosen = sample(cases)
    assert len(chosen) == 60
    assert sum(not c.answerable for c in chosen) == 20
    assert {c.slice for c in chosen} == {c.slice for c in cases}


def test_plain_llama_index_is_asked_the_same_and_stands_in_the_same_table(
    settings, endpoint, folder_set, tmp_path
):
    endpoint.reply = reply
    plan = Plan(dataset=f"folder:{folder_set}", baselines=("citation-query-engine",))
    folder = tmp_path / "runs" / "1"
    run(plan, folder, settings=settings, say=lambda _: None)
    records = read_records(folder, "citation-query-engine")
    # It is not asked what needs documents of a case's own.
    assert [r.id for r in records] == ["b-1", "b-2"]
    assert records[0].score.recall_5 == 1.0
    assert any("Source 1" in prompt for prompt in endpoint.prompts)
    both = finish(folder)["baselines"]["citation-query-engine"]
    assert both["figures"]["questions"] == both["youju"]["questions"] == 2
    assert "citation-query-engine" in (folder / "report.html").read_text("utf-8")


WORKER = """
import json, sys, urllib.request
config = json.loads(sys.stdin.readline())
print(json.dumps({"loaded": 1}), flush=True)
for line in sys.stdin:
    question = json.loads(line)["question"]
    if "fail" in question:
        print(json.dumps({"error": "it broke"}), flush=True)
        continue
    body = json.dumps({"model": "e5", "input": [question]}).encode()
    address = config["embedding_url"] + "/embeddings"
    reply = json.load(urllib.request.urlopen(urllib.request.Request(address, body)))
    chunk = {"document": "bridge", "text": "大桥全长1200米。", "score": 1.0}
    size = len(reply["data"][0]["embedding"])
    print(json.dumps({"text": f"{config['model']} {size} [1]", "chunks": [chunk]}), flush=True)
"""


def test_a_rival_in_another_environment_is_given_our_model_and_our_embedding(
    settings, folder_set, tmp_path, monkeypatch
):
    (tmp_path / "env" / "bin").mkdir(parents=True)
    (tmp_path / "env" / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "worker.py").write_text(WORKER, "utf-8")
    monkeypatch.setattr(rival, "ENVIRONMENT", tmp_path / "env")
    monkeypatch.setattr(rival, "WORKER", tmp_path / "worker.py")
    with Homes(settings, folder_set / "documents") as homes:
        with Rival.running(homes.shared, settings, tmp_path) as there:
            said = there.ask("多长？")
            assert said.text == "scripted 384 [1]"
            assert said.chunks[0].document == "bridge"
            with pytest.raises(ModelError, match="it broke"):
                there.ask("fail")
        monkeypatch.setattr(rival, "ENVIRONMENT", tmp_path / "none")
        with (
            pytest.raises(SettingsError, match="make rivals"),
            Rival.running(homes.shared, settings, tmp_path),
        ):
            pass


# --- the command


def test_its_help_needs_no_heavy_library():
    script = (
        "import sys; from eval.command import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "heavy = {'chromadb', 'llama_index', 'numpy', 'jinja2', 'rag.build'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        cwd=SEEDS.parent,
    ).stdout
    assert "--held-out" in shown
    assert "label" in shown


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--compare", "nothing"], 3), (["--gate", "none.toml"], 3), (["--resume", "nothing"], 3)],
)
def test_what_cannot_be_had_is_exit_code_3_before_anything_is_asked(arguments, code, capsys):
    assert main(arguments) == code
    assert "youju:" in capsys.readouterr().err


def test_the_time_to_the_first_word_is_kept_with_an_answer(tmp_path):
    recordings = Recordings(tmp_path / "m.jsonl")
    model = RecordedModel(Counting(), "weights", recordings)
    asked(model)
    first = model.calls[0].recorded.first
    assert first is not None
    assert model.saved_before_word == 0.0  # nothing was replayed
    model.begin()
    asked(model)
    assert model.saved_before_word == first


def test_a_recording_older_than_the_measure_does_not_tell_the_first_word(tmp_path):
    path = tmp_path / "m.jsonl"
    asked(RecordedModel(Counting(), "weights", Recordings(path)))
    line = json.loads(path.read_text("utf-8"))
    del line["first"]
    path.write_text(json.dumps(line) + "\n", "utf-8")
    model = RecordedModel(Counting(), "weights", Recordings(path))
    asked(model)
    assert model.saved_before_word is None
