// Pooling: a window becomes one number, its gradient goes back, and a shifted input is compared.

/** Layers that are well known: mode, window, stride, padding. */
const KNOWN_LAYERS = {
  VGG: () => ["max", 2, 2, 0],
  AlexNet: () => ["max", 3, 2, 0],
  ResNet: () => ["max", 3, 2, 1],
  "global average": (side) => ["average", side, side, 0],
};

/** Move rows down and columns to the right; what leaves on one side comes in on the other. */
function roll(numbers, [down, right]) {
  const [height, width] = [numbers.length, numbers[0].length];
  const from = (place, by, size) => (((place - by) % size) + size) % size;
  return numbers.map((line, r) => line.map((_, c) => numbers[from(r, down, height)][from(c, right, width)]));
}

/** The pixels that a window sees, in row order: [row, column] each, without those in the padding. */
function windowPixels({ kernel, stride, padding, height, width }, row, column) {
  const seen = [];
  for (let r = row * stride - padding; r < row * stride - padding + kernel; r++)
    for (let c = column * stride - padding; c < column * stride - padding + kernel; c++)
      if (r >= 0 && c >= 0 && r < height && c < width) seen.push([r, c]);
  return seen;
}

/** Each window's value, and where its winner stands. */
function summaries(settings, numbers) {
  return settings.windows.map((line) =>
    line.map((pixels) => {
      // Not `>=`: of equal numbers, the first wins.
      const winner = pixels.reduce((best, one) => (numbers[one[0]][one[1]] > numbers[best[0]][best[1]] ? one : best));
      const sum = pixels.reduce((total, [r, c]) => total + numbers[r][c], 0);
      return { winner, value: settings.isMax ? numbers[winner[0]][winner[1]] : sum / settings.kernel ** 2 };
    }),
  );
}

/** Why these settings give no output, or "". */
function whyNone({ kernel, padding, height, width }) {
  if (2 * padding > kernel)
    return `Padding ${padding} is more than half of the window, so there is no output. For a window of ${kernel}, use at most ${Math.floor(kernel / 2)}.`;
  const room = Math.min(height, width) + 2 * padding;
  if (kernel <= room) return "";
  return `The window spans ${plural(kernel, "pixel")}, the ${padding ? "padded " : ""}input only ${room}: there is no output. Use a smaller window.`;
}

/** Sizes and places; `problem` says why there is no output, if there is none. */
function poolGeometry(model) {
  const original = model.get("input");
  const [kernel, stride, padding] = ["kernel_size", "stride", "padding"].map((name) => model.get(name));
  const now = { kernel, reach: kernel, stride, padding, original, shift: model.get("shift") };
  Object.assign(now, { height: original.length, width: original[0].length });
  now.problem = whyNone(now);
  now.rows = now.problem ? 0 : outputSize(now.height, kernel, stride, padding);
  now.columns = now.problem ? 0 : outputSize(now.width, kernel, stride, padding);
  now.row = clamp(model.get("row"), 0, Math.max(now.rows - 1, 0));
  now.column = clamp(model.get("column"), 0, Math.max(now.columns - 1, 0));
  return now;
}

/** All that the pictures show, computed from the traits. */
function pool(model) {
  const now = poolGeometry(model);
  const { original } = now;
  now.isMax = model.get("mode") === "max";
  now.input = roll(original, now.shift);
  now.windows = zeros(now.rows, now.columns).map((line, r) => line.map((_, c) => windowPixels(now, r, c)));
  now.output = summaries(now, now.input);
  now.before = summaries(now, original);
  // Means are sums in another order: the same up to rounding.
  const near = 1e-9 * largest(original);
  now.same = now.output.map((line, r) => line.map(({ value }, c) => Math.abs(value - now.before[r][c].value) <= near));
  goBack(now, model.get("grad_output"));
  return now;
}

/** Add the gradients: of the output (all ones, where none is given that fits), and of the input. */
function goBack(now, own) {
  const fits = own?.length === now.rows && own[0].length === now.columns;
  now.misfit = own && !fits && !now.problem ? `${own.length} × ${own[0].length}` : "";
  now.gradOutput = fits ? own : zeros(now.rows, now.columns).map((line) => line.map(() => 1));
  now.gradient = zeros(now.height, now.width);
  now.seen = zeros(now.height, now.width); // how many windows see a pixel
  now.wins = zeros(now.height, now.width).map((line) => line.map(() => [])); // what winners get
  now.gradOutput.forEach((line, r) =>
    line.forEach((grad, c) => {
      const [top, left] = now.output[r][c].winner;
      now.wins[top][left].push(grad);
      if (now.isMax) now.gradient[top][left] += grad;
      for (const [y, x] of now.windows[r][c]) {
        now.seen[y][x] += 1;
        if (!now.isMax) now.gradient[y][x] += grad / now.kernel ** 2;
      }
    }),
  );
}

