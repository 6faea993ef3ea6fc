"""The labs of exercises 3 and 4 in short settings, and what they compute with."""

import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import log
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from text import (
    checkpoint,
    decoding,
    features,
    material,
    ngrams,
    projections,
    search,
    subjects,
    training,
)
from text.opening import open_lstm, require_same
from text.own import OneHotLSTM
from text.string_plot import layout, string_plot

from grading.course.syllabus import ROOT
from grading.errors import UsageError
from reference import ex4_interpretability as ex4
from reference.ex3_text_model import TextModel
from tests.support.labs import check_in_a_browser, check_page, interrupt, run

CPU = torch.device("cpu")
SYMBOLS = len(material.VOCABULARY)
TINY = training.Settings(
    hidden_size=8, batch=4, unroll=8, iterations=24, report_every=16, drop_at=18, seed=3
)
OPTIONS = (
    *("--hidden-units", "8", "--batch-size", "4", "--unroll-length", "8", "--drop-at", "18"),
    *("--reporting-interval", "16", "--seed", "3", "--device", "cpu"),
)
VARIANTS = ROOT / "tests" / "bank" / "ex3" / "right"


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Threads of torch spin while they wait: on a busy machine that takes ten times the time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def texts() -> training.Texts:
    """The course text, with little of it held out."""
    whole = material.texts(CPU)
    return replace(whole, valid=whole.valid[:1000])


