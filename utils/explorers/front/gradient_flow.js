// Signal and gradient in measured networks. MEASURED, above, is front/gradient_flow.json; all that
// is drawn comes from it, as decimal logarithms, since much of it is very small or very large.

const GAINS = [
  [3 ** -0.5, "0.577 = 1/√3, as torch draws"],
  [1, "1, LeCun"],
  [2 ** 0.5, "1.414 = √2, He"],
  [2, "2"],
];
const DEPTHS = [8, 20, 56];
const SETTING = ["depth", "residual", "batch_norm", "gain"];
const FILTERS = [8, 16, 32];
const PIXELS = [8, 4, 2];

/** The plots, from top to bottom; what is `back` is known once the gradient has come back. */
const PLOTS = [
  { name: "signal", title: "Signal", what: "a layer’s output", back: false },
  { name: "gradient", title: "Gradient", what: "by this output", back: true },
  { name: "weight_gradient", title: "Gradient of the weights", what: "input times gradient", back: true },
];

/** An exponent: 18 becomes ¹⁸. */
const raise = (count) => [...String(count)].map((x) => (x === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[x])).join("");

/** A positive number by its decimal logarithm, with three digits that count: 0.0123 or 1.23 · 10⁻⁷. */
function power(log) {
  if (log >= -3 && log < 3.9995) return format(10 ** log, 3);
  const exponent = Math.floor(log + 0.00217); // 9.995 and more is written 10.0
  return `${(10 ** (log - exponent)).toFixed(2)}\u00a0·\u00a010${raise(exponent)}`;
}

