"""The page at the end of the course says what was built; it is written where somebody works."""

import re

import pytest

from utils import data, mine
from utils.mine import parts


@pytest.fixture(scope="module")
def page():
    return mine.built()


def test_it_shows_the_parts_the_drawing_and_the_photographs(page):
    html = page._repr_html_()
    assert f"0 of its {len(parts.PARTS)} parts are my own" in html
    assert "Nothing yet" in html and "<svg" in html
    for name, probability in (("espresso", "0.95"), ("tripod", "0.94")):
        assert f"<b>{name}</b> {probability}" in html
    assert html.count("<figure>") == len(data.photographs())
    assert "espresso 0.95" in repr(page)


def test_every_photograph_has_a_text_alternative_and_the_page_needs_no_network(page):
    html = page.document()
    images = re.findall(r"<img[^>]*>", html)
    assert images and all(re.search(r'alt="[^"]+"', image) for image in images)
    assert not re.search(r'(?:src|href)="(?!data:)', html)


def test_where_nobody_works_it_is_the_same_each_time(page):
    assert mine.built().document() == page.document()


def test_own_photographs_come_first(tmp_path):
    from PIL import Image

    path = tmp_path / "grey.png"
    Image.new("L", (90, 60), 128).save(path)
    html = mine.built([path])._repr_html_()
    assert html.count("<figure>") == len(data.photographs()) + 1
    assert html.index('alt="your photograph"') < html.index('alt="A cup of espresso"')


def test_one_path_alone_is_refused_with_what_to_write():
    with pytest.raises(TypeError, match=r"a list: mine\.built\(\["):
        mine.built("holiday.jpg")


def test_it_is_written_beside_the_lessons(kernel, lesson, capsys):
    kernel()
    page = mine.built()
    written = lesson.parent / "what_i_built.html"
    assert written.read_text("utf-8") == page.document()
    assert "what_i_built.html" in capsys.readouterr().out


def test_a_page_that_cannot_be_written_is_shown_all_the_same(kernel, lesson, capsys):
    kernel()
    (lesson.parent / "what_i_built.html").mkdir()
    assert "espresso" in mine.built()._repr_html_()
    assert "cannot be written" in capsys.readouterr().out
