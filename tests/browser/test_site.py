"""The reader's web site: built afresh by `make site`, opened as files in Chromium, offline."""

import html
import importlib
import itertools
import pkgutil
import re
import zipfile
from collections import Counter
from types import SimpleNamespace
from urllib.parse import unquote, urldefrag

import nbformat
import paper
import pypdfium2
import pytest
import walkthrough
import yaml
from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import expect
from pypdfium2 import raw

import utils
from autograder.build import pack
from tests import explorers
from tests.browser import ARTIFACTS, SLOW
from tests.course import LESSONS, ROOT, copy_course, info, questions, run
from utils.explorers import Convolution
from utils.mine.bank import bank
from utils.mine.quiz import Quiz

THEMES = ["light", "dark"]
WIDTHS = [1280, 390]
#: What axe looks at, and by which rules; None means all. Only colours change with the theme.
LOOKED_AT = {
    ("light", 1280): None,
    ("dark", 1280): ["color-contrast", "link-in-text-block"],
    ("dark", 390): None,
}
#: Pages whose screenshots are kept, each with what is then at the top.
SHOWN = {
    "index.html": "body",
    "lessons/01_convolution.html": "#exercise-2-the-output-size",
    "explorers.html": "body",
    "reference/functional.html": "body",
    "instructors.html": "body",
}
#: The script that draws the formulas, on pages that have any; see docs/conf.py.
MATHJAX = "tex-svg-full.js"
#: What begins the end of a PDF; see docs/_static/paper.js.
END = "Hints, answers and solutions"
#: The margin above and below a sheet, which holds its head and foot: 17 mm, in points.
MARGIN = 17 * 72 / 25.4
#: axe without its own request for the style sheets: a page that is a file may not make it.
AXE = {"resultTypes": ["violations"], "preload": False}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site, built in a copy of the course. A warning would fail the build."""
    course = copy_course(tmp_path_factory.mktemp("site") / "course")
    run(course, "make", "site")
    return course / "docs" / "_build" / "site"


@pytest.fixture
def open_page(site, browser):
    """Open a page of the site without network; fails if one wants the network, or logs an error."""
    contexts, problems = [], []

    def open_page(name):
        context = browser.new_context(
            viewport={"width": WIDTHS[0], "height": 900}, offline=True, reduced_motion="reduce"
        )
        contexts.append(context)
        context.set_default_navigation_timeout(SLOW)
        page = context.new_page()

        def look(request):
            if not request.url.startswith(("file:", "data:", "blob:")):
                problems.append(f"{page.url} asks for {request.url}")

        page.on("request", look)
        page.on("requestfailed", lambda x: problems.append(f"{page.url} does not get {x.url}"))
        page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda x: x.type in ("error", "warning") and problems.append(f"{page.url}: {x.text}"),
        )
        page.goto((site / name).as_uri())
        wait_for_formulas(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not problems


def wait_for_formulas(page):
    """Wait until all has come: who leaves earlier breaks off the request of their script."""
    page.wait_for_load_state()
    page.wait_for_function(
        "script => !document.querySelector(`script[src*='${script}']`) ||"
        " window.MathJax?.startup?.promise?.then(() => true)",
        arg=MATHJAX,
    )


def cells_of(site, lesson):
    """The cells of the executed solution that the site was built from."""
    path = site.parents[2] / "solutions" / lesson / f"{lesson}.ipynb"
    return nbformat.read(path, as_version=4).cells


def pages(site):
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))


def soup(site, name):
    return BeautifulSoup((site / name).read_text("utf-8"), "html.parser")


def text(site, name):
    """What a page holds as text, whatever its colours."""
    return html.unescape(re.sub(r"<[^>]*>", "", (site / name).read_text("utf-8")))


def without_mark(heading):
    """A heading's text without the mark that links to it."""
    return heading.get_text().removesuffix("¶")