/** The same for a voice, which may not read raised digits. */
const aloud = (text) =>
  text.replace(/10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g, (_, raised) => {
    const digits = [...raised].map((x) => (x === "⁻" ? "minus " : "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(x))).join("");
    return `10 to the ${digits}`;
  });

const settingOf = (model) => Object.fromEntries(SETTING.map((name) => [name, model.get(name)]));

const kindOf = ({ residual, batch_norm }) => `${residual ? "residual" : "plain"}, ${batch_norm ? "batch norm" : "no batch norm"}`;

const inWords = (setting) => `${kindOf(setting)}, ${setting.depth} layers, gain ${format(setting.gain)}`;

/** For each quantity the median, lowest and highest of the seeds, by layer: decimal logarithms. */
function measuredIn({ depth, residual, batch_norm, gain }) {
  const key = `${depth} ${residual ? "residual" : "plain"} ${batch_norm ? "batch norm" : "no norm"} ${gain.toFixed(3)}`;
  const curve = ([median, below, above]) => ({
    median: median.map((x) => x / 1000),
    low: median.map((x, k) => (x - below[k]) / 1000),
    high: median.map((x, k) => (x + above[k]) / 1000),
    trunk: (k) => !residual || k % 2 === 0, // the ReLUs that a shortcut leads to; the first has place 0
  });
  const found = Object.entries(MEASURED.norms[key]).map(([name, spread]) => [name, curve(spread)]);
  const curves = Object.fromEntries(found);
  curves.weight_gradient.trunk = () => true;
  return curves;
}

/** Where conv layer k (from 1) stands: stage, block, filters, pixels and fan_in. */
function placeOf(k, depth) {
  const perStage = (depth - 2) / 3;
  const stage = k === 1 ? 0 : Math.floor((k - 2) / perStage);
  const opens = k > 1 && (k - 2) % perStage === 0;
  const channels = k === 1 ? 1 : FILTERS[opens ? Math.max(stage - 1, 0) : stage];
  return { stage, block: Math.floor(k / 2), inside: k % 2 === 0, filters: FILTERS[stage], pixels: PIXELS[stage], channels };
}

/** The first and last conv layer of each stage. */
const stages = (depth) =>
  FILTERS.map((_, s) => [s === 0 ? 1 : 2 + (s * (depth - 2)) / 3, 1 + ((s + 1) * (depth - 2)) / 3]);

/** What becomes of something that is now 10^log times what it was. */
const FATES = [
  [-3, "vanished", "It has vanished: below a thousandth"],
  [-1, "faded", "It has faded: below a tenth"],
  [1, "kept", "It stays about as large"],
  [3, "grown", "It has grown: above ten times"],
];
const fate = (log) => FATES.find(([limit], i) => (i < 2 ? log < limit : log <= limit)) ?? [Infinity, "exploded", "It has exploded: above a thousand times"];

/** A network with a signal or a gradient that has travelled as far as one of its layers. */
function travel(setting, layer, backward) {
  const curves = measuredIn(setting);
  const count = setting.depth - 1;
  const travelling = curves[backward ? "gradient" : "signal"].median;
  const start = backward ? count : 1;
  /** How many times, as a logarithm, what travels is at layer k what it was where it set out. */
  const ratio = (k) => travelling[k - 1] - travelling[start - 1];
  return { setting, curves, count, layer, backward, travelling, start, ratio };
}

/** All that the picture shows, computed from the traits. */
function flowOf(model) {
  const [backward, compare] = [model.get("backward"), model.get("compare")];
  const setting = settingOf(model);
  const count = setting.depth - 1;
  const layer = clamp(model.get("layer"), 1, count);
  // The dashed network is as far on its journey as the other, layers being counted in shares.
  const there = compare && 1 + Math.round(((layer - 1) / (count - 1)) * (compare.depth - 2));
  const own = Object.entries(model.get("measured")).map(([name, norms]) => ({
    name,
    norms,
    median: norms.map((x) => (x > 0 ? Math.log10(x) : null)),
  }));
  return {
    ...travel(setting, layer, backward),
    kept: compare && travel(compare, there, backward),
    own,
    of: model.get("of"),
  };
}

/** The sentence below the network. */
function journey({ layer, count, start, backward, ratio, travelling }) {
  const value = power(travelling[layer - 1]);
  if (layer === start)
    return backward
      ? `Back: at the last conv layer, ${count}, the gradient sets out with ${value}.`
      : `Forward: conv layer 1 hands on a signal of ${value}.`;
  const log = ratio(layer);
  const times = log < 0 ? `${power(log)} of` : `${power(log)} times`;
  const before = backward ? "what it was at the last layer" : "what layer 1 handed on";
  const [, name, words] = fate(log);
  const step = backward ? 1 : -1;
  let since = layer;
  while (since + step !== start && fate(ratio(since + step))[1] === name) since += step;
  const from = name === "kept" || since === layer ? "" : ` since layer ${since}`;
  return `${backward ? "Back" : "Forward"}: by layer ${layer} the ${backward ? "gradient" : "signal"} is ${times} ${before}. ${words}${from}.`;
}

/** What is worth knowing about a kind of network; each can be read off the curves. */
function remark({ residual, batch_norm, gain }) {
  if (batch_norm) {
    const more = residual
      ? "On its way back the gradient grows, but in deep networks far less than without shortcuts."
      : "On its way back the gradient grows: the deeper the network, the more.";
    return `Batch norm sets the size of the signal anew behind every layer. So the gain hardly changes the signal or the gradient; it only divides the gradient of the weights. ${more}`;
  }
  if (residual)
    return "A block adds something to what its shortcut brings. The larger the gain, the more it adds. (In lesson 7 the last layer of each block starts at zero: such a block adds nothing at first.)";
  const he =
    gain > 1 && gain < 1.5
      ? " Even He’s gain fades: it counts on all 9 weights of a filter, but where an image has 2 × 2 pixels, only 4 of them meet one. The others meet padding."
      : "";
  return `Every layer multiplies. So the signal changes by a power of the depth on its way up, and the gradient on its way down. The gradient of the weights has both as its factors: it is much the same in all layers, but the deeper the network, the further all of it shrinks or grows.${he}`;
}

const WIDEST = 940;
const LEFT = 50;
const RIGHT = 40;
const HEIGHT = 120;

function render({ model, el }) {
  const layers = () => model.get("depth") - 1;
  /** The layer that is looked at; in a network that has become shallower, its last one. */
  const looked = part(model, () => flowOf(model).layer, (name, layer) => model.set(name, layer));
  /** Up the network with the signal, down with the gradient, round and round. */
  const step = (by) => {
    const { count, layer, backward } = flowOf(model);
    const place = ((backward ? 2 * count - layer : layer - 1) + by + 2 * count) % (2 * count);
    change(model, { backward: place >= count, layer: place < count ? place + 1 : 2 * count - place });
  };
  const keep = { node: element("div", { class: "explorer-player", role: "group", "aria-label": "Dashed curve", "data-control": "keep" }) };
  const swap = () => {
    const compare = model.get("compare");
    if (compare) change(model, { ...compare, compare: settingOf(model) });
  };
  const buttons = [
    button("Keep as dashed", () => change(model, { compare: settingOf(model) })),
    button("Swap", swap),
    button("Remove", () => change(model, { compare: null })),
  ].map((made) => made.node);
  keep.node.append(...buttons);
  keep.refresh = () => {
    for (const made of buttons.slice(1)) made.setAttribute("aria-disabled", model.get("compare") === null);
  };
  const controls = [
    choice(model, "depth", "Depth", DEPTHS.map((depth) => [depth, `${depth} layers`])),
    choice(model, "residual", "Blocks", [[false, "plain"], [true, "residual"]]),
    choice(model, "batch_norm", "Batch norm", [[false, "without"], [true, "with"]]),
    choice(model, "gain", "Gain", GAINS),
    [slider(looked, "layer", "Layer", { min: 1, max: layers })],
    choice(model, "backward", "Direction", [[false, "forward: signal"], [true, "back: gradient"]]),
    player(step, { what: "Travel through the network", wait: () => clamp(6000 / layers(), 110, 500) }),
    keep,
  ];

  const column = element("div", { class: "explorer-flow" });
  const plotted = element("div", { class: "explorer-plots" });
  /** A picture in a place, below its caption. */
  function add(place, name, ...caption) {
    const made = picture(name);
    made.onCell((_, layer) => change(model, { layer }));
    const figure = panel("", made.svg);
    figure.title.append(...caption);
    place.append(figure.node);
    return { ...made, ...figure };
  }
  /** A piece of a curve, as it is drawn in the plots. */
  const swatch = (markup) => {
    const made = element("span", { class: "explorer-swatch", "aria-hidden": "true" });
    made.innerHTML = `<svg viewBox="0 0 28 10" width="28" height="10">${markup}</svg>`;
    return made;
  };
  const stroke = (look) => swatch(`<path class="curve ${look}" d="M0 5H28"/>`);
  const [first, second] = ["", "dashed"].map((look) => {
    const name = element("span");
    const sentence = element("p", { class: `explorer-text explorer-journey ${look}`, "data-part": `journey ${look}`.trim() });
    const made = add(column, `network ${look}`.trim(), stroke(look), name);
    made.node.append(sentence);
    return { ...made, name, sentence };
  });
  const key = "A bar starts half as high as its box; an empty box: below a thousandth of that, a bar beyond it: above a thousand times.";
  column.append(plotted);
  const plots = PLOTS.map((plot) => {
    const made = add(plotted, plot.name, element("strong", {}, plot.title), `: ${plot.what}`);
    made.node.classList.add(plot.name);
    return { ...made, ...plot };
  });
  const legend = element("p", { class: "explorer-text explorer-quiet explorer-legend" });
  column.append(legend);
  const table = facts();
  const ends = element("div", { "data-part": "ends" });
  const mean = element("p", { class: "explorer-text", "data-part": "mean" });
  const note = element("p", { class: "explorer-text explorer-quiet", "data-part": "remark" });
  const source = "Root mean squares, measured before training, on 128 digits, for five draws of the weights.";
  const [from, boxes] = [source, key].map((words) => element("p", { class: "explorer-text explorer-quiet" }, words));
  const layerNumbers = folded("", table.node);
  const stage = [column, folded("The whole network in numbers", ends, mean, note).node, layerNumbers.node, folded("What is drawn", boxes, from).node];

  const widthOf = (node) => clamp(node.clientWidth || WIDEST, 200, WIDEST);
  const widthNow = () => widthOf(column);

  /** Where a place from 0 (first layer) to 1 (last) lies, so that all curves span the same width. */
  const across = (now, width) => {
    const pitch = (width - LEFT - RIGHT) / now.count;
    return { pitch, x: (place) => LEFT + pitch * (0.5 + place * (now.count - 1)), left: (k) => LEFT + pitch * (k - 1) };
  };

  const touchable = (now, { pitch, left }, top, height) =>
    Array.from({ length: now.count }, (_, i) => {
      const place = `data-row="0" data-column="${i + 1}"`;
      return `<rect class="hit" ${place} x="${left(i + 1)}" y="${top}" width="${pitch}" height="${height}"/>`;
    }).join("");

  function drawNetwork(now, width, { name, sentence, show }) {
    const { count, layer, backward, setting, ratio, curves } = now;
    const axis = across(now, width);
    const [middle, half] = [60, 27];
    const wide = Math.min(axis.pitch * 0.72, 22);
    const centre = (k) => axis.left(k) + axis.pitch / 2;
    const parts = [`<path class="axis" d="M${LEFT - 8} ${middle}H${width - RIGHT + 8}"/>`];
    MEASURED.digit.forEach((row, i) =>
      row.forEach((grey, j) => {
        parts.push(`<rect class="pixel" style="--grey:${grey / 16}" x="${2 + 4.5 * j}" y="${middle - 18 + 4.5 * i}" width="4.6" height="4.6"/>`);
      }),
    );
    parts.push(`<text x="${width - RIGHT / 2 + 5}" y="${middle}">loss</text>`);
    if (setting.residual)
      for (let k = 2; k < count; k += 2) {
        const [from, to, over] = [axis.left(k), axis.left(k + 2), middle - half];
        const done = backward ? k >= layer : k < layer;
        const kind = done ? (backward ? "gradient" : "signal") : "waiting";
        parts.push(`<path class="way ${kind}" d="M${from} ${middle}V${over}Q${from} ${over - 11} ${(from + to) / 2} ${over - 11}T${to} ${over}V${middle}"/>`);
      }
    const signal = curves.signal.median;
    for (let k = 1; k <= count; k++) {
      const done = backward ? k >= layer : k <= layer;
      const kind = backward && done ? "gradient" : "signal";
      const log = backward && !done ? signal[k - 1] - signal[0] : ratio(k);
      const level = clamp(0.5 + log / 6, 0, 1); // 0 at a thousandth, 1 at a thousand times
      const box = `x="${(centre(k) - wide / 2).toFixed(2)}" width="${wide.toFixed(2)}"`;
      parts.push(`<rect class="square" ${box} y="${middle - half}" height="${2 * half}"/>`);
      if (!done && !backward) continue;
      const spill = fate(log)[1] === "exploded" ? 9 : 0;
      const height = Math.max(2 * half * level, 1) + spill;
      const strength = backward && !done ? 0.25 : 0.3 + 0.7 * level;
      parts.push(`<rect class="level ${kind}" style="--strength:${strength.toFixed(2)}" ${box} y="${(middle - height / 2).toFixed(2)}" height="${height.toFixed(2)}"/>`);
    }
    const at = centre(layer);
    const word = backward ? "← gradient" : "signal →";
    parts.push(
      `<text class="travel ${backward ? "gradient" : "signal"}" x="${clamp(at, 36, width - 36)}" y="8">${word}</text>`,
      `<path class="pointer" d="M${at} ${middle + half + 3}l5 8h-10z"/>`,
    );
    stages(setting.depth).forEach(([first, last], s) => {
      const [from, to] = [axis.left(first), axis.left(last + 1)];
      const size = `${PIXELS[s]} × ${PIXELS[s]}`;
      const text = to - from > 130 ? `${FILTERS[s]} filters, ${size} pixels` : size;
      parts.push(`<path class="axis" d="M${from + 2} ${middle + half + 15}H${to - 2}"/>`);
      parts.push(`<text class="small" x="${(from + to) / 2}" y="${middle + half + 26}">${text}</text>`);
    });
    parts.push(touchable(now, axis, middle - half - 12, 2 * half + 24));
    name.textContent = inWords(setting);
    sentence.textContent = journey(now);
    const what = `Network, ${inWords(setting)}: ${count} conv layers from the image on the left to the loss on the right.`;
    show(width, middle + half + 34, parts.join(""), aloud(`${what} ${journey(now)}`));
  }

  /** Points of a curve as an SVG path; where there is no number, the line has a gap. */
  function line(values, x, y, wanted = () => true) {
    let pen = "M";
    const parts = [];
    values.forEach((log, k) => {
      if (log === null) pen = "M";
      else if (wanted(k)) {
        parts.push(`${pen}${x(k).toFixed(1)} ${y(log).toFixed(1)}`);
        pen = "L";
      }
    });
    return parts.join("");
  }

  function drawPlot(now, width, { name, title, back, show }) {
    const axis = across(now, width);
    const { curves, kept, count, layer, backward } = now;
    const curve = curves[name];
    const own = name === (now.of === "parameters" ? "weight_gradient" : "gradient") ? now.own : [];
    const other = kept?.curves[name];
    const all = [curve.low, curve.high, other?.median ?? [], own.map((one) => one.median)].flat(2).filter((log) => log !== null);
    const room = 0.15 * (Math.max(...all) - Math.min(...all)); // for the number beside the point
    let [low, high] = [Math.floor(Math.min(...all) - room), Math.ceil(Math.max(...all) + room)];
    // Four powers of ten at least, so that what is even looks even.
    for (let turn = 0; high - low < 4; turn++) turn % 2 ? high++ : low--;
    const [top, bottom] = [6, HEIGHT - 22];
    const y = (log) => bottom - ((log - low) / (high - low)) * (bottom - top);
    const placed = (values) => (k) => axis.x(k / (values.length - 1));
    const parts = [];
    const every = Math.ceil((high - low) / 4);
    for (let log = Math.ceil(low / every) * every; log <= high; log += every)
      parts.push(
        `<path class="axis" d="M${LEFT - 4} ${y(log)}H${width - RIGHT}"/>`,
        `<text class="scale" x="${LEFT - 8}" y="${y(log)}">10<tspan dy="-5" font-size="10">${String(log).replace("-", "−")}</tspan></text>`,
      );
    for (const [first] of stages(now.setting.depth).slice(1))
      parts.push(`<path class="axis stage" d="M${axis.left(first)} ${top}V${bottom}"/>`);
    const marks = count < 10 ? 1 : count < 25 ? 3 : 9;
    for (let k = 1; k <= count; k += marks) {
      parts.push(`<text class="small" x="${axis.left(k) + axis.pitch / 2}" y="${bottom + 11}">${k}</text>`);
    }
    parts.push(`<text class="small last" x="${width}" y="${bottom + 11}">layer</text>`);

    const x = placed(curve.median);
    const there = back ? (k) => backward && k >= layer - 1 : (k) => backward || k < layer;
    const band = line(curve.high, x, y, curve.trunk);
    const edge = curve.low.map((log, k) => [log, k]).filter(([, k]) => curve.trunk(k)).reverse();
    parts.push(`<path class="spread" d="${band}${edge.map(([log, k]) => `L${x(k).toFixed(1)} ${y(log).toFixed(1)}`).join("")}Z"/>`);
    if (other) parts.push(`<path class="curve dashed" d="${line(other.median, placed(other.median), y, other.trunk)}"/>`);
    own.forEach((one, i) => {
      parts.push(`<path class="curve own own-${i + 1}" d="${line(one.median, placed(one.median), y)}"/>`);
      one.median.forEach((log, k) => {
        if (log !== null) parts.push(`<rect class="own-mark" x="${placed(one.median)(k) - 2}" y="${y(log) - 2}" width="4" height="4"/>`);
      });
    });
    parts.push(
      `<path class="curve waiting" d="${line(curve.median, x, y, curve.trunk)}"/>`,
      `<path class="curve" d="${line(curve.median, x, y, (k) => curve.trunk(k) && there(k))}"/>`,
    );
    curve.median.forEach((log, k) => {
      const size = curve.trunk(k) ? (count < 25 ? 2.75 : 0) : count < 25 ? 2.25 : 1.5;
      if (size) parts.push(`<circle class="dot ${curve.trunk(k) ? "" : "inside"} ${there(k) ? "" : "waiting"}" cx="${x(k).toFixed(1)}" cy="${y(log).toFixed(1)}" r="${size}"/>`);
    });
    const here = curve.median[layer - 1];
    const [left, up] = [x(layer - 1), y(here)];
    const toRight = left < width / 2;
    parts.push(
      `<path class="cursor" d="M${left} ${top}V${bottom}"/><circle class="dot here" cx="${left}" cy="${up}" r="5"/>`,
      `<text class="value ${toRight ? "right" : "left"}" x="${left + (toRight ? 9 : -9)}" y="${freer(left, up)}">${power(here)}</text>`,
      touchable(now, axis, 0, HEIGHT),
    );
    /** Above or below a point: where fewer curves run beside it. */
    function freer(left, up) {
      const near = [curve.median, other?.median ?? []].flatMap((values) =>
        values.filter((_, k) => (toRight ? 1 : -1) * (placed(values)(k) - left) > 0 && Math.abs(placed(values)(k) - left) < 90).map(y),
      );
      const crowd = (at) => near.filter((one) => Math.abs(one - at) < 9).length + (at < top + 6 || at > bottom - 6 ? 100 : 0);
      return crowd(up - 13) <= crowd(up + 14) ? up - 13 : up + 14;
    }
    const ends = (median) => `from ${power(median[0])} at the first conv layer to ${power(median.at(-1))} at the last`;
    const voices = [`${title} by layer, logarithmic: ${ends(curve.median)}. At layer ${layer} it is ${power(here)}.`];
    if (other) voices.push(`Dashed: ${ends(other.median)}.`);
    for (const one of own) voices.push(`${one.name}: ${one.norms.length} layers.`);
    show(width, HEIGHT, parts.join(""), aloud(voices.join(" ")));
  }

  function drawLegend(now) {
    const entries = [[swatch('<rect class="spread" width="28" height="10"/>'), "all five seeds; the line is their median"]];
    if (now.setting.residual) entries.push([swatch('<circle class="dot inside" cx="14" cy="5" r="2.5"/>'), "inside a block, beside its shortcut"]);
    now.own.forEach((one, i) => entries.push([stroke(`own own-${i + 1}`), `${one.name}, ${plural(one.norms.length, "layer")}`]));
    legend.replaceChildren(...entries.map((entry) => element("span", {}, ...entry)));
  }

  function drawFacts(now) {
    const { layer, count, setting, curves, kept } = now;
    const { block, inside, filters, pixels, channels } = placeOf(layer, setting.depth);
    const where = block === 0 ? "before the blocks" : `${inside ? "first" : "second"} layer of block ${block}`;
    const rows = [
      ["Layer", `${layer} of ${count}`, `${filters} filters, ${pixels} × ${pixels} pixels, ${where}`],
      [
        "Weights’ spread",
        format(setting.gain / Math.sqrt(9 * channels), 3),
        `standard deviation: gain / √fan_in = ${format(setting.gain)} / √(9·${channels})`,
      ],
    ];
    for (const { name, title } of PLOTS) {
      const { median, low, high } = curves[name];
      const dashed = kept?.count === count ? `; dashed: ${power(kept.curves[name].median[layer - 1])}` : "";
      rows.push([title, power(median[layer - 1]), `five seeds: ${power(low[layer - 1])} to ${power(high[layer - 1])}${dashed}`]);
    }
    for (const { name, norms } of now.own) {
      const alive = norms.filter((x) => x > 0).map(Math.log10);
      const dead = norms.length - alive.length;
      const spread = alive.length ? `largest / smallest = ${power(Math.max(...alive) - Math.min(...alive))}` : "";
      const gone = dead ? `${spread && "; "}exactly 0 at ${plural(dead, "layer")}` : "";
      const ends = [norms[0], norms.at(-1)].map((x) => (x > 0 ? power(Math.log10(x)) : "0"));
      rows.push([name, `${ends[0]} to ${ends[1]}`, `first to last of ${norms.length} layers; ${spread}${gone}`]);
    }
    layerNumbers.summary.textContent = `Layer ${layer} in numbers`;
    table.show(rows);
  }

  /** The whole network in a few numbers, beside those of the dashed one. */
  function drawEnds(now) {
    const networks = [now, now.kept].filter(Boolean).map(({ curves }) => curves);
    const share = (log) => `${power(log)}, ${fate(log)[1]}`;
    const spread = (median) => power(Math.max(...median) - Math.min(...median));
    const lines = [
      ["Signal, last / first layer", ({ signal: { median } }) => share(median.at(-1) - median[0])],
      ["Gradient, first / last layer", ({ gradient: { median } }) => share(median[0] - median.at(-1))],
      ["Gradient of the weights, largest", ({ weight_gradient: { median } }) => power(Math.max(...median))],
      ["largest / smallest of them", ({ weight_gradient: { median } }) => spread(median)],
    ];
    const head = (text, scope) => element("th", { scope }, text);
    const names = ["Whole network", "solid", "dashed"].slice(0, networks.length + 1);
    const rows = lines.map(([name, say]) =>
      element("tr", {}, head(name, "row"), ...networks.map((curves) => element("td", {}, say(curves)))),
    );
    const top = element("thead", {}, element("tr", {}, ...names.map((name) => head(name, "col"))));
    ends.replaceChildren(element("table", { class: "explorer-ends" }, top, element("tbody", {}, ...rows)));
  }

  /** What the whole journey multiplies by, layer by layer and depth by depth. */
  function drawMean({ setting, backward, count }) {
    const journeys = DEPTHS.map((depth) => travel({ ...setting, depth }, 1, backward));
    const totals = journeys.map(({ ratio, count }) => ratio(backward ? 1 : count));
    const total = totals[DEPTHS.indexOf(setting.depth)];
    const factor = format(10 ** (total / (count - 1)), 4);
    const [what, ends] = backward ? ["Gradient", "first over last"] : ["Signal", "last over first"];
    mean.replaceChildren(
      `${what}: ${power(total)} ≈ ${factor}${raise(count - 1)}. On average, each of ${count - 1} steps multiplies it by ${factor}.`,
      element("br"),
      `With ${DEPTHS.join(", ")} layers, ${ends}: ${totals.map(power).join("; ")}.`,
    );
  }

  function draw() {
    const now = flowOf(model);
    const width = widthNow();
    drawNetwork(now, width, first);
    second.node.hidden = !now.kept;
    if (now.kept) drawNetwork(now.kept, width, second);
    for (const plot of plots) drawPlot(now, widthOf(plot.node), plot);
    drawLegend(now);
    drawFacts(now);
    drawEnds(now);
    drawMean(now);
    note.textContent = remark(now.setting);
  }

  const stop = explorer({ el, model, title: "Gradient flow", controls, stage, draw });
  let [drawnAt, waiting] = [widthNow(), 0];
  const observer = new ResizeObserver(() => {
    if (widthNow() === drawnAt || waiting) return;
    waiting = requestAnimationFrame(() => {
      [drawnAt, waiting] = [widthNow(), 0];
      draw();
    });
  });
  observer.observe(column);
  return () => {
    cancelAnimationFrame(waiting);
    observer.disconnect();
    stop();
  };
}

export default { render };
