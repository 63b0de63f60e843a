// What a unit sees of the image, followed back through a stack of layers.
// A level is the input (0) or the output of a layer; a unit is a number of a level along one axis.

const DEEPEST = 24; // layers, as in receptive_field.py
const upTo = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => [first + i, `${first + i}`]);
const LAYER = [
  { name: "kind", label: "", options: [["conv", "conv"], ["pool", "pool"]], place: 3 },
  { name: "kernel size F", label: "F", options: upTo(1, 15), place: 0 },
  { name: "stride S", label: "S", options: upTo(1, 8), place: 1 },
  { name: "padding P", label: "P", options: upTo(0, 7), place: 2 },
];

const conv = (size, stride = 1, padding = (size - 1) / 2) => [size, stride, padding, "conv"];
const pool = (size = 2) => [size, 2, 0, "pool"];
const repeat = (count, layer) => Array.from({ length: count }, () => layer);
const EXAMPLES = [
  ["three 3×3 or 7×7", { layers: repeat(3, conv(3)), other: [conv(7)], size: 15 }],
  ["five 3×3 or 11×11", { layers: repeat(5, conv(3)), other: [conv(11)], size: 19 }],
  [
    "stride early or late",
    { layers: [conv(3, 2), conv(3), conv(3)], other: [conv(3), conv(3), conv(3, 2)], size: 17 },
  ],
  ["pooling between", { layers: [conv(3), conv(3), pool(), conv(3), conv(3), pool()], other: [], size: 24 }],
  [
    "AlexNet",
    {
      layers: [conv(11, 4, 2), pool(3), conv(5), pool(3), conv(3), conv(3), conv(3), pool(3)],
      other: [],
      size: 224,
    },
  ],
  ["VGG, 16 layers", { layers: [2, 2, 3, 3, 3].flatMap((n) => [...repeat(n, conv(3)), pool()]), other: [], size: 224 }],
];

/** The receptive field behind some layers, by the recurrence r += (F − 1) j, j *= S. */
function fieldOf(layers) {
  let [size, jump, padding] = [1, 1, 0];
  for (const [kernel, stride, pad] of layers) {
    size += (kernel - 1) * jump;
    padding += pad * jump;
    jump *= stride;
  }
  return { size, jump, padding };
}

/**
 * Ways from one unit down to each unit of each level, along one axis.
 *
 * @returns for each level { ways, around }: the counts, and the same with the padding around them,
 *   where ways end; `around` only of levels below the unit's own
 */
function descend(layers, sizes, top, unit) {
  const levels = new Array(top + 1);
  levels[top] = { ways: sizes.slice(top, top + 1).flatMap((n) => new Array(n).fill(0)) };
  levels[top].ways[unit] = 1;
  for (let level = top - 1; level >= 0; level--) {
    const [kernel, stride, padding] = layers[level];
    const around = new Array(sizes[level] + 2 * padding).fill(0);
    levels[level + 1].ways.forEach((count, u) => {
      if (count) for (let i = 0; i < kernel; i++) around[u * stride + i] += count;
    });
    levels[level] = { around, ways: around.slice(padding, padding + sizes[level]) };
  }
  return levels;
}

/** First and last place where ways arrive, and at how many; null where none does. */
function reachOf(ways) {
  const places = ways.flatMap((count, place) => (count ? [place] : []));
  return places.length ? { first: places[0], last: places.at(-1), count: places.length } : null;
}

/** The sizes of a stack's levels, as far as its layers fit; `place` of its unit by the traits. */
function shapeOf(model, name, preview) {
  const layers = model.get(name);
  const sizes = [model.get("size")];
  for (const [kernel, stride, padding] of layers) {
    const next = outputSize(sizes.at(-1), kernel, stride, padding);
    if (next === 0) break;
    sizes.push(next);
  }
  const depth = sizes.length - 1;
  const top = Math.min(preview?.layer ?? model.get("layer") ?? DEEPEST, depth);
  const place = (trait) => Math.min(preview?.[trait] ?? model.get(trait) ?? sizes[top] >> 1, sizes[top] - 1);
  const reached = top - Math.min(model.get("steps") ?? DEEPEST, top);
  return { layers, sizes, depth, top, reached, row: place("row"), column: place("column") };
}

