"""A wrong configuration is refused before anything runs, in one sentence with the key and what is allowed."""

import datetime
import json
import math
import subprocess
import sys

import pytest
import yaml

from soapbubble.cli import main
from soapbubble.data.local import CELEBA_TRAIN
from soapbubble.errors import SoapbubbleError
from soapbubble.parts.listing import listing
from soapbubble.parts.loading import blocks_text, load, parse_blocks, parse_part, validate, with_words


@pytest.fixture
def raw(project):
    return yaml.safe_load((project / "config.yaml").read_text())


def edited(raw, key, value):
    *path, last = key.split(".")
    block = raw
    for name in path:
        block = block.setdefault(name, {})
    block[last] = value
    return raw


def test_the_built_in_configuration_is_valid_with_each_overlay(project):
    for overlay in sorted((project / "config").glob("*.yaml")):
        assert load([project / "config.yaml", overlay]).run == overlay.stem


def test_the_sources_sizes_have_the_posts_epochs_of_all_training_faces(project):
    config = load([project / "config.yaml", project / "config/paper.yaml"])
    faces, blocks = config.data.faces, config.face_autoencoders
    assert (faces.download, faces.count, faces.size) == ("celeba", None, 96)
    assert {"faces-case-1", "faces-case-2"} < set(blocks.models)
    for name, model in blocks.models.items():
        steps = blocks.training.steps if model.steps is None else model.steps
        epochs = steps * blocks.training.batch_size / CELEBA_TRAIN
        assert epochs == pytest.approx(30 if name == "faces-case-2" else 24, abs=0.001)
    built_in = load([project / "config.yaml"]).face_autoencoders
    for name, model in blocks.models.items():
        assert model.model_dump(exclude={"steps"}) == built_in.models[name].model_dump(exclude={"steps"})


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("shels", {}, ["'shels'", "unknown", "shells"]),
        ("shells.radii.colour", 1, ["'shells.radii.colour'", "unknown", "points"]),
        ("shells.radii.points", -5, ["'shells.radii.points'", "-5", "greater than"]),
        ("shells.radii.points", "many", ["'shells.radii.points'", "many", "whole number"]),
        ("shells.radii.points", 1.5, ["'shells.radii.points'", "1.5"]),
        ("shells.radii.points", None, ["'shells.radii.points'", "null"]),
        ("shells.radii.dimensions", [3, -4], ["'shells.radii.dimensions", "-4"]),
        ("studies", [], ["'studies'"]),
        ("studies", ["bubbles"], ["'studies'", "'bubbles'", "shells"]),
        ("studies", ["./nowhere"], ["nowhere/__init__.py", "missing"]),
        ("run", "../elsewhere", ["'run'", "only letters"]),
        ("run", "reference", ["'run'", "published verdicts"]),
        ("run", 2026, ["'run'", "quotes"]),
        ("studies", "shells", ["'studies'", "list"]),
        ("studies", ["shells", "shells"], ["'studies'", "twice"]),
        ("shells.radii", None, ["'shells.radii'", "below it"]),
        ("data.digits.licence", "MIT", ["'data.digits': `licence`", "give `path` too"]),
        ("plot.font_points", 0, ["'plot.font_points'"]),
        ("data.faces.count", 0, ["'data.faces.count'"]),
        ("shells.coverage.seed", datetime.date(2020, 1, 1), ["'shells.coverage.seed'", "2020-01-01", "numbers"]),
        ("studies", ["shells", {1, 2}], ["'studies.1'", "numbers"]),
        ("autoencoders.classifier.seeds", 4, ["'autoencoders'", "5 networks", "must be 5 or more"]),
        ("shells.intervals.intervals", [{"a": -math.inf, "b": 5.0}], ["'shells.intervals.intervals.0.a'", "finite"]),
    ],
)
def test_a_bad_value_is_refused_with_its_key(raw, key, value, words):
    with pytest.raises(SoapbubbleError) as caught:
        validate(edited(raw, key, value))
    sentence = str(caught.value)
    assert all(word in sentence for word in words), sentence
    assert "\n" not in sentence


def test_a_missing_key_is_named(raw):
    del raw["data"]["digits"]["seed"]
    with pytest.raises(SoapbubbleError, match=r"'data\.digits\.seed' is missing"):
        validate(raw)


def test_a_setting_that_is_not_given_is_as_declared(raw):
    assert validate(raw).shells.balls.points == validate(edited(raw, "shells.balls.seed", 99)).shells.balls.points
    assert validate(raw).shells.balls.seed == 99


def test_a_smoke_run_takes_the_declared_smoke_values_but_for_what_is_given(raw):
    full, smoke = validate(raw), validate(raw | {"size": "smoke"})
    assert smoke.shells.balls.points < full.shells.balls.points
    assert smoke.shells.balls.seed == full.shells.balls.seed
    given = validate(edited(raw | {"size": "smoke"}, "shells.balls.points", 777))
    assert given.shells.balls.points == 777