#: Marks words that look like words before them: in colour, size and weight, and all that is behind.
MARK_REPEATED = """() => {
  const behind = new Map([[null, ""]]);
  const seen = new Set();
  const look = (x) => {
    const style = getComputedStyle(x);
    if (!behind.has(x.parentElement)) look(x.parentElement);
    const { backgroundColor, backgroundImage, opacity } = style;
    const own = [backgroundColor, backgroundImage, opacity].join();
    const clear = own === "rgba(0, 0, 0, 0),none,1";
    behind.set(x, behind.get(x.parentElement) + (clear ? "" : own + ";"));
    return [behind.get(x), style.color, style.fontSize, style.fontWeight].join();
  };
  const isText = (x) => x.nodeType === Node.TEXT_NODE && x.textContent.trim();
  const isSeen = (x) => x.checkVisibility({ visibilityProperty: true }) && x.offsetWidth > 1;
  const blocks = "article :is(pre, p, li, td, th, dt, dd)";
  for (const x of document.querySelectorAll(`${blocks}, ${blocks} *`)) {
    const hasWords = [...x.childNodes].some(isText) && isSeen(x);
    const own = hasWords && look(x);
    x.toggleAttribute("data-repeated", hasWords && seen.has(own));
    if (hasWords) seen.add(own);
  }
}"""
#: A lesson has ten thousand coloured words, and axe takes as many milliseconds for their contrast.
EACH_LOOK_ONCE = """
axe.configure({ rules: [{ id: "color-contrast", selector: ":not([data-repeated])" }] });
"""


def violations(page, rules=None):
    """What axe finds in a page, by the rules of these names or by all.

    The contrast of words that look alike is measured once.
    """
    page.evaluate(MARK_REPEATED)
    only = {"runOnly": rules} if rules else {}
    return Axe(AXE_SCRIPT + EACH_LOOK_ONCE).run(page, None, AXE | only).response["violations"]


def test_every_page_is_accessible_and_fits_in_both_themes_and_widths(site, open_page):
    found = []
    for name in pages(site):
        page = open_page(name)
        for theme, width in itertools.product(THEMES, WIDTHS):
            page.evaluate("theme => (document.body.dataset.theme = theme)", theme)
            page.set_viewport_size({"width": width, "height": 900})
            if name in SHOWN:
                page.locator(SHOWN[name]).evaluate("x => x.scrollIntoView({behavior: 'instant'})")
                shown = name.replace("/", "-").removesuffix(".html")
                page.screenshot(path=ARTIFACTS / f"site-{shown}-{theme}-{width}.png")
            page.evaluate("document.querySelectorAll('details').forEach(x => (x.open = true))")
            root = "document.documentElement"
            wide = page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
            if wide > 0:
                found.append(f"{name} is {wide} pixels too wide at {width}")
            if (theme, width) in LOOKED_AT:
                for problem in violations(page, LOOKED_AT[theme, width]):
                    where = f"{name}, {theme}, {width}: {problem['id']}"
                    found += [f"{where}: {x['html'][:200]}" for x in problem["nodes"]]
            page.evaluate("document.querySelectorAll('details').forEach(x => (x.open = false))")
        page.context.close()
    assert len(pages(site)) > 20
    assert not found, "\n".join(found)


#: Where words are, and what makes them too pale.
PALE = {
    "pre .kn": "color: #bbb !important",  # a word of Python
    "pre .c1": "opacity: 0.3",  # a comment
    "article li strong": "color: #bbb !important",
}


def test_a_word_that_is_too_pale_is_found_although_each_look_is_measured_once(open_page):
    page = open_page("lessons/06_depth.html")
    page.evaluate("document.querySelectorAll('details').forEach(x => (x.open = true))")
    assert violations(page) == []
    page.add_style_tag(content="\n".join(f"{where} {{ {how} }}" for where, how in PALE.items()))
    found = [page.locator(x["target"][0]) for one in violations(page) for x in one["nodes"]]
    for where in PALE:
        assert any(x.evaluate("(x, where) => x.matches(where)", where) for x in found), where
    words = page.locator("pre span").count()
    assert page.locator("pre span[data-repeated]").count() > words / 2 > 1000