/** All that is shown of a stack. */
function survey(model, name, preview) {
  const stack = shapeOf(model, name, preview);
  const { layers, sizes, top } = stack;
  const axis = (unit) => {
    const levels = descend(layers, sizes, top, unit);
    // What it would see of a level that had no end.
    const regions = levels.map((_, level) => {
      const { size, jump, padding } = fieldOf(layers.slice(level, top));
      return { first: unit * jump - padding, size };
    });
    return { unit, levels, regions };
  };
  const fields = [...layers.keys(), layers.length].map((count) => fieldOf(layers.slice(0, count)));
  return { ...stack, fields, across: axis(stack.column), down: axis(stack.row) };
}

/** Mean distance of the ways from their middle, in pixels: the root of the mean square. */
function deviation(ways) {
  const total = ways.reduce((sum, count) => sum + count, 0);
  const mean = ways.reduce((sum, count, i) => sum + i * count, 0) / total;
  return Math.sqrt(ways.reduce((sum, count, i) => sum + (i - mean) ** 2 * count, 0) / total);
}

const windowName = ([kernel, stride, , kind]) => `${kernel}×${kernel} ${kind}${stride > 1 ? `, stride ${stride}` : ""}`;
const levelName = (level) => (level ? `layer ${level}` : "input");
const unitName = (level, count) => plural(count, level ? "unit" : "pixel");
const line = (words, x, y, more = "") => `<text class="start ${more}" x="${x}" y="${y}">${words}</text>`;

/** SVG of a level's units; those that ways reach are filled, by how many ways. */
function unitsOf(stack, level, scale, top, height) {
  const { ways, around } = level <= stack.top && level >= stack.reached ? stack.across.levels[level] : { ways: [] };
  const padding = level < stack.depth ? stack.layers[level][2] : 0;
  const most = largest(ways);
  const wide = scale.widths[level];
  const words = ways.map((count) => (count ? format(count) : ""));
  const font = Math.min(13, (1.25 * wide) / Math.max(...words.map((word) => word.length)));
  const fits = wide > 11 && font > 9.5;
  const seamless = wide < 4 ? "seamless" : "";
  const parts = [];
  for (let unit = -padding; unit < stack.sizes[level] + padding; unit++) {
    const middle = scale.at(level, unit);
    if (middle === null) continue;
    const box = `x="${middle - wide / 2}" y="${top}" width="${wide}" height="${height}"`;
    if (unit < 0 || unit >= stack.sizes[level]) {
      parts.push(`<rect class="square border ${seamless} ${around?.[unit + padding] ? "lost" : ""}" ${box}/>`);
      continue;
    }
    const count = ways[unit] ?? 0;
    const strength = count ? 0.12 + (0.43 * count) / most : 0;
    parts.push(
      `<rect class="square positive ${seamless}" data-row="${level}" data-column="${unit}" data-ways="${count}" ${box}`,
      ` style="--strength:${strength.toFixed(3)}"/>`,
    );
    if (count && fits)
      parts.push(
        `<text class="number" style="font-size:${font.toFixed(1)}px" x="${middle}" y="${top + height / 2}">`,
        `${words[unit]}</text>`,
      );
  }
  const [left, right] = [scale.edge(level, 0, -1), scale.edge(level, stack.sizes[level] - 1, 1)];
  if (seamless) parts.push(`<rect class="rim" x="${left}" y="${top}" width="${right - left}" height="${height}"/>`);
  return parts.join("");
}

/** SVG between a level and the one below it: what is seen as a cone, each way as a line. */
function conesOf(stack, level, scale, from, to) {
  const [kernel, stride, padding] = stack.layers[level - 1];
  const units = stack.across.levels[level].ways.flatMap((count, unit) => (count ? [unit] : []));
  if (!units.length) return "";
  const [first, last] = [units[0], units.at(-1)];
  const cone = [
    [scale.edge(level, first, -1), from],
    [scale.edge(level, last, 1), from],
    [scale.edge(level - 1, last * stride - padding + kernel - 1, 1), to],
    [scale.edge(level - 1, first * stride - padding, -1), to],
  ];
  const lines = [];
  if (units.length * kernel <= 400 && scale.widths[level - 1] > 5)
    for (const unit of units)
      for (let i = 0; i < kernel; i++) {
        const [start, end] = [scale.at(level, unit), scale.at(level - 1, unit * stride - padding + i)];
        if (start !== null && end !== null) lines.push(`M${start} ${from}L${end} ${to}`);
      }
  return `<polygon class="cone" points="${cone.join(" ")}"/><path class="ways" d="${lines.join("")}"/>`;
}