def test_a_smoke_run_leaves_the_declared_values_of_a_full_run_alone(raw):
    before = validate(raw)
    validate(edited(raw | {"size": "smoke"}, "latentsize.prior_to_posterior.longer", {"dense-2": "dense-16-long"}))
    assert validate({key: value for key, value in raw.items() if key != "latentsize"}) == before


@pytest.mark.parametrize(
    ("word", "key", "value"),
    [
        ("strict=true", "strict", True),
        ("run=mine", "run", "mine"),
        ("shells={balls: {seed: 7}}", "shells.balls.seed", 7),
    ],
)
def test_values_on_the_command_line_are_read_as_in_a_file(project, word, key, value):
    found = load([project / "config.yaml"], [word])
    for name in key.split("."):
        found = getattr(found, name)
    assert found == value
    name, _, text = word.partition("=")
    assert with_words({}, {name: text}) == yaml.safe_load(f"{name}: {text}")


@pytest.mark.parametrize(
    ("word", "words"), [("strict", "key=value"), ("plot={a: [", "no YAML"), ("strict=2", "'strict'")]
)
def test_words_on_the_command_line_that_say_nothing_are_refused(project, word, words):
    with pytest.raises(SoapbubbleError, match=words):
        load([project / "config.yaml"], [word])


def test_every_configfile_on_the_command_line_counts(project, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(project)
    for name, text in (("a", "run: mine"), ("b", "shells: {balls: {seed: 77}}")):
        (tmp_path / f"{name}.yaml").write_text(text)
    files = [word for name in "ab" for word in ("--configfile", str(tmp_path / f"{name}.yaml"))]
    assert main(["settings", "shells.balls", *files]) == 0
    assert "seed: 77" in capsys.readouterr().out
    assert main(["check", *files]) == 1
    assert "results/mine: holds no manifest" in capsys.readouterr().err


def test_printed_settings_are_the_configuration_they_came_from(raw):
    config = validate(raw)
    text = listing(config)
    assert validate(raw | yaml.safe_load(text)) == config
    radii = yaml.safe_load(listing(config, ["shells.radii"]))
    assert list(radii) == ["shells"]
    assert list(radii["shells"]) == ["radii"]
    with pytest.raises(SoapbubbleError, match=r"'shells\.radio' is no study or part"):
        listing(config, ["shells.radio"])


BOMB = "a: &a [x, x]\n" + "".join(f"{i}: &b{i} [*{'a' if i == 0 else f'b{i - 1}'}, *a]\n" for i in range(99))


@pytest.mark.parametrize(
    "text",
    [
        *("run: [", "- a\n- list", "run: \x00", "run: a\nrun: b", "plot: {a: 1, a: 2}"),
        *("run: 2001-99-99", "run: !!bool x", "run: !!int ''", "run: !!timestamp x", "run: &a [*a]", "[" * 3000, BOMB),
    ],
)
def test_a_file_that_is_no_configuration_is_named(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(SoapbubbleError, match=r"config\.yaml"):
        load([path])


def test_a_key_that_would_break_the_line_is_shown_as_it_is_written(raw):
    with pytest.raises(SoapbubbleError, match=r"'run 2\\x1b\[2J' is unknown") as caught:
        validate(raw | {"run\n2\x1b[2J": 1})
    assert str(caught.value).isprintable()


def test_a_sentence_that_quotes_a_book_is_cut_in_the_middle(raw):
    with pytest.raises(SoapbubbleError, match=r"^Configuration key 'xxx.* … .*width\.$") as caught:
        validate(raw | {"x" * 10**6: 1})
    assert len(str(caught.value)) < 1000


def test_a_missing_file_is_named_and_the_folder_to_run_in(tmp_path):
    with pytest.raises(SoapbubbleError, match=r"nowhere\.yaml.*the project's folder"):
        load([tmp_path / "nowhere.yaml"])


def test_a_block_survives_the_command_line(raw):
    config = validate(raw)
    assert parse_part(type(config.shells.radii), blocks_text(config, "shells.radii")) == config.shells.radii
    (block,) = parse_blocks(blocks_text(config, "data.faces")).values()
    assert block == config.data.faces


def test_a_block_does_not_depend_on_other_blocks_or_on_the_order_of_keys(raw):
    before = blocks_text(validate(raw), "shells.radii")
    turned = {key: raw[key] for key in reversed(raw)}
    assert blocks_text(validate(edited(turned, "plot.font_points", 9.0)), "shells.radii") == before
    assert list(json.loads(before)) == ["shells.radii"]


def test_validation_imports_no_heavy_library():
    heavy = "{'torch', 'numpy', 'scipy', 'pandas', 'matplotlib'}"
    code = f"import sys, soapbubble.parts.loading; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
