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
    "layer_inside_a_formula": (NotationError, 7, 8, "dense"),
    "layer_name_taken": (DuplicateNameError, 7, 1, "a1.W"),
    "layer_of_unknown_activation": (UnknownNameError, 7, 18, "sigmod"),
    "layer_option_unknown": (NotationError, 7, 27, "bais"),
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
    "recurrence_of_undeclared_shape": (CycleError, 4, 1, "h"),
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