/** SVG of a frame that is left open where it goes on beyond what is drawn. */
function openFrame([left, right], [upper, lower], [[low, high], [first, last]]) {
  const [x, wide, y, tall] = [
    Math.max(left, low),
    Math.min(right, high),
    Math.max(upper, first),
    Math.min(lower, last),
  ];
  const sides = [
    upper >= first && `M${x} ${y}H${wide}`,
    lower <= last && `M${x} ${tall}H${wide}`,
    left >= low && `M${x} ${y}V${tall}`,
    right <= high && `M${wide} ${y}V${tall}`,
  ];
  return `<path class="frame" stroke-linecap="square" d="${sides.filter(Boolean).join("")}"/>`;
}

const middleOf = ({ size, jump, padding }, unit) => unit * jump - padding + (size - 1) / 2;

/**
 * What is drawn from side to side, in pixels of the input, and how wide the rim of the map is.
 *
 * What lies far over the edge is left out.
 */
function boundsOf({ layers, sizes, fields, depth, top, reached }) {
  const padding = (level) => (level < depth ? layers[level][2] : 0);
  const ends = sizes.map((size, level) =>
    Math.max(
      middleOf(fields[level], size - 1) + (fields[level].size - 1) / 2,
      middleOf(fields[level], size - 1 + padding(level)),
    ),
  );
  const most = Math.max(12, sizes[0] >> 1);
  return {
    first: -Math.min(most, Math.max(1, fields[depth].padding)),
    last: Math.min(sizes[0] - 1 + most, Math.max(sizes[0], ...ends)),
    rim: Math.max(
      reached < top ? padding(reached) : 0,
      Math.min(fieldOf(layers.slice(reached, top)).padding, Math.max(6, sizes[reached] >> 2)),
    ),
  };
}

/** Where things stand from side to side: each unit above the middle of what it sees of the input. */
function scaleOf({ fields }, { first, last }, room, label) {
  const count = Math.ceil(last - first) + 1;
  const share = (room - label) / count;
  const cell = share > 6 ? Math.min(Math.floor(share), 26) : Math.max(share, 1);
  const widths = fields.map(({ jump }) => Math.max(cell, Math.min(14, 0.75 * jump * cell)));
  const free = (level, unit) => label + (middleOf(fields[level], unit) - first + 0.5) * cell;
  const [left, right] = [label, label + count * cell];
  const at = (level, unit) => {
    const x = free(level, unit);
    return x - widths[level] / 2 < left - 0.01 || x + widths[level] / 2 > right + 0.01 ? null : x;
  };
  const edge = (level, unit, side) => clamp(free(level, unit) + (side * widths[level]) / 2, left, right);
  return { cell, widths, free, at, edge, left, right };
}

/** SVG of the levels from the side, the input at the bottom, and of the ways to each pixel. */
function sideOf(stack, bounds, room) {
  const { sizes, layers, depth, top, reached, across } = stack;
  const many = depth > 6;
  const scale = scaleOf(stack, bounds, room, many ? 90 : 62);
  const [height, gap, bars] = many ? [14, 12, 56] : [20, 34, 64];
  const y = (level) => 3 + (depth - level) * (height + gap);
  const parts = [];
  for (let level = depth; level >= 0; level--) {
    if (level > reached && level <= top) parts.push(conesOf(stack, level, scale, y(level) + height, y(level - 1)));
    parts.push(unitsOf(stack, level, scale, y(level), height));
    const lit = level <= top && level >= reached ? reachOf(across.levels[level].ways)?.count ?? 0 : 0;
    const middle = y(level) + height / 2;
    parts.push(line(levelName(level), 0, lit && !many ? middle - 7 : middle));
    if (lit && many) parts.push(line(format(lit), 56, middle, "strong"));
    if (lit && !many) parts.push(line(unitName(level, lit), 0, middle + 8, "strong"));
    if (level && !many) parts.push(line(windowName(layers[level - 1]), 0, y(level) + height + gap / 2 + 2, "small"));
  }
  const framed = (level, first, last) => {
    const half = scale.widths[level] / 2;
    const [left, right] = [scale.free(level, first) - half, scale.free(level, last) + half];
    const limits = [[scale.left - 0.01, scale.right + 0.01], [0, Infinity]];
    return openFrame([left, right], [y(level), y(level) + height], limits);
  };
  if (top) parts.push(framed(top, across.unit, across.unit));
  const { first, size } = across.regions[reached];
  if (reached < top) parts.push(framed(reached, first, first + size - 1));
  const floor = y(0) + height + bars;
  if (top && reached === 0) {
    const most = largest(across.levels[0].ways);
    across.levels[0].ways.forEach((count, pixel) => {
      const tall = (count / most) * (bars - 14);
      const x = scale.free(0, pixel) - scale.cell / 2;
      if (count) parts.push(`<rect class="bar" x="${x}" y="${floor - tall}" width="${scale.cell}" height="${tall}"/>`);
    });
    parts.push(line("ways", 0, floor - bars / 2 + 6));
  }
  parts.push(`<path class="axis" d="M${scale.edge(0, 0, -1)} ${floor}H${scale.edge(0, sizes[0] - 1, 1)}"/>`);
  return { width: scale.right + 3, height: floor + 2, markup: parts.join("") };
}

