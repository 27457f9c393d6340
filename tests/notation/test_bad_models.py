"""Bad models: each is refused with its kind of error, its place, the offending name, and words that can be acted on."""

from pathlib import Path

import pytest

from symbackprop.errors import (
    CycleError,
    DuplicateNameError,
    IndexRangeError,
    LimitError,
    LossError,
    ModelError,
    NotationError,
    ShapeError,
    SymbackpropError,
    UnknownNameError,
    UnreachableError,
    UsageError,
)
from symbackprop.notation.reading.model_text import read_model

MODELS = Path(__file__).parent / "bad_models"

EXPECTED: dict[str, tuple[type[SymbackpropError], int | None, int | None, str | None]] = {
    "array_for_an_entry": (ShapeError, 7, 9, "a1"),
    "bracket_closes_nothing": (NotationError, 6, 10, ")"),
    "bracket_never_closed": (NotationError, 6, 6, "("),
    "bracket_of_other_kind": (NotationError, 6, 22, ")"),
    "cases_of_unequal_shapes": (ShapeError, 7, 24, "x"),
    "character_of_no_width": (NotationError, 7, 3, "\u200b"),
    "condition_expected": (NotationError, 7, 18, "i + 1"),
    "conditional_without_else": (NotationError, 7, 27, None),
    "cost_reads_a_sample": (LossError, 11, 24, "a1"),
    "cost_without_samples": (LossError, 4, 6, "J"),
    "cycle": (CycleError, 6, 1, "z1"),
    "declared_shape_differs": (ShapeError, 8, 6, "a1"),
    "declared_twice": (DuplicateNameError, 7, 11, "b1"),
    "defined_twice": (DuplicateNameError, 7, 1, "z1"),
    "derivative_in_model": (NotationError, 7, 6, "∂"),
    "division_by_zero": (NotationError, 7, 11, "0"),
    "double_equals": (NotationError, 7, 8, "="),
    "empty": (NotationError, None, None, None),
    "equation_goes_on": (NotationError, 7, 4, "="),
    "factors_in_the_wrong_order": (ShapeError, 6, 6, "x"),
    "function_of_two_variables": (NotationError, 7, 13, ","),
    "function_reads_a_parameter": (UnknownNameError, 7, 19, "b1"),
    "function_without_argument": (NotationError, 7, 6, "sigmoid"),
    "index_is_no_integer": (NotationError, 6, 12, "i/2"),
    "index_named_as_size": (DuplicateNameError, 6, 13, "n"),
    "index_of_a_scalar": (ShapeError, 7, 6, "c"),
    "index_twice_on_the_left": (DuplicateNameError, 7, 5, "i"),
    "index_unknown": (UnknownNameError, 6, 21, "k"),
    "index_with_two_ranges": (IndexRangeError, 6, 24, "j"),
    "inner_sizes_differ": (ShapeError, 6, 6, "W1"),
    "input_defined": (DuplicateNameError, 7, 1, "x"),
    "integer_as_value": (ModelError, 8, 19, "q"),
    "inverse_of_a_matrix": (NotationError, 6, 6, "W1"),
    "keyword_as_name": (NotationError, 8, 1, "pad"),
    "latex_backslash": (NotationError, 7, 6, "\\"),
    "latex_dollar": (NotationError, 6, 6, "$"),
    "layer_concat_lengths": (ShapeError, 4, 15, "k"),
    "layer_concat_one": (NotationError, 3, 5, "concat"),
    "layer_dense_integer": (ModelError, 3, 11, "x"),
    "layer_dilation_zero": (UsageError, 3, 30, "dilation"),
    "layer_embedding_matrix_integers": (ShapeError, 3, 15, "x"),
    "layer_embedding_real": (ShapeError, 3, 15, "x"),
    "layer_embedding_table": (ShapeError, 4, 30, "k"),
    "layer_epsilon_negative": (UsageError, 3, 27, "epsilon"),
    "layer_flag_number": (NotationError, 3, 26, "peepholes"),
    "layer_groups_do_not_divide": (ShapeError, 3, 28, "groups"),
    "layer_groups_do_not_divide_outputs": (ShapeError, 3, 28, "groups"),
    "layer_groups_of_a_norm": (ShapeError, 3, 19, "groups"),
    "layer_heads_do_not_divide": (ShapeError, 3, 24, "heads"),
    "layer_heads_of_symbolic_features": (ShapeError, 3, 24, "heads"),
    "layer_initial_cell": (ShapeError, 4, 29, "k"),
    "layer_initial_scalar": (ShapeError, 3, 23, "0"),
    "layer_initial_shape": (ShapeError, 4, 23, "k"),
    "layer_inside_a_formula": (NotationError, 7, 8, "dense"),
    "layer_keep_missing": (NotationError, 3, 5, "dropout"),
    "layer_keep_zero": (UsageError, 3, 21, "keep"),
    "layer_kernel_larger_in_one_direction": (ShapeError, 3, 12, "x"),
    "layer_kernel_larger_than_input": (ShapeError, 3, 12, "x"),
    "layer_kernel_list_too_long": (UsageError, 3, 18, "width"),
    "layer_kernel_with_holes_larger": (ShapeError, 3, 12, "x"),
    "layer_list_for_a_size": (NotationError, 3, 14, "units"),
    "layer_mask_dropout": (ShapeError, 4, 26, "k"),
    "layer_mask_scalar": (ShapeError, 3, 23, "1"),
    "layer_mask_shape": (ShapeError, 4, 23, "k"),
    "layer_name_taken": (DuplicateNameError, 7, 1, "a1.W"),
    "layer_of_a_number": (NotationError, 3, 11, "4"),
    "layer_of_unknown_activation": (UnknownNameError, 7, 18, "sigmod"),
    "layer_option_missing": (NotationError, 3, 5, "conv1d"),
    "layer_option_none": (NotationError, 3, 5, "last"),
    "layer_option_of_another_layer": (NotationError, 4, 15, "initial_cell"),
    "layer_option_too_many": (NotationError, 3, 5, "dense"),
    "layer_option_twice": (NotationError, 3, 17, "units"),
    "layer_option_unknown": (NotationError, 7, 27, "bais"),
    "layer_padding_negative": (UsageError, 3, 29, "padding"),
    "layer_pool_larger_than_input": (ShapeError, 3, 16, "x"),
    "layer_positions_table": (ShapeError, 4, 18, "k"),
    "layer_rank_attention": (ShapeError, 3, 15, "x"),
    "layer_rank_batch": (ShapeError, 3, 16, "x"),
    "layer_rank_bilinear": (ShapeError, 3, 17, "x"),
    "layer_rank_concat": (ShapeError, 4, 15, "k"),
    "layer_rank_conv1d": (ShapeError, 3, 12, "x"),
    "layer_rank_conv2d": (ShapeError, 3, 12, "x"),
    "layer_rank_flatten": (ShapeError, 3, 13, "x"),
    "layer_rank_global": (ShapeError, 3, 21, "x"),
    "layer_rank_layer_norm": (ShapeError, 3, 16, "x"),
    "layer_rank_memory": (ShapeError, 4, 25, "k"),
    "layer_rank_pool": (ShapeError, 3, 16, "x"),
    "layer_rank_rnn": (ShapeError, 3, 10, "x"),
    "layer_reads_itself": (CycleError, 3, 1, "h"),
    "layer_reshape_entries": (ShapeError, 3, 13, "x"),
    "layer_stride_list_too_long": (UsageError, 3, 28, "stride"),
    "layer_stride_symbol": (UsageError, 3, 28, "stride"),
    "layer_stride_zero": (UsageError, 3, 28, "stride"),
    "layer_transformer_heads": (ShapeError, 3, 20, "heads"),
    "layer_transposed_without_output": (ShapeError, 3, 22, "x"),
    "layer_units_half": (NotationError, 3, 14, "2.5"),
    "layer_units_zero": (UsageError, 3, 14, None),
    "left_index_of_unknown_range": (IndexRangeError, 7, 4, "i"),
    "left_side_call": (NotationError, 7, 3, "("),
    "left_side_number": (NotationError, 6, 4, "0"),
    "left_side_shifted": (NotationError, 6, 5, "+"),
    "loss_is_a_vector": (LossError, 10, 6, "L"),
    "loss_of_unequal_shapes": (ShapeError, 10, 10, "a1"),
    "loss_option_unknown": (NotationError, 10, 38, "reduction"),
    "loss_without_name": (NotationError, 10, 1, "loss"),
    "misspelt_keyword": (NotationError, 7, 1, "paramter"),
    "name_of_a_function": (DuplicateNameError, 7, 11, "mean"),
    "nested_too_deep": (LimitError, 7, 486, "sigmoid"),
    "no_loss": (LossError, None, None, None),
    "no_real_number": (NotationError, 7, 11, "sqrt(-1)"),
    "number_after_factor": (NotationError, 6, 11, "2"),
    "number_too_long": (LimitError, 7, 6, "1e999999"),
    "operator_without_operand": (NotationError, 6, 13, "*"),
    "pad_of_nothing": (UnknownNameError, 7, 5, "q"),
    "power_of_numbers_too_large": (LimitError, 7, 6, "9^9^9"),
    "power_two_readings": (NotationError, 10, 10, "y[0]^2a2[0]"),
    "quote_transpose": (NotationError, 6, 8, "'"),
    "range_not_known": (IndexRangeError, 6, 13, "j"),
    "rank_three_product": (ShapeError, 7, 6, "x"),
    "read_out_of_range": (IndexRangeError, 7, 32, "b1"),
    "reads_itself": (CycleError, 7, 1, "a1"),
    "real_as_index": (NotationError, 7, 12, "b1[i]"),
    "recurrence_from_both_sides": (CycleError, 6, 1, "h"),
    "recurrence_of_undeclared_shape": (CycleError, 4, 1, "h"),
    "recurrence_over_all_steps": (CycleError, 6, 1, "h"),
    "recurrence_to_the_same_step": (CycleError, 5, 1, "h"),
    "recurrence_without_pad": (IndexRangeError, 5, 29, "h"),
    "row_and_vector": (ShapeError, 6, 13, "b1^T"),
    "samples_on_no_side": (NotationError, 8, 10, None),
    "samples_twice": (DuplicateNameError, 8, 1, "q"),
    "samples_without_cost": (LossError, 4, 1, "m"),
    "shape_in_round_brackets": (NotationError, 7, 12, "("),
    "size_below_one": (ShapeError, 6, 10, "0"),
    "size_fact_is_false": (ModelError, 1, 12, "2 > 3"),
    "slash_two_readings": (NotationError, 10, 10, "1/2(a2[0] - y[0])^2"),
    "softmax_over_no_index": (NotationError, 7, 17, "k"),
    "star_for_matrix_product": (ShapeError, 6, 11, "x"),
    "subscript_letter": (NotationError, 6, 18, "W1ᵢⱼ"),
    "sum_of_a_vector_over_an_index": (ShapeError, 10, 17, "W1 x"),
    "sum_of_unequal_shapes": (ShapeError, 6, 13, "b2"),
    "tensor_line_for_an_input": (UnknownNameError, 7, 8, "x"),
    "tensor_line_twice": (DuplicateNameError, 8, 8, "a1"),
    "tensor_without_equation": (UnknownNameError, 7, 8, "q"),
    "too_many_indices": (ShapeError, 6, 24, "x"),
    "transpose_of_a_scalar": (ShapeError, 7, 6, "c"),
    "two_indices_multiplied": (NotationError, 6, 21, "i j"),
    "two_losses": (LossError, 11, 6, "M"),
    "unknown_fact": (NotationError, 7, 15, "onehot"),
    "unknown_function": (UnknownNameError, 7, 6, "sigmod"),
    "unknown_size": (UnknownNameError, 7, 13, "k"),
    "unknown_tensor": (UnknownNameError, 6, 6, "w1"),
    "unreachable_parameter": (UnreachableError, 7, 11, "c"),
    "value_of_a_parameter": (NotationError, 7, 13, "="),
    "vectors_side_by_side": (NotationError, 10, 15, "log(a2)"),
    "wrong_argument_count": (NotationError, 7, 6, "sigmoid"),
}


def refused(name: str) -> SymbackpropError:
    with pytest.raises(SymbackpropError) as caught:
        read_model((MODELS / f"{name}.model").read_text(encoding="utf-8"), f"{name}.model")
    return caught.value


@pytest.mark.parametrize("name", EXPECTED)
def test_bad_model(name, golden):
    """The error has the type, the place and the name of the table, and the words of the golden file."""
    kind, line, column, offender = EXPECTED[name]
    error = refused(name)
    place = error.where and (error.where.line, error.where.column)
    assert (type(error), place, error.name) == (kind, line and (line, column), offender)
    golden(MODELS / f"{name}.txt", f"{error}\n")


@pytest.mark.parametrize("name", EXPECTED)
def test_every_error_says_how_to_mend_it(name):
    """Each error ends with a fix."""
    assert refused(name).fix


def test_every_file_is_in_the_table():
    """No bad model and no golden file is left over."""
    assert sorted(EXPECTED) == sorted(path.stem for path in MODELS.glob("*.model"))
    assert sorted(EXPECTED) == sorted(path.stem for path in MODELS.glob("*.txt"))
