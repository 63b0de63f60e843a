"""Configuration of the course's web site: `make site` builds it into docs/_build/site."""

import importlib.util
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

project = "Convolutional networks, built by hand"
html_title = project
language = "en"
html_show_copyright = False

# Sphinx reads no file outside of this folder, and the lessons need changing before they are read.
# So two extensions of our own write pages into it, before Sphinx looks which pages there are:
# `walkthrough` lessons/, `reference` reference/. Git ignores both. `pages` adds directives, and
# `paper` prints the lessons.
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
    "sphinx_design",
    "walkthrough",
    "reference",
    "pages",
    "paper",
]
exclude_patterns = ["_build", "_ext"]
templates_path = ["_templates"]

# The notebooks were executed by `make release`. Their explorers run without a kernel, from
# text/html; the widgets' own view would need one, and its code from another server.
nb_execution_mode = "off"
nb_merge_streams = True
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
nb_ipywidgets_js = {}
nb_code_prompt_show = nb_code_prompt_hide = "Show the code"

myst_enable_extensions = ["attrs_block", "colon_fence", "dollarmath"]
myst_heading_anchors = 3  # GitHub's anchors, which the syllabus links to

# No network: MathJax is one file of the site. As SVG it needs no fonts, which browsers may refuse
# to load from a file beside the page.
MATHJAX = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent
MATHJAX = MATHJAX / "static" / "mathjax" / "tex-svg-full.js"
mathjax_path = MATHJAX.name
mathjax3_config = {"options": {"enableMenu": False}}

highlight_language = "none"  # a fence without a language is a command or a formula

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
default_role = "literal"  # docstrings write `code` with single backticks

html_theme = "furo"
html_static_path = ["_static", str(MATHJAX)]
html_css_files = ["site.css", ("paper.css", {"media": "print"})]
html_js_files = ["site.js", "paper.js"]
html_baseurl = os.environ.get("SITE_ADDRESS", "")  # where it is published, if that is known
html_search_scorer = str(HERE / "_ext" / "scorer.js")
html_favicon = "_static/favicon.svg"
html_copy_source = html_show_sourcelink = False
html_use_index = True
html_domain_indices = False  # reference/index lists the modules
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
copybutton_selector = ".cell_input div.highlight pre, div.highlight-none pre"
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#00558a",
        "color-brand-content": "#00639f",
        "color-brand-visited": "#6d3a8c",
        "color-problematic": "#a02c1c",
    },
    "dark_css_variables": {
        "color-brand-primary": "#56b4e9",
        "color-brand-content": "#72c1ee",
        "color-brand-visited": "#cf9be0",
        "color-problematic": "#ff9b85",
    },
}
