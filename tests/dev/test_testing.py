"""How many processes `python3 dev test` starts for the suite."""

from __future__ import annotations

import pytest

from dev.testing import MOST_PROCESSES, side_by_side


@pytest.mark.parametrize(("cores", "processes"), [(2, 2), (3, 3), (64, MOST_PROCESSES)])
def test_the_tests_run_in_a_process_for_each_core_up_to_a_few(cores: int, processes: int) -> None:
    assert side_by_side(cores=cores)[:4] == ("-n", str(processes), "--dist", "loadfile")


def test_on_a_single_core_they_run_plainly() -> None:
    assert side_by_side(cores=1) == ()