/** What the side view shows, in words. */
function sideInWords(stack) {
  const { sizes, top, reached, across, depth } = stack;
  const start = `A stack of ${plural(depth, "layer")} from the side, over an input of ${plural(sizes[0], "pixel")}.`;
  if (!top) return `${start} There is no unit.`;
  const seen = across.levels.slice(reached, top).map(({ ways }, i) => [reached + i, reachOf(ways)]);
  const words = seen
    .reverse()
    .map(([level, reach]) => `${unitName(level, reach?.count ?? 0)} of ${level ? levelName(level) : "the input"}`);
  const unit = `Unit ${across.unit + 1} of layer ${top} sees ${words.join(", ") || "itself"}.`;
  const reach = reached === 0 && reachOf(across.levels[0].ways);
  if (!reach) return `${start} ${unit}`;
  const ways = across.levels[0].ways.slice(reach.first, reach.last + 1).map((count) => format(count));
  const list = ways.length <= 32 ? `: ${ways.join(", ")}` : `, at most ${format(largest(across.levels[0].ways))}`;
  return `${start} ${unit} Ways to pixels ${reach.first + 1} to ${reach.last + 1}${list}.`;
}

/** SVG of the level that has been reached, from above; a square is a unit, or a block of them. */
function mapOf(stack, rim, room) {
  const { sizes, reached: level, top, layers, across, down } = stack;
  const size = sizes[level];
  const padding = level < top ? layers[level][2] : 0;
  const cell = Math.min(16, room / (size + 2 * rim));
  const block = Math.ceil(size / 32); // more squares than that take too long to draw
  const blocks = (ways) =>
    Array.from({ length: Math.ceil(size / block) }, (_, i) => {
      const part = ways.slice(i * block, (i + 1) * block);
      return { start: i * block, count: part.length, mean: part.reduce((sum, x) => sum + x, 0) / part.length };
    });
  const [rows, columns] = [down, across].map(({ levels }) => blocks(top ? levels[level].ways : new Array(size).fill(0)));
  const full = Math.max(...rows.map((row) => row.mean)) * Math.max(...columns.map((column) => column.mean));
  const at = (place) => (place + rim) * cell;
  const parts = [];
  const edge = `x="${at(-padding)}" y="${at(-padding)}" width="${(size + 2 * padding) * cell}"`;
  if (padding) parts.push(`<rect class="square border" ${edge} height="${(size + 2 * padding) * cell}"/>`);
  for (const row of rows)
    for (const column of columns) {
      const share = full ? (row.mean * column.mean) / full : 0;
      const strength = share ? 0.15 + 0.85 * share : 0;
      parts.push(
        `<rect class="square positive ${block > 1 ? "seamless" : ""}" data-row="${row.start + (row.count >> 1)}"`,
        ` data-column="${column.start + (column.count >> 1)}" x="${at(column.start)}" y="${at(row.start)}"`,
        ` width="${column.count * cell}" height="${row.count * cell}" style="--strength:${strength.toFixed(3)}"/>`,
      );
    }
  parts.push(`<rect class="outline" x="${at(0)}" y="${at(0)}" width="${size * cell}" height="${size * cell}"/>`);
  const side = (size + 2 * rim) * cell;
  const ends = ({ first, size: wide }) => [at(first), at(first + wide)];
  const limits = [-0.01, side + 0.01];
  if (top) parts.push(openFrame(ends(across.regions[level]), ends(down.regions[level]), [limits, limits]));
  return { width: side, height: side, markup: parts.join("") };
}