@pytest.mark.parametrize("lesson", LESSONS)
def test_solutions_are_folded_and_open_by_keyboard(site, open_page, lesson):
    page = open_page(f"lessons/{lesson}.html")
    cells = [cell for cell in cells_of(site, lesson) if cell.cell_type == "code"]
    solutions = [cell for cell in cells if info(cell).get("solution")]
    folds = page.locator("details.solution")
    expect(folds).to_have_count(len(solutions))
    expect(page.locator("details[open]")).to_have_count(0)

    fold = folds.first
    expect(fold.locator("pre")).to_be_hidden()
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(fold.locator("pre")).to_be_visible()
    page.keyboard.press("Space")
    expect(fold.locator("pre")).to_be_hidden()


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_is_shown_with_its_results(site, lesson):
    page = soup(site, f"lessons/{lesson}.html")
    cells = cells_of(site, lesson)
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    shown = "".join(x.get("data", {}).get("text/html", "") for x in outputs)
    figures = BeautifulSoup(shown, "html.parser")
    alts = [image["alt"] for image in figures.find_all("img")]
    assert alts and [x["alt"] for x in page.select(".cell_output img")] == alts

    checks = [cell for cell in cells if cell.source.startswith("check(")]
    shown = page.select(".tag_check")
    assert len(shown) == len(checks)
    for cell, box in zip(checks, shown, strict=True):
        message = "".join(x.text for x in cell.outputs if x.output_type == "stream")
        message = re.sub(r"\x1b\[[\d;]*m", "", message)  # which the page shows as colours
        assert message.strip() in box.get_text()
    stubs = page.select(".tag_stub")
    assert len(stubs) == len(page.select("details.solution"))
    assert all("YOUR CODE HERE" in stub.get_text() for stub in stubs)
    summaries = [x.get_text() for x in page.select("details > summary")]
    manual = [f"Mark scheme ({n} points)" for n in questions(lesson).values()]
    assert [x for x in summaries if x.startswith("Mark scheme")] == manual
    assert sum(x.startswith("Mistakes that this check") for x in summaries) == len(checks)


@pytest.fixture(scope="module")
def pdf(site, request):
    """A lesson's PDF, to which its page links."""
    (link,) = [x for x in soup(site, f"lessons/{request.param}.html").select("a[href$='.pdf']")]
    assert link.get_text() == "PDF"
    with pypdfium2.PdfDocument(site / "lessons" / link["href"]) as pdf:
        yield pdf


def sheets(pdf, margin=0):
    """The text of each sheet, with single spaces; without a margin, in points, above and below."""
    found = []
    for sheet in pdf:
        inside = {"bottom": margin, "top": sheet.get_height() - margin}
        found.append(" ".join(sheet.get_textpage().get_text_bounded(**inside).split()))
    return found


def printed(line, sheets):
    """Whether a line stands on one of the sheets, or ends one and goes on overleaf."""
    return any(line in sheet for sheet in sheets) or any(
        sheet.endswith(line[:place]) and line[place:] in overleaf
        for sheet, overleaf in itertools.pairwise(sheets)
        for place in range(1, len(line))
    )


@pytest.mark.parametrize(("pdf", "lesson"), [(x, x) for x in LESSONS], indirect=["pdf"])
def test_a_lesson_is_printed_whole_with_its_folds_at_the_end(site, pdf, lesson):
    page = soup(site, f"lessons/{lesson}.html")
    assert pdf.get_metadata_value("Title") == page.title.get_text()
    texts = sheets(pdf)
    for number, text in enumerate(texts, 1):
        assert without_mark(page.h1) in text and f"{number} of {len(pdf)}" in text

    plain = [x for x in page.select("article :is(h1, h2, h3)") if not x.select(".math")]
    titles = "".join(x.get_title() for x in pdf.get_toc()).replace(" ", "")
    assert [x for x in map(without_mark, plain) if x.replace(" ", "") not in titles] == []
    begin = next(i for i, text in enumerate(texts) if END in text.split("Text and figures:")[-1])
    folds = page.select("article details:not(.fold.code, [data-quiz] details)")
    before, after = " ".join(texts[:begin]), " ".join(texts[begin:])
    notes = [int(x) for x in re.findall(r"At the end, (\d+):", before)]
    assert notes and notes == list(range(1, len(notes) + 1))
    for name, count in Counter(fold.summary.get_text() for fold in folds).items():
        assert before.count(name) >= count <= after.count(name), name
    code = [x for x in page.select(".cell_input pre") if not x.find_parent(class_="code")]
    # Of a hyphen at a line's end PDFium thinks that it is there for the end's sake.
    bare = lambda text: re.sub(r"[\s\x02-]", "", text)  # noqa: E731
    bodies = [bare(text) for text in sheets(pdf, MARGIN)]
    places = {True: bodies[begin:], False: bodies[:begin]}
    for cell in code:
        where = places[cell.find_parent(class_="solution") is not None]
        for line in cell.get_text().splitlines():
            assert printed(bare(line), where), f"cut or lost: {line}"


