"""A quotation in another language than the question's is translated below, and labelled so."""

import pytest

from rag.answer.translate import translation
from rag.errors import ModelTimeoutError
from rag.names import read_names, shipped_names


class Translator:
    def __init__(self, written):
        self.written, self.asked = written, []

    def write(self, messages, *, max_tokens, deadline):
        self.asked.append(messages[-1][1])
        if isinstance(self.written, Exception):
            raise self.written
        return self.written


def translated(text, language, written):
    return translation(Translator(written), text, language, shipped_names(), deadline=0.0)


def test_a_translation_is_kept_with_its_figures():
    written = "In 2023 the plant hired 40 people."
    assert translated("该厂2023年招了40人。", "en", written) == written


@pytest.mark.parametrize(
    "written",
    [
        "In 2023 the plant hired 400 people.",  # another figure
        "The plant hired people.",  # a figure lost
        "该厂2023年招了40人。",  # the same language
        "In 2023 the plant hired 40 people.\nIt is a good plant.",
        "In 2023 the plant hired 40 people. " + "It is a good plant. " * 20,
        "",
        ModelTimeoutError("no answer within YOUJU_DEADLINE"),
    ],
)
def test_one_that_cannot_be_trusted_is_left_out(written):
    assert translated("该厂2023年招了40人。", "en", written) == ""


def test_what_is_in_the_readers_language_is_not_translated():
    model = Translator("x")
    assert translation(model, "The plant hired 40.", "en", shipped_names(), deadline=0.0) == ""
    assert model.asked == []


def test_names_whose_other_form_is_known_are_given_along():
    model = Translator("Chinese tariffs")
    names = read_names("青岭市 = Qingling", "aliases.txt")
    translation(model, "青岭市的关税", "en", names, deadline=0.0)
    assert "青岭市 = qingling" in model.asked[0]


def test_an_english_question_over_chinese_text_gets_the_quotation_and_its_translation(
    open_with, endpoint
):
    said = "On April 2 the US imposed 34%; China went to 125% and the US to 150%."
    endpoint.reply = lambda prompt: said
    youju = open_with(answers="quote", refuse_below=0.0)
    answer = youju.ask("To what rate did China raise its tariffs on American goods?")
    quoted = next(s for s in answer.sentences if "加至125%" in s.text)
    assert (quoted.support, quoted.translation) == ("quoted", said)
    assert f"(machine translation: {said})" in answer.text
