import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from importlib.metadata import entry_points

import numpy as np
import pytest

from eval.bench_pairs import Line, Outcome, by_form, read_pairs
from eval.bench_retrieval import (
    BASELINE,
    Asked,
    Plan,
    bootstrap,
    choose,
    measure,
    run,
)
from eval.bench_scale import (
    FILTERS,
    Job,
    Paragraphs,
    ask,
    build,
    document_of,
    drawn,
    embed_paragraphs,
    sizes_on_disk,
    tokens_of,
    vectors_of,
)
from eval.cases import GoldEvidence
from eval.perturbed import Perturbed, perturbed
from eval.squad import read_squad, spread
from rag.cli import main
from rag.errors import BadFileError, SettingsError
from rag.late import A_BYTE, DIMENSIONS
from rag.model import join_spans
from tests.conftest import SEEDS
from tests.test_perturbed import PARAGRAPHS

TEXTS = (
    "青岛栈桥始建于一八九二年，是青岛最早的军事专用人工码头建筑。",
    "成都的大熊猫繁育研究基地创立于一九八七年，以保护大熊猫闻名。",
    "哈尔滨的冰雪节每年一月五日开幕，冰灯由松花江的冰块雕成。",
)
ASKED = ("栈桥是哪一年始建的？", "保护大熊猫的基地在哪座城市？", "冰灯用哪条江的冰块雕成？")
IN_ENGLISH = (
    "In which year was the Qingdao pier built?",
    "Which base protects the giant panda?",
    "When does the ice festival of Harbin open?",
)


def squad(path, texts=TEXTS, questions=ASKED):
    articles = [
        {
            "title": f"第{number}篇",
            "paragraphs": [
                {
                    "context": text,
                    "qas": [
                        {
                            "id": f"q{number}",
                            "question": question,
                            "answers": [{"text": text[:2], "answer_start": 0}],
                        }
                    ],
                }
            ],
        }
        for number, (text, question) in enumerate(zip(texts, questions, strict=True))
    ]
    path.write_text(json.dumps({"data": articles}, ensure_ascii=False), "utf-8")
    return path


# --- the command


def test_bench_is_a_command_of_youju_by_an_entry_point():
    (entry,) = entry_points(group="youju.commands", name="bench")
    assert entry.value == "eval.bench:add_commands"


@pytest.mark.parametrize("bench", [[], ["retrieval"], ["pairs"], ["scale"]])
def test_its_help_needs_no_heavy_library(bench):
    script = (
        "import sys; from rag.cli import main\n"
        "try: main(['bench', *sys.argv[1:], '--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "heavy = {'chromadb', 'llama_index', 'numpy', 'ir_measures', 'rag.build'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script, *bench], check=True, capture_output=True, text=True
    ).stdout
    assert "--home" in shown


def test_a_set_that_cannot_be_read_is_exit_code_3(tmp_path, capsys):
    assert main(["bench", "retrieval", "--squad", str(tmp_path / "none.json")]) == 3
    assert "none.json" in capsys.readouterr().err


# --- question sets


def test_a_file_of_another_format_is_refused_by_name(tmp_path):
    (tmp_path / "x.json").write_text('{"data": [{"text": "x"}]}')
    with pytest.raises(BadFileError, match=r"x\.json is not in SQuAD's format"):
        read_squad(tmp_path / "x.json")


def test_a_sample_is_spread_over_all():
    assert spread(range(10), 5) == [0, 2, 4, 6, 8]
    assert spread("ab", 5) == ["a", "b"]


def test_questions_are_chosen_by_article_and_asked_in_another_language_or_script(tmp_path):
    file = squad(tmp_path / "zh.json")
    english = squad(tmp_path / "en.json", questions=IN_ENGLISH)
    paragraphs = read_squad(file)

    def texts(**plan):
        return [q.text for _, q in choose(Plan((file,), **plan), paragraphs)]

    assert texts() == list(ASKED)
    assert texts(limit=2) == list(ASKED[:2])
    assert texts(articles=("第2篇",)) == [ASKED[2]]
    assert texts(articles=("1:3",)) == list(ASKED[1:])
    assert texts(questions=english) == list(IN_ENGLISH)
    assert texts(articles=("第1篇",), script="hant") == ["保護大熊貓的基地在哪座城市？"]
    with pytest.raises(SettingsError, match="No question is left"):
        texts(articles=("第9篇",))


