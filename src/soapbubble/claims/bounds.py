"""The values that a quantity can have by its definition; the mean of its replicates lies among them, too.

An interval is cut to this range, which costs no coverage. A quantity that is not named here, and is no `proportion`,
has none; nor has one whose very bound a claim tests, such as the sign of a softmax weight, or whose estimate may lie
beyond, such as a correlation of pixels at a distance.

Of counts that are mostly below five, the step between two values matters, too: without it, Student's interval ends
short of the mean in up to 13 % of cases, and equal replicates in far more. Ranks of matrices are no such counts: nearly
all matrices have the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from soapbubble.numbers import significant


@dataclass(frozen=True)
class Bounds:
    """The smallest and the largest value, infinite where there is none, and of rare counts the step."""

    low: float = -math.inf
    high: float = math.inf
    step: float = 0.0

    def __sub__(self, other: Bounds) -> Bounds:
        """Those of a difference, which has the larger step."""
        return Bounds(self.low - other.high, self.high - other.low, max(self.step, other.step))

    def __truediv__(self, other: Bounds) -> Bounds:
        """Those of a quotient: of its sign, where both are never negative."""
        return SIZE if self.low >= 0 and other.low >= 0 else ANY

    def holds(self, value: float) -> bool:
        """Whether the quantity can have that value, but for rounding."""
        return not (value < self.low - ROUNDING or value > self.high + ROUNDING)

    def __str__(self) -> str:
        ends = (("from", self.low), ("to", self.high))
        return " ".join(f"{word} {significant(end)}" for word, end in ends if math.isfinite(end))


ROUNDING = 1e-6  # of 32-bit numbers
ANY, SHARE, CORRELATION, SIZE = Bounds(), Bounds(0.0, 1.0), Bounds(-1.0, 1.0), Bounds(low=0.0)
RARE_COUNT = Bounds(low=0.0, step=1.0)
PROPORTION, COUNT = "proportion", "count"  # the units of shares of independent trials and of rare counts

_SHARES = """
    active_share active_units_share auc axis_alignment block_rank_share bottleneck_identified broad_share
    broad_variance_share cells_occupied centre_share changing_share choice_share components_within_three
    copied_share correlated_pairs_share decoder_rank_share digit_read_from_codes directions_lost distance_face_share
    distinct_in_float32 empty_cells error_share explained_share filled_volume first_local_share
    flatness_rejected_share generator_cascade_share generator_face_share generator_recall identified
    image_axis_least_contracted image_axis_most_contracted in_shell_share inverse_refused known_width_found_share
    label_accuracy largest_component_share largest_correlation length_overlap length_overlap_surrogate
    logit_rank_over_inputs looks_normal_share map_empty_cells map_retrieval map_retrieval_of_all map_trustworthiness
    map_zoom_empty mean_correlation means_correlation mixture_total_variation most_components_within_three
    near_fraction neighbours_kept noise_fraction normality_rejected_share one_sign_active one_sign_rank orthants_met
    overlap own_share pixels_outside planted_choice_share post_map_empty_cells precision precision_to_training
    preimage_axis_most_contracted prior_auc probe_accuracy projection_separability published_structured
    radius_separability rank_share realistic receptive_field_fraction rejected_axes right_for_others
    right_for_others_on_originals rival_auc same_digit_reconstructed signal_to_noise_auc slider_share
    smallest_centre_share spectrum_error_in_weak_half std_in_band_share stem_rank stem_rank_share table_agrees_share
    test_accuracy token_rank_share top_mean_share total_variation trained_active_share training_accuracy
    training_recognised trait_share unlike_training_noise wave_share zero_shot_accuracy
"""
_CORRELATIONS = """
    activation_correlation cka component_square_correlation correlation_at_depth deficit_correlation
    depth_rank_correlation distance_face_correlation first_step_cosine folded_input_trend folded_output_trend
    input_trend inversion_training_correlation ladder_correlation likeness_trend
    map_distance_correlation map_plain_correlation neighbour_correlation neighbour_correlation_permuted_top
    opposition output_trend rebuilt_correlation saliency_agreement shift_correlation shift_ssim
    spectrum_rank_correlation trained_trend vae_correlation vae_correlation_permuted_top
"""
_EXPLAINED = """
    alternating_curves_explained boundary_r2 boundary_rank_r2 conditional_r2 correlation_omega_squared
    curves_explained ingredient_omega_squared map_r2_on_image narrowest_curves_explained off_centre_log_share
    variance_predicted widest_curves_explained
"""
_LOG_PROBABILITIES = "centred_log10_probability hit_log10_probability"
_SIZES = """
    active_components axes_broad axes_off_centre broken_stick_components components_beyond_noise
    components_for_share displaced_axes ellipsoid_misfit exact_distance far_start_over_neighbours fit_steps
    fit_unexplained input_distance input_rise inverse_error left_of_input length_peaks output_ratio page_distance
    page_round_trip_error preimage_median response_over_random round_trip_error stage_condition superposition_index
    swap_change table_length_peaks target_input
"""
_RARE_COUNTS = (
    "generators_structured hypothesis_score outline_gain stem_weak_directions symptom_score table_displaced_axes"
)
_DIFFERENCES_OF_COUNTS = "layers_bought lost_later_when_trained"
_RANGES = {
    name: bounds
    for bounds, names in (
        (SHARE, _SHARES),
        (CORRELATION, _CORRELATIONS),
        (Bounds(high=1.0), _EXPLAINED),
        (Bounds(high=0.0), _LOG_PROBABILITIES),
        (SIZE, _SIZES),
        (RARE_COUNT, _RARE_COUNTS),
        (Bounds(step=1.0), _DIFFERENCES_OF_COUNTS),
    )
    for name in names.split()
}


def bounds_of(quantity: str, unit: str) -> Bounds:
    """The range of a quantity; any number if none is known."""
    return {PROPORTION: SHARE, COUNT: RARE_COUNT}.get(unit, _RANGES.get(quantity, ANY))
