// A network as a stack of volumes: change a layer, and all that comes behind it follows.

/** Kinds of layers: a short name, and what a new one is set to behind a volume of some shape. */
const LAYER_KINDS = {
  conv: {
    name: "conv",
    start: (shape) => ({
      ...{ out_channels: shape?.length === 3 ? shape[0] : 64, kernel_size: 3, stride: 1, padding: 1 },
      ...{ groups: 1, bias: true },
    }),
  },
  pool: { name: "pool", start: () => ({ kernel_size: 2, stride: 2, padding: 0, mode: "max" }) },
  adaptive_pool: { name: "pool", start: () => ({ output_size: 1 }) },
  batch_norm: { name: "norm", start: () => ({}) },
  linear: { name: "fc", start: () => ({ out_features: 1000, bias: true }) },
};

/** What can be dialled: its name, how far the slider goes, and what may be typed. */
const DIALS = {
  out_channels: { label: "Filters", slide: 1024, step: 16, limits: [1, 8192] },
  kernel_size: { label: "Window size", slide: 15, limits: [1, 64] },
  stride: { label: "Stride", slide: 8, limits: [1, 64] },
  padding: { label: "Padding", slide: 8, limits: [0, 64] },
  groups: { label: "Groups", slide: 8, limits: [1, 8192] },
  output_size: { label: "Output size", slide: 15, limits: [1, 64] },
  out_features: { label: "Units", slide: 8192, step: 64, limits: [1, 65536] },
};

/** Where one's own network starts. */
const OWN_NETWORK = {
  input: [3, 32, 32],
  layers: [
    { kind: "conv", out_channels: 16, kernel_size: 3, stride: 1, padding: 1, groups: 1, bias: true },
    { kind: "pool", kernel_size: 2, stride: 2, padding: 0, mode: "max" },
    { kind: "linear", out_features: 10, bias: true },
  ],
};

const product = (numbers) => numbers.reduce((all, x) => all * x, 1);

const shapeInWords = (shape) => shape.map((x) => format(x)).join(" × ");

const square = (size) => `${size} × ${size}`;

const percent = (part, whole) => `${format((100 * part) / whole, part < whole / 100 ? 2 : 3)} %`;

/** Bytes as they are read: "1.108 MiB". */
function bytesInWords(count) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const unit = clamp(Math.floor(Math.log2(count || 1) / 10), 0, units.length - 1);
  return `${format(count / 1024 ** unit)} ${units[unit]}`;
}

/** A number in a few letters: "37.8 M". */
function compact(x) {
  const [unit, letter] = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]].find(([size]) => x >= size) ?? [1, ""];
  return `${format(x / unit, 3)} ${letter}`.trim();
}

/** Why a window cannot slide over rows and columns, or "". */
function whyNoWindow({ kind, kernel_size: kernel, padding }, places) {
  if (kind === "pool" && 2 * padding > kernel) return `padding ${padding} is more than half of the ${square(kernel)} window`;
  const room = places.map((size) => size + 2 * padding);
  if (Math.min(...room) >= kernel) return "";
  return `the ${square(kernel)} window does not fit into ${shapeInWords(room)}${padding ? ", padding included" : ""}`;
}

/** What a layer makes of a volume: { output, parameters, work }, or { problem }. */
function measure(layer, input) {
  const { kind } = layer;
  if (kind === "linear") {
    const work = product(input) * layer.out_features;
    return { output: [layer.out_features], parameters: work + (layer.bias ? layer.out_features : 0), work };
  }
  if (input.length === 1)
    return { problem: `needs channels, rows and columns, but gets ${format(input[0])} numbers in a row` };
  const [channels, ...places] = input;
  if (kind === "batch_norm") return { output: input, parameters: 2 * channels, work: 0 };
  if (kind === "adaptive_pool")
    return { output: [channels, layer.output_size, layer.output_size], parameters: 0, work: 0 };
  const { kernel_size: kernel, stride, padding, out_channels: filters, groups } = layer;
  if (kind === "conv" && channels % groups)
    return { problem: `${format(groups)} groups do not divide ${plural(channels, "channel")}` };
  if (kind === "conv" && filters % groups)
    return { problem: `${format(groups)} groups do not divide ${plural(filters, "filter")}` };
  const problem = whyNoWindow(layer, places);
  if (problem) return { problem };
  const out = places.map((size) => outputSize(size, kernel, stride, padding));
  if (kind === "pool") return { output: [channels, ...out], parameters: 0, work: 0 };
  const weights = kernel * kernel * (channels / groups) * filters;
  return { output: [filters, ...out], parameters: weights + (layer.bias ? filters : 0), work: weights * product(out) };
}