# --- measures


def test_the_bootstrap_interval_of_a_fair_coin_is_that_of_the_binomial():
    # Half of 100: the 2.5 % and 97.5 % quantiles of Binomial(100, 0.5) are 40 and 60.
    half, all_ = np.repeat([0.0, 1.0], 50), np.ones(100)
    low, high = bootstrap(np.column_stack([half, all_]))
    assert low == pytest.approx([0.40, 1.0], abs=0.011)
    assert high == pytest.approx([0.60, 1.0], abs=0.011)


def test_a_difference_is_compared_in_pairs():
    # Both are right in half of the questions, but in the same ones.
    one = np.array([[1.0], [0.0]] * 50)
    low, high = bootstrap(one - one)
    assert (low[0], high[0]) == (0.0, 0.0)


def test_the_measures_of_a_right_document_at_rank_1_at_rank_3_and_of_a_missing_one():
    asked = [Asked("a", "", "right"), Asked("b", "", "right"), Asked("c", "", "right")]
    table = measure(asked, {"a": ["right", "x"], "b": ["x", "y", "right"], "c": []})
    # The columns are the hits among 1, 5 and 10, MRR and nDCG; at rank 3 that is 1 / log2(1 + 3).
    assert table.tolist() == [
        [1, 1, 1, 1, 1],
        [0, 1, 1, pytest.approx(1 / 3), pytest.approx(0.5)],
        [0, 0, 0, 0, 0],
    ]


# --- retrieval


def test_retrieval_over_three_paragraphs_finds_each_by_its_own_question(tmp_path, capsys):
    out = tmp_path / "out.json"
    home = tmp_path / "bench"
    file = squad(tmp_path / "zh.json")
    run(Plan((file,)), home, out)
    figures = json.loads(out.read_text("utf-8"))
    printed = capsys.readouterr().out
    for name in ("dense leg", "lexical leg", "reciprocal rank", "fused", "search", BASELINE):
        assert figures["figures"][name]["hit@1"] == [1.0, 1.0, 1.0], name
        assert f"| {name} | 1.000 [1.000, 1.000]" in printed
    assert figures["differences"] == {"fused": [0, 0, 0], "search": [0, 0, 0]}
    assert set(figures["milliseconds"]) >= {"embed", "dense", "lexical", "fuse", "hits"}
    assert len(set(figures["relevant"].values())) == figures["documents"] == 3

    # The same home again, with further documents: refused, since it holds only the first.
    with pytest.raises(SettingsError, match="another bench's documents"):
        run(Plan((squad(tmp_path / "b.json", TEXTS[:1], ASKED[:1]),)), home)
    run(Plan((file,), limit=1, baseline=False), home)
    assert BASELINE not in capsys.readouterr().out


# --- pairs


def test_the_evidence_of_every_pair_stands_in_its_seed_to_the_character():
    texts = {p.stem: p.read_text("utf-8") for p in SEEDS.glob("0*.txt")}
    lines = read_pairs()
    assert len({line.id for line in lines}) == len(lines)
    for line in lines:
        assert line.evidence.quote in texts[line.evidence.document], line.id
        assert len({*line.forms.values()}) == len(line.forms) > 1, line.id
        assert "hans" in line.forms, line.id


def test_forms_agree_where_their_best_passage_is_the_same():
    evidence = GoldEvidence("d", "x")
    forms = {"hans": "a", "en": "b", "alias": "c"}
    top = {"hans": "p1", "en": "p2", "alias": "p1"}
    outcome = Outcome(Line("1", evidence, forms), top, dict.fromkeys(forms, True))
    assert (outcome.same("alias"), outcome.same("en")) == (True, False)
    other = Outcome(Line("2", evidence, {"hans": "a"}), {"hans": "p3"}, {"hans": True})
    assert by_form([other, outcome]) == {
        "hans": [other, outcome],
        "en": [outcome],
        "alias": [outcome],
    }