/** "2 columns on the left, 1 row at the top", of a region that reaches over the edge. */
function overEdge({ across, down, sizes }) {
  const over = ({ first, size }) => [Math.max(-first, 0), Math.max(first + size - sizes[0], 0)];
  const [[left, right], [upper, lower]] = [over(across.regions[0]), over(down.regions[0])];
  const places = [
    left && `${plural(left, "column")} on the left`,
    right && `${plural(right, "column")} on the right`,
    upper && `${plural(upper, "row")} at the top`,
    lower && `${plural(lower, "row")} at the bottom`,
  ];
  return places.filter(Boolean).join(", ");
}

/** Weights of a stack in units of C², layer by layer. */
const squaresOf = (layers) => layers.map(([kernel, , , kind]) => (kind === "pool" ? 0 : kernel * kernel));
const convsOf = (layers) => layers.filter((layer) => layer[3] !== "pool").length;
const sumOf = (numbers) => numbers.reduce((sum, x) => sum + x, 0);

const bySize = (size) => `${format(size)} × ${format(size)}`;

function fieldFact({ layers, fields, top }) {
  const { size, jump, padding } = fields[top];
  const terms = layers.slice(0, top).map(([kernel], i) => `${kernel - 1}·${format(fields[i].jump)}`);
  const sum = `1 + ${terms.join(" + ")} = ${format(size)} pixels`;
  return ["Receptive field", bySize(size), `${sum}; jump ${format(jump)}, padding ${format(padding)}`];
}

function seenFact(stack) {
  const [rows, columns] = [stack.down, stack.across].map(({ levels }) => reachOf(levels[0].ways));
  const over = overEdge(stack);
  const edge = over && `; over the edge: ${over}`;
  if (!rows || !columns) return ["Seen", "nothing", `all of the field is padding${edge}`];
  const span = ({ first, last }) => `${first + 1} to ${last + 1}`;
  const holes = columns.last - columns.first + 1 - columns.count;
  const out = holes ? `; ${plural(holes, "column")} between them left out, as a stride is larger than the kernel` : "";
  return ["Seen", `${rows.count} × ${columns.count}`, `rows ${span(rows)}, columns ${span(columns)}${out}${edge}`];
}

function waysFact({ layers, top, across }) {
  const { ways } = across.levels[0];
  const kernels = layers.slice(0, top).map(([kernel]) => kernel);
  const all = kernels.reduce((product, kernel) => product * kernel, 1);
  const [arrived, most] = [sumOf(ways), largest(ways)];
  const isLost = all - arrived > 1e-9 * all; // large counts are rounded
  const total = top > 1 && isLost ? ` = ${format(all)}` : "";
  const lost = isLost ? `, of which ${format(all - arrived)} end in padding` : "";
  const spread = most
    ? `at most ${format(most)} to one pixel; standard deviation ${format(deviation(ways), 3)} pixels`
    : "none arrives";
  return ["Ways along a row", format(arrived), `${kernels.join("·")}${total}${lost}; ${spread}`];
}

/** The facts of a stack up to the unit's layer: [name, value, how it comes about]. */
function factsOf(stack, channels) {
  const below = stack.layers.slice(0, stack.top);
  const weights = squaresOf(below);
  const total = `${format(sumOf(weights) * channels ** 2)} with C = ${channels} channels`;
  return [
    ...(stack.top
      ? [fieldFact, seenFact, waysFact].map((fact) => fact(stack))
      : ["Receptive field", "Seen", "Ways along a row"].map((name) => [name, "–", "no layer fits"])),
    ["Weights", `${format(sumOf(weights))} C²`, `${weights.map(format).join(" + ") || "none"}; ${total}`],
    ["Non-linearities", format(convsOf(below)), "a ReLU behind each conv layer"],
  ];
}

