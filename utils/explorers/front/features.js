// Features: what a trained network makes of a photograph, layer by layer.

/** Colours from 0 to the largest activation: matplotlib's inferno, brightened, as most are small. */
const GLOW = ["000004", "1b0c41", "4a0c6b", "781c6d", "a52c60", "cf4446", "ed6925", "fb9b06", "f7d13d", "fcffa4"];
const COLOURS = (() => {
  const stops = GLOW.map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return Array.from({ length: 256 }, (_, x) => {
    const place = (x / 255) ** BRIGHTEN * (stops.length - 1);
    const low = Math.min(Math.floor(place), stops.length - 2);
    return stops[low].map((from, i) => from + (place - low) * (stops[low + 1][i] - from));
  });
})();

/** About how wide a feature map is drawn among the others, by the length of its side in units. */
const WIDTHS = { 112: 80, 56: 58, 28: 46, 14: 38, 7: 32 };

/**
 * Sheets of data by their names: from the kernel, or from scripts beside the pages of the site.
 *
 * @param arrived called when there is a new one
 * @param failed told why there is none
 */
function sheetsOf(model, arrived, failed) {
  const sheets = {};
  const asked = new Set();
  const isPage = model instanceof PageModel;
  const take = (name, sheet) => {
    sheets[name] = sheet;
    arrived();
  };
  const listen = ({ sheet, content, problem }) => {
    if (content) take(sheet, content);
    else if (problem) failed(`The kernel could not compute this: ${problem}`);
  };
  if (!isPage) model.on("msg:custom", listen);
  const load = (name) => {
    const script = element("script", {
      src: `${document.documentElement.dataset.content_root ?? "./"}_static/features/${name}.js`,
      onload: () => take(name, globalThis.featureSheets[name]),
      onerror: () => failed("The feature maps do not lie beside this page. Open the explorer on the course’s site, or run its cell in JupyterLab."),
    });
    document.head.append(script);
  };
  const get = (name) => {
    const known = sheets[name] ?? (isPage && globalThis.featureSheets?.[name]);
    if (known) return known;
    if (asked.has(name)) return undefined;
    asked.add(name);
    if (isPage) load(name);
    else model.send({ sheet: name });
    return undefined;
  };
  return { get, stop: () => isPage || model.off("msg:custom", listen) };
}

/** Pictures by their addresses, once they are decoded; `arrived` is called when one is. */
function imagesOf(arrived) {
  const images = new Map();
  return (address) => {
    if (!images.has(address)) {
      const image = new Image();
      images.set(address, image);
      image.onload = arrived;
      image.src = address;
    }
    const image = images.get(address);
    return image.complete && image.naturalWidth ? image : undefined;
  };
}

/** A picture of pixels; `prepare` gives it its size and its text alternative. */
const bitmap = (name) => element("canvas", { role: "img", "data-picture": name, "aria-label": name });

/** Set a canvas's size and say what is on it; give what one draws with. */
function prepare(canvas, width, height, alt) {
  canvas.width = width;
  canvas.height = height;
  canvas.setAttribute("aria-label", alt);
  return canvas.getContext("2d");
}

/** A frame over a picture, placed in shares of the picture's size. */
function framed(kind, ...content) {
  const frame = element("span", { class: `explorer-over ${kind}` });
  const node = element("div", { class: "explorer-framed" }, ...content, frame);
  const place = (left, top, width, height) => {
    const share = { left, top, width, height };
    for (const [side, value] of Object.entries(share)) frame.style[side] = `${100 * value}%`;
  };
  return { node, place, frame };
}

/** A choice of which all is seen; `look` gives what stands for an option. */
function radios(model, name, legend, values, look) {
  const group = `explorer-choice-${Math.random().toString(36).slice(2)}`;
  const inputs = values.map((value) => element("input", { type: "radio", name: group, onchange: () => change(model, { [name]: value }) }));
  const labels = values.map((value, i) => element("label", {}, inputs[i], ...look(value, i)));
  const node = element("fieldset", { class: `explorer-choices ${name}`, "data-control": name }, element("legend", {}, legend), ...labels);
  const refresh = () => inputs.forEach((input, i) => (input.checked = values[i] === model.get(name)));
  return { node, refresh, labels };
}