# --- scale


def test_a_made_vector_stands_between_its_two_paragraphs_and_is_the_same_again():
    rng = np.random.default_rng(0)
    paragraphs = rng.standard_normal((3, 384)).astype(np.float32)
    paragraphs /= np.linalg.norm(paragraphs, axis=1, keepdims=True)
    made = [Perturbed("x", 0, 1, 0.8), Perturbed("y", 0, 1, 0.2)]
    vectors = vectors_of(made, paragraphs, 7)
    near = vectors @ paragraphs.T
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert near[0, 0] > near[0, 1] > near[0, 2]
    assert near[1, 1] > near[1, 0] > near[1, 2]
    assert (vectors == vectors_of(made, paragraphs, 7)).all()
    assert (vectors != vectors_of(made, paragraphs, 8)).any()


def test_made_tokens_are_stretches_of_the_two_paragraphs_own_a_bit_changed():
    rng = np.random.default_rng(0)
    width = DIMENSIONS // A_BYTE
    rows = [rng.integers(256, size=(n, width)).astype(np.uint8) for n in (90, 70)]
    paragraphs = Paragraphs(np.zeros((2, 384), np.float32), rows)
    made = [Perturbed("字" * 100, 0, 1, 0.6)]
    (packed,) = tokens_of(made, paragraphs, 7)
    tokens = np.frombuffer(packed, np.uint8).reshape(-1, width)
    assert len(tokens) == 39 + 26

    def unlike(token, paragraph):
        return min(np.unpackbits(token ^ own).mean() for own in paragraph)

    # Random bytes differ in half of their bits; these in one of sixteen.
    assert max(unlike(token, rows[0]) for token in tokens[:39]) < 0.2
    assert max(unlike(token, rows[1]) for token in tokens[39:]) < 0.2
    assert [packed] == tokens_of(made, paragraphs, 7) != tokens_of(made, paragraphs, 8)


def test_a_made_document_is_cut_as_a_real_one_and_the_filters_pass_half_and_a_tenth():
    made = list(perturbed(PARAGRAPHS, 20, 1))
    documents = []
    for number in range(200):
        stored, keys = document_of(made, number, "m")
        documents.append(stored.document)
        assert len(set(keys)) == len(stored.passages) == 20
    for p in stored.passages:
        assert join_spans(stored.document.text, p.spans) == p.text

    def passing(name):
        return sum(FILTERS[name].allows(d, lambda a, b: a == b) for d in documents)

    assert (passing("half"), passing("a tenth"), passing("no filter")) == (100, 20, 200)


def test_a_home_grows_from_size_to_size_and_is_measured(tmp_path):
    data, home = tmp_path / "data", tmp_path / "home"
    data.mkdir()
    home.mkdir()
    for name in ("cmrc2018_dev.json", "drcd_dev.json", "xquad.zh.json"):
        squad(
            data / name,
            PARAGRAPHS,
            ["青岛有什么？", "成都有什么？", "码头始建于哪年？", "大学呢？"],
        )
    embed_paragraphs(Job(data, home, 0))
    assert build(Job(data, home, 100))["passages built"] == 100
    grown = build(Job(data, home, 200))
    assert grown["passages built"] == 100
    assert grown["state"] == "dense and lexical hold the ledger's 200 passages"
    size = sizes_on_disk(home, 200)
    assert min(size.values()) > 100
    record = grown | {"bytes": size} | ask(Job(data, home, 200))
    times = record["milliseconds"]
    for name in FILTERS:
        p50, p95, p99 = times[name]["beyond embedding"]
        assert 0 < p50 <= p95 <= p99
    # 50 passages' worth of documents, 10 of them: all stages are in the drawing.
    root = ET.fromstring(drawn([record | {"passages": n} for n in (100, 200)]))
    assert {t.text.rsplit(" ", 1)[0] for t in root.iter("{http://www.w3.org/2000/svg}text")} >= {
        "dense",
        "lexical",
        "hits",
        "beyond embedding",
    }
    with pytest.raises(SettingsError, match="holds 200 passages already"):
        build(Job(data, home, 100))