/** Why something cannot be, in a stack; empty if all can. */
function complaint({ layers, sizes, depth }) {
  if (depth < layers.length) {
    const [kernel, , padding] = layers[depth];
    return `Layer ${depth + 1} does not fit: its kernel spans ${plural(kernel, "pixel")}, its padded input only ${
      sizes[depth] + 2 * padding
    }. Take a smaller kernel, more padding or a larger input.`;
  }
  const place = layers.findIndex(([kernel, , padding, kind]) => kind === "pool" && 2 * padding > kernel);
  if (place < 0) return "";
  const [kernel, , padding] = layers[place];
  return `Layer ${place + 1} pools with padding ${padding}; torch takes at most half the kernel size, here ${kernel >> 1}.`;
}

/** The layers of a stack, to be changed; the last on top, as in the picture. */
function editor(model, name, title) {
  const stackName = `the ${title.toLowerCase()}`;
  const set = (layers) => change(model, { [name]: layers });
  const add = button("Add a layer", () => set([...model.get(name), conv(3)]), {
    "aria-label": `Add a layer to ${stackName}`,
  }).node;
  const list = element("ol", { class: "explorer-layers", reversed: true, "aria-label": `Layers of ${stackName}` });
  const node = element("div", {}, add, list);
  const rows = [];

  /** The controls and formulas of one layer. */
  function row(index) {
    const pickers = LAYER.map(({ name: what, label, options, place }) => {
      const select = element("select", {
        "aria-label": `${what} of layer ${index + 1} of ${stackName}`,
        onchange: () => {
          const layers = structuredClone(model.get(name));
          layers[index][place] = options[select.selectedIndex][0];
          set(layers);
        },
      });
      select.append(...options.map(([, text]) => element("option", {}, text)));
      return { select, place, options, node: element("label", {}, label, select) };
    });
    const take = () => {
      set(model.get(name).filter((_, i) => i !== index));
      if (index === rows.length - 1) (rows[index - 1]?.remove ?? add).focus(); // its own row goes
    };
    const remove = button("×", take, {
      class: "explorer-button explorer-small",
      "aria-label": `Remove layer ${index + 1} of ${stackName}`,
    }).node;
    const formulas = ["r", "j", "p"].map((which) => element("span", { "data-formula": which }));
    const number = element("span", { class: "explorer-quiet" }, `${index + 1}`);
    const controls = element("div", {}, number, ...pickers.map((picker) => picker.node), remove);
    return { pickers, remove, formulas, item: element("li", {}, controls, element("div", {}, ...formulas)) };
  }

  function show(stack) {
    const { layers, fields, depth, top } = stack;
    while (rows.length > layers.length) rows.pop().item.remove();
    while (rows.length < layers.length) {
      rows.push(row(rows.length));
      list.prepend(rows.at(-1).item);
    }
    add.disabled = layers.length >= DEEPEST;
    rows.forEach(({ pickers, remove, formulas, item }, i) => {
      const [kernel, stride, padding] = layers[i];
      const [before, after] = [fields[i], fields[i + 1]];
      for (const { select, place, options } of pickers)
        select.selectedIndex = options.findIndex(([value]) => value === layers[i][place]);
      remove.disabled = name === "layers" && layers.length === 1;
      item.classList.toggle("chosen", i + 1 === top);
      item.classList.toggle("refused", i >= depth);
      const words = [
        `r = ${format(before.size)} + (${kernel} − 1)·${format(before.jump)} = ${format(after.size)}`,
        `j = ${format(before.jump)}·${stride} = ${format(after.jump)}`,
        `p = ${format(before.padding)} + ${padding}·${format(before.jump)} = ${format(after.padding)}`,
      ];
      formulas.forEach((formula, k) => (formula.textContent = words[k]));
    });
  }
  return { node, show };
}

