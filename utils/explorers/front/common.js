// What all explorers share. An explorer's module is this text, followed by its own.

/** The traits of an explorer where no kernel holds them: in a saved page. */
class PageModel {
  constructor(state) {
    this.state = { ...state };
    this.listeners = [];
  }
  get(name) {
    return this.state[name];
  }
  set(name, value) {
    if (JSON.stringify(this.state[name]) === JSON.stringify(value)) return;
    this.state[name] = value;
    for (const [event, listener] of [...this.listeners])
      if (event === "change" || event === `change:${name}`) listener();
  }
  save_changes() {}
  on(event, listener) {
    this.listeners.push([event, listener]);
  }
  off(event, listener) {
    this.listeners = this.listeners.filter(([e, l]) => e !== event || l !== listener);
  }
}

/** Put a live explorer in the place of its picture. */
function wake(key, state, render) {
  const place = document.querySelector(`[data-explorer="${key}"]:not([data-awake])`);
  if (!place) return;
  place.dataset.awake = "";
  place.still = [...place.childNodes];
  place.replaceChildren();
  place.model = new PageModel(state);
  render({ model: place.model, el: place });
}

/** Make an element; a listener is an attribute such as onclick, a child may be a string. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  // JupyterLab would take the arrow keys for itself, and asks the focused element only.
  if (made.matches("input, select, button, [tabindex]")) made.dataset.lmSuppressShortcuts = "";
  made.append(...children);
  return made;
}

const GROUPED = new Intl.NumberFormat("en-US", { maximumFractionDigits: 10 }); // made once: it is slow to make

/** A number as it is read: a true minus, thousands apart, at most `digits` that count. */
function format(x, digits = 4) {
  if (!Number.isFinite(x)) return "–";
  const near = Number.isInteger(x) ? x : Number(x.toPrecision(digits));
  if (near !== 0 && (Math.abs(near) >= 1e12 || Math.abs(near) < 1e-4))
    return near.toExponential(2).replaceAll("-", "−");
  return GROUPED.format(near).replace("-", "−");
}

/** A number in a small square: whole, or with two decimals at most; 0.00 is not quite zero. */
function short(x) {
  if (Math.abs(x) >= 1e6) return x.toExponential(1).replace("e+", "e").replace("-", "−");
  if (!Number.isFinite(x) || Number.isInteger(x)) return format(x);
  const decimals = Math.abs(x) < 10 ? 2 : Math.abs(x) < 100 ? 1 : 0;
  const words = x.toFixed(decimals);
  return (Number(words) ? String(Number(words)) : words).replace("-", "−").replace("−0.00", "0.00");
}

/** In a sum or product, a negative number stands in brackets. */
const factor = (x) => (x < 0 ? `(${format(x)})` : format(x));

const plural = (count, one, many = `${one}s`) => `${format(count)} ${count === 1 ? one : many}`;

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

/** Pixels from the first to the last that a filter looks at. */
const span = (size, dilation = 1) => dilation * (size - 1) + 1;

/** Output size of a conv or pooling layer; 0 where the window does not fit. */
function outputSize(input, size, stride, padding, dilation = 1) {
  const room = input + 2 * padding - span(size, dilation);
  return room < 0 ? 0 : Math.floor(room / stride) + 1;
}

/** "(7 − 3 + 2·0) / 2 + 1 = 3" along one axis, with what is lost by rounding. */
function sizeInWords(size, reach, stride, padding, digits = 4) {
  const exact = (size - reach + 2 * padding) / stride + 1;
  const sum = `(${format(size)} − ${reach} + 2·${padding}) / ${stride} + 1 = ${format(exact, digits)}`;
  return Number.isInteger(exact) ? sum : `${sum}, rounded down to ${format(Math.floor(exact))}`;
}

/** The same for height and width, once if they are equal. */
function sizesInWords(places, ...window) {
  const [height, width] = places.map((size) => sizeInWords(size, ...window));
  return height === width ? height : `height ${height}; width ${width}`;
}

/** The numbers of a matrix, for a text alternative. */
const rowsInWords = (numbers) => numbers.map((line) => line.map((x) => format(x)).join(" ")).join("; ");

/** What counts from 0 is read from 1 on. */
const inOrder = (x) => `${x + 1}`;

