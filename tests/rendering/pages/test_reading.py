"""Pages as people read them: wide, narrow, dark, on paper, without script, by a screen reader."""

from __future__ import annotations

from itertools import pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.rendering.pages.conftest import Opened
from tests.rendering.pages.written import PAGES

pytestmark = pytest.mark.long


def faults(shown: Page, contrast: bool = True) -> list[str]:
    """What axe finds serious or critical: the rule and the places. It measures contrasts of one letter after the other,
    which takes long: the colours are those of all pages, so one page's will do."""
    options = {"resultTypes": ["violations"], "preload": False, "rules": {"color-contrast": {"enabled": contrast}}}
    found = Axe().run(shown, options=options).response["violations"]
    serious = [fault for fault in found if fault["impact"] in ("serious", "critical")]
    return [f"{fault['id']}: {[node['target'] for node in fault['nodes']][:4]}" for fault in serious]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(opened: Opened, name: str) -> None:
    assert faults(opened(name), contrast=name == "seed") == []


def test_axe_finds_nothing_serious_in_the_dark(opened: Opened) -> None:
    assert faults(opened("seed", color_scheme="dark")) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_never_scrolls_sideways(opened: Opened, name: str) -> None:
    """What is wide scrolls in its own box, which keys reach."""
    shown = opened(name, width=390)
    shown.locator("[name=lines]").check(force=True)
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390
    shown.evaluate("window.scrollTo(500, 0)")
    assert shown.evaluate("window.scrollX") == 0
    beyond = """() => [...document.querySelectorAll('main *')].filter(e => getComputedStyle(e).overflowX === 'auto'
        && e.scrollWidth > e.clientWidth + 1 && e.tabIndex !== 0).map(e => e.className)"""
    assert shown.evaluate(beyond) == []
    assert name != "seed" or faults(shown, contrast=False) == []


def test_the_fonts_are_those_of_the_page(opened: Opened) -> None:
    shown = opened("seed")
    loaded = shown.evaluate("[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)")
    assert {family.strip('"') for family in loaded} == {"STIX Two Math", "Page Serif", "Inter"}


def test_dark_is_dark(opened: Opened) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    assert opened("seed").evaluate(paper) == "rgb(253, 252, 249)"
    shown = opened("seed", color_scheme="dark")
    assert shown.evaluate(paper) == "rgb(22, 23, 26)"
    assert shown.locator("[name=dark]").is_checked()
    shown.locator("[name=dark]").uncheck(force=True)
    assert shown.evaluate(paper) == "rgb(253, 252, 249)"


def test_paper_has_what_is_folded_and_no_switches(opened: Opened) -> None:
    shown = opened("seed", color_scheme="dark")
    hidden = shown.locator("details .more").first
    assert not hidden.evaluate("e => e.checkVisibility({contentVisibilityAuto: true})")
    shown.emulate_media(media="print", color_scheme="dark")
    assert hidden.bounding_box() is not None and hidden.bounding_box()["height"] > 10
    assert not shown.locator(".bar").is_visible() and not shown.locator(".player").is_visible()
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert shown.evaluate("document.documentElement.scrollWidth") <= 1200
    assert shown.pdf(format="A4").startswith(b"%PDF")


def test_all_is_there_without_script(opened: Opened) -> None:
    with_script = opened("seed")
    without = opened("seed", java_script_enabled=False)
    for controls in (".bar", ".player", ".sliders"):
        assert not without.locator(controls).is_visible() and with_script.locator(controls).is_visible()
    texts = [shown.locator("main section.part").all_inner_texts() for shown in (with_script, without)]
    assert [len(text) for text in texts[0]] > [1000] and texts[1][1] == texts[0][1]
    assert without.locator(".step").count() == with_script.locator(".step").count()
    assert all(step.is_visible() for step in without.locator(".step").all())


def test_headings_are_in_order(opened: Opened) -> None:
    levels = opened("seed").evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
