"""Fonts for what the font of the figures lacks, and Latin letters where no font has it."""

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager

from lib.figures import fonts


def make_font(path, family: str, characters: str) -> str:
    """A font in which each of these characters is a square."""
    pen = TTGlyphPen(None)
    for i, point in enumerate([(0, 0), (0, 700), (700, 700), (700, 0)]):
        (pen.lineTo if i else pen.moveTo)(point)
    pen.closePath()
    square = pen.glyph()
    names = {ord(c): f"g{ord(c)}" for c in characters}
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", *names.values()])
    builder.setupCharacterMap(names)
    builder.setupGlyf(dict.fromkeys([".notdef", *names.values()], square))
    builder.setupHorizontalMetrics(dict.fromkeys([".notdef", *names.values()], (800, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
    return str(path)


@pytest.fixture
def install(monkeypatch, tmp_path):
    """A function that makes the machine have these fonts alone."""
    monkeypatch.setattr(font_manager.fontManager, "ttflist", list(font_manager.fontManager.ttflist))

    def install(**families: str) -> None:
        files = [
            make_font(tmp_path / f"{name}.ttf", name.replace("_", " "), characters)
            for name, characters in families.items()
        ]
        monkeypatch.setattr(fonts, "findSystemFonts", lambda: files)

    install()
    return install


def test_texts_that_the_font_of_the_figures_has_need_no_other(install, capsys):
    install(WenQuanYi_Test="abc深")
    texts = ["Größe Ω ≤ ∮ ё", "دراسة في معالجة اللغة", "שלום", "$x$ \\frac{ 100 %"]
    assert fonts.drawable(texts) == ([], texts)
    assert capsys.readouterr().err == ""


def test_the_best_fonts_that_have_what_is_missing_are_taken(install, capsys):
    install(
        Zeta="深度学习", Noto_Sans_Test="学", WenQuanYi_Test="深度", Alpha="深度", Noto_Color_Emoji="👑学习"
    )
    families, texts = fonts.drawable(["深度学习"])
    # by preference, each only if it has something that those before it lack
    assert families == ["WenQuanYi Test", "Noto Sans Test", "Zeta"]
    assert texts == ["深度学习"] and capsys.readouterr().err == ""


def test_what_no_font_has_is_transliterated_with_a_warning(install, capsys):
    install(WenQuanYi_Test="深度")
    families, texts = fonts.drawable(["深度学习 (deep)", "量子 | 👑 한국", "plain"])
    assert families == ["WenQuanYi Test"]
    assert texts == ["深度XueXi (deep)", "LiangZi | :crown: HanGug", "plain"]
    said = capsys.readouterr().err
    assert "7 of the characters of the labels (学习量子👑한국)" in said
    assert "fonts-noto-cjk" in said and "snakemake --forcerun plot" in said


def test_characters_without_a_form_are_left_out_without_a_warning(install, capsys):
    assert fonts.drawable(["a\ue000b\ufe0f \x00c\U000e0100"]) == ([], ["ab c"])
    assert capsys.readouterr().err == ""


def test_damaged_fonts_are_passed_over(install, monkeypatch, tmp_path):
    good = make_font(tmp_path / "z.ttf", "WenQuanYi Test", "深")
    (tmp_path / "a.ttf").write_bytes(b"no font")
    files = [str(tmp_path / "a.ttf"), str(tmp_path / "absent.otf"), good]
    monkeypatch.setattr(fonts, "findSystemFonts", lambda: files)
    assert fonts.drawable(["深"]) == (["WenQuanYi Test"], ["深"])
