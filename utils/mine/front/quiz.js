// A quiz: an answer is chosen, and then comes what is right, and why. It needs no kernel.

/** Make an element; a listener is an attribute such as onclick, a child may be a string. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  // JupyterLab would take the arrow keys for itself, and asks the focused element only.
  if (made.matches("input, button")) made.dataset.lmSuppressShortcuts = "";
  made.append(...children);
  return made;
}

/** An element with a piece of HTML from the course's bank of questions. */
function written(tag, attributes, html) {
  const made = element(tag, attributes);
  made.innerHTML = html;
  return made;
}

/** What an option is called, also aloud: of a formula alone, no label could be made. */
const letter = (place) => element("span", { class: "quiz-letter" }, String.fromCharCode(65 + place));

let made = 0;

function render({ model, el }) {
  const questions = model.get("questions");
  const group = `quiz-${Math.random().toString(36).slice(2)}-${made++}`;
  const title = model.get("title");
  const progress = element("span", { class: "quiz-source" });
  const body = element("div", { class: "quiz-body" });
  const verdict = element("p", { class: "quiz-verdict", role: "status", tabindex: -1 });
  const after = element("div", { class: "quiz-after" });
  const trouble = element("p", { class: "quiz-trouble", role: "status" });
  const root = element(
    "div",
    { class: "quiz", role: "group", "aria-label": title },
    element("p", { class: "quiz-title" }, element("strong", {}, title), " ", progress),
    ...[verdict, body, after, trouble],
  );
  const answer = (question) => model.get("chosen")[question.name];
  const right = () => questions.filter((x) => answer(x) === x.right).length;
  let at = Math.max(0, questions.findIndex((x) => answer(x) === undefined));

  /** Show the question, or what came of it; `moved` by a hand, which the focus follows. */
  function draw(moved) {
    const question = questions[at];
    root.dataset.question = question.name;
    if (questions.length > 1) progress.textContent = `${question.source} · ${at + 1} of ${questions.length}`;
    verdict.textContent = "";
    after.replaceChildren();
    if (answer(question) === undefined) ask(question, moved);
    else tell(question, moved);
  }

  function ask(question, moved) {
    const options = question.options.map(({ text }, place) =>
      element(
        "label",
        { class: "quiz-option" },
        element("input", { type: "radio", name: `${group}-${at}`, value: place, required: "" }),
        letter(place),
        written("span", {}, text),
      ),
    );
    const form = element(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          const place = Number(new FormData(form).get(`${group}-${at}`));
          model.set("chosen", { ...model.get("chosen"), [question.name]: place });
          model.save_changes();
          draw(true);
        },
      },
      element("fieldset", {}, written("legend", {}, question.text), ...options),
      element("button", { type: "submit", class: "quiz-button" }, "This is my answer"),
    );
    body.replaceChildren(form);
    if (moved) form.querySelector("input").focus();
  }

  function tell(question, moved) {
    const chosen = answer(question);
    const items = question.options.map(({ text, why }, place) => {
      const marks = [];
      if (place === question.right) marks.push("✓ right");
      if (place === chosen) marks.push(place === question.right ? "your answer" : "✗ your answer");
      const look = place === question.right ? "quiz-right" : place === chosen ? "quiz-wrong" : "";
      return element(
        "li",
        { class: `quiz-answer ${look}` },
        element("div", { class: "quiz-text" }, letter(place), written("div", {}, text)),
        ...(marks.length ? [element("span", { class: "quiz-mark" }, marks.join(", "))] : []),
        written("div", { class: "quiz-why" }, why),
      );
    });
    body.replaceChildren(
      written("div", { class: "quiz-question" }, question.text),
      element("ul", { class: "quiz-answers" }, ...items),
    );
    verdict.textContent = chosen === question.right ? "✓ Right." : "✗ Not this one. Below is why.";
    const left = questions.length - at - 1;
    if (left > 0) {
      const next = () => ((at += 1), draw(true));
      after.append(element("button", { type: "button", class: "quiz-button", onclick: next }, "Next question"));
    } else if (questions.length > 1) {
      const again = right() < questions.length ? "What was not comes back first." : "They come back before you forget them.";
      after.append(`${right()} of ${questions.length} right. ${again}`);
    }
    if (moved) verdict.focus();
  }

  const chosen = () => draw(false);
  const said = () => (trouble.textContent = model.get("said"));
  model.on("change:chosen", chosen);
  model.on("change:said", said);
  el.append(root);
  draw(false);
  said();
  return () => {
    model.off("change:chosen", chosen);
    model.off("change:said", said);
    root.remove();
  };
}

/** Put a live quiz in the place of its folds, in a saved page. */
function wake(key, state) {
  const place = document.querySelector(`[data-quiz="${key}"]:not([data-awake])`);
  if (!place) return;
  place.dataset.awake = "";
  place.still = [...place.childNodes]; // for paper
  place.replaceChildren();
  const model = { get: (name) => state[name], set: (name, value) => (state[name] = value) };
  render({ model: { ...model, save_changes() {}, on() {}, off() {} }, el: place });
}

export default { render };