@pytest.mark.parametrize("pdf", LESSONS, indirect=True)
def test_a_printed_page_is_neither_empty_nor_cut_and_brings_its_fonts(pdf):
    rows, columns = round(MARGIN), round(16 * 72 / 25.4)  # 16 mm
    for number, sheet in enumerate(pdf, 1):
        ink = sheet.render(scale=1, grayscale=True).to_numpy() < 128
        assert ink[rows:-rows].any(), f"page {number} is empty"
        beside = ink[:, :columns].any() or ink[:, -columns:].any()
        assert not beside, f"page {number} has something in its margin"
        for text in sheet.get_objects([raw.FPDF_PAGEOBJ_TEXT], max_depth=1):
            assert raw.FPDFFont_GetIsEmbedded(raw.FPDFTextObj_GetFont(text)), number
            left, _, right, _ = text.get_bounds()  # also of what the margin hides
            assert columns <= left and right <= sheet.get_width() - columns, f"cut on {number}"


def test_on_paper_explorers_and_quizzes_are_still_and_then_live_again(page, tmp_path):
    question = next(iter(bank().values()))
    live = [Convolution().as_html(), Quiz("predict", [question]).as_html()]
    words = ["<details><summary>Hint 1</summary>A.</details>", '<a href="b.html">The next page</a>']
    fold = '<details class="fold code"><summary>Show the code</summary>C</details>'
    script = (ROOT / "docs" / "_static" / "paper.js").read_text("utf-8")
    body = "\n".join(["<section><h2>One</h2>", *live, *words, fold, "</section>"])
    file = tmp_path / "page.html"
    file.write_text(f"<meta charset=utf-8><article>{body}</article><script>{script}</script>")
    page.goto(file.as_uri())
    article = page.locator("article")
    expect(article.get_by_role("slider").first).to_be_visible()
    expect(article.get_by_text("This is my answer")).to_be_visible()
    before = article.inner_html()

    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(article.get_by_role("slider")).to_have_count(0)
    expect(article.get_by_role("button")).to_have_count(0)
    expect(article.locator(".explorer-place img")).to_be_visible()
    assert article.get_by_text("The next page").get_attribute("href") is None  # nobody knows it
    notes, end = article.locator(".folded"), article.locator(".at-the-end")
    assert notes.all_inner_texts() == ["At the end, 1: Answer", "At the end, 2: Hint 1"]
    expect(end.get_by_role("heading")).to_have_text(["Hints, answers and solutions", "One"])
    assert "Why not the others?" in end.inner_text() and "Show the code" not in end.inner_text()
    for number, place in enumerate(end.locator(".unfolded").all(), 1):
        assert place.get_attribute("id") == f"unfolded-{number}"

    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert article.inner_html() == before
    article.get_by_text("This is my answer").click()
    slider = explorers.slider(article, "Stride")
    slider.press("ArrowRight")
    assert explorers.trait(page, "stride") == 2


def test_without_chromium_the_site_has_no_pdf_and_says_what_to_do(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(paper, "CHROMIUMS", paper.CHROMIUMS[:-1])
    assert paper.chromium() is None
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "01_lesson.html").touch()
    builder = SimpleNamespace(name="html")
    paper.print_lessons(SimpleNamespace(builder=builder, outdir=str(tmp_path)), None)
    assert "`make system` installs it" in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.pdf"))
    notebook = new_notebook(cells=[new_markdown_cell("# A lesson\n\nWhy.")])
    walkthrough.walkthrough(notebook, "00_lesson", {})
    assert ".pdf" not in notebook.cells[0].source


