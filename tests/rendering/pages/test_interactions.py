"""What a page does when it is pointed at, switched, played and moved."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from symbackprop.evaluation.choosing import evaluation_for
from symbackprop.rendering.render import document_text
from tests.rendering.pages.conftest import Opened
from tests.rendering.pages.written import derivation, evaluation

pytestmark = pytest.mark.long


def visible(shown: Page, selector: str) -> int:
    return sum(element.is_visible() for element in shown.locator(selector).all())


def test_a_symbol_under_the_pointer_is_lit_everywhere(opened: Opened) -> None:
    shown = opened("seed")
    shown.locator("#one-3 p [data-sym=W2]").first.hover()
    names = shown.evaluate("[...document.querySelectorAll('.lit')].map(e => e.dataset.sym)")
    assert len(names) > 10 and set(names) == {"W2"}
    assert shown.evaluate("document.querySelectorAll('[data-sym=W2]:not(.lit)').length") == 0
    tip = shown.locator("#tip")
    expect(tip).to_contain_text("weights of layer 2, 1 × h")
    assert tip.locator("mn").all_text_contents() == [
        "2",
        *(f"{abs(w):.4f}" for w in evaluation("seed").values["W2"][0]),
    ]
    shown.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    assert visible(shown, ".lit") == 0


def test_keys_reach_the_symbols_of_the_table(opened: Opened) -> None:
    shown = opened("seed")
    shown.locator(".letters [data-sym=z1]").focus()
    expect(shown.locator("#tip")).to_contain_text("weighted sums of layer 1")
    assert visible(shown, ".lit") > 5


def test_a_node_leads_to_its_step_and_the_step_to_its_node(opened: Opened) -> None:
    shown = opened("seed")
    shown.locator(".node[data-sym=a1]").click()
    expect(shown.locator("#one-5")).to_be_focused()
    assert shown.url.endswith("#one-5")
    assert 0 <= shown.locator("#one-5").bounding_box()["y"] < 200
    shown.locator("#one-2 .no").focus()
    assert shown.evaluate("[...document.querySelectorAll('.here')].map(e => e.dataset.sym)") == ["z2"]
    shown.locator(".node[data-sym=b2]").focus()
    shown.keyboard.press("Enter")
    expect(shown.locator("#one-4")).to_be_focused()


def test_levels_are_switched_in_place(opened: Opened) -> None:
    shown = opened("seed")
    rows, columns = "#one-5 .m", "#one-3 p .e"
    expect(shown.locator(rows).first).to_be_visible()
    shown.locator("[value=entries]").check(force=True)
    assert visible(shown, ".m") == 0 and visible(shown, ".only-e") >= 3
    expect(shown.locator(columns)).to_be_visible()
    for number in range(1, 8):  # every step has a formula at each level
        assert visible(shown, f"#one-{number} .main") + visible(shown, f"#one-{number} p .e") >= 1
    shown.locator("[value=matrices]").check(force=True)
    assert visible(shown, ".only-e") == 0 and visible(shown, ".e") == 0
    for number in range(1, 8):
        assert visible(shown, f"#one-{number} .main") >= 1


def test_samples_numbers_and_lines_are_switched_in_place(opened: Opened) -> None:
    shown = opened("seed")
    one, every = shown.locator("[data-part=one].part"), shown.locator("[data-part=all].part")
    shown.locator("[name=part][value=all]").check(force=True)
    expect(one).to_be_hidden()
    expect(every.locator("figure.graph")).to_be_visible()
    shown.locator("[name=part][value=one]").check(force=True)
    expect(every).to_be_hidden()
    expect(one.locator("figure.graph")).to_be_visible()
    assert visible(shown, ".num") > 5
    shown.locator("[name=numbers]").uncheck(force=True)
    assert visible(shown, ".num") == 0
    shown.locator("#one-3 p [data-sym=W2]").first.hover()
    expect(shown.locator("#tip")).not_to_contain_text("=")
    folds = one.locator("details .more")
    assert not folds.first.is_visible()
    shown.locator("[name=lines]").check(force=True)
    expect(folds.first).to_be_visible()


def test_the_way_back_is_played(opened: Opened) -> None:
    shown = opened("seed")
    shown.clock.install()
    player, said = shown.locator(".player"), shown.locator(".player output")
    expect(said).to_have_text("12 steps")
    player.get_by_text("Play").click()
    expect(said).to_have_text("1 of 12")
    shown.clock.run_for(5300)
    expect(said).to_have_text("3 of 12")
    assert shown.evaluate("[...document.querySelectorAll('.here')].map(e => e.dataset.sym)") == ["W2"]
    expect(shown.locator("#one-3.now")).to_be_in_viewport()
    expect(shown.locator("figure.graph")).to_be_in_viewport()
    player.get_by_text("Pause").click()
    shown.clock.run_for(9000)
    expect(said).to_have_text("3 of 12")
    shown.keyboard.press("ArrowRight")
    expect(shown.locator(".step.now")).to_have_id("one-4")
    player.locator("[name=back]").click()
    player.locator("[name=back]").click()
    expect(said).to_have_text("2 of 12")
    shown.keyboard.press("Escape")
    expect(said).to_have_text("12 steps")
    assert visible(shown, ".here, .now") == 0


def test_on_a_phone_the_node_that_is_played_comes_into_view(opened: Opened) -> None:
    shown = opened("seed", width=390)
    beyond = "e => e.getBoundingClientRect().right > 390"
    far = shown.evaluate(f"[...document.querySelectorAll('.node')].filter({beyond}).map(e => e.dataset.sym)")
    played = set()
    for _ in range(8):
        shown.locator(".player [name=next]").click()
        node = shown.locator(".node.here")
        played.add(node.get_attribute("data-sym"))
        assert not node.evaluate(beyond)
    assert played & set(far)


NUMBERS = "[...document.querySelectorAll('.value, [data-now]')].map(e => e.textContent)"


def test_the_first_numbers_are_those_of_python(opened: Opened) -> None:
    """With script all are computed anew in the browser; without it they stand as Python wrote them."""
    computed, written = opened("seed"), opened("seed", java_script_enabled=False)
    marks = "document.querySelectorAll('.value mn').forEach(e => { e.textContent = '?'; })"
    computed.evaluate(marks)
    computed.locator(".sliders button").click()
    assert computed.evaluate(NUMBERS) == written.evaluate(NUMBERS)
    assert len(computed.evaluate(NUMBERS)) > 30


@pytest.mark.parametrize(("tensor", "place"), [("W1", 3), ("b2", 0), ("x", 1)])
def test_a_slider_computes_all_numbers_anew(opened: Opened, tensor: str, place: int) -> None:
    """They are those of a page that Python writes at the moved number; only the check is that of the first ones."""
    shown = opened("seed")
    before = shown.evaluate(NUMBERS)
    slider = shown.locator(f".sliders [data-tensor={tensor}]").nth(place)
    slider.focus()
    for _ in range(7):
        shown.keyboard.press("ArrowRight")
    moved = float(slider.input_value())
    d, first = derivation("seed"), evaluation("seed")
    leaves = {name: np.array(first.values[name]) for name in ("x", "y", "W1", "b1", "W2", "b2")}
    leaves[tensor][(place, 0) if tensor == "x" else np.unravel_index(place, leaves[tensor].shape)] = moved
    anew = evaluation_for(d, values={n: leaves[n] for n in ("W1", "b1", "W2", "b2")}, data={n: leaves[n] for n in "xy"})
    other = shown.context.new_page()
    other.set_content(document_text(d, "html", evaluation=anew))
    after = shown.evaluate(NUMBERS)
    assert after == other.evaluate(NUMBERS)
    assert sum(x != y for x, y in zip(before, after, strict=True)) > 15
    in_figures = shown.locator("figure text.given").first
    assert not in_figures.is_visible()
    shown.locator(".sliders button").click()
    assert shown.evaluate(NUMBERS) == before
    assert in_figures.is_visible()