/** Everything of one stack: pictures, layers and facts. */
function stackBlock(model, name, title, hover) {
  const side = picture(`${name} side`);
  const map = picture(`${name} map`);
  const sidePanel = panel("", scrollBox(`${title} from the side`, side.svg));
  const mapPanel = panel("", map.svg);
  const warning = element("p", { class: "explorer-text explorer-warning" });
  const layers = editor(model, name, title);
  const table = facts();
  const numbers = folded("", table.node);
  const parts = [sidePanel.node, mapPanel.node, element("div", {}, warning, layers.node), numbers.node];
  const node = element("div", { class: "explorer-stack", "data-stack": name }, ...parts);
  let stack = null;

  /** Turn to the unit of the present layer that stands nearest to a unit of another level. */
  const turnTo = (level, places) => {
    const { jump, padding, size } = stack.fields[stack.top];
    const from = stack.fields[level];
    const near = (place) =>
      clamp(Math.round((middleOf(from, place) + padding - (size - 1) / 2) / jump), 0, stack.sizes[stack.top] - 1);
    change(model, Object.fromEntries(Object.entries(places).map(([trait, place]) => [trait, near(place)])));
  };
  side.onCell((level, column) => {
    hover(null);
    if (!level) return turnTo(0, { column });
    change(model, { layer: level === stack.depth ? null : level, column });
  });
  map.onCell((row, column) => turnTo(stack.reached, { row, column }));
  side.svg.addEventListener("pointermove", ({ target, pointerType, buttons }) => {
    const unit = target.closest("[data-row]");
    if (pointerType !== "mouse" || buttons || !unit || unit.dataset.row === "0") return;
    hover({ layer: Number(unit.dataset.row), column: Number(unit.dataset.column) });
  });
  side.svg.addEventListener("pointerleave", () => hover(null));

  const look = (preview) => (stack = survey(model, name, preview));

  function draw(bounds, channels, alone) {
    const { sizes, fields, top, reached, across, down } = stack;
    const room = node.clientWidth || 330;
    const wide = room > 800; // the facts stand beside both pictures, or else beside the map
    node.classList.toggle("wide", wide);
    node.classList.toggle("medium", room > 500 && !wide);
    const view = sideOf(stack, bounds, wide ? room - 310 : room);
    side.show(view.width, view.height, view.markup, sideInWords(stack));
    const from = mapOf(stack, bounds.rim, wide ? 230 : 190);
    const places = `${sizes[reached]} × ${sizes[reached]}`;
    const what = reached ? `Layer ${reached}` : "The input";
    const lit = [down, across].map(({ levels }) => reachOf(levels[reached].ways)?.count ?? 0);
    mapPanel.title.textContent = `${what} from above, ${places}`;
    const { first, size } = across.regions[reached];
    const corner = `row ${format(down.regions[reached].first + 1)}, column ${format(first + 1)}`;
    const region = `The field is ${bySize(size)}, from ${corner}`;
    const words = top ? `${region}; seen are ${lit.join(" × ")}, darker where more ways lead.` : "There is no unit.";
    map.show(from.width, from.height, from.markup, `${mapPanel.title.textContent}. ${words}`);
    const sees = top ? `a unit of layer ${top} sees ${bySize(fields[top].size)} pixels` : "no unit";
    sidePanel.title.textContent = `${alone ? "From the side" : title}: ${sees}`;
    warning.textContent = complaint(stack);
    layers.show(stack);
    const rows = factsOf(stack, channels);
    const [[, field], , , [, weights], [, bends]] = rows;
    numbers.summary.textContent = `Field ${field}; weights ${weights}; non-linearities ${bends}`;
    table.show(rows);
  }
  return { node, look, draw };
}

/** What two stacks have in common, and what one saves. */
function comparison(one, other) {
  const [here, there] = [one, other].map(({ top, fields }) => bySize(fields[top].size));
  const same = here === there ? `Both see ${here} pixels` : `The first sees ${here} pixels, the second ${there}`;
  const below = [one, other].map(({ layers, top }) => layers.slice(0, top));
  const [first, second] = below.map((layers) => sumOf(squaresOf(layers)));
  const against = (what, unit) => `${format(what[0])}${unit} against ${format(what[1])}${unit}`;
  const bends = `non-linearities: ${against(below.map(convsOf), "")}`;
  const weights = `weights: ${against([first, second], " C²")}`;
  if (!first || !second || first === second) return `${same}; ${weights}; ${bends}.`;
  const more = Math.round((Math.max(first, second) / Math.min(first, second) - 1) * 100);
  return `${same}. The ${first > second ? "first" : "second"} needs ${format(more)} % more ${weights}; ${bends}.`;
}

