"""Reading and measuring latents: files of one's own, moments, widths at half height, boxes, and planted effects."""

import mmap
import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from soapbubble.errors import SoapbubbleError
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring import latents_file
from soapbubble.measuring.axis_histograms import FWHM, AxisHistograms, full_width_at_half_maximum
from soapbubble.measuring.latent_moments import latent_moments, participation_ratio
from soapbubble.measuring.latents_file import open_latents, row_blocks
from soapbubble.measuring.normality import cdf_distances, looks_normal, rejected_share
from soapbubble.stats.boxes import covered_shares, inside, log_hit_probability
from soapbubble.stats.neighbour_graph import largest_component_share
from soapbubble.studies.faces.components import _planted_spectrum, broken_stick
from soapbubble.studies.faces.formulas import Formulas
from soapbubble.studies.faces.formulas import measure as measure_formulas
from soapbubble.studies.faces.marginals import linear_cka
from soapbubble.studies.faces.own import Own
from soapbubble.studies.faces.own import measure as measure_own
from soapbubble.studies.faces.source import table_cloud

STATM = Path("/proc/self/statm")


@pytest.fixture
def rng():
    return np.random.default_rng(17)


@pytest.fixture
def skewed(rng):
    """Three axes: a normal one far from the origin, a broad one, a skewed one; the first two correlated."""
    rows = rng.standard_normal((4000, 3))
    rows[:, 1] = 3 * (0.6 * rows[:, 0] + 0.8 * rows[:, 1])
    rows[:, 2] = rng.exponential(size=4000)
    rows[:, 0] += 100
    return rows


def saved(folder, rows):
    path = folder / "latents.npy"
    np.save(path, rows)
    return path


BAD = {
    "of shape": lambda rows: rows[0],
    r"of shape \(1, 4000, 3\)": lambda rows: rows[None],
    r"of shape \(\)": lambda rows: rows[0, 0],
    "holds bool": lambda rows: rows > 0,
    "holds <U32": lambda rows: rows.astype(str),
    "has 0 dimension": lambda rows: rows[:, :0],
    "has 0 rows": lambda rows: rows[:0],
    "dimension 1 has numbers that are not finite": lambda rows: rows * [1, 1e39, 1],
    "dimension 1 is 1e[+]06 in every row as far as 32 bits tell": lambda rows: rows * [1, 1e-3, 1] + [0, 1e6, 0],
    "holds int64": lambda rows: rows.astype(int),
    "holds complex": lambda rows: rows.astype(complex),
    "has 1 dimension": lambda rows: rows[:, :1],
    "has 50 rows": lambda rows: rows[:50],
    "dimension 2 has numbers that are not finite": lambda rows: np.where(np.arange(3) == 2, np.nan, rows),
    "dimension 0 has numbers that are not finite": lambda rows: np.where(np.arange(3) == 0, np.inf, rows),
    "dimension 1 is 4 in every row": lambda rows: np.where(np.arange(3) == 1, 4.0, rows),
}


@pytest.mark.parametrize("complaint", BAD)
def test_bad_latents_are_refused_in_one_sentence(tmp_path, skewed, complaint):
    with pytest.raises(SoapbubbleError, match=complaint):
        open_latents(saved(tmp_path, BAD[complaint](skewed)))


def test_files_that_are_no_arrays_are_refused(tmp_path, skewed):
    path = saved(tmp_path, skewed)
    with pytest.raises(SoapbubbleError, match="does not exist"):
        open_latents(tmp_path / "other.npy")
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(SoapbubbleError, match="cannot be read as an array"):
        open_latents(path)
    header = saved(tmp_path, skewed).read_bytes()[:60]
    for content in (b"", header, b"1.0 2.0 3.0", pickle.dumps(skewed)):
        path.write_bytes(content)
        with pytest.raises(SoapbubbleError, match="cannot be read as an array"):
            open_latents(path)
    with pytest.raises(SoapbubbleError, match="cannot be read as an array"):
        open_latents(tmp_path)
    np.save(path, np.array([[object()] * 3] * 200), allow_pickle=True)
    with pytest.raises(SoapbubbleError, match="cannot be read as an array"):
        open_latents(path)


