"""The gate over answers by quotation: retrieval, the reader, refusal and metrics really run.

`eval/recorded/` is made by `python -m eval.record`.
"""

from pathlib import Path
from unittest.mock import patch

import pytest

import eval.record as recording
from eval.broken import BUILDS, NO_REFUSAL, broken
from eval.compare import compare
from eval.gate import Floor, Gate, check, check_against
from eval.homes import Homes
from eval.records import read_records
from eval.run import Plan, finish, run
from rag import fold
from rag.errors import SettingsError
from rag.reader.bundled import BundledReader
from rag.resources import resource
from rag.settings import Settings

GATE = Path(recording.__file__).parent / "gate.toml"


@pytest.fixture(scope="module", autouse=True)
def read_once():
    """The runs ask the same reader mostly the same: what it has read it does not read again."""
    read, known = BundledReader.answers, {}

    def answers(self, question, texts):
        asked = fold.to_simplified(question)  # as it is broken, or not
        new = [t for t in dict.fromkeys(texts) if (asked, question, t) not in known]
        for text, reading in zip(new, read(self, question, new), strict=True):
            known[asked, question, text] = reading
        return [known[asked, question, t] for t in texts]

    with patch.object(BundledReader, "answers", answers):
        yield


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(home=tmp_path_factory.mktemp("unused"), local_model="none")


@pytest.fixture(scope="module")
def homes(settings):
    with Homes(settings, resource("seeds")) as homes:
        yield homes


@pytest.fixture(scope="module")
def replay(settings, homes, tmp_path_factory):
    """Run the recorded questions again, with some settings, of some slice."""
    ids = tuple(score.case for score in recording.read_scores())
    folder = tmp_path_factory.mktemp("runs")

    def replay(name, slice=None, **changed):
        plan = Plan(only=ids, slice=slice)
        other = settings.model_copy(update=changed)
        return run(plan, folder / name, settings=other, say=lambda _: None, homes=homes)

    replay.folder = folder
    return replay


@pytest.fixture(scope="module")
def sound(replay):
    return replay("sound")


def scores(records):
    return [r.score for r in records]


def failed(records):
    findings = check(Gate.read(GATE), scores(records))
    return {(f.floor.part, f.floor.metric) for f in findings if not f.passed}


def test_the_build_as_it_stands_passes_the_gate(sound):
    assert failed(sound) == set()
    assert len(sound) == len(recording.read_scores())
    assert len({r.score.slice for r in sound}) >= 15


def test_it_is_no_worse_than_the_recorded_run(sound):
    worse = check_against(recording.read_scores(), scores(sound))
    assert [f.line() for f in worse] == []


@pytest.fixture(scope="module")
def broken_runs(replay, homes):
    """A run of every broken build."""
    runs = {}
    for build in BUILDS:
        with broken(build, homes.shared.youju.document):
            runs[build.name] = replay(build.name, build.slice, **build.settings)
    return runs


@pytest.mark.parametrize("build", BUILDS, ids=lambda b: b.name)
def test_a_broken_build_is_caught_by_its_slice(build, broken_runs):
    caught = failed(broken_runs[build.name])
    assert caught & {(build.part, metric) for metric in build.metrics}, caught


def test_refusing_nothing_is_a_change_and_not_noise(sound, broken_runs):
    found = compare(sound, broken_runs[NO_REFUSAL.name])
    assert found.metrics["refused_rightly"].verdict == "change"
    assert found.metrics["refused_rightly"].mean < 0
    assert found.broke
    assert set(found.broke) <= {r.id for r in sound if r.score.good}


def test_a_threshold_a_little_higher_is_noise(sound, replay):
    """Both runs are real; a handful of answers flips, and the paired test calls that chance."""
    moved = replay("a little stricter", refuse_below=0.68)
    found = compare(sound, moved)
    assert found.questions == len(sound)
    verdicts = {name: d.verdict for name, d in found.metrics.items() if d}
    assert "change" not in {verdicts["right"], verdicts["refused_rightly"]}


@pytest.mark.usefixtures("sound", "broken_runs")
def test_the_report_says_which_is_which(replay):
    folder = replay.folder / NO_REFUSAL.name
    summary = finish(folder, against=replay.folder / "sound")
    assert summary["compared"]["metrics"]["refused_rightly"]["verdict"] == "change"
    page = (folder / "report.html").read_text("utf-8")
    assert "变化 change" in page
    assert page.index('<section id="diff">') < page.index('<section id="headline">')


# --- floors


def test_a_gate_with_a_metric_that_there_is_not_is_refused(tmp_path):
    path = tmp_path / "gate.toml"
    path.write_text("[floor.all]\nrigth = 0.5\n")
    with pytest.raises(SettingsError, match="rigth"):
        Gate.read(path)


def test_a_floor_fails_beyond_noise_and_a_strict_one_at_once(sound):
    one = [r.score for r in sound if r.score.right is not None][:1]
    right = [*one] * 9
    wrong = [type(s)(**{**_fields(s), "right": False}) for s in one]
    scores = [*right[:9], *wrong]
    right = [type(s)(**{**_fields(s), "right": True}) for s in right]
    scores = [*right, *wrong]

    def passes(floor):
        (finding,) = check(Gate((floor,)), scores)
        return finding.passed

    # 9 of 10: Wilson's interval ends at .982.
    assert passes(Floor("all", "right", 0.95))
    assert not passes(Floor("all", "right", 0.99))
    assert not passes(Floor("all", "right", 0.95, strict=True))
    assert passes(Floor("no such slice", "right", 0.95))


def _fields(score):
    return {name: getattr(score, name) for name in type(score).__slots__}


def test_records_of_a_run_are_read_back_as_they_were_written(sound, replay):
    again = read_records(replay.folder / "sound")
    assert scores(again) == scores(sound)