function render({ model, el }) {
  let preview = null;
  let waiting = 0;
  const redraw = () => {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      draw();
    });
  };
  const hover = (unit) => {
    if (unit?.layer === preview?.layer && unit?.column === preview?.column) return;
    preview = unit;
    redraw();
  };
  const blocks = [
    ["layers", stackBlock(model, "layers", "First stack", hover)],
    ["other", stackBlock(model, "other", "Second stack", hover)],
  ];
  const shown = () => blocks.filter(([name]) => model.get(name).length);
  const shapes = () => shown().map(([name]) => shapeOf(model, name));
  const most = (what) => Math.max(...shapes().map(what));

  // A trait that is None stands for a number; the largest layer, and all steps, are None again.
  const tops = { layer: () => most(({ depth }) => depth), steps: () => most(({ top }) => top) };
  const counts = part(
    model,
    (name) => Math.min(model.get(name) ?? DEEPEST, tops[name]()),
    (name, value) => model.set(name, value >= tops[name]() ? null : value),
  );
  const end = () => most(({ sizes, top }) => sizes[top]) - 1;
  const places = part(
    model,
    (name) => Math.min(model.get(name) ?? shapes()[0][name], end()),
    (name, value) => model.set(name, value),
  );
  const traits = ["layers", "other", "size"];
  const state = (values) => JSON.stringify(traits.map((name) => values(name)));
  const example = part(
    model,
    () => EXAMPLES.findIndex(([, values]) => state((name) => values[name]) === state((name) => model.get(name))),
    (_, which) => {
      if (which < 0) return;
      const start = { layer: null, row: null, column: null, steps: null };
      for (const [name, value] of Object.entries({ ...EXAMPLES[which][1], ...start })) model.set(name, value);
    },
  );
  let before = [conv(7)];
  const compare = part(
    model,
    () => model.get("other").length > 0,
    (_, on) => {
      if (!on) before = model.get("other");
      model.set("other", on ? before : []);
    },
  );
  const step = (by) => {
    const all = tops.steps() + 1;
    change(counts, { steps: (counts.get("steps") + by + all) % all });
  };
  const examples = [...EXAMPLES.map(([name], i) => [i, name]), [-1, "your own"]];
  const controls = [
    choice(example, "example", "Example", examples),
    slider(model, "size", "Input size", { min: 1, max: () => (model.get("size") > 32 ? 256 : 32) }),
    [
      slider(counts, "layer", "Unit of layer", { min: 1, max: tops.layer }),
      slider(places, "row", "Row", { max: end, say: inOrder }),
      slider(places, "column", "Column", { max: end, say: inOrder }),
      slider(counts, "steps", "Layers back", { max: tops.steps }),
    ],
    slider(model, "channels", "Channels C", { min: 1, max: () => (model.get("channels") > 512 ? 1024 : 512) }),
    toggle(compare, "other", "Compare with a second stack"),
    player(step, { what: "Follow the unit back, layer by layer", wait: 1000 }),
  ];
  const hint = element(
    "p",
    { class: "explorer-text explorer-quiet explorer-wide" },
    "Point at a unit, or press it to keep it. A square’s number: the ways that lead down to it.",
  );
  const legend = element(
    "p",
    { class: "explorer-text" },
    "A layer with kernel size F, stride S and padding P: r ← r + (F − 1)·j, p ← p + P·j, then j ← j·S. ",
    "r is the size of the field, j the jump from one unit's field to the next, ",
    "p how far the first field reaches over the edge, all in pixels of the input.",
  );
  const both = element("p", { class: "explorer-text explorer-wide", "data-part": "comparison" });
  const stacks = element("div", { class: "explorer-stacks explorer-wide" }, ...blocks.map(([, { node }]) => node));

  function draw() {
    const names = shown().map(([name]) => name);
    for (const [name, { node }] of blocks) node.hidden = !names.includes(name);
    const stacks = shown().map(([, block]) => block.look(preview));
    const bounds = stacks.map(boundsOf);
    const of = (which) => bounds.map((one) => one[which]);
    // All stacks are drawn to one scale.
    const common = { first: Math.min(...of("first")), last: Math.max(...of("last")), rim: Math.max(...of("rim")) };
    const alone = stacks.length === 1;
    for (const [, block] of shown()) block.draw(common, model.get("channels"), alone);
    both.textContent = alone ? "" : comparison(...stacks);
    both.hidden = alone;
  }
  const forget = () => (preview = null); // what is set counts for more than what is pointed at
  model.on("change", forget);
  const watch = new ResizeObserver(redraw);
  watch.observe(stacks);
  const stop = explorer({ el, model, title: "Receptive field", controls, stage: [both, stacks, folded("How r, j and p follow", legend).node, hint], draw });
  return () => {
    cancelAnimationFrame(waiting);
    watch.disconnect();
    model.off("change", forget);
    stop();
  };
}

export default { render };
