"""The script that measures few-shot predictors on published benchmarks."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zcnas.errors import InputError, UnknownNameError
from zcnas.predictors.meta import Task
from zcnas.searchspaces import get

_MICRO = "transnasbench101_micro"
_JIGSAW = "transnasbench101_micro/jigsaw/accuracy"
_ORACLE = "oracle: ridge on true values of other tasks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Scripts import their neighbours by bare name."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "experiments")
    import few_shot

    return few_shot


def test_settings_and_benchmarks_are_left_out(script: Any, data_dir: Path, tmp_path: Path) -> None:
    given = ["--data", str(data_dir), "--out", str(tmp_path), "--spaces", _MICRO, "nasbench_macro"]
    given += ["--settings", _JIGSAW, "--most", "170", "--draws", "2", "--leave-out", "setting", "benchmark"]
    given += ["--support", "0", "20", "--steps", "1", "--quiet"]
    given += ["--results", str(Path(__file__).parents[1] / "experiments/results")]
    given += ["--methods", *(name for name in script.USUAL if "gcn" not in name), "meta-curvature"]
    script.main(given)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    with (tmp_path / "summary.csv").open(encoding="utf-8") as file:
        rows = {tuple(row[name] for name in ("left_out", "setting", "method", "support")): row for row in _rows(file)}
    # Without examples there is one draw, and nothing from scratch; the oracle needs other tasks of the space.
    knowing = {"prior", "pre-training and fine-tuning", "meta-curvature"}
    assert {key[2] for key in rows if key[3] == "0"} == {*knowing, _ORACLE}
    assert {key[2] for key in rows if key[0] == "benchmark"} == {*knowing, "gradient boosting"}
    assert {(key[3], row["draws"]) for key, row in rows.items()} == {("0", "1"), ("20", "2")}
    assert float(rows["setting", _JIGSAW, _ORACLE, "20"]["spearman"]) > 0.7
    assert "| examples | 0 | 20 |" in text
    assert "jacob_cov" in text

    # What is finished is not done again.
    priors = {path.name for path in tmp_path.glob("prior-*")}
    assert priors == {f"prior-without-{end}.safetensors" for end in (_MICRO, _JIGSAW.replace("/", "-"))}
    before = [path.read_bytes() for path in sorted(tmp_path.glob("*"))]
    script.main(given)
    assert [path.read_bytes() for path in sorted(tmp_path.glob("*"))] == before


def test_what_was_learned_otherwise_is_not_taken_for_it(
    script: Any, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import _few_shot_runs

    given = ["--data", str(data_dir), "--out", str(tmp_path), "--most", "170", "--quiet", "--support", "0"]
    given += ["--leave-out", "benchmark", "--methods", "prior", "--settings", "nasbench_macro/cifar10/accuracy"]

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_few_shot_runs, "_learn", interrupted)
        with pytest.raises(KeyboardInterrupt):
            script.main([*given, "--spaces", "nasbench_macro", _MICRO, "--steps", "1"])
    for spaces, steps, told in ((["nasbench_macro"], 1, "spaces"), (["nasbench_macro", _MICRO], 2, "steps")):
        with pytest.raises(InputError, match=rf"belongs to other work \({told}"):
            script.main([*given, "--spaces", *spaces, "--steps", str(steps)])


@pytest.mark.usefixtures("script")
def test_equal_predictions_are_no_order() -> None:
    from _few_shot_runs import _judged

    space = get("nasbench_macro")
    archs = [space.sample(np.random.default_rng(seed)) for seed in range(4)]
    task = Task(space, "cifar10", archs, np.array([1.0, 2.0, 3.0, 6.0]))
    assert _judged(np.ones(4), task) == [0.0, 0.0, 3.0, 0.625]
    assert _judged(np.arange(4.0), task) == [1.0, 1.0, 6.0, 1.0]


def test_an_unknown_setting_is_told(script: Any, data_dir: Path, tmp_path: Path) -> None:
    given = [
        "--data",
        str(data_dir),
        "--out",
        str(tmp_path),
        "--spaces",
        "nasbench_macro",
        "--most",
        "200",
        "--leave-out",
        "setting",
    ]
    with pytest.raises(UnknownNameError, match="did you mean 'nasbench_macro/cifar10/accuracy'"):
        script.main([*given, "--settings", "nasbench_macro/cifar10/acuracy"])


def test_a_space_of_one_setting_is_left_out_once(script: Any, data_dir: Path, tmp_path: Path) -> None:
    plan = script.Plan(data_dir, tmp_path, (_MICRO, "nasbench_macro"), most=100, steps=1, seed=0, draws=1)
    *others, macro = plan.known()
    assert plan.left("setting", macro) == plan.left("benchmark", macro) == "nasbench_macro"
    assert plan.left("setting", others[0]) != plan.left("benchmark", others[0]) == _MICRO
    assert plan.others("benchmark", others[0]) == [macro]


def _rows(file: Any) -> Any:
    return csv.DictReader(file)


@pytest.mark.usefixtures("script")
def test_all_sixteen_settings_are_read(data_dir: Path, tmp_path: Path) -> None:
    from _few_shot_settings import BENCHMARKS, tasks

    found = tasks(BENCHMARKS, data_dir, tmp_path, most=30)
    assert len(found) == 16
    assert len({task.name for task in found}) == 16
    assert {len(task.archs) for task in found} == {30}


def test_new_tasks_are_no_known_ones(script: Any, data_dir: Path, tmp_path: Path) -> None:
    plan = script.Plan(data_dir, tmp_path, ("nasbench_graph",), most=50, steps=1, seed=0, draws=1)
    new = plan.asked("nothing")
    assert len(new) == 11
    assert not {task.name for task in new} & {task.name for task in plan.known()}
    assert plan.others("nothing", new[0]) == list(plan.known())
    assert script.shift(plan, "nothing", "nasbench_graph/cs/accuracy") > 0.3
    assert np.isnan(script.shift(plan, "nothing", "transnasbench101_macro/jigsaw/accuracy"))


@pytest.mark.usefixtures("script")
def test_the_report_counts_and_keeps_apart() -> None:
    from _few_shot_report import Report
    from _few_shot_runs import Row

    found = {"a": (0.9, 0.8), "b": (0.5, 0.6)}
    rows = [
        Row("setting", setting, method, support, 0, spearman + support / 1000, 0.0, 0.0, 0.0)
        for setting, both in found.items()
        for method, spearman in zip(("prior", "gcn"), both, strict=True)
        for support in (10, 20)
    ]
    text = Report(rows, {("setting", "a"): 0.7, ("setting", "b"): float("nan")}, {}).markdown(["Facts"])
    assert "| prior | 0.710 \u00b1 0.392 | 0.720 \u00b1 0.392 |" in text
    for told, cells in (("was seen", "| prior | 0.910 | 0.920 |"), ("was not seen", "| prior | 0.510 | 0.520 |")):
        assert cells in text.split(f"whose space {told}")[1].split("###")[0]
    for support in (10, 20):
        assert f"After {support} examples the prior is better than all that learn from scratch in 1 of 2" in text
    assert "+0.000" in text
    # Nothing is apart where all spaces were seen.
    assert "whose space" not in Report(rows, {("setting", "a"): 0.7, ("setting", "b"): 0.6}, {}).markdown([])