def test_no_page_holds_a_hidden_test_or_a_mark_of_nbgrader(site):
    hidden = [line for line, kind in pack.secrets().items() if kind.startswith("a hidden test")]
    marks = [mark for pair in pack.REGIONS.values() for mark in pair]
    assert len(hidden) > 50
    for name in [*pages(site), "searchindex.js"]:
        held = text(site, name)
        assert not [line for line in [*hidden, *marks] if line in held], name
        assert not [mark for mark in marks if mark in (site / name).read_text("utf-8")], name


def test_search_finds_a_phrase(open_page):
    page = open_page("index.html")
    page.get_by_role("textbox", name="Search").fill("receptive field")
    page.keyboard.press("Enter")
    results = page.locator("#search-results li a")
    expect(results.filter(has_text="Lesson 5: VGG").first).to_be_visible()
    expect(results.filter(has_text="utils.sizing").first).to_be_visible()
    results.filter(has_text="Lesson 5: VGG").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Lesson 5: VGG")


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("dropout", "Lesson 4: AlexNet"),
        ("receptive field", "Lesson "),
        ("max_pool2d_backward", "utils.functional.max_pool2d_backward"),
        ("softmax", "utils.functional.softmax"),
    ],
)
def test_search_lists_the_lesson_on_something_before_its_function(open_page, words, first):
    page = open_page("index.html")
    page.get_by_role("textbox", name="Search").fill(words)
    page.keyboard.press("Enter")
    expect(page.locator("#search-results li a").first).to_contain_text(first)


def test_a_page_asks_for_nothing_that_needs_a_notebook(site):
    for lesson in LESSONS:
        page = soup(site, f"lessons/{lesson}.html").select_one("article")
        for node in page.select("pre, script, style, .admonition"):
            node.decompose()
        said = " ".join(page.get_text().split())
        for words in (
            "three dots",
            "Validate",
            "Run the next cell",
            "then run the check",
            "toolbar",
        ):
            assert words not in said, (lesson, words)
        assert "NOTEBOOK -->" not in (site / f"lessons/{lesson}.html").read_text("utf-8")


def test_a_figure_is_enlarged_by_keyboard_and_by_tap(open_page):
    page = open_page("lessons/03_pooling.html")
    page.set_viewport_size({"width": 390, "height": 844})
    figures = page.locator(".cell_output .figure-button")
    widths = figures.locator("img").evaluate_all(
        "all => all.map(x => Number(x.getAttribute('width')))"
    )
    widest = widths.index(max(widths))
    assert widths[widest] > 800
    large = page.get_by_role("dialog")
    expect(large).to_be_hidden()
    figures.nth(widest).focus()
    page.keyboard.press("Enter")
    shown = large.locator("img")
    expect(shown).to_be_visible()
    assert shown.bounding_box()["width"] == widths[widest], "in its own size, to be scrolled"
    assert shown.get_attribute("alt") == figures.nth(widest).locator("img").get_attribute("alt")
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    expect(figures.nth(widest)).to_be_focused()
    figures.first.click()
    expect(shown).to_be_visible()
    assert not violations(page)
    large.get_by_role("button", name="Close").click()
    expect(large).to_be_hidden()


def test_on_a_phone_a_wide_figure_scrolls_and_stays_readable(open_page):
    page = open_page("lessons/03_pooling.html")
    page.set_viewport_size({"width": 390, "height": 844})
    for width, shown in page.locator(".figure-button img").evaluate_all(
        "all => all.map(x => [Number(x.getAttribute('width')), x.getBoundingClientRect().width])"
    ):
        assert shown >= min(width, 640)


def test_what_scrolls_shows_where_there_is_more(open_page):
    page = open_page("lessons/01_convolution.html")
    page.set_viewport_size({"width": 390, "height": 844})
    formulas = page.locator("article .math-wrapper.more-after")
    expect(formulas.first).to_be_visible()
    box = formulas.first.element_handle()
    masks = lambda: box.evaluate("x => getComputedStyle(x).maskImage")  # noqa: E731
    assert "to left" in masks() and box.get_attribute("tabindex") == "0"
    box.evaluate("x => (x.scrollLeft = x.scrollWidth)")
    page.wait_for_function("x => !x.classList.contains('more-after')", arg=box)
    assert "to right" in masks()
    page.set_viewport_size({"width": 1280, "height": 844})
    page.wait_for_function("x => !/more/.test(x.className)", arg=box)
    assert masks() == "none" and box.get_attribute("tabindex") is None