/** Set some traits at once, and let the kernel know. */
function change(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

/**
 * Do what may change heights, and keep what is used where it is on the screen: who clicks twice,
 * clicks the same button twice, although a warning came above it. What is above it moves instead.
 */
function inPlace(root, action) {
  const used = root?.querySelector("svg:active") ?? root?.querySelector(":focus");
  const top = () => used.getBoundingClientRect().top;
  const before = used && top();
  action();
  if (!used?.getClientRects().length || before < 0 || before > innerHeight) return; // it is not seen
  let scroller = root.parentElement;
  while (scroller && !(scroller.scrollHeight > scroller.clientHeight && /auto|scroll/.test(getComputedStyle(scroller).overflowY)))
    scroller = scroller.parentElement;
  (scroller ?? document.scrollingElement).scrollBy({ top: top() - before, behavior: "instant" });
}

/**
 * Lay out an explorer. Whatever changes, `draw` is called once before the next picture is painted.
 *
 * @param controls made by slider, choice, toggle, button or player; those in a list of their own
 *   stay in sight on a narrow screen while one scrolls to what they move
 * @param stage elements below the controls
 * @param refuse made by refusal; what was refused is forgotten with the next change
 * @returns what anywidget calls when the explorer is taken off the page
 */
function explorer({ el, model, title, controls, stage, draw, refuse }) {
  const root = element("div", { class: "explorer", role: "group", "aria-label": `${title} explorer` });
  const pinned = (group) => element("div", { class: "explorer-pinned" }, ...group.map(({ node }) => node));
  const nodes = controls.map((control) => (Array.isArray(control) ? pinned(control) : control.node));
  controls = controls.flat();
  root.append(
    element("div", { class: "explorer-controls" }, ...nodes),
    element("div", { class: "explorer-stage" }, ...stage),
  );
  let waiting = 0;
  const paint = () => {
    waiting = 0;
    root.dataset.without = model.get("without").join(" ");
    inPlace(root, () => {
      for (const control of controls) {
        control.refresh?.();
        leaveOut(root, control.node);
      }
      draw();
    });
  };
  const changed = () => {
    refuse?.("");
    waiting ||= requestAnimationFrame(paint);
  };
  const stopTheme = followTheme(root);
  el.append(root);
  model.on("change", changed);
  paint();
  return () => {
    cancelAnimationFrame(waiting);
    model.off("change", changed);
    stopTheme();
    for (const control of controls) control.stop?.();
    root.remove();
  };
}

/** Hide a control or a read-out while the trait `without` names it. */
function leaveOut(root, node) {
  const without = root.dataset.without.split(" ");
  node.classList.toggle("explorer-without", without.includes(node.dataset.control));
}

/** A place for what is refused, and why; `refuse("")` forgets it. */
function refusal() {
  const node = element("p", { class: "explorer-text explorer-refusal explorer-wide", role: "status" });
  const refuse = (words) => inPlace(node.closest(".explorer"), () => (node.textContent = words));
  return { node, refuse };
}

/** What is opened when it is wanted: where a number comes from, and what else there is to read. */
function folded(title, ...content) {
  const summary = element("summary", {}, title);
  const node = element("details", { class: "explorer-fold explorer-wide" }, summary, ...content);
  return { node, summary };
}

/** Mark an element as dark whenever what lies behind it is dark, in any editor or page. */
function followTheme(root) {
  const behind = () => {
    for (let node = root.parentElement; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor.match(/[\d.]+/g)?.map(Number);
      if (colour && (colour[3] ?? 1) > 0.5)
        return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] < 128;
    }
    return matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const look = () => root.classList.toggle("explorer-dark", Boolean(root.isConnected && behind()));
  const observer = new MutationObserver(() => requestAnimationFrame(look));
  for (const node of [document.documentElement, document.body])
    observer.observe(node, { attributes: true });
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", look);
  requestAnimationFrame(look);
  return () => {
    observer.disconnect();
    scheme.removeEventListener("change", look);
  };
}

let made = 0;

/** A slider for a whole number; `max` and `say` may be functions, as the rest may change them. */
function slider(model, name, label, { min = 0, max, step = 1, say = format }) {
  const id = `explorer-control-${Math.random().toString(36).slice(2)}-${made++}`;
  const input = element("input", {
    type: "range",
    id,
    min,
    step,
    oninput: () => change(model, { [name]: Number(input.value) }),
  });
  const value = element("span", { class: "explorer-value", "aria-hidden": "true" });
  const node = element("div", { class: "explorer-control", "data-control": name });
  node.append(element("label", { for: id }, label), input, value);
  const refresh = () => {
    input.max = typeof max === "function" ? max() : max;
    const now = clamp(model.get(name), min, Math.max(min, Number(input.max))); // as it is computed
    input.value = now;
    input.disabled = Number(input.max) <= min;
    value.textContent = say(now);
    input.setAttribute("aria-valuetext", say(now));
  };
  return { node, refresh };
}

/** A choice among a few: [value, label] each. */
function choice(model, name, label, options) {
  const select = element("select", {
    "aria-label": label,
    onchange: () => change(model, { [name]: options[select.selectedIndex][0] }),
  });
  select.append(...options.map(([, text]) => element("option", {}, text)));
  const node = element("label", { class: "explorer-control", "data-control": name }, element("span", {}, label), select);
  const refresh = () => {
    select.selectedIndex = options.findIndex(([value]) => value === model.get(name));
  };
  return { node, refresh };
}

/** A box to tick. */
function toggle(model, name, label) {
  const input = element("input", {
    type: "checkbox",
    onchange: () => change(model, { [name]: input.checked }),
  });
  const node = element("label", { class: "explorer-control explorer-toggle", "data-control": name }, input, label);
  return { node, refresh: () => (input.checked = model.get(name)) };
}

/** A part of the traits that a control can read and set as if it were one. */
const part = (model, get, set) => ({ get, set, save_changes: () => model.save_changes() });

function button(label, action, more = {}) {
  return { node: element("button", { type: "button", class: "explorer-button", onclick: action, ...more }, label) };
}

/**
 * A field for a number. What is typed is computed with at once; where it cannot be, `refuse` is told
 * why. Where the field is narrow, a number has four digits, and all of them while it has the focus.
 */
function numberField(label, action, { refuse, name = label, least = -1e6, most = 1e6, whole = false }) {
  let now;
  const write = () => {
    input.removeAttribute("aria-invalid");
    input.value = whole || input.matches(":focus") ? now : Number(now.toPrecision(4));
  };
  const input = element("input", {
    type: "number",
    step: whole ? 1 : "any",
    min: least,
    max: most,
    "aria-label": label,
    oninput: () => {
      const value = input.valueAsNumber; // NaN, which fits nowhere, for what is no number
      const fits = least <= value && value <= most && (!whole || Number.isInteger(value));
      input.setAttribute("aria-invalid", !fits);
      const kind = whole ? "whole number" : "number";
      refuse(fits ? "" : `${name[0].toUpperCase()}${name.slice(1)} must be a ${kind} from ${format(least)} to ${format(most)}. It is still ${format(now)}.`);
      if (fits) action((now = value));
    },
    onfocus: () => write(),
    onblur: () => write(),
    onchange: () => write(),
  });
  const show = (value) => {
    if (now === value) return; // somebody may just be typing it
    now = value;
    write();
  };
  return { input, show };
}

/** Buttons that step back, play, and step on; `step(by)` moves by so many places, round and round. */
function player(step, { what, wait = 700 }) {
  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  };
  const start = () => {
    timer = setInterval(() => (node.isConnected ? step(1) : stop()), typeof wait === "function" ? wait() : wait);
    play.textContent = "Pause";
  };
  const by = (count) => () => {
    stop();
    step(count);
  };
  const play = button("Play", () => (timer ? stop() : start())).node;
  const node = element("div", { class: "explorer-player", role: "group", "aria-label": what, "data-control": "player" });
  node.append(button("Back", by(-1)).node, play, button("Step", by(1)).node);
  return { node, stop };
}