/** "2 pixels down and 1 pixel left" */
function shiftInWords([down, right]) {
  const one = (by, ahead, back) => by && `${plural(Math.abs(by), "pixel")} ${by > 0 ? ahead : back}`;
  return [one(down, "down", "up"), one(right, "right", "left")].filter(Boolean).join(" and ");
}

/** SVG of a ring around a square's number: it wins its window. */
function ring(row, column, kind = "") {
  return `<circle class="ring ${kind}" cx="${(column + 0.5) * CELL}" cy="${(row + 0.5) * CELL}" r="${CELL * 0.41}"/>`;
}

/** SVG of a filled corner of a square. */
function corner(row, column) {
  return `<path class="corner" d="M${(column + 1) * CELL} ${row * CELL}v11l-11 -11z"/>`;
}

/** Buttons that shift the input by a pixel. */
function shifter(model) {
  const by = (down, right) => () => {
    const { shift, height, width } = poolGeometry(model);
    change(model, { shift: [(shift[0] + down) % height || 0, (shift[1] + right) % width || 0] });
  };
  const one = ([sign, name, action]) =>
    button(sign, action, { class: "explorer-button explorer-small", "aria-label": name, title: name }).node;
  const buttons = [
    ["←", "Shift left", by(0, -1)],
    ["↑", "Shift up", by(-1, 0)],
    ["↓", "Shift down", by(1, 0)],
    ["→", "Shift right", by(0, 1)],
  ].map(one);
  const back = button("Undo", () => change(model, { shift: [0, 0] }), { class: "explorer-button explorer-small" }).node;
  const named = { class: "explorer-player", role: "group", "aria-label": "Shift the input", "data-control": "shift" };
  return { node: element("div", named, "Shift", ...buttons, back) };
}

/** What sets the gradient of the output: a number for the framed one, or all at once. */
function gradientSetter(model, refuse) {
  const set = (action) => {
    const now = pool(model);
    if (!now.problem) change(model, { grad_output: action(now) });
  };
  const one = (value) =>
    set(({ gradOutput, row, column }) =>
      gradOutput.map((line, r) => line.map((x, c) => (r === row && c === column ? value : x))),
    );
  const field = numberField("gradient of the framed output", one, { refuse });
  const only = ({ row, column, rows, columns }) =>
    zeros(rows, columns).map((line, r) => line.map((_, c) => Number(r === row && c === column)));
  const label = element("label", { class: "explorer-field" }, "Framed: ", field.input);
  const buttons = [
    button("All ones", () => set(() => null)),
    button("Only this one", () => set(only)),
  ].map(({ node }) => node);
  const node = element("div", { class: "explorer-player", role: "group", "aria-label": "Set the gradient" });
  node.append(label, ...buttons);
  return { node, show: field.show };
}

