"""Themes: the shipped ones can be read and seen, and a broken one harms nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from engine.errors import BadInput
from fstui import theme

FILES = sorted(theme.SHIPPED.glob("*.toml"))
TEXTS = (
    "foreground text-muted text-primary text-secondary text-accent text-success text-warning "
    "text-error primary accent"
).split()
GROUNDS = ("background", "surface", "panel")
PAIRS = [
    ("block-cursor-foreground", "block-cursor-background"),
    ("footer-key-foreground", "footer-background"),
    ("footer-description-foreground", "footer-background"),
    ("input-selection-foreground", "input-selection-background"),
]


def luminance(colour: Color) -> float:
    """Relative luminance (WCAG 2.1)."""
    parts = [c / 255 for c in colour.rgb]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Color, two: Color) -> float:
    """Contrast ratio (WCAG 2.1), 1 to 21."""
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_known_pairs() -> None:
    assert contrast(Color.parse("white"), Color.parse("black")) == pytest.approx(21)
    assert contrast(Color.parse("#777777"), Color.parse("white")) == pytest.approx(4.48, abs=0.01)


def test_there_are_dark_light_and_sixteen_colour_themes() -> None:
    found = [theme.load(path) for path in FILES]
    assert len(found) >= 6
    assert sum(not t.dark for t in found) >= 2
    assert {(t.dark, t.ansi) for t in found} >= {(True, False), (False, False), (True, True)}
    assert {theme.DARK, theme.LIGHT, theme.TERMINAL} <= {t.name for t in found}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_text_can_be_read_on_all_grounds(path: Path) -> None:
    shipped = theme.load(path)
    colours = shipped.to_color_system().generate()
    if shipped.ansi:
        named = {v for k, v in colours.items() if k in (*TEXTS, *GROUNDS)}
        assert all(v.startswith("ansi_") or v == "transparent" for v in named)
        return
    for ground in GROUNDS:
        below = Color.parse(colours[ground])
        for text in TEXTS:
            ratio = contrast(below + Color.parse(colours[text]), below)
            assert ratio >= 4.5, f"{text} on {ground}: {ratio:.2f}"


def test_high_contrast_is_seven_to_one() -> None:
    colours = theme.load(theme.SHIPPED / "contrast.toml").to_color_system().generate()
    for ground in GROUNDS:
        below = Color.parse(colours[ground])
        for text in TEXTS:
            assert contrast(below + Color.parse(colours[text]), below) >= 7, (text, ground)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_cursor_and_footer_can_be_read(path: Path) -> None:
    shipped = theme.load(path)
    if shipped.ansi:
        return
    colours = shipped.to_color_system().generate()
    for text, ground in PAIRS:
        below = Color.parse(colours["background"]) + Color.parse(colours[ground])
        front = below + Color.parse(colours.get(text, colours["foreground"]))
        assert contrast(front, below) >= 4.5, f"{text}: {contrast(front, below):.2f}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = 'x'", "colours"),
        ("name = 'x'\n[colours]\nprimary = 'no colour'", "line 3: primary = 'no colour' is no"),
        ("name = 'x'\n[colours]\nprimary = '#fff'\nprimry = '#000'", "line 4: Object contains unk"),
        ("name = 'x'\n[colours]\nprimary = 5", "line 3: Expected `str`"),
        ("name = ", "can't be used"),
        (
            "name = 'x'\n[colours]\nprimary = '#fff'\n[variables]\nborder = '12'",
            "line 5: border = '12'",
        ),
    ],
)
def test_broken_theme_is_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"mine\.toml") as caught:
        theme.load(path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_users_theme_wins_by_name_and_a_broken_one_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(f"name = '{theme.DARK}'\n[colours]\nprimary = '#123456'")
    (tmp_path / "b.toml").write_text("name = 'mine'\n[colours]\nprimary = '#654321'")
    (tmp_path / "c.toml").write_text("nonsense")
    themes, problems = theme.load_all([theme.SHIPPED, tmp_path])
    assert themes[theme.DARK].primary == "#123456"
    assert themes["mine"].primary == "#654321"
    assert [p for p in problems if "c.toml" in p] == problems
    assert len(problems) == 1


@pytest.mark.parametrize("name", [theme.DARK, theme.LIGHT, theme.TERMINAL, "mine"])
async def test_app_runs_with_each_theme(tmp_path: Path, name: str) -> None:
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "mine.toml").write_text("name = 'mine'\n[colours]\nprimary = '#abcdef'")
    (tmp_path / "themes" / "broken.toml").write_text("[")
    app: App[None] = App()
    async with app.run_test() as pilot:
        names = theme.register(app, tmp_path)
        assert name in names
        app.theme = name
        await pilot.pause()
        seen = [app.theme]
        for _ in names[1:]:
            app.theme = theme.after(app)
            seen.append(app.theme)
        assert sorted(seen) == sorted(names)
        assert not set(seen) & set(BUILTIN_THEMES)


@pytest.mark.parametrize(
    ("system", "no_colour", "wanted", "name"),
    [
        ("truecolor", False, (), theme.DARK),
        ("256", False, ("gone", theme.LIGHT), theme.LIGHT),
        ("standard", False, (theme.LIGHT,), theme.TERMINAL),
        ("truecolor", True, (), theme.TERMINAL),
    ],
)
async def test_first_theme_suits_the_terminal(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    system: str,
    no_colour: bool,
    wanted: tuple[str, ...],
    name: str,
) -> None:
    monkeypatch.delenv("COLORFGBG", raising=False)
    app: App[None] = App()
    async with app.run_test():
        theme.register(app, tmp_path)
        app.no_color = no_colour
        app.console = type(app.console)(color_system=system, force_terminal=True)  # type: ignore[arg-type]
        assert theme.first(app, *wanted) == name


async def test_light_ground_takes_the_light_theme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORFGBG", "0;15")
    app: App[None] = App()
    async with app.run_test():
        theme.register(app, tmp_path)
        app.console = type(app.console)(color_system="truecolor", force_terminal=True)
        assert theme.first(app) == theme.LIGHT