@pytest.fixture(scope="module")
def shakespeare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `python grader.py lab ex3` leaves, on the reference."""
    out = tmp_path_factory.mktemp("shakespeare")
    result = run("ex3", "--reference", "--iterations", "24", *OPTIONS, "--out", out)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert re.search(r"^ +16  training \d\.\d{3}  held out \d\.\d{3}", result.stdout, re.MULTILINE)
    return out


def variant(name: str) -> Any:
    """The TextModel of a right solution in another style."""
    module = ModuleType(name)
    sys.modules[name] = module  # dataclasses look their module up
    exec((VARIANTS / f"{name}.py").read_text(), module.__dict__)
    return module.TextModel


# --- shakespeare ----------------------------------------------------------------------------------


def test_shakespeare_leaves_plots_a_page_and_runs(shakespeare: Path) -> None:
    text = check_page(shakespeare, "shakespeare", "ex3", {"losses", "gradients"})
    assert re.search(r"4-gram ?1\.607", text)
    assert "LSTM, temperature 1.5" in text
    for core in ("rnn", "gru", "lstm"):
        kept = checkpoint.load(shakespeare / f"{core}-reference.pt", TextModel, CPU)
        assert kept.settings == replace(TINY, core=core)
        assert [one.iteration for one in kept.reports] == [2, 4, 8, 16, 24]


def test_the_page_of_shakespeare_in_a_browser(shakespeare: Path, tmp_path: Path) -> None:
    check_in_a_browser(shakespeare / "shakespeare.html", tmp_path)


def test_interrupted_and_continued_it_is_the_same_training(
    tmp_path: Path, texts: training.Texts
) -> None:
    lab = ("shakespeare", "--reference", "--core", "gru", *OPTIONS, "--out", tmp_path)
    code, _, errors = interrupt(
        *lab, "--iterations", "9999999", after="  training ", signal=signal.SIGINT
    )
    assert (code, errors) == (130, "shakespeare: interrupted: the page shows the results so far\n")
    path = tmp_path / "gru-reference.pt"
    done = checkpoint.load(path, TextModel, CPU).iteration
    # Its page is made of what there is.
    text = check_page(tmp_path, "shakespeare", "ex3", {"losses", "gradients"})
    assert f"{done:,}" in text
    more = str(done + 5)
    result = run(*lab, "--iterations", more)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"{done} iterations are done already" in result.stdout
    continued = checkpoint.load(path, TextModel, CPU)
    settings = replace(TINY, core="gru", iterations=done + 5)
    whole = training.start(TextModel, SYMBOLS, settings, CPU)
    for _ in range(settings.iterations):
        training.iterate(whole, texts.train)
    assert continued.losses == whole.losses
    assert continued.gradient_norms == whole.gradient_norms


@pytest.mark.parametrize("carry", [False, True])
@pytest.mark.parametrize("model", ["reference", "dropout_while_training"])
def test_a_run_goes_on_as_if_it_had_never_stopped(
    model: str, carry: bool, tmp_path: Path, texts: training.Texts
) -> None:
    make_model = TextModel if model == "reference" else variant(model)
    settings = replace(TINY, carry=carry)
    whole = training.start(make_model, SYMBOLS, settings, CPU)
    training.train(whole, texts, range(settings.iterations), forget)
    for pause in (5, 8, 24):  # between reports, at a report, at the end
        run, _ = checkpoint.resume(tmp_path / "run.pt", make_model, SYMBOLS, settings, CPU)
        training.train(run, texts, range(run.iteration, pause), keep_in(tmp_path))
    assert run.losses == whole.losses
    assert run.gradient_norms == whole.gradient_norms
    assert run.reports == whole.reports
    for ours, theirs in zip(run.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def forget(run: training.Run) -> None:
    """Keep nothing."""


def keep_in(folder: Path) -> Callable[[training.Run], None]:
    return lambda run: checkpoint.save(run, folder / "run.pt")


def test_a_power_cut_while_saving_leaves_the_run_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = training.start(TextModel, SYMBOLS, TINY, CPU)
    checkpoint.save(run, tmp_path / "run.pt")
    before = (tmp_path / "run.pt").read_bytes()

    def cut(content: object, file: Any) -> None:
        file.write(b"half of it")
        raise OSError("no power")

    monkeypatch.setattr(torch, "save", cut)
    with pytest.raises(OSError, match="no power"):
        checkpoint.save(run, tmp_path / "run.pt")
    assert (tmp_path / "run.pt").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


class OtherModel(TextModel):
    """The same parameters, used differently."""

    def forward(self, tokens: torch.Tensor, state: Any = None) -> tuple[torch.Tensor, Any]:
        logits, state = super().forward(tokens, state)
        return -logits, state


def test_what_cannot_be_continued_is_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    checkpoint.save(training.start(TextModel, SYMBOLS, TINY, CPU), path)
    wide = replace(TINY, hidden_size=9)
    longer = replace(TINY, iterations=30, report_every=7)
    for make_model, settings, said in (
        (TextModel, longer, "0 iterations are done already"),
        (TextModel, wide, "its settings are different"),
        (OtherModel, wide, "it computes something else from the same parameters"),
        (variant("gates_by_hand"), wide, "it has other parameters"),
    ):
        run, found = checkpoint.resume(path, make_model, SYMBOLS, settings, CPU)
        assert said in found
        checkpoint.save(run, path)
    path.write_bytes(b"no run")
    _, found = checkpoint.resume(path, TextModel, SYMBOLS, wide, CPU)
    assert "it is not a checkpoint" in found
    assert sorted(one.name for one in tmp_path.iterdir()) == [f"run-{n}.pt" for n in range(1, 5)]
    # Any seed will do if none was asked for, and then it is the one that the run has.
    checkpoint.save(training.start(TextModel, SYMBOLS, TINY, CPU), path)
    other = replace(TINY, seed=4)
    run, _ = checkpoint.resume(path, TextModel, SYMBOLS, other, CPU, any_seed=True)
    assert run.settings == TINY
    _, found = checkpoint.resume(path, TextModel, SYMBOLS, other, CPU)
    assert "its settings are different" in found


def test_a_loss_that_is_no_number_ends_a_run_before_the_update(texts: training.Texts) -> None:
    run = training.start(TextModel, SYMBOLS, TINY, CPU)
    training.train(run, texts, range(3), forget)
    with torch.no_grad():
        run.model.readout.bias[0] = float("inf")
    before = run.model.core.weight_hh_l0.clone()
    training.train(run, texts, range(3), forget)
    assert run.ended == "the loss is nan in iteration 4"
    assert run.iteration == 3
    assert torch.equal(run.model.core.weight_hh_l0, before)


def test_clipping_and_the_falling_learning_rate(texts: training.Texts) -> None:
    small = replace(TINY, clip=1e-3)
    run = training.start(TextModel, SYMBOLS, small, CPU)
    for _ in range(20):
        training.iterate(run, texts.train)
        norms = torch.stack([one.grad.norm() for one in run.model.parameters()])
        # What is reported is the norm before clipping.
        assert run.gradient_norms[-1] > 0.05
        assert norms.norm().item() == pytest.approx(1e-3, rel=1e-2)
        rate = 0.01 if run.iteration <= small.drop_at else 0.001
        assert run.optimizer.param_groups[0]["lr"] == pytest.approx(rate)


def test_carried_windows_follow_each_other() -> None:
    tokens, settings = torch.arange(1000), replace(TINY, carry=True)
    first = training.draw_windows(tokens, 0, settings)
    second = training.draw_windows(tokens, 1, settings)
    assert first.shape == (9, 4)
    assert torch.equal(first[0], torch.tensor([0, 250, 500, 750]))
    assert torch.equal(second[0], first[-1])
    # Drawn windows are pieces of the text too, anywhere in it, the last character included.
    drawn = [training.draw_windows(torch.arange(10), 0, TINY) for _ in range(40)]
    assert all((window.diff(dim=0) == 1).all() for window in drawn)
    assert max(int(window.max()) for window in drawn) == 9


def test_the_loss_of_a_text_carries_the_state() -> None:
    run = training.start(TextModel, SYMBOLS, TINY, CPU)
    tokens = torch.randint(SYMBOLS, (101,))
    with torch.no_grad():
        logits, _ = run.model(tokens[:100, None])
    expected = torch.nn.functional.cross_entropy(logits[:, 0], tokens[1:]).item()
    found = training.nats_per_character(run.model, tokens, streams=1, piece=7)
    assert found == pytest.approx(expected, rel=1e-5)


# --- generation -----------------------------------------------------------------------------------


def test_generation_from_the_command_line(shakespeare: Path) -> None:
    model = ("--reference", "--checkpoint", shakespeare / "gru-reference.pt", "--length", "40")
    first = run("labs/generate.py", *model, "--prompt", "JULIET:|O ", "--seed", "1")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith("JULIET:\nO ")
    assert len(first.stdout) == len("JULIET:\nO ") + 40 + 1
    kept = checkpoint.load(shakespeare / "gru-reference.pt", TextModel, CPU)
    prompt = material.tokens("JULIET:\nO ", CPU)
    expected = material.VOCABULARY.decode(training.write(kept.model, prompt, 40, 1.0, seed=1))
    assert first.stdout == f"JULIET:\nO {expected}\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--prompt", ""), "--prompt is empty: a model must read something before it writes"),
        (("--prompt", "Zürich"), "not in the vocabulary: 'ü'"),
        (("--temperature", "0"), "argument --temperature: 0 is below 0.001 (see"),
        (("--checkpoint", "none.pt"), "none.pt: No such file or directory. python labs/"),
    ],
)
def test_generation_says_what_is_wrong(
    arguments: tuple[str, str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import generate

    assert generate.main(["--reference", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"generate: {line}")
    assert printed.err.count("\n") == 1


# --- neurons and dynamics -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A submission to both exercises whose LSTM is written by hand: nobody sees its gates."""
    folder = tmp_path_factory.mktemp("by_hand")
    shutil.copy(VARIANTS / "gates_by_hand.py", folder / "ex3_text_model.py")
    shutil.copy(ROOT / "reference" / "ex4_interpretability.py", folder)
    return folder