@pytest.mark.parametrize(
    "change", [np.asfortranarray, lambda rows: rows.astype(np.float16), lambda rows: rows.astype(">f4")]
)
def test_any_order_and_any_floats_give_the_same_answer(tmp_path, skewed, change, monkeypatch):
    monkeypatch.setattr(latents_file, "BLOCK_NUMBERS", 300)  # many blocks
    rows = skewed - [100, 0, 0]
    found = latent_moments(row_blocks(open_latents(saved(tmp_path, change(rows)))))
    expected = latent_moments([rows])
    assert found.n == 4000
    assert np.allclose(found.covariance, expected.covariance, rtol=2e-3, atol=2e-3)


@pytest.mark.skipif(not STATM.exists(), reason="this system does not say what a process holds in memory")
def test_a_long_file_costs_no_memory(tmp_path):
    """What is resident, in which pages of the map count as well, stays far below the file's size."""
    rows = np.load(saved(tmp_path, np.ones((2**18, 64), dtype=np.float32)), mmap_mode="r")
    before = resident_bytes()
    assert max(resident_bytes() for _ in row_blocks(rows)) - before < rows.nbytes / 2


def resident_bytes():
    return int(STATM.read_text().split()[1]) * mmap.PAGESIZE


def test_blocks_of_a_part_of_a_file_are_of_that_part(tmp_path, skewed, monkeypatch):
    monkeypatch.setattr(latents_file, "BLOCK_NUMBERS", 300)
    rows = open_latents(saved(tmp_path, skewed.astype(np.float32)))
    assert np.array_equal(np.concatenate(list(row_blocks(rows))), rows)
    assert np.array_equal(np.concatenate(list(row_blocks(rows[500:900, 1:]))), rows[500:900, 1:])


def test_moments_in_blocks_are_those_of_all_rows(skewed):
    found = latent_moments(np.array_split(skewed, 7))
    assert np.allclose(found.mean, skewed.mean(axis=0))
    assert np.allclose(found.covariance, np.cov(skewed, rowvar=False))
    assert np.allclose(found.skewness, stats.skew(skewed), atol=1e-9)
    assert np.allclose(found.excess_kurtosis, stats.kurtosis(skewed), atol=1e-8)
    assert found.rms_length == pytest.approx(np.sqrt((skewed**2).sum(axis=1).mean()))
    assert found.centre_share == pytest.approx(np.linalg.norm(skewed.mean(axis=0)) / found.rms_length)
    assert (found.low == skewed.min(axis=0)).all()
    with pytest.raises(ValueError, match="no latents"):
        latent_moments([])


def test_participation_ratio_counts_equal_directions():
    assert participation_ratio(np.array([2.0, 2, 2, 0])) == pytest.approx(3)


def test_full_width_is_read_between_half_heights():
    assert full_width_at_half_maximum(np.array([0, 2, 4, 2, 0])) == pytest.approx(2)
    assert full_width_at_half_maximum(np.array([4.0])) == pytest.approx(1)
    assert full_width_at_half_maximum(np.array([0, 0, 4, 4, 4, 0])) == pytest.approx(3)
    assert full_width_at_half_maximum(np.array([3, 4, 0, 4])) == pytest.approx(
        11 / 6
    )  # the first peak, cut at the left
    assert np.isnan(full_width_at_half_maximum(np.zeros(4)))


def test_histograms_find_the_width_of_normal_axes(rng):
    stds = np.array([0.4, 1.0, 1.7])
    histograms = AxisHistograms(3, 12, 0.25)
    for _ in range(3):
        histograms.add(0.5 + stds * rng.standard_normal((40_000, 3)))
    assert np.allclose(histograms.full_widths(), FWHM * stds, rtol=0.06)
    assert np.allclose(histograms.peaks(), 0.5, atol=0.3)
    assert histograms.counts.sum() == 3 * 3 * 40_000
    histograms.add(np.full((1, 3), 99.0))
    assert histograms.counts.sum() == 3 * 3 * 40_000


def test_normal_axes_look_normal_and_others_do_not(rng):
    normal = rng.standard_normal((1600, 60))
    others = np.concatenate(
        [rng.exponential(size=(1600, 20)), rng.random((1600, 20)), rng.standard_t(3, (1600, 20))], axis=1
    )
    assert looks_normal(normal).mean() > 0.95
    assert looks_normal(others).mean() < 0.05
    assert rejected_share(normal) < 0.05
    assert rejected_share(others) > 0.95
    own = stats.kstest(normal[:, 0], "norm", args=(normal[:, 0].mean(), normal[:, 0].std(ddof=1))).statistic
    assert cdf_distances(normal)[0] == pytest.approx(own)


