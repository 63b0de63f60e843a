// What furo and Sphinx leave open: names for assistive technology, and the keyboard.

// Search results quote from the pages found. A page opened as a file may not read others.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

document.addEventListener("DOMContentLoaded", () => {
  document.querySelector("article").prepend(document.querySelector(".back-to-top"));
  const names = { ".sidebar-drawer": "All pages", ".toc-drawer": "This page" };
  for (const [selector, name] of Object.entries(names))
    document.querySelector(selector)?.setAttribute("aria-label", name);

  // The empty corner of a table is no heading.
  for (const corner of document.querySelectorAll("article th"))
    if (!corner.textContent.trim()) corner.replaceWith(document.createElement("td"));

  // A column that is headed by a formula alone is named as TeX writes it.
  for (const formula of document.querySelectorAll("article th .math")) {
    formula.setAttribute("role", "math");
    formula.setAttribute("aria-label", formula.textContent.replace(/\\[()]/g, ""));
  }

  // What is wider than its box scrolls in it: by keyboard too, and only then is it a stop for Tab.
  const boxes = "pre, .table-wrapper, .math-wrapper, .cell_output > .output, dt.sig";
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const scrolls = target.scrollWidth > target.clientWidth + 1;
      if (scrolls) target.setAttribute("tabindex", "0");
      else target.removeAttribute("tabindex");
    }
  });
  document.querySelectorAll(`article :is(${boxes})`).forEach((box) => watch.observe(box));
});
