import os
import re
from pathlib import Path

import pytest

from rag.errors import SettingsError
from rag.settings import Settings

EXAMPLE = Path(__file__).parent.parent / ".env.example"


def test_arguments_win_over_the_environment_over_the_file_over_the_default(tmp_path):
    file = tmp_path / "env"
    file.write_text("YOUJU_TOP_K=3\nYOUJU_PORT=1111\nYOUJU_DEADLINE=9\n")
    environ = {"YOUJU_PORT": "2222", "YOUJU_DEADLINE": "8"}
    settings = Settings.load(environ=environ, dotenv=file, deadline=7)
    assert (settings.top_k, settings.port, settings.deadline) == (3, 2222, 7)
    assert settings.passage_tokens == 128


def test_an_unknown_key_is_an_error_that_names_the_near_one():
    with pytest.raises(SettingsError, match="did you mean YOUJU_TOP_K"):
        Settings.load(environ={"YOUJU_TOPK": "3"})


def test_a_value_that_does_not_fit_is_an_error_that_names_the_key():
    with pytest.raises(SettingsError, match=r"YOUJU_TOP_K.*\.env\.example"):
        Settings.load(environ={"YOUJU_TOP_K": "many"})


def test_settings_are_frozen():
    with pytest.raises(Exception, match="frozen"):
        Settings().top_k = 3


def test_a_stray_key_alone_sends_nothing_anywhere():
    settings = Settings.load(environ={"OPENAI_API_KEY": "sk-secret"})
    assert settings.base_url is None
    assert "sk-secret" not in repr(settings)


def test_the_example_names_every_setting_with_its_default():
    text = EXAMPLE.read_text("utf-8")
    named = dict(re.findall(r"^# ?([A-Z_]+)=(.*)$", text, re.MULTILINE))
    aliases = {f.alias: f for f in Settings.model_fields.values()}
    assert set(named) == set(aliases)
    for alias, value in named.items():
        default = aliases[alias].default
        if default is not None and not callable(default) and "Undefined" not in str(default):
            assert value == str(default), alias


def test_the_example_as_it_stands_is_a_valid_file():
    assert Settings.load(environ={}, dotenv=EXAMPLE) == Settings.load(
        environ={}, dotenv=Path(os.devnull)
    )


def test_the_fields_of_records_are_given_as_json():
    settings = Settings.load(environ={"YOUJU_RECORD_FIELDS": '{"text": "body", "title": "head"}'})
    assert settings.record_mapping().text == ("body",)
    assert settings.record_mapping().title == ("head",)
    for wrong in ('{"texts": "body"}', "not json", "[1]"):
        with pytest.raises(SettingsError, match="YOUJU_RECORD_FIELDS"):
            Settings.load(environ={"YOUJU_RECORD_FIELDS": wrong})