def test_in_the_dark_charts_are_inverted_and_pictures_dimmed(open_page):
    page = open_page("lessons/01_convolution.html")
    looks = """all => all.map(x => [x.classList.contains("chart"), getComputedStyle(x).filter])"""
    images = page.locator(".figure-button img")
    page.evaluate("document.body.dataset.theme = 'light'")
    assert {look for _, look in images.evaluate_all(looks)} == {"none"}
    page.evaluate("document.body.dataset.theme = 'dark'")
    found = images.evaluate_all(looks)
    assert {is_chart for is_chart, _ in found} == {True, False}
    for is_chart, look in found:
        assert look.startswith("invert(" if is_chart else "brightness("), found


def test_every_link_within_the_site_leads_somewhere(site):
    parsed = {name: soup(site, name) for name in pages(site)}
    ids = {name: {x["id"] for x in page.select("[id]")} for name, page in parsed.items()}
    broken, links = [], 0
    for name, page in parsed.items():
        addresses = [x["href"] for x in page.select("[href]:not(image)")]
        addresses += [x["src"] for x in page.select("[src]")]
        for address in addresses:
            if re.match(r"(https?|mailto|data):", address) or address in ("#", ""):
                continue
            path, anchor = urldefrag(address)
            path = unquote(path.partition("?")[0])
            target = (site / name).parent.joinpath(path).resolve() if path else site / name
            links += 1
            known = ids.get(target.relative_to(site.resolve()).as_posix())
            if not target.is_file() or (anchor and known is not None and anchor not in known):
                if not anchor.startswith("svg-"):
                    broken.append(f"{name}: {address}")
    assert links > 1000
    assert not broken, "\n".join(broken)


def test_the_front_page_leads_through_all_lessons(site, open_page):
    front = soup(site, "index.html")
    home = (ROOT / "utils" / "home" / "home.md").read_text("utf-8")
    cards = front.select(".lessons .sd-card")
    assert [card.select_one("a")["href"] for card in cards] == [
        f"lessons/{x}.html" for x in LESSONS
    ]
    for card, lesson in zip(cards, LESSONS, strict=True):
        (row,) = [line for line in home.splitlines() if f"({lesson}/" in line]
        assert card.select_one(".sd-card-footer").get_text(strip=True) == row.split(" | ")[-1][:-2]

    page = open_page("index.html")
    page.get_by_role("link", name="Begin with lesson 1").click()
    for lesson in LESSONS:
        page.wait_for_url(f"**/lessons/{lesson}.html")
        wait_for_formulas(page)
        page.locator("a.next-page").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("statement by statement")


def test_explorers_live_and_are_moved_by_keyboard_and_by_mouse(open_page):
    page = open_page("explorers.html")
    places = page.locator("[data-explorer]")
    expect(places).to_have_count(len(explorers.SLIDERS) + 1)  # the last has no slider
    names = places.last.get_by_role("radio")
    names.first.focus()
    page.keyboard.press("ArrowDown")
    expect(names.nth(1)).to_be_checked()
    expect(places.last.locator(".explorer-drop")).to_have_count(0)
    for place, (label, trait, _) in enumerate(explorers.SLIDERS.values()):
        slider, before = (
            explorers.slider(places.nth(place), label),
            explorers.trait(page, trait, place),
        )
        shown = places.nth(place).inner_html()
        slider.press("ArrowRight")
        explorers.settle(page)
        assert explorers.trait(page, trait, place) > before
        assert places.nth(place).inner_html() != shown
        most = explorers.press_at_its_end(slider)
        assert explorers.trait(page, trait, place) == most


@pytest.mark.parametrize("name", ["explorers.html", "lessons/05_vgg.html"])
def test_on_a_phone_an_explorers_sliders_stay_below_the_header(open_page, name):
    page = open_page(name)
    page.set_viewport_size({"width": 390, "height": 844})
    picture = page.locator("[data-picture='other map']")
    picture.evaluate("x => x.scrollIntoView({ block: 'end', behavior: 'instant' })")
    explorers.settle(page)
    header = page.locator(".mobile-header").bounding_box()
    slider = explorers.slider(page, "Unit of layer").bounding_box()
    assert header["y"] + header["height"] <= slider["y"] < 100


