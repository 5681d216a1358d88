"""Two hundred bad files among good ones: each named with a reason, the good ones in."""

import subprocess
import sys

from tests.conftest import SEEDS
from tests.formats import make_corpus


def test_bad_files_are_named_with_a_reason_and_the_good_ones_go_in(tmp_path):
    make_corpus(tmp_path)
    command = [sys.executable, "-m", "eval.hostile", str(tmp_path)]
    result = subprocess.run(
        command, cwd=SEEDS.parent, capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr
    count = int(result.stdout.rsplit(" bad files:", 1)[0].rsplit("\n", 1)[-1])
    assert count >= 200
    assert "8 of 8 good files in" in result.stdout