/** "at the top left" */
function whereabouts(row, column, side) {
  const third = (x, words) => words[Math.min(2, Math.floor((3 * x) / side))];
  const words = [third(row, ["top", "", "bottom"]), third(column, ["left", "", "right"])].filter(Boolean).join(" ");
  return words ? `at the ${words}` : "in the middle";
}

/** Where the traits point to, as far as there is such a place. */
function featuresOf(model, sheets) {
  const layer = LAYERS.find(({ name }) => name === model.get("layer"));
  const photograph = PHOTOGRAPHS.find(({ name }) => name === model.get("photograph"));
  const channel = clamp(model.get("channel"), 0, layer.channels - 1);
  const sheet = sheets.get(photograph.name);
  const [place, most] = sheet ? sheet.peaks[layer.name][channel] : [0, 0];
  const peak = [Math.floor(place / layer.side), place % layer.side];
  const [row, column] = (model.get("unit") ?? peak).map((x) => clamp(x, 0, layer.side - 1));
  const [top, left] = [row, column].map((x) => x * layer.jump - layer.padding);
  return { layer, photograph, channel, sheet, peak, most: most / 100, row, column, top, left };
}

/** Channels as they are asked for. */
function inThisOrder(model, layer, photograph, channels) {
  const all = Array.from({ length: layer.channels }, (_, channel) => channel);
  if (model.get("order") === "number" || !channels) return all;
  const { means } = channels[layer.name];
  const here = PHOTOGRAPHS.indexOf(photograph);
  const more = all.map((k) => {
    const others = means.reduce((sum, one, i) => sum + (i === here ? 0 : one[k]), 0);
    return means[here][k] - others / (means.length - 1);
  });
  return all.sort((a, b) => more[b] - more[a] || a - b);
}