@pytest.fixture(scope="module")
def closed_run(by_hand: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of that model."""
    path = tmp_path_factory.mktemp("run") / "lstm.pt"
    checkpoint.save(training.start(variant("gates_by_hand"), SYMBOLS, TINY, CPU), path)
    return path


def test_neurons(by_hand: Path, closed_run: Path, tmp_path: Path) -> None:
    lab = ("neurons", "--submission", by_hand, "--checkpoint", closed_run, "--seed", "1")
    result = run(*lab, "--untrained", "1", "--out", tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    plots = {f"string_plot_{number}" for number in range(1, 11)}
    text = check_page(
        tmp_path, "neurons", "ex4", {"correlations", "correlations1", "gates", "saturation"} | plots
    )
    assert "Its gates cannot be seen: it is not built of nn.LSTM or nn.LSTMCell" in text
    # The first table is of a model that was never trained, the second of the lab's own LSTM.
    rows = re.findall(r"^in a speaker's name .*", result.stdout, re.MULTILINE)
    mine, own = ([float(one) for one in re.findall(r"[+-]?\d\.\d\d", row)] for row in rows)
    assert abs(mine[0]) < 0.5
    assert abs(own[0]) > own[1] + 0.2
    check_in_a_browser(tmp_path / "neurons.html", tmp_path)


def test_dynamics(shakespeare: Path, tmp_path: Path) -> None:
    lab = ("dynamics", "--reference", "--checkpoint", shakespeare / "lstm-reference.pt")
    result = run(*lab, "--untrained", "1", "--length", "200", "--seed", "1", "--out", tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    text = check_page(tmp_path, "dynamics", "ex4", {"lines", "paragraphs", "evidence"})
    assert "lstm, after 24 iterations" in text
    # What was just read can be told from any state, even from one of eight untrained units.
    (row,) = re.findall(r"^end of line just read .*", result.stdout, re.MULTILINE)
    scores = [float(one) for one in re.findall(r"\d\.\d\d", row)]
    assert min(scores) > 0.7
    assert scores[-2:] == [1, 1]
    check_in_a_browser(tmp_path / "dynamics.html", tmp_path)


def test_which_network_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checkpoint, "RESULTS", tmp_path)
    monkeypatch.setattr(subjects, "SHORT", TINY)
    with pytest.raises(UsageError, match=r"none\.pt: No such file or directory\. python labs/"):
        subjects.find(tmp_path / "none.pt", False, TextModel, 0, range(2))
    # Nothing was trained yet: a short training, and in the words of the page.
    found = subjects.find(None, False, TextModel, 0, range(2))
    assert found.run.iteration == 2
    assert "a short training of 2 iterations" in capsys.readouterr().out
    checkpoint.save(found.run, tmp_path / "lstm.pt")
    assert subjects.find(None, False, TextModel, 9, range(2)).run.losses == found.run.losses
    assert "TextModel, lstm, after 2 iterations" in capsys.readouterr().out
    # Another model than the one that was trained: not its weights under another name.
    assert subjects.find(None, False, OtherModel, 9, range(1)).run.iteration == 1
    assert "computes something else" in capsys.readouterr().out
    # A control is the same network with fresh weights.
    fresh = found.untrained(5)
    assert fresh.core.weight_hh_l0.shape == found.run.model.core.weight_hh_l0.shape
    assert not torch.equal(fresh.core.weight_hh_l0, found.run.model.core.weight_hh_l0)


@pytest.mark.parametrize("name", ["one_core_per_layer", "batch_first_inside", "torch_cells"])
def test_gates_of_a_model_built_of_torchs_cores_are_its_own(name: str) -> None:
    model = variant(name)(SYMBOLS, hidden_size=6, depth=3)
    model.eval()
    tokens = torch.randint(SYMBOLS, (20, 2))
    seen = subjects.look(model, tokens, ex4.gate_activations)
    hidden = model.hidden_states(tokens)
    for n, layer in enumerate(hidden.unbind(1), start=1):
        torch.testing.assert_close(seen[f"h of layer {n}"], layer, atol=1e-6, rtol=0)
        # h = o tanh(c): the rest belongs to the same cell.
        shown = seen[f"output gate of layer {n}"] * seen[f"c of layer {n}"].tanh()
        torch.testing.assert_close(shown, layer, atol=1e-6, rtol=0)


def test_a_model_that_does_more_than_its_lstm_is_closed() -> None:
    class Doubled(TextModel):
        def hidden_states(self, tokens: torch.Tensor, state: Any = None) -> torch.Tensor:
            return 2 * super().hidden_states(tokens, state)

    model, tokens = Doubled(SYMBOLS, hidden_size=6), torch.randint(SYMBOLS, (20, 2))
    with pytest.raises(Exception, match="not those of the LSTM that it contains"):
        require_same(open_lstm(model, tokens), model.hidden_states(tokens))
    for core in ("rnn", "gru"):
        with pytest.raises(Exception, match=r"not built of nn\.LSTM"):
            open_lstm(TextModel(SYMBOLS, 6, core=core), tokens)


def test_the_search_finds_a_planted_unit_and_its_controls_do_not() -> None:
    draw = torch.Generator().manual_seed(0)
    feature = torch.linspace(0, 20, 900)[:, None].add(torch.arange(4)).sin()
    seen = {f"{kind} of layer 1": torch.randn(900, 4, 7, generator=draw) for kind in "hc"}
    seen["c of layer 1"][..., 5] -= 2 * feature
    found = search.best(seen, feature, ex4)
    assert str(found) == "c of layer 1, unit 5"
    assert found.r == pytest.approx(-0.8, abs=0.05)
    # A shifted feature is as slow, and elsewhere: the rest of the units stay as they are.
    del seen["c of layer 1"]
    assert len(search.shifted(feature)) == search.SHIFTS
    for other in search.shifted(feature):
        assert not torch.equal(other, feature)
        assert torch.equal(other.flatten().sort().values, feature.flatten().sort().values)
        assert abs(search.best(seen, other, ex4).r) < 0.1


def test_a_wrong_exercise_4_is_not_taken_for_gates() -> None:
    def no_forgetting(cell: torch.nn.LSTMCell, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
        found = ex4.gate_activations(cell, inputs)
        return found | {"hidden": found["hidden"] * 0.9}

    model = OneHotLSTM(SYMBOLS, 6, 2)
    with pytest.raises(UsageError, match=r"see python grader\.py ex4"):
        subjects.look(model, torch.randint(SYMBOLS, (9, 2)), no_forgetting)


# --- what they compute with -----------------------------------------------------------------------


def test_n_gram_models_against_counting_by_hand() -> None:
    train, text = np.array([0, 1, 0, 1, 0, 2]), np.array([1, 0, 2, 2])
    # Counts 3, 2, 1 of 6; three kinds: (count + 3 / 3) / (6 + 3).
    single = {0: 4 / 9, 1: 3 / 9, 2: 2 / 9}
    # After 0: 1 twice, 2 once, two kinds. After 1: 0 twice, one kind. After 2: nothing was seen.
    pair = [single[1], (2 + single[0]) / 3, (1 + 2 * single[2]) / 5, single[2]]
    expected = [-sum(log(single[one]) for one in text) / 4, -sum(map(log, pair)) / 4]
    assert ngrams.cross_entropies(train, text, 3, 2) == pytest.approx(expected)
    assert ngrams.uniform(3) == pytest.approx(log(3))
    # After 0 comes 1 or, once, 2; after 1 always 0.
    floor = -(2 * log(2 / 3) + log(1 / 3)) / 5
    assert ngrams.memoryless_floor(train, 3) == pytest.approx(floor)


def test_features_of_a_scene() -> None:
    text = "ANN:\nHo: no\nA\n\nBO B:\nI"
    assert features.position_in_line(text)[:7].tolist() == [1, 2, 3, 4, 0, 1, 2]
    assert (
        features.line_in_paragraph(text).tolist()
        == [0] * 4 + [1] * 7 + [2] * 2 + [3, 0] + [0] * 5 + [1] * 2
    )
    inside = features.in_name(text)
    assert "".join(one for one, is_in in zip(text, inside, strict=True) if is_in) == "ANNBO B"
    assert np.flatnonzero(features.paragraph_break(text)).tolist() == [14]
    assert np.flatnonzero(features.comes_next(":")(text)).tolist() == [2, 6, 18]
    assert np.flatnonzero(features.just_read(":")(text)).tolist() == [3, 7, 19]
    assert features.paragraph_break("\nA").tolist() == [0, 0]


def test_a_string_plot_has_every_character_on_its_value() -> None:
    text = "To be,\n\nor not\n"
    places, shape = layout(text)
    assert shape == (3, 7)
    assert places[7].tolist() == [1, 0]
    axes = Figure().subplots()
    values = np.arange(len(text), dtype=float)
    image = string_plot(axes, text, values, "title")
    drawn = {(int(one.get_position()[1]), int(one.get_position()[0])): one for one in axes.texts}
    for place, character, value in zip(places, text.replace("\n", "|"), values, strict=True):
        assert drawn[tuple(place)].get_text() == character
        assert image.get_array()[tuple(place)] == value
    assert image.get_array().mask.sum() == 3 * 7 - len(text)


def test_probes_find_what_is_planted_and_nothing_else() -> None:
    draw = np.random.default_rng(0)
    wanted = draw.random(4000) < 0.1
    held_out = np.arange(4000) >= 2000
    noise = draw.normal(size=(4000, 20))
    planted = noise.copy()
    planted[:, 3] += 6 * wanted
    assert decoding.probe_class(planted, wanted, held_out) > 0.97
    assert abs(decoding.probe_class(noise, wanted, held_out) - 0.5) < 0.05
    number = planted @ draw.normal(size=20)
    assert decoding.probe_number(planted, number, held_out) > 0.999
    assert abs(decoding.probe_number(noise, draw.normal(size=4000), held_out)) < 0.05
    # A unit that never varies is no obstacle; nor is a class that is never guessed worth more.
    planted[:, 0] = 1
    assert decoding.probe_class(planted, wanted, held_out) > 0.97
    assert decoding.balanced_accuracy(np.zeros(4000, dtype=bool), wanted) == 0.5
    assert decoding.nearest_neighbors(planted[:400, 3:4], wanted[:400]) > 0.9
    assert abs(decoding.nearest_neighbors(noise[:400, :2], wanted[:400]) - 0.5) < 0.1


def test_without_scikit_learn_there_is_pca(monkeypatch: pytest.MonkeyPatch) -> None:
    states = torch.randn(60, 5)
    found, explained = projections.pictures(states, ex4.project, seed=0)
    assert set(found) == {"PCA", "t-SNE", "Isomap"}
    assert all(points.shape == (60, 2) for points in found.values())
    assert explained == ex4.project(states)[1].tolist()
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert set(projections.pictures(states, ex4.project, seed=0)[0]) == {"PCA"}