/**
 * Controls of the window that slides over an input; its place is in the traits row and column.
 *
 * @param geometry gives { rows, columns } of the output, and the window's { row, column } in it
 */
function windowControls(model, geometry, what) {
  const last = (count) => () => Math.max(geometry()[count] - 1, 0);
  const step = (by) => {
    const { rows, columns, row, column } = geometry();
    const count = rows * columns;
    if (count === 0) return;
    const place = (row * columns + column + by + count) % count;
    change(model, { row: Math.floor(place / columns), column: place % columns });
  };
  return [
    slider(model, "row", "Window row", { max: last("rows"), say: inOrder }),
    slider(model, "column", "Window column", { max: last("columns"), say: inOrder }),
    player(step, { what }),
  ];
}

/** Centre the window at a pixel of the input, as far as there is a place for it. */
function centreWindow(model, { reach, stride, rows, columns }, row, column) {
  const start = (x, count) => clamp(Math.round((x - (reach - 1) / 2) / stride), 0, Math.max(count - 1, 0));
  change(model, { row: start(row, rows), column: start(column, columns) });
}

/** An SVG picture with its text alternative; `width` and `height` in its own units. */
function picture(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("role", "img");
  svg.dataset.picture = name;
  return {
    svg,
    show(width, height, markup, alt) {
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      svg.style.width = `calc(${width}px * var(--scale, 1))`;
      svg.setAttribute("aria-label", alt);
      svg.innerHTML = markup;
    },
    /** Call `action(row, column)` for the cell that is pressed, or dragged over. */
    onCell(action) {
      const move = (event) => {
        if (event.type === "pointermove" && !(event.buttons & 1)) return;
        const cell = event.target.closest("[data-row]");
        if (cell) action(Number(cell.dataset.row), Number(cell.dataset.column));
      };
      svg.addEventListener("pointerdown", move);
      svg.addEventListener("pointermove", move);
      svg.classList.add("explorer-draggable");
    },
  };
}