function render({ model, el }) {
  let waiting = 0;
  const later = () => {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      draw();
    });
  };
  const { node: refused, refuse } = refusal();
  const failed = (words) => {
    refuse(words);
    if (!el.still) return;
    stop(); // what was there before is better than nothing
    el.replaceChildren(...el.still, element("p", {}, words));
  };
  const sheets = sheetsOf(model, () => later(), failed);
  const image = imagesOf(() => later());
  const now = () => featuresOf(model, sheets);

  // What is chosen. Another layer begins with the map that it puts first.
  const photographs = part(
    model,
    (name) => model.get(name),
    (_, photograph) => [["photograph", photograph], ["unit", null], ["prediction", 0]].forEach((x) => model.set(...x)),
  );
  const layers = part(
    model,
    (name) => model.get(name),
    (_, name) => {
      const layer = LAYERS.find((one) => one.name === name);
      const first = inThisOrder(model, layer, now().photograph, sheets.get("channels"))[0];
      [["layer", name], ["channel", first], ["unit", null]].forEach((x) => model.set(...x));
    },
  );
  const channels = part(
    model,
    (name) => model.get(name),
    (_, channel) => [["channel", channel], ["unit", null]].forEach((x) => model.set(...x)),
  );
  const units = part(
    model,
    (name) => now()[name],
    (name, value) => model.set("unit", name === "row" ? [value, now().column] : [now().row, value]),
  );
  const last = () => now().layer.side - 1;
  const thumbnails = PHOTOGRAPHS.map(({ title }) => element("img", { alt: title, title, width: 56, height: 56 }));
  const sizes = ({ channels, side }) => element("span", {}, `${format(channels)} × ${side} × ${side}`);
  const controls = [
    radios(photographs, "photograph", "Photograph", PHOTOGRAPHS.map(({ name }) => name), (_, i) => [thumbnails[i]]),
    radios(layers, "layer", "Layer, and its output: channels × height × width", LAYERS.map(({ name }) => name), (_, i) => [element("strong", {}, LAYERS[i].title), sizes(LAYERS[i])]),
    [
      slider(channels, "channel", "Feature map", { max: () => now().layer.channels - 1, say: inOrder }),
      slider(units, "row", "Unit row", { max: last, say: inOrder }),
      slider(units, "column", "Unit column", { max: last, say: inOrder }),
    ],
    choice(model, "order", "Order by", [
      ["here", "strength"],
      ["number", "number"],
    ]),
  ];

  // All feature maps, and the one that is looked at.
  const grid = bitmap("grid");
  const chosen = framed("chosen", grid);
  const scale = element("span", { class: "explorer-scale", style: `--glow:${COLOURS.filter((_, x) => x % 15 === 0).map((x) => `rgb(${x})`).join()}`, "aria-hidden": "true" });
  const gridBox = scrollBox("Feature maps", chosen.node);
  const all = panel("", gridBox);
  const large = bitmap("map");
  const unit = framed("unit", large);
  const map = panel("", unit.node);
  const photo = element("img", { alt: "", "data-picture": "photograph" });
  const field = framed("field", photo);
  const seen = panel("", field.node);
  const pair = element("div", { class: "explorer-pair" }, map.node, seen.node);
  const top = element("div", { class: "explorer-features explorer-wide" }, all.node, pair);

  // Its filter, what excites it most in all photographs, and what the network says.
  const colours = bitmap("filter");
  const planes = ["red", "green", "blue"].map((name) => picture(`filter ${name}`));
  const filter = panel("", element("div", { class: "explorer-filter" }, colours, ...planes.map(({ svg }) => svg)));
  const why = element("p", { class: "explorer-text explorer-quiet" });
  filter.node.append(why);
  filter.node.dataset.control = "filter";
  const patches = panel("");
  patches.node.dataset.control = "patches";
  const evidence = bitmap("evidence");
  const says = Array.from({ length: NAMES }, () => [element("span"), element("span", { class: "explorer-share", "aria-hidden": "true" }), element("strong")]);
  const names = radios(model, "prediction", "The network’s five best names", says.map((_, i) => i), (i) => says[i]);
  const claim = panel("", evidence);
  const verdict = element("div", { class: "explorer-verdict explorer-wide", "data-control": "prediction" }, claim.node, names.node);
  delete names.node.dataset.control;
  const reading = folded(
    "How to read it",
    element("p", { class: "explorer-text" }, `All maps are drawn on one scale, from black, 0, to the brightest, ${MOST}, where ReLU6 cuts off. A map is one channel of a layer’s output: one filter’s answers everywhere in the photograph. By strength, those come first that are stronger in this photograph than in the others. The filters shown are those of the first conv layer, times the factor of batch norm after it. Deeper filters read maps, not colours; what they look for is seen in the patches that excite them most. The network, EfficientNet-Lite0, sees the middle of a photograph, 224 × 224 pixels.`),
  );
  for (const node of [filter.node, patches.node]) node.classList.add("explorer-wide");
  const stage = [refused, top, patches.node, filter.node, verdict, reading.node];

  const cellsOf = (layer) => {
    const gap = Math.max(1, Math.round(layer.side / 16));
    const wanted = WIDTHS[layer.side];
    const width = gridBox.clientWidth || 420;
    const columns = clamp(Math.floor(width / wanted), 1, layer.channels);
    return { gap, columns, rows: Math.ceil(layer.channels / columns), step: layer.side + gap };
  };
  let order = [];
  grid.addEventListener("pointerdown", (event) => {
    const { columns, rows } = cellsOf(now().layer);
    const box = grid.getBoundingClientRect();
    const at = (x, start, length, count) => Math.min(Math.floor(((x - start) / length) * count), count - 1);
    const place = at(event.clientY, box.top, box.height, rows) * columns + at(event.clientX, box.left, box.width, columns);
    if (place in order) change(channels, { channel: order[place] });
  });
  /** Take the unit where a picture is pressed, or dragged over. */
  const onUnit = (node, unitAt) => {
    const move = (event) => {
      if (event.type === "pointermove" && !(event.buttons & 1)) return;
      const box = node.getBoundingClientRect();
      const shares = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
      change(model, { unit: shares.map((share) => clamp(unitAt(share, now().layer), 0, now().layer.side - 1)) });
    };
    node.addEventListener("pointerdown", move);
    node.addEventListener("pointermove", move);
  };
  onUnit(large, (share, { side }) => Math.floor(share * side));
  onUnit(photo, (share, { jump, padding, field }) => Math.round((share * SIDE + padding - field / 2) / jump));
  photo.addEventListener("dragstart", (event) => event.preventDefault());
  for (const node of [grid, large, photo]) node.classList.add("explorer-draggable");

  /** The values of all maps of a layer, 0 to 255, as rows of one picture; decoded once. */
  const decoded = new Map();
  function pixelsOf({ sheet, layer }) {
    const address = sheet?.maps[layer.name];
    if (!address) return undefined;
    if (!decoded.has(address)) {
      const atlas = image(address);
      if (!atlas) return undefined;
      const context = prepare(document.createElement("canvas"), atlas.naturalWidth, atlas.naturalHeight, "");
      context.drawImage(atlas, 0, 0);
      const { data, width } = context.getImageData(0, 0, atlas.naturalWidth, atlas.naturalHeight);
      const columns = width / layer.side;
      const at = (channel, row, column) =>
        data[4 * ((Math.floor(channel / columns) * layer.side + row) * width + (channel % columns) * layer.side + column)];
      if (decoded.size > 12) decoded.clear(); // a few are at hand; the rest is decoded anew
      decoded.set(address, at);
    }
    return decoded.get(address);
  }

  /** Paint a map into a picture's pixels. */
  function paint({ data, width }, at, { side }, channel, left, top) {
    for (let row = 0; row < side; row++)
      for (let column = 0; column < side; column++) {
        const to = 4 * ((top + row) * width + left + column);
        const colour = COLOURS[at(channel, row, column)];
        for (let i = 0; i < 3; i++) data[to + i] = colour[i];
        data[to + 3] = 255;
      }
  }

  let painted = "";
  function drawGrid({ layer, photograph, channel }, at) {
    const { gap, columns, rows, step } = cellsOf(layer);
    all.title.replaceChildren(`${format(layer.channels)} feature maps of ${layer.side} × ${layer.side} units `, scale);
    const [width, height] = [columns * step - gap, rows * step - gap];
    const key = [layer.name, photograph.name, columns, order].join();
    const alt = `All ${layer.channels} feature maps of ${photograph.title} in the layer ${layer.title}, as a grid. Map ${channel + 1} is framed.`;
    grid.setAttribute("aria-label", alt);
    if (key !== painted) {
      const context = prepare(grid, width, height, alt);
      const pixels = context.createImageData(width, height);
      order.forEach((one, i) => paint(pixels, at, layer, one, (i % columns) * step, Math.floor(i / columns) * step));
      context.putImageData(pixels, 0, 0);
      grid.classList.toggle("coarse", layer.side < 60);
      painted = key;
    }
    const place = order.indexOf(channel);
    const [left, top] = [(place % columns) * step, Math.floor(place / columns) * step];
    chosen.place(left / width, top / height, layer.side / width, layer.side / height);
    const shown = [gridBox.scrollTop, gridBox.scrollTop + gridBox.clientHeight];
    const [from, to] = [top, top + layer.side].map((y) => (y / height) * grid.clientHeight);
    if (from < shown[0] || to > shown[1]) gridBox.scrollTop = (from + to - gridBox.clientHeight) / 2;
  }

  function drawMap({ layer, channel, peak, most, row, column, photograph, top, left }, at) {
    const isPeak = row === peak[0] && column === peak[1];
    const value = isPeak ? format(clamp(most, 0, MOST), 3) : `about ${format((at(channel, row, column) / 255) * MOST, 2)}`;
    map.title.textContent = `Map ${channel + 1}; framed unit: ${value}${isPeak && most > 0 ? ", its strongest" : ""}`;
    const words = most > 0 ? `strongest ${whereabouts(...peak, layer.side)}` : "nothing excites it here";
    const context = prepare(large, layer.side, layer.side, `Feature map ${channel + 1} of ${photograph.title}: ${words}. The framed unit, row ${row + 1}, column ${column + 1}, is ${value} of at most ${MOST}.`);
    const pixels = context.createImageData(layer.side, layer.side);
    paint(pixels, at, layer, channel, 0, 0);
    context.putImageData(pixels, 0, 0);
    large.classList.toggle("coarse", layer.side < 100);
    unit.place(column / layer.side, row / layer.side, 1 / layer.side, 1 / layer.side);

    const ends = [left, top].map((from) => [clamp(from, 0, SIDE), clamp(from + layer.field, 0, SIDE)]);
    const [[x0, x1], [y0, y1]] = ends;
    field.place(x0 / SIDE, y0 / SIDE, (x1 - x0) / SIDE, (y1 - y0) / SIDE);
    const size = `${layer.field} × ${layer.field} pixels`;
    const isAll = layer.field > SIDE;
    seen.title.textContent = `Receptive field: ${isAll ? size.replace(" pixels", ", the whole photo") : size}`;
    photo.alt = `${photograph.alt} The unit’s receptive field is framed: ${size}, of which rows ${y0 + 1} to ${y1} and columns ${x0 + 1} to ${x1} lie in the photograph.`;
  }

  function drawFilter({ layer, channel }, gallery) {
    const isFirst = layer === LAYERS[0];
    for (const node of [colours, ...planes.map(({ svg }) => svg)]) node.toggleAttribute("hidden", !isFirst);
    why.textContent = layer.about;
    filter.title.textContent = isFirst ? `Filter ${channel + 1} as a picture, and its weights for red, green and blue` : `Filter ${channel + 1}: why it is not drawn`;
    if (!isFirst) return;
    const weights = gallery.filters[channel];
    const most = largest(weights);
    // Some filters have died in training: all their weights are 0.
    if (most === 0) why.textContent = "This filter died in training: all its weights are 0, so its map is the same everywhere.";
    const context = prepare(colours, 3, 3, `Filter ${channel + 1} as a picture: grey stands for 0. Its weights stand beside it.`);
    const pixels = context.createImageData(3, 3);
    for (let place = 0; place < 9; place++) {
      const [row, column] = [Math.floor(place / 3), place % 3];
      weights.forEach((plane, i) => (pixels.data[4 * place + i] = 128 + (127 * plane[row][column]) / (most || 1)));
      pixels.data[4 * place + 3] = 255;
    }
    context.putImageData(pixels, 0, 0);
    ["red", "green", "blue"].forEach((name, i) => {
      planes[i].show(3 * CELL, 3 * CELL, squares(weights[i], { most }), `Weights for ${name}: ${rowsInWords(weights[i])}.`);
    });
  }

  let patchesOf = "";
  function drawPatches({ layer, channel }, gallery, found) {
    patches.title.textContent = found
      ? `What excites map ${channel + 1} most in all ${PHOTOGRAPHS.length} photographs, and how much before ReLU6`
      : `Looking through all ${PHOTOGRAPHS.length} photographs…`;
    const pictures = Object.values(gallery.pictures).map(image);
    if (!found || pictures.includes(undefined)) return;
    const key = `${layer.name} ${channel}`;
    if (key === patchesOf) return;
    patchesOf = key;
    const numbers = found[layer.name].patches[channel];
    const some = [];
    for (let i = 0; i < numbers.length; i += 3)
      if (numbers[i + 2] > 0) some.push(patch(layer, pictures, ...numbers.slice(i, i + 3)));
    patches.body.replaceChildren(...(some.length ? some : ["Nothing in any photograph excites it."]));
  }

  /** A button that shows a patch, and leads to its place. */
  function patch(layer, pictures, which, place, strength) {
    const [row, column] = [Math.floor(place / layer.side), place % layer.side];
    const { name, title } = PHOTOGRAPHS[which];
    const isAll = layer.field > SIDE;
    const size = isAll ? SIDE : layer.field;
    const [top, left] = [row, column].map((x) => (isAll ? 0 : x * layer.jump - layer.padding));
    const canvas = element("canvas", { "aria-hidden": "true" });
    const pixels = Math.max(size, 96);
    const context = prepare(canvas, pixels, pixels, "");
    context.imageSmoothingEnabled = size > 30;
    context.drawImage(pictures[which], left, top, size, size, 0, 0, pixels, pixels);
    const box = framed("centre", canvas);
    const centre = (x) => clamp((x * layer.jump - layer.padding + layer.field / 2) / SIDE, 0.03, 0.97);
    if (isAll) box.place(centre(column), centre(row), 0, 0);
    else box.frame.remove();
    const show = () => [["photograph", name], ["unit", [row, column]], ["prediction", 0]].forEach((x) => model.set(...x));
    return element(
      "button",
      {
        type: "button",
        class: "explorer-patch",
        title: `${title}: show it there`,
        "aria-label": `${format(strength / 100, 3)} in ${title}, ${whereabouts(row, column, layer.side)}: show it there`,
        onclick: () => {
          show();
          model.save_changes();
        },
      },
      box.node,
      format(strength / 100, 3),
    );
  }

  function drawNames({ sheet, photograph }, gallery) {
    const which = clamp(model.get("prediction"), 0, NAMES - 1);
    sheet.names.forEach(({ name, probability }, i) => {
      const [label, bar, share] = says[i];
      label.textContent = name;
      bar.style.setProperty("--share", probability);
      share.textContent = `${format(100 * probability, probability < 0.1 ? 2 : 3)}%`;
    });
    const { name, evidence: map } = sheet.names[which];
    claim.title.textContent = `Class activation map of “${name}”`;
    const most = Math.max(...map.flat());
    const place = map.flat().indexOf(most);
    const side = map.length;
    const context = prepare(evidence, SIDE, SIDE, `Class activation map of ${name}: the evidence in ${photograph.title} is strongest ${whereabouts(Math.floor(place / side), place % side, side)}.`);
    const picture = image(gallery.pictures[photograph.name]);
    if (!picture) return;
    context.drawImage(picture, 0, 0);
    const heat = document.createElement("canvas");
    const pixels = prepare(heat, side, side, "").createImageData(side, side);
    map.flat().forEach((value, i) => {
      const share = most > 0 ? Math.max(value, 0) / most : 0;
      COLOURS[Math.round(255 * share)].forEach((x, k) => (pixels.data[4 * i + k] = x));
      pixels.data[4 * i + 3] = 200 * share ** 1.5;
    });
    heat.getContext("2d").putImageData(pixels, 0, 0);
    context.imageSmoothingQuality = "high";
    context.drawImage(heat, 0, 0, SIDE, SIDE);
  }

  function draw() {
    const state = now();
    const gallery = sheets.get("gallery");
    const found = sheets.get("channels");
    const root = top.closest(".explorer");
    for (const node of [filter.node, patches.node, verdict]) leaveOut(root, node);
    names.refresh();
    for (const control of controls.flat()) control.refresh(); // a map's strongest unit may only now be known
    if (gallery) {
      PHOTOGRAPHS.forEach(({ name }, i) => (thumbnails[i].src = gallery.pictures[name]));
      photo.src = gallery.pictures[state.photograph.name];
    }
    const at = pixelsOf(state);
    root.toggleAttribute("aria-busy", !at || !gallery || !found);
    if (!at || !gallery) return;
    order = inThisOrder(model, state.layer, state.photograph, found);
    drawGrid(state, at);
    drawMap(state, at);
    drawFilter(state, gallery);
    drawPatches(state, gallery, found);
    drawNames(state, gallery);
  }

  const end = explorer({ el, model, title: "Features", controls, stage, draw, refuse });
  const watch = new ResizeObserver(() => later());
  watch.observe(top);
  function stop() {
    cancelAnimationFrame(waiting);
    watch.disconnect();
    sheets.stop();
    end();
  }
  return stop;
}

export default { render };
