"""The thread's arithmetic: the coder loses nothing, and its costs are those of the closed forms."""

import pytest

from soapbubble.config.autoencoders import Autoencoder
from soapbubble.measurements import Outcome
from soapbubble.parts.loading import load
from soapbubble.stats import run_length
from soapbubble.studies.latentsize import runlength


@pytest.fixture(scope="module")
def config(project):
    return load([project / "config.yaml"])


def test_the_printed_code_is_that_of_the_printed_string():
    assert run_length.encode(runlength.STRING) == runlength.PRINTED
    assert run_length.decode(runlength.PRINTED) == runlength.STRING
    assert len(runlength.STRING) - len(runlength.PRINTED) == 6


@pytest.mark.parametrize("text", ["", "0", "1" * 123, "12" * 40, "9" * 9 + "8" * 10, "0123456789"])
def test_nothing_is_lost_also_with_long_counts(text):
    assert run_length.decode(run_length.encode(text)) == text


@pytest.mark.parametrize("name", run_length.CODERS)
def test_every_coder_gives_the_string_back(name):
    write, read = run_length.CODERS[name]
    bits = write(runlength.STRING)
    assert set(bits) == {"0", "1"}
    assert read(bits) == runlength.STRING


def test_a_long_run_puts_separators_out_of_step():
    assert run_length.separators_at_even_positions(run_length.encode("3" * 9 + "2"))
    assert not run_length.separators_at_even_positions(run_length.encode("3" * 10 + "2"))


def test_the_measured_length_of_codes_is_the_expected_one(config):
    out = Outcome()
    runlength._random_strings(
        out, config.latentsize.runlength.model_copy(update={"strings": 100, "strings_per_replicate": 200})
    )
    for mean in config.latentsize.runlength.mean_runs:
        found = [row.value for row in out.rows if row.condition == {"runs": "geometric", "mean_run": mean}]
        assert sum(found) / len(found) == pytest.approx(run_length.expected_ratio(mean), rel=0.02)
    assert [row.value for row in out.rows if row.quantity == "lossless"] == [1.0]


def test_break_even_is_where_code_and_text_are_equally_long():
    assert run_length.expected_ratio(run_length.break_even()) == pytest.approx(1)


def test_the_model_of_the_configuration_has_the_grid_of_the_thread(config):
    cfg, model = config.latentsize.runlength, config.autoencoders.models["grid-8x8x1024"]
    assert model.latents == 65536
    assert (model.side, model.grid, model.channels) == (cfg.image_side, cfg.grid, cfg.channels)
    with pytest.raises(ValueError, match="grid"):
        Autoencoder(side=28, bottleneck="grid", grid=8, channels=1024)
