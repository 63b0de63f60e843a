// A page on paper, where nothing moves and nothing unfolds. While it is printed, explorers and
// quizzes are the pictures and words that they were before they woke, and what is folded stands at
// the end, numbered: on paper, too, one tries first. paper.css says how all this looks.

{
  const undo = [];

  const make = (tag, attributes, ...children) => {
    const made = Object.assign(document.createElement(tag), attributes);
    made.append(...children);
    return made;
  };

  function still(article) {
    for (const place of article.querySelectorAll("[data-awake]")) {
      if (!place.still) continue;
      const live = [...place.childNodes];
      place.replaceChildren(...place.still);
      undo.push(() => place.replaceChildren(...live));
    }
  }

  /** Folds that follow one another have one number, in their place and at the end. */
  function moveFolds(article) {
    const end = make("section", { className: "at-the-end" });
    let number = 0;
    let section, note, entry, last;
    for (const fold of article.querySelectorAll("details:not(.fold.code, details details)")) {
      if (!last || fold.previousElementSibling !== last) {
        number += 1;
        note = make("p", { className: "folded", id: `folded-${number}` });
        note.append(make("a", { href: `#unfolded-${number}` }, `At the end, ${number}:`));
        fold.before(note);
        if (fold.closest("section") !== section) {
          section = fold.closest("section");
          const title = section.querySelector("h1, h2, h3").cloneNode(true);
          title.querySelector(".headerlink")?.remove();
          end.append(make("h3", {}, ...title.childNodes));
        }
        entry = make("div", { className: "unfolded", id: `unfolded-${number}` });
        entry.append(make("a", { className: "number", href: `#folded-${number}` }, number));
        end.append(entry);
      }
      const [summary, ...content] = fold.childNodes;
      note.append(" ", make("span", {}, summary.textContent));
      entry.append(make("p", { className: "title" }, summary.textContent), ...content);
      const here = note;
      undo.push(() => {
        here.remove();
        fold.append(...content);
        fold.hidden = false;
      });
      fold.hidden = true;
      last = fold;
    }
    if (!number) return;
    end.prepend(make("h2", {}, "Hints, answers and solutions"));
    article.append(end);
    undo.push(() => end.remove());
  }

  /** A link to a page beside this one leads from paper to the web, or nowhere. */
  function addressLinks(article) {
    const web = document.querySelector("link[rel=canonical]")?.href;
    for (const link of article.querySelectorAll("a[href]")) {
      const href = link.getAttribute("href");
      if (/^(#|[a-z]+:)/.test(href)) continue;
      if (web) link.href = new URL(href, web);
      else link.removeAttribute("href");
      undo.push(() => link.setAttribute("href", href));
    }
  }

  addEventListener("beforeprint", () => {
    const article = document.querySelector("article");
    still(article);
    moveFolds(article);
    if (location.protocol === "file:") addressLinks(article);
  });
  addEventListener("afterprint", () => {
    while (undo.length) undo.pop()();
  });
}