/** All that is shown, computed from the traits. */
function follow(model) {
  const [image, layers, batch] = ["input", "layers", "batch_size"].map((name) => model.get(name));
  const rows = [];
  let input = image;
  for (const layer of layers) {
    const row = input ? measure(layer, input) : { problem: "no input" };
    rows.push({ layer, input, parameters: 0, work: 0, ...row, memory: row.output ? 4 * batch * product(row.output) : 0 });
    input = row.output;
  }
  const total = (name) => rows.reduce((sum, row) => sum + row[name], 0);
  const totals = { parameters: total("parameters"), work: total("work"), memory: total("memory") };
  const broken = rows.findIndex((row) => row.problem);
  return { image, batch, rows, totals, broken, selected: clamp(model.get("selected"), 0, Math.max(rows.length - 1, 0)) };
}

// What is said about a layer.

/** "conv, 96 of 11 × 11, stride 4" */
function layerInWords(layer) {
  const { kind, stride, padding, groups } = layer;
  const window = () => square(layer.kernel_size);
  if (kind === "batch_norm") return "batch norm";
  if (kind === "linear") return `fully connected, ${format(layer.out_features)}`;
  if (kind === "adaptive_pool") return `average pool to ${square(layer.output_size)}`;
  const start = kind === "conv" ? `conv, ${format(layer.out_channels)} of ${window()}` : `${layer.mode} pool, ${window()}`;
  const usual = kind === "conv" ? 1 : layer.kernel_size;
  const more = [stride !== usual && `stride ${stride}`, padding && `padding ${padding}`, groups > 1 && `${groups} groups`];
  return [start, ...more.filter(Boolean)].join(", ");
}

/** Output size before it is rounded down. */
const exactSize = ({ kernel_size, stride, padding }, size) => (size - kernel_size + 2 * padding) / stride + 1;

/** Of the sizes that do not come out even: "54.25 rounded down". */
function roundingInWords({ layer, input, output }) {
  if (!output || !layer.stride) return "";
  const uneven = input.slice(1).map((size) => exactSize(layer, size)).filter((size) => !Number.isInteger(size));
  return uneven.length ? `${[...new Set(uneven.map((size) => format(size, 6)))].join(" and ")} rounded down` : "";
}

function outputInWords({ layer, input }) {
  if (layer.kind === "linear") return "one number for each unit";
  if (layer.kind === "batch_norm") return "each number stays in its place";
  if (layer.kind === "adaptive_pool") return "means over nearly equal parts, whatever the input's size";
  return sizesInWords(input.slice(1), layer.kernel_size, layer.stride, layer.padding, 6);
}

function parametersInWords({ layer, input }) {
  const biases = (count) => (layer.bias ? ` + ${plural(count, "bias", "biases")}` : ", no biases");
  if (layer.kind === "linear")
    return `${format(product(input))}·${format(layer.out_features)} weights${biases(layer.out_features)}`;
  if (layer.kind === "batch_norm") return `a scale and a shift for each of ${plural(input[0], "channel")}`;
  if (layer.kind !== "conv") return "a window's maximum or mean has nothing to learn";
  const { kernel_size: f, groups, out_channels: filters } = layer;
  const depth = groups > 1 ? `(${format(input[0])}/${format(groups)})` : format(input[0]);
  return `${f}·${f}·${depth}·${format(filters)} weights${biases(filters)}`;
}