def test_the_product_of_covered_shares_is_how_often_vectors_hit(rng):
    centres, sides = np.array([0.0, 0.5, -0.9]), np.array([0.8, 0.7, 0.4])
    rows = rng.uniform(-1, 1, (200_000, 3))
    expected = np.exp(log_hit_probability(centres, sides, 1.0))
    assert inside(rows, centres, sides, np.arange(3)).mean() == pytest.approx(expected, rel=0.03)
    assert np.allclose(covered_shares(centres, sides, 1.0), [0.8, 0.6, 0.25])
    assert log_hit_probability(np.array([5.0]), np.array([1.0]), 2.0) == -np.inf
    assert inside(rows, centres, sides, np.array([], int)).all()
    wide = rng.uniform(-1, 1, (500, 100))
    assert (inside(wide, np.zeros(100), np.full(100, 0.99), np.arange(100)) == (np.abs(wide) <= 0.99).all(axis=1)).all()


def test_clusters_fall_apart_in_the_graph_of_neighbours(rng):
    one = rng.standard_normal((300, 5))
    assert largest_component_share(one, 10) == 1
    apart = one + 50 * rng.integers(3, size=(300, 1))
    assert largest_component_share(apart, 10) < 0.5


def test_broken_sticks_and_kernels_know_what_they_are_given(rng):
    assert broken_stick(np.full(20, 1.0)) == 0
    assert broken_stick(np.array([50.0, 30.0, *np.full(18, 0.1)])) == 2
    rows = rng.standard_normal((200, 6))
    turn = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    assert linear_cka(rows, 3 * rows @ turn + 1) == pytest.approx(1)
    assert abs(linear_cka(rows, rng.standard_normal((200, 6)))) < 0.1
    # Few faces of many numbers, which the biased estimate finds alike by 0.76.
    wide = [linear_cka(rng.standard_normal((80, 256)), rng.standard_normal((80, 256))) for _ in range(5)]
    assert abs(np.mean(wide)) < 0.05


def test_a_tenth_of_the_components_is_found_where_planted_and_not_in_an_even_cloud(rng):
    out = Outcome()
    _planted_spectrum(out, 1600, 256, {}, 0, rng)
    assert all(13 <= row.value <= 51 for row in out.rows)
    spectrum = latent_moments(row_blocks(rng.standard_normal((1600, 256), dtype=np.float32))).spectrum()
    assert participation_ratio(spectrum) > 51
    assert broken_stick(spectrum) < 13


def test_the_cloud_of_the_posts_table_is_off_centre_on_few_axes_and_misses_many_components(rng):
    found = []
    for rows in (table_cloud(1600, 256, rng), 0.1 + 1.5 * rng.standard_normal((1600, 256))):
        squares = np.sort(rows.mean(axis=0) ** 2)[::-1]
        missed = 1 - covered_shares(rows.mean(axis=0), 2 * FWHM * rows.std(axis=0), 3.0)
        found.append((squares[:25].sum() / squares.sum(), missed.sum()))
    (few, many_missed), (spread, none_missed) = found
    assert few > 0.6 > spread
    assert many_missed > 50 > none_missed


def test_the_posts_own_numbers_follow_from_its_table():
    out = measure_formulas(Formulas(), Lab())
    found = {(row.quantity, *sorted(row.condition.items())): row.value for row in out.rows}
    where = (("b", 12.0), ("factor", 12.0), ("width", 0.96))
    assert found["table_hits", *where] == pytest.approx(10.9, abs=0.05)
    assert found["table_rms_length", ("reading", "full width"), ("width", 1.0)] == pytest.approx(8.32, abs=0.01)
    assert found["table_top_mean_share", ("axes", 4)] == pytest.approx(0.845)
    assert found["grid_dimensions", ("points", 10)] == 9
    assert found["grid_dimensions", ("points", 2)] == 29
    assert found["length_over_b", ("N", 256)] == pytest.approx(9.234, abs=0.001)


def test_latents_of_ones_own_are_measured_without_a_network(tmp_path, rng):
    rows = rng.standard_normal((3000, 20)).astype(np.float32)
    rows[:, 0] += 3
    out = measure_own(Own(latents=str(saved(tmp_path, rows))), Lab())
    found = {row.quantity: row.value for row in out.rows if not row.condition}
    assert found["own_images"] == 3000
    assert found["own_centre_share"] == pytest.approx(3 / np.sqrt(29), rel=0.02)
    assert found["own_effective_dimension"] == pytest.approx(20, rel=0.05)
    assert found["own_near_normal_share"] == 1
    assert found["own_near_centre_share"] < 0.01
    assert measure_own(Own(), Lab()).rows == []