function render({ model, el }) {
  const side = () => Math.max(model.get("input").length, model.get("input")[0].length);
  const settings = ["mode", "kernel_size", "stride", "padding"];
  const known = part(
    model,
    () =>
      Object.keys(KNOWN_LAYERS).find((name) =>
        KNOWN_LAYERS[name](side()).every((value, i) => value === model.get(settings[i])),
      ) ?? "",
    (_, name) => KNOWN_LAYERS[name]?.(side()).forEach((value, i) => model.set(settings[i], value)),
  );
  const upTo = (name, most) => () => Math.max(most(), model.get(name));
  const controls = [
    choice(model, "mode", "Summary", [
      ["max", "largest (max)"],
      ["average", "mean (average)"],
    ]),
    choice(known, "layer", "As in", [["", "own settings"], ...Object.keys(KNOWN_LAYERS).map((name) => [name, name])]),
    slider(model, "kernel_size", "Window size", { min: 1, max: upTo("kernel_size", () => Math.min(side() + 1, 16)) }),
    slider(model, "stride", "Stride", { min: 1, max: upTo("stride", side) }),
    slider(model, "padding", "Padding", { max: 4 }),
    ...windowControls(model, () => poolGeometry(model), "Move the window"),
    shifter(model), // above the pictures: the first shift shows one more of them
  ];

  const { node: refused, refuse } = refusal();
  const scrolled = (name) => {
    const made = picture(name);
    const box = element("div", { class: "explorer-scroll" }, made.svg);
    return { ...made, box };
  };
  const inputPicture = scrolled("input");
  const outputPicture = scrolled("output");
  const beforePicture = scrolled("output before the shift");
  const gradOutputPicture = scrolled("gradient of the output");
  const gradientPicture = scrolled("gradient of the input");
  const input = panel("", inputPicture.box);
  const fields = panel("Window: change its numbers");
  const output = panel("", outputPicture.box);
  const before = panel("Output before the shift", beforePicture.box);
  const gradOutput = panel("", gradOutputPicture.box);
  const gradient = panel("", gradientPicture.box);
  const setter = gradientSetter(model, refuse);
  for (const made of [outputPicture, beforePicture, gradOutputPicture])
    made.onCell((row, column) => change(model, { row, column }));
  for (const made of [inputPicture, gradientPicture])
    made.onCell((row, column) => centreWindow(model, poolGeometry(model), row, column));

  const text = (part) => element("p", { class: "explorer-text", "data-part": part });
  const [warning, sum, stays, route] = ["warning", "sum", "stays", "route"].map(text);
  warning.classList.add("explorer-warning");
  const table = facts();
  const stages = (...parts) => element("div", { class: "explorer-stage explorer-wide explorer-compact" }, ...parts);
  // Input above its gradient, output above its own: forward to the right, backward to the left.
  const forward = stages(input.node, output.node, before.node, fields.node, sum, stays);
  const backward = stages(gradient.node, gradOutput.node, setter.node, route);
  for (const node of [warning, sum, stays, route]) node.classList.add("explorer-wide");
  const stage = [refused, warning, forward, backward, folded("The layer in numbers", table.node).node];
  let cells = [];

  /**
   * Draw squares, in a box of their own that scrolls where they are too many for a phone.
   * It is a group, not a region: two explorers on a page would have landmarks of the same name.
   */
  function show(made, rows, columns, markup, alt, name) {
    const isMany = columns > 10;
    made.svg.style.minWidth = isMany ? `${columns * 24}px` : "";
    for (const [attribute, value] of [["tabindex", "0"], ["role", "group"], ["aria-label", name]])
      if (isMany) made.box.setAttribute(attribute, value);
      else made.box.removeAttribute(attribute);
    made.show(columns * CELL, rows * CELL, markup, alt);
  }

  /** Make as many fields as a window has; keep those that are there. */
  function build({ kernel }) {
    fields.node.hidden = kernel > 4; // more do not fit beside the rest, nor on a phone
    if (fields.node.hidden || cells.length === kernel) return;
    cells = zeros(kernel, kernel).map((line, i) => line.map((_, j) => cell(i, j)));
    const lines = cells.map((line) => element("tr", {}, ...line.map(({ node }) => node)));
    fields.body.replaceChildren(element("table", { role: "presentation" }, ...lines));
  }

  /** A field for one number of the window, or what stands for it in the padding. */
  function cell(i, j) {
    const place = ({ row, column, stride, padding }) => [row * stride - padding + i, column * stride - padding + j];
    const set = (value) => {
      const now = pool(model);
      const [row, column] = place(now);
      const changed = now.input.map((line, r) => line.map((x, c) => (r === row && c === column ? value : x)));
      change(model, { input: roll(changed, now.shift.map((by) => -by)) });
    };
    const field = numberField(`number in row ${i + 1}, column ${j + 1} of the window`, set, { refuse });
    const border = element("span", { class: "explorer-border" });
    const refresh = (now) => {
      const [row, column] = place(now);
      const value = now.input[row]?.[column];
      field.input.hidden = value === undefined;
      border.hidden = !field.input.hidden;
      border.textContent = now.isMax ? "−∞" : "0";
      if (value !== undefined) field.show(value);
    };
    return { node: element("td", {}, field.input, border), refresh };
  }

  /** Numbers with an empty border around them. */
  function bordered(numbers, { padding, height, width }) {
    return zeros(height + 2 * padding, width + 2 * padding).map((line, r) =>
      line.map((_, c) => numbers[r - padding]?.[c - padding] ?? null),
    );
  }

  function drawInput(now) {
    const { padding, kernel, stride, row, column, isMax, height, width } = now;
    const isBorder = (r, c) => !now.input[r - padding] || now.input[r - padding][c - padding] === undefined;
    const isUnseen = (r, c) => !now.problem && now.seen[r - padding][c - padding] === 0;
    const look = (r, c) => (isBorder(r, c) ? "border" : isUnseen(r, c) ? "unseen" : "");
    const [rows, columns] = [height + 2 * padding, width + 2 * padding];
    let marks = "";
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++)
        if (isBorder(r, c))
          marks += `<text class="number border" x="${(c + 0.5) * CELL}" y="${(r + 0.5) * CELL}">${isMax ? "−∞" : 0}</text>`;
        else if (isMax && now.wins[r - padding][c - padding].length) marks += ring(r, c);
    let alt = `Input: ${rowsInWords(now.input)}.`;
    if (now.problem) marks += frame(0, 0, kernel, kernel, "other");
    else {
      const [top, left] = now.output[row][column].winner;
      if (stride >= kernel)
        now.windows.forEach((line, r) => line.forEach((_, c) => (marks += frame(r * stride, c * stride, kernel, kernel, "thin"))));
      if (isMax) marks += ring(top + padding, left + padding, "here");
      marks += frame(row * stride, column * stride, kernel, kernel);
      alt += ` The window starts at row ${row * stride - padding + 1}, column ${column * stride - padding + 1}.`;
      if (isMax) alt += ` Its winner stands at row ${top + 1}, column ${left + 1}.`;
    }
    const moved = shiftInWords(now.shift);
    input.title.textContent = `Input ${height} × ${width}${padding ? ", padded" : ""}${moved ? `, shifted ${moved}` : ""}`;
    const need = now.problem ? kernel : 0;
    const markup = squares(bordered(now.input, now), { look, most: largest(now.input) }) + marks;
    show(inputPicture, Math.max(rows, need), Math.max(columns, need), markup, alt, "Input");
  }

  function drawOutputs(now) {
    const { rows, columns, row, column, same } = now;
    const most = largest(now.input);
    const here = frame(row, column, 1, 1);
    const isMoved = now.shift.some(Boolean);
    const changed = same.flatMap((line, r) => line.map((is, c) => (is ? "" : corner(r, c)))).join("");
    const some = changed ? ": corners mark changes" : "";
    output.title.textContent = `Output ${rows} × ${columns}${some}`;
    before.node.hidden = !isMoved || Boolean(now.problem);
    for (const [made, from, name] of [
      [outputPicture, now.output, "Output"],
      [beforePicture, now.before, "Output before the shift"],
    ]) {
      const values = from.map((line) => line.map(({ value }) => value));
      show(made, rows, columns, squares(values, { most }) + changed + here, `${name}: ${rowsInWords(values)}.`, name);
    }
  }

  function drawGradients(now) {
    const { rows, columns, row, column, gradOutput: grads, padding, kernel, stride } = now;
    gradOutput.title.textContent = `Gradient of the output${now.misfit ? ": ones" : ""}`;
    setter.show(grads[row][column]);
    const here = frame(row, column, 1, 1);
    const alt = `Gradient of the output: ${rowsInWords(grads)}.`;
    show(gradOutputPicture, rows, columns, squares(grads) + here, alt, "Gradient of the output");
    const [height, width] = [now.height + 2 * padding, now.width + 2 * padding];
    const look = (r, c) => {
      const value = now.gradient[r - padding]?.[c - padding];
      return value === undefined ? "border" : value ? "" : "unseen";
    };
    const [top, left] = now.output[row][column].winner;
    const marks = now.isMax ? ring(top + padding, left + padding, "here") : "";
    gradient.title.textContent = "Gradient of the input";
    const markup = squares(bordered(now.gradient, now), { look }) + marks + frame(row * stride, column * stride, kernel, kernel);
    const words = `Gradient of the input: ${rowsInWords(now.gradient)}.`;
    show(gradientPicture, height, width, markup, words, "Gradient of the input");
  }

  function drawSum(now) {
    const { input: numbers, isMax, kernel, row, column } = now;
    const pixels = now.windows[row][column].map(([r, c]) => numbers[r][c]);
    const count = kernel * kernel;
    const { value } = now.output[row][column];
    const empty = count - pixels.length;
    if (pixels.length > 64)
      sum.textContent = `The ${isMax ? "largest" : "mean"} of the window's ${count} numbers is ${format(value)}.`;
    else if (isMax) sum.textContent = `max(${pixels.map((x) => format(x)).join(", ")}) = ${format(value)}.`;
    else sum.textContent = `(${pixels.map(factor).join(" + ")}) / ${count} = ${format(value)}.`;
    if (isMax && empty) sum.textContent += " The −∞ of the padding cannot win.";
    const ties = pixels.filter((x) => x === value).length;
    if (isMax && ties > 1) sum.textContent += ` ${format(value)} stands there ${ties} times: the first in row order wins.`;
    if (!isMax && empty) sum.textContent += ` The ${plural(empty, "zero")} of the padding count${empty === 1 ? "s" : ""} too.`;
  }

  function drawStays(now) {
    const outputs = now.same.flat();
    const pixels = now.input.flatMap((line, r) => line.map((x, c) => x === now.original[r][c]));
    const count = (all) => `${all.filter(Boolean).length} of ${all.length}`;
    const distance = (a, b) => Math.hypot(...a.map((x, i) => x - b[i])) / Math.hypot(...b);
    const values = (from) => from.flat().map(({ value }) => value);
    const moved = shiftInWords(now.shift);
    if (!moved) {
      const isAsked = !model.get("without").includes("shift");
      stays.textContent = isAsked ? "Shift the input by a pixel. How many outputs will stay the same?" : "";
      return [];
    }
    stays.replaceChildren(
      element("strong", {}, `${count(outputs)} outputs are unchanged`),
      ` by a shift of ${moved}. Of the input’s pixels, ${count(pixels)} are. What leaves on one side comes in on the other.`,
    );
    const after = distance(values(now.output), values(now.before));
    const without = distance(now.input.flat(), now.original.flat());
    return [["Change", format(after, 2), `length of the difference / length before; without pooling ${format(without, 2)}`]];
  }

  function drawRoute(now) {
    const { row, column, kernel, gradOutput: grads } = now;
    const grad = grads[row][column];
    const lines = [];
    if (now.misfit)
      lines.push(`grad_output is ${now.misfit}, the output ${now.rows} × ${now.columns}: all ones stand in its place.`);
    if (now.isMax) {
      const [top, left] = now.output[row][column].winner;
      const won = now.wins[top][left];
      const sum = won.length > 16 ? "in all" : `${won.map(factor).join(" + ")} =`;
      lines.push(`The framed output’s gradient, ${format(grad)}, goes to its winner alone, at row ${top + 1}, column ${left + 1}.`);
      if (won.length > 1)
        lines.push(`That pixel wins in ${won.length} windows: ${sum} ${format(now.gradient[top][left])}.`);
    } else {
      const isOutside = now.windows[row][column].length < kernel * kernel;
      lines.push(`The framed output’s gradient is shared evenly: ${format(grad)} / ${kernel * kernel} = ${format(grad / kernel ** 2)} for each number of the window.`);
      if (isOutside) lines.push("What the padding gets is lost.");
      if (now.stride < kernel) lines.push("Where windows overlap, the shares add up.");
    }
    route.textContent = lines.join(" ");
  }

  function drawFacts(now, change) {
    const { rows, columns, height, width } = now;
    const how = sizesInWords([height, width], now.kernel, now.stride, now.padding);
    const winners = now.wins.flat().filter((won) => won.length);
    const several = winners.filter((won) => won.length > 1).length;
    const shared = several ? `${format(several)} of them win${several === 1 ? "s" : ""} in several windows; ` : "";
    const winning = ["Winners", `${winners.length} of ${height * width} pixels`, `${shared}no other pixel gets a gradient`];
    table.show([
      now.problem ? ["Output", "none"] : ["Output", `${rows} × ${columns}`, how],
      ["Parameters", "0", "there is nothing to learn"],
      ...(now.isMax && !now.problem ? [winning] : []),
      ...change,
    ]);
  }

  function drawWarning({ problem, seen, stride, kernel }) {
    const unseen = seen.flat().filter((count) => count === 0).length;
    const why = stride > kernel ? "the stride is larger than the window" : "the steps do not come out even";
    warning.textContent =
      problem || (unseen ? `${plural(unseen, "pixel")} ${unseen === 1 ? "is" : "are"} in no window: ${why}.` : "");
  }

  function draw() {
    const now = pool(model);
    build(now);
    drawWarning(now);
    const wide = Math.max(now.width + 2 * now.padding, now.problem ? now.kernel : 0, 8) * CELL;
    for (const { node } of [input, gradient]) node.style.width = `calc(${wide}px * var(--scale, 1))`; // so that both rows line up
    drawInput(now);
    for (const part of [output, gradOutput, gradient, setter]) part.node.hidden = Boolean(now.problem);
    before.node.hidden = fields.node.hidden = true;
    if (now.problem) {
      for (const part of [sum, stays, route]) part.replaceChildren();
      return drawFacts(now, []);
    }
    fields.node.hidden = now.kernel > 4;
    for (const { refresh } of cells.flat()) refresh(now);
    drawOutputs(now);
    drawGradients(now);
    drawSum(now);
    drawRoute(now);
    drawFacts(now, drawStays(now));
  }

  return explorer({ el, model, title: "Pooling", controls, stage, draw, refuse });
}

export default { render };