function workInWords({ layer, input, output }) {
  if (!["conv", "linear"].includes(layer.kind)) return "only those of conv and fully connected layers are counted";
  const one = layer.kind === "linear" ? [product(input)] : [layer.kernel_size, layer.kernel_size, input[0] / layer.groups];
  return `${one.map((x) => format(x)).join("·")} for each of an image's ${plural(product(output), "output")}`;
}

/** What could be done about an impossible layer. */
function adviceInWords({ layer, input, problem }) {
  if (problem.includes("groups")) return `The number of groups must divide both the ${format(input[0])} channels and the ${format(layer.out_channels)} filters.`;
  if (problem.startsWith("needs")) return "Move it before the first fully connected layer.";
  if (problem.startsWith("padding")) return "A window could lie on the border alone. Use less padding.";
  return "Use a smaller window, more padding, or smaller steps in the layers before it.";
}

/** The network as PyTorch code; ReLUs are put where networks have them. */
function torchCode({ rows }) {
  const options = (layer, usual) =>
    Object.entries(usual)
      .filter(([name, value]) => layer[name] !== value)
      .map(([name]) => `, ${name}=${layer[name] === false ? "False" : layer[name]}`)
      .join("");
  const line = ({ layer, input }) => {
    const { kind, kernel_size: kernel, mode } = layer;
    if (kind === "conv")
      return `Conv2d(${input[0]}, ${layer.out_channels}, kernel_size=${kernel}${options(layer, { stride: 1, padding: 0, groups: 1, bias: true })})`;
    if (kind === "pool")
      return `${mode === "max" ? "Max" : "Avg"}Pool2d(kernel_size=${kernel}, stride=${layer.stride}${options(layer, { padding: 0 })})`;
    if (kind === "adaptive_pool") return `AdaptiveAvgPool2d(${layer.output_size})`;
    if (kind === "batch_norm") return `BatchNorm2d(${input[0]})`;
    return `Linear(${product(input)}, ${layer.out_features}${options(layer, { bias: true })})`;
  };
  const lines = rows.flatMap((row, i) => {
    const next = rows[i + 1]?.layer.kind;
    const active = ["conv", "batch_norm", "linear"].includes(row.layer.kind) && next && next !== "batch_norm";
    const flat = row.layer.kind === "linear" && row.input.length > 1;
    return [flat && "Flatten()", line(row), active && "ReLU()"].filter(Boolean);
  });
  return `from torch import nn\n\nmodel = nn.Sequential(\n${lines.map((code) => `    nn.${code},\n`).join("")})`;
}

// The picture: volumes in a row, and below each what its layer costs.

const STACK = { tall: 110, gap: 10, pitch: 33, axis: 86, ticks: 164, charts: 190, chart: 68, bar: 28 };

/** A box seen from the side; its height and width are to scale, its thickness goes with the root of its channels. */
function volume({ left, thick, shape, kind }, scale, look) {
  const [height, width] = [shape[1] ?? 1, shape[2] ?? 1].map((size) => Math.max(size * scale, 4));
  const [right, up] = [width * 0.3, width * 0.2];
  const [x, y] = [left, STACK.axis + (height + up) / 2];
  const face = (name, corners) => `<polygon class="${name}" points="${corners.map((xy) => xy.map((n) => n.toFixed(1)).join()).join(" ")}"/>`;
  const front = face("front", [[x, y], [x + thick, y], [x + thick, y - height], [x, y - height]]);
  const side = face("side", [[x + thick, y], [x + thick + right, y - up], [x + thick + right, y - up - height], [x + thick, y - height]]);
  const top = face("top", [[x, y - height], [x + thick, y - height], [x + thick + right, y - height - up], [x + right, y - height - up]]);
  return `<g class="${kind} ${look}">${front}${side}${top}</g>`;
}