/** A box that scrolls by itself; a group, not a region: two explorers would have equal landmarks. */
const scrollBox = (label, ...content) =>
  element("div", { class: "explorer-scroll", tabindex: 0, role: "group", "aria-label": label }, ...content);

const CELL = 34;

/** A figure: a caption above pictures, tables or other elements, side by side. */
function panel(caption, ...content) {
  const title = element("figcaption", {}, caption);
  const body = element("div", { class: "explorer-pictures" }, ...content);
  const node = element("figure", { class: "explorer-panel" }, title, body);
  return { node, title, body };
}

/**
 * SVG of a matrix with its numbers in squares, coloured by their size and sign.
 *
 * @param values rows of numbers; null leaves a square empty
 * @param look (row, column) -> classes of a square
 * @param most the size of the number that has the full colour
 */
function squares(values, { look = () => "", most = largest(values) } = {}) {
  const parts = [];
  values.forEach((line, row) =>
    line.forEach((value, column) => {
      const [left, top] = [column * CELL, row * CELL];
      const colour = most && value ? (Math.abs(value) / most) * 0.55 : 0;
      const sign = value < 0 ? "negative" : "positive";
      const place = `data-row="${row}" data-column="${column}"`;
      parts.push(
        `<rect ${place} class="square ${sign} ${look(row, column)}" x="${left}" y="${top}"`,
        ` width="${CELL}" height="${CELL}" style="--strength:${colour.toFixed(3)}"/>`,
      );
      if (value === null) return;
      const words = short(value);
      const size = words.length > 4 ? `style="font-size:${Math.max(7, 52 / words.length).toFixed(1)}px"` : "";
      parts.push(
        `<text ${place} class="number ${look(row, column)}" ${size}`,
        ` x="${left + CELL / 2}" y="${top + CELL / 2}">${words}</text>`,
      );
    }),
  );
  return parts.join("");
}

/** SVG of a frame around squares. */
function frame(row, column, height, width, kind = "window") {
  const [x, y] = [column * CELL, row * CELL];
  return `<rect class="frame ${kind}" x="${x}" y="${y}" width="${width * CELL}" height="${height * CELL}"/>`;
}

const largest = (values) => values.flat(Infinity).reduce((most, x) => Math.max(most, Math.abs(x ?? 0)), 0);

const zeros = (height, width) => Array.from({ length: height }, () => new Array(width).fill(0));

/** Put the rows of a table of facts; each is [name, value, how it comes about]. */
function facts() {
  const node = element("dl", { class: "explorer-facts" });
  const show = (rows) => {
    node.replaceChildren(
      ...rows.map(([name, value, how]) =>
        element(
          "div",
          { "data-fact": name, "data-control": name.toLowerCase().replaceAll(/\W/g, "_") },
          element("dt", {}, name),
          element("dd", {}, element("strong", {}, value), how ? element("span", {}, how) : ""),
        ),
      ),
    );
    for (const row of node.children) leaveOut(node.closest(".explorer"), row);
  };
  return { node, show };
}