def test_the_notebooks_can_be_taken_along(site):
    (link,) = soup(site, "start.html").select("a[download]")
    with zipfile.ZipFile(site / link["href"]) as archive:
        assert {f"{pack.FOLDER}/{name}" for name in pack.contents()} == set(archive.namelist())


def test_every_page_has_a_title_a_description_and_an_icon(site):
    titles = {}
    for name in pages(site):
        page = soup(site, name)
        titles[name] = page.title.get_text()
        assert (site / name).parent.joinpath(page.select_one("[rel~=icon]")["href"]).is_file()
        if name not in ("search.html", "genindex.html"):
            assert len(page.select_one("meta[name=description]")["content"]) > 20, name
    assert len(set(titles.values())) == len(titles)


def test_the_reference_holds_every_public_name(site):
    modules = [x.name for x in pkgutil.iter_modules(utils.__path__) if not x.name.startswith("_")]
    assert {"functional", "nn", "models", "sizing", "training"} <= set(modules)
    for name in modules:
        page = soup(site, f"reference/{name}.html")
        ids = {x["id"] for x in page.select("[id]")}
        public = importlib.import_module(f"utils.{name}").__all__
        assert {f"utils.{name}.{x}" for x in public} <= ids, name
        assert page.select_one("section > p").get_text().strip(), f"utils.{name} says nothing"


def test_a_notebook_becomes_a_walkthrough():
    text = "# A lesson\n\nWhy.\n"
    answer = "<!-- BEGIN SOLUTION -->\nBecause.\n\n**Mark scheme** (2 points)\n\n- 2: x < y\n\n"
    only = "<!-- BEGIN NOTEBOOK -->{}<!-- END NOTEBOOK -->"
    text += f"Folded.{only.format(' Click.')}\n"
    cells = [
        new_markdown_cell(text),
        new_markdown_cell(only.format("\n\nRun the next cell first.\n\n")),
        new_code_cell("def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"),
        new_code_cell("n = ...  # no answer yet\n### BEGIN SOLUTION\nn = 3\n### END SOLUTION"),
        new_code_cell('check("n", n)\n### BEGIN HIDDEN TESTS\nassert n == 3\n### END HIDDEN TESTS'),
        new_code_cell("plain = 1", metadata={"tags": ["hide-input"]}),
        new_markdown_cell(f"{answer}<!-- END SOLUTION -->"),
    ]
    notebook = new_notebook(cells=cells)
    walkthrough.walkthrough(notebook, "00_lesson", {"n": [("it is too large", "Count again.")]})
    nbformat.validate(notebook)
    title, f_stub, f, n_stub, n, check, mistakes, plain, words = notebook.cells
    assert title.source.startswith("# A lesson\n") and "00_lesson.ipynb" in title.source
    assert title.source.endswith("\nFolded."), "what needs a notebook is left out"
    assert f_stub.source == "def f(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    assert f.source == "def f(x):\n    return x" and "hide-input" in f.metadata.tags
    assert n_stub.source.endswith("\n# YOUR CODE HERE\nraise NotImplementedError()")
    assert n.source == "n = 3"
    assert check.source == 'check("n", n)' and check.metadata.tags == ["check"]
    assert "<details>" in mistakes.source and "it is too large" in mistakes.source
    assert plain.source == "plain = 1" and plain.metadata.tags == ["hide-input"]
    assert words.source.count("<details>") == words.source.count("</details>") == 2
    assert words.source.index("Because.") < words.source.index("Mark scheme (2 points)")


def test_the_workflow_builds_and_publishes_and_runs_nothing_else():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "pages.yml").read_text("utf-8"))
    (job,) = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [
        "make site && ls docs/_build/site/lessons/*.pdf"
    ]
    (upload,) = [x for x in job["steps"] if "upload-pages-artifact" in x.get("uses", "")]
    assert upload["with"]["path"] in (ROOT / "Makefile").read_text("utf-8")