/** Where the input and each layer stand, from left to right. */
function columnsOf({ image, rows }, wide) {
  const volumes = [[image, "input"], ...rows.map((row) => [row.output, row.layer.kind])];
  const thickness = (shape) => (shape ? Math.max(Math.sqrt(shape[0]), 3) : 0);
  const rooms = volumes.map(([shape]) => Math.max(thickness(shape) + STACK.gap, STACK.pitch));
  const grow = clamp(wide / rooms.reduce((sum, room) => sum + room), 1, 1.8);
  let end = 2;
  return volumes.map(([shape, kind], i) => {
    const [room, thick, start] = [rooms[i] * grow, thickness(shape) * grow, end];
    end += room;
    return { shape, kind, start, room, thick, middle: start + room / 2, left: start + (room - thick) / 2 };
  });
}

/** The totals, and where most of each is. */
function totalsInWords({ rows, totals }) {
  const share = (name, kind, words) => {
    const part = rows.filter((row) => row.layer.kind === kind).reduce((sum, row) => sum + row[name], 0);
    return part ? `, ${part === totals[name] ? "all" : percent(part, totals[name])} in ${words}` : "";
  };
  let sum = 0;
  const half = rows.findIndex((row) => (sum += row.memory) >= totals.memory / 2) + 1;
  const where = totals.memory ? `, half from the first ${half === 1 ? "layer" : `${half} layers`}` : "";
  return {
    parameters: `${plural(totals.parameters, "parameter")}${share("parameters", "linear", "fully connected layers")}`,
    work: `${plural(totals.work, "multiply-add")}${share("work", "conv", "conv layers")}`,
    memory: `${bytesInWords(totals.memory)} of outputs${where}`,
  };
}

function stackPicture(now, wide) {
  const columns = columnsOf(now, wide - 20);
  const titles = totalsInWords(now);
  const last = columns.at(-1);
  const width = Math.max(last.start + last.room + 14, 360);
  const height = STACK.charts + 3 * STACK.chart;
  const shapes = columns.map((column) => column.shape).filter(Boolean);
  const scale = STACK.tall / Math.max(...shapes.flatMap((shape) => (shape.length > 1 ? shape.slice(1) : [1])));
  const text = (x, y, words, look = "") => `<text class="${look}" x="${x.toFixed(1)}" y="${y}">${words}</text>`;
  const parts = [];
  const here = columns[now.selected + 1];
  if (here) parts.push(`<rect class="band" x="${here.start}" y="0" width="${here.room}" height="${height}"/>`);
  columns.forEach((column, i) => {
    const look = column === here ? "chosen" : "";
    const missing = i === now.broken + 1 ? ["✕", "missing"] : ["–", "tick"];
    parts.push(column.shape ? volume(column, scale, look) : text(column.middle, STACK.axis, ...missing));
    parts.push(text(column.middle, STACK.ticks, i || "", `tick ${look}`));
    parts.push(text(column.middle, STACK.ticks + 14, i ? LAYER_KINDS[column.kind].name : "input", `tick ${look}`));
  });
  const shown = here ?? columns[0];
  const named = shown.shape ? shapeInWords(shown.shape) : "no output";
  parts.push(text(clamp(shown.middle, 4 * named.length, width - 4 * named.length), 10, named, "chosen"));
  ["parameters", "work", "memory"].forEach((name, place) => {
    const top = STACK.charts + place * STACK.chart;
    const floor = top + STACK.chart - 4;
    const most = Math.max(...now.rows.map((row) => row[name]), 1);
    parts.push(text(2, top + 10, titles[name], "start"));
    parts.push(`<line class="axis" x1="2" x2="${width - 12}" y1="${floor}" y2="${floor}"/>`);
    now.rows.forEach((row, i) => {
      const [tall, column] = [(row[name] / most) * STACK.bar, columns[i + 1]];
      const wide = Math.min(column.room * 0.6, 40);
      parts.push(`<rect class="bar ${column.kind}" x="${(column.middle - wide / 2).toFixed(1)}" y="${(floor - tall).toFixed(2)}" width="${wide.toFixed(1)}" height="${tall.toFixed(2)}"/>`);
      if (column !== here || row.problem) return;
      const words = name === "memory" ? bytesInWords(row.memory) : compact(row[name]);
      parts.push(text(clamp(column.middle, 4 * words.length, width - 4 * words.length), floor - tall - 8, words, "tick chosen"));
    });
  });
  columns.slice(1).forEach((column, i) =>
    parts.push(`<rect class="hit" data-row="0" data-column="${i}" x="${column.start}" y="0" width="${column.room}" height="${height}"/>`),
  );
  return { width, height, markup: parts.join(""), columns, titles };
}

