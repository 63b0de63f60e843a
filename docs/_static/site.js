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

  // What is wider than its box scrolls in it, fades where there is more, and only then is a stop
  // for Tab.
  const boxes = "pre, .table-wrapper, .math-wrapper, .cell_output > .output, dt.sig";
  const look = (box) => {
    const rest = box.scrollWidth - box.clientWidth;
    const before = rest > 1 && box.scrollLeft > 1;
    const after = rest > 1 && box.scrollLeft < rest - 1;
    box.classList.toggle("more-before", before);
    box.classList.toggle("more-after", after);
    if (rest > 1) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  };
  // A child that grows, such as a formula once it is set, does not change the size of its box.
  const watch = new ResizeObserver((entries) => entries.forEach(({ target }) => look(target.closest(boxes))));
  document.querySelectorAll(`article :is(${boxes})`).forEach((box) => {
    watch.observe(box);
    for (const content of box.children) watch.observe(content);
    box.addEventListener("scroll", () => look(box), { passive: true });
  });

  // A figure is a button that shows it in its own size, to be scrolled and zoomed.
  const large = document.createElement("dialog");
  large.className = "large-figure";
  large.setAttribute("aria-label", "Figure in its full size");
  large.innerHTML = '<form method="dialog"><button class="button">Close</button></form><div tabindex="0" role="group" aria-label="Figure"></div>';
  document.body.append(large);
  for (const image of document.querySelectorAll("article .cell_output img:not(.explorer-place img)")) {
    const open = document.createElement("button");
    open.className = "figure-button";
    open.title = "Show in full size";
    image.replaceWith(open);
    open.append(image);
    open.addEventListener("click", () => {
      const copy = image.cloneNode();
      copy.style.cssText = `max-width: none; background: white; width: max(100%, ${image.getAttribute("width")}px)`;
      large.lastChild.replaceChildren(copy);
      large.showModal();
    });
  }
});