function stackAlt({ image, rows, selected }, titles) {
  const named = rows.map(({ layer, output, problem }, i) => {
    const name = `${i + 1} ${LAYER_KINDS[layer.kind].name}`;
    return output ? `${name} ${shapeInWords(output)}` : `${name}: ${problem}`;
  });
  const here = rows.length ? ` Layer ${selected + 1} is selected.` : "";
  return `Volumes in a row. Input ${[shapeInWords(image), ...named].join("; ")}.${here} ${Object.values(titles).join(". ")}.`;
}

/** A slider for a part of a network, whose value can be typed too; `refuse` is told why a number is refused. */
function dial(target, name, { label, slide, step = 1, limits: [least, most] }, refuse) {
  const max = () => Math.max(slide, target.get(name));
  const made = slider(target, name, label, { min: Math.max(least, step > 1 ? step : 0), max, step });
  const set = (value) => change(target, { [name]: value });
  const exact = numberField(`${label}, as a number`, set, { refuse, name: label, least, most, whole: true });
  exact.input.classList.add("explorer-exact");
  made.node.querySelector(".explorer-value").replaceWith(exact.input);
  const refresh = () => {
    made.refresh();
    exact.show(target.get(name));
  };
  return { node: made.node, refresh };
}

function render({ model, el }) {
  const { node: refused, refuse } = refusal();
  const warning = element("p", { class: "explorer-text explorer-warning explorer-wide" });
  const layers = () => model.get("layers");
  const place = () => clamp(model.get("selected"), 0, Math.max(layers().length - 1, 0));
  const current = () => layers()[place()];
  const replace = (layer) => model.set("layers", layers().map((old, i) => (i === place() ? layer : old)));

  // The network and its images.
  const presets = model.get("presets");
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const network = part(
    model,
    () => Object.keys(presets).find((name) => same(presets[name].layers, layers()) && same(presets[name].input, model.get("input"))) ?? "own",
    (_, name) => {
      const { input, layers } = presets[name] ?? OWN_NETWORK;
      change(model, { input, layers, selected: 0 });
    },
  );
  const isSquare = () => model.get("input")[1] === model.get("input")[2];
  const image = part(
    model,
    (name) => model.get("input")[{ channels: 0, width: 2 }[name] ?? 1],
    (name, value) => {
      const [channels, height, width] = model.get("input");
      const changed = { channels: [value, height, width], height: [channels, value, width], width: [channels, height, value] };
      model.set("input", changed[name] ?? [channels, value, value]);
    },
  );
  const side = (name, label, shown) => {
    const made = dial(image, name, { label, slide: 512, limits: [1, 2048] }, refuse);
    return { node: made.node, refresh: () => (made.refresh(), (made.node.hidden = !shown())) };
  };
  const controls = [
    choice(network, "network", "Network", [...Object.entries(presets).map(([name, { label }]) => [name, label]), ["own", "Your own"]]),
    side("size", "Image size", isSquare),
    side("height", "Image height", () => !isSquare()),
    side("width", "Image width", () => !isSquare()),
    dial(image, "channels", { label: "Image channels", slide: 16, limits: [1, 8192] }, refuse),
    dial(model, "batch_size", { label: "Batch size", slide: 256, limits: [1, 4096] }, refuse),
  ];

  controls[0].node.classList.add("explorer-row");

  // The layer that is selected.
  const setting = part(model, (name) => current()[name], (name, value) => replace({ ...current(), [name]: value }));
  const kind = part(
    model,
    () => current().kind,
    (_, kind) => replace({ kind, ...LAYER_KINDS[kind].start(follow(model).rows[place()].input) }),
  );
  const kinds = [["conv", "conv"], ["pool", "pooling"], ["adaptive_pool", "adaptive pooling"], ["batch_norm", "batch norm"], ["linear", "fully connected"]];
  const settings = {
    kind: choice(kind, "kind", "Kind", kinds),
    mode: choice(setting, "mode", "Pooling", [["max", "maximum"], ["average", "average"]]),
    ...Object.fromEntries(Object.entries(DIALS).map(([name, about]) => [name, dial(setting, name, about, refuse)])),
    bias: toggle(setting, "bias", "Biases"),
  };
  const which = slider(model, "selected", "Layer", { max: () => Math.max(layers().length - 1, 0), say: inOrder });
  const listButtons = element("div", { class: "explorer-player", role: "group", "aria-label": "Change the row of layers" });
  listButtons.append(
    ...[
      ["Add after", () => add()],
      ["Remove", () => change(model, { layers: layers().filter((_, i) => i !== place()) })],
      ["Move left", () => move(-1)],
      ["Move right", () => move(1)],
    ].map(([label, action]) => button(label, action).node),
  );
  const fields = element("div", { class: "explorer-controls" }, which.node, ...Object.values(settings).map(({ node }) => node));
  const editor = panel("", element("div", { class: "explorer-editor" }, fields, listButtons));
  editor.node.classList.add("explorer-wide");
  const table = facts();

  function add() {
    const { rows } = follow(model);
    if (rows.length >= 64) return refuse("There are 64 layers already; more cannot be shown.");
    const shape = rows.length ? rows[place()].output : model.get("input");
    const kind = shape?.length === 1 ? "linear" : "conv";
    const at = rows.length ? place() + 1 : 0;
    change(model, { layers: layers().toSpliced(at, 0, { kind, ...LAYER_KINDS[kind].start(shape) }), selected: at });
  }

  function move(by) {
    const [from, to] = [place(), place() + by];
    if (!layers()[to]) return refuse(by < 0 ? "It is the first layer." : "It is the last layer.");
    change(model, { layers: layers().toSpliced(from, 1).toSpliced(to, 0, layers()[from]), selected: to });
  }

  // The picture, the table, the code.
  const stack = picture("network");
  stack.svg.classList.add("explorer-network");
  stack.svg.style.maxWidth = "none";
  stack.onCell((_, i) => change(model, { selected: i }));
  const view = scrollBox("Picture of the network", stack.svg);
  const stacked = panel("Each box is a layer’s output, thicker with more channels. Press one to select its layer.", view);
  stacked.node.classList.add("explorer-wide");
  let scrolled = 0;
  const keepTitles = () => stack.svg.querySelectorAll(".start").forEach((title) => title.setAttribute("x", scrolled + 2));
  view.addEventListener("scroll", () => {
    scrolled = view.scrollLeft;
    keepTitles();
  });
  const head = ["", "layer", "output", "parameters", "multiply-adds", "memory", "note"];
  const body = element("tbody");
  const foot = element("tr");
  const sheet = element(
    "table",
    { class: "explorer-sheet" },
    element("thead", {}, element("tr", {}, ...head.map((name) => (name ? element("th", { scope: "col" }, name) : element("td"))))),
    body,
    element("tfoot", {}, foot),
  );
  const tableBox = scrollBox("Table of the layers", sheet);
  view.classList.add("explorer-wide");
  const code = element("code");
  const more = folded(
    "The network in PyTorch, with ReLUs",
    element("pre", { class: "explorer-scroll", tabindex: 0, role: "group", "aria-label": "PyTorch code" }, code),
  );

  function drawEditor(now) {
    const row = now.rows[now.selected];
    editor.title.textContent = row ? `Layer ${now.selected + 1} of ${now.rows.length}` : "No layer yet: add one";
    which.refresh();
    for (const [name, control] of Object.entries(settings)) {
      const present = Boolean(row) && name in row.layer;
      control.node.hidden = !present;
      if (present) control.refresh();
    }
  }

  function drawFacts(now) {
    const row = now.rows[now.selected];
    if (!row) return table.show([]);
    const { input, output, problem, parameters, work, memory } = row;
    const given = input ? shapeInWords(input) : "none";
    if (problem) return table.show([["Input", given], ["Output", "none", input ? problem : `layer ${now.broken + 1} gives none`]]);
    const share = (name) => (row[name] ? `; ${percent(row[name], now.totals[name])} of all` : "");
    table.show([
      ["Input", given],
      ["Output", shapeInWords(output), outputInWords(row)],
      ["Parameters", format(parameters), parametersInWords(row) + share("parameters")],
      ["Multiply-adds", format(work), workInWords(row) + share("work")],
      ["Memory", bytesInWords(memory), `${output.map((x) => format(x)).join("·")} numbers · 4 bytes · ${plural(now.batch, "image")} = ${format(memory)} bytes${share("memory")}`],
    ]);
  }

  /** Rows are kept, so that a button that was pressed keeps the focus. */
  function drawTable(now) {
    while (body.rows.length > now.rows.length) body.lastChild.remove();
    while (body.rows.length < now.rows.length) {
      const i = body.rows.length;
      const name = element("button", { type: "button", class: "explorer-link", onclick: () => change(model, { selected: i }) });
      const cells = [element("td", {}, `${i + 1}`), element("th", { scope: "row" }, name)];
      body.append(element("tr", {}, ...cells, ...head.slice(2).map(() => element("td"))));
    }
    sheet.classList.toggle("plain", now.broken < 0 && now.rows.every((row) => !roundingInWords(row)));
    now.rows.forEach((row, i) => {
      const { layer, output, problem, parameters, work, memory } = row;
      const line = body.rows[i];
      line.className = `${i === now.selected ? "chosen" : ""} ${i === now.broken ? "impossible" : ""}`;
      const name = line.querySelector("button");
      name.textContent = layerInWords(layer);
      name.setAttribute("aria-pressed", i === now.selected);
      const texts = problem
        ? ["–", "–", "–", "–", problem]
        : [shapeInWords(output), format(parameters), format(work), bytesInWords(memory), roundingInWords(row)];
      texts.forEach((words, column) => (line.cells[column + 2].textContent = words));
    });
    const { parameters, work, memory } = now.totals;
    const upTo = now.broken < 0 ? "all layers" : `up to layer ${now.broken}`;
    foot.replaceChildren(
      element("td"),
      element("th", { scope: "row" }, upTo),
      ...["", format(parameters), format(work), bytesInWords(memory), ""].map((words) => element("td", {}, words)),
    );
  }

  let shown = -1;

  /** Where the picture is wider than its box, bring the layer that was selected into view. */
  function scrollTo(i, column) {
    if (i === shown || !column) return;
    shown = i;
    const { scrollLeft, clientWidth } = view;
    if (column.start < scrollLeft || column.start + column.room > scrollLeft + clientWidth)
      view.scrollLeft = column.middle - clientWidth / 2;
  }

  function draw() {
    const now = follow(model);
    const { width, height, markup, columns, titles } = stackPicture(now, view.clientWidth || 910);
    stack.show(width, height, markup, stackAlt(now, titles));
    scrollTo(now.selected, columns[now.selected + 1]);
    keepTitles();
    const broken = now.rows[now.broken];
    const behind = now.rows.length - now.broken - 1;
    warning.textContent = broken
      ? `Layer ${now.broken + 1} is impossible: ${broken.problem}. ${adviceInWords(broken)}${behind ? ` The ${plural(behind, "layer")} behind it ${behind === 1 ? "has" : "have"} no input.` : ""}`
      : "";
    drawEditor(now);
    drawFacts(now);
    drawTable(now);
    code.textContent = broken ? `# There is no such network: layer ${now.broken + 1} is impossible.` : torchCode(now);
  }

  const stage = [refused, warning, stacked.node, editor.node, table.node, folded("All layers in a table", tableBox).node, more.node];
  return explorer({ el, model, title: "Sizing", controls, stage, draw, refuse });
}

export default { render };
