// A window slides over the input; its dot product with the filter is one number of the output.

/** The input with zeros around it, cut to the size that is in use. */
function padded(channel, size, padding) {
  const cut = channel.slice(0, size).map((row) => row.slice(0, size));
  const made = zeros(cut.length + 2 * padding, cut[0].length + 2 * padding);
  cut.forEach((row, r) => row.forEach((x, c) => (made[r + padding][c + padding] = x)));
  return made;
}

/** The products of one window, channel by channel: [input, weight] each. */
function products(channels, filter, row, column, stride, dilation) {
  return filter.map((weights, c) =>
    weights.flatMap((line, i) =>
      line.map((weight, j) => [channels[c][row * stride + i * dilation][column * stride + j * dilation], weight]),
    ),
  );
}

/** Filters of another size: grown by zeros, or cut, evenly on both sides. */
function resized(weight, size) {
  return weight.map((filter) =>
    filter.map((lines) => {
      const shift = Math.trunc((size - lines.length) / 2);
      return zeros(size, size).map((line, i) => line.map((_, j) => lines[i - shift]?.[j - shift] ?? 0));
    }),
  );
}

/** All that the picture shows, computed from the traits. */
function convolve(model) {
  const names = ["input", "weight", "bias", "size", "stride", "padding", "dilation"];
  const [input, weight, bias, size, stride, padding, dilation] = names.map((name) => model.get(name));
  const channels = input.map((channel) => padded(channel, size, padding));
  const kernel = weight[0][0].length;
  const [height, width] = [channels[0].length, channels[0][0].length];
  const rows = outputSize(height, kernel, stride, 0, dilation);
  const columns = outputSize(width, kernel, stride, 0, dilation);
  const empty = rows === 0 || columns === 0;
  const filter = clamp(model.get("filter"), 0, weight.length - 1);
  const at = (r, c) =>
    products(channels, weight[filter], r, c, stride, dilation).flat().reduce((sum, [x, w]) => sum + x * w, bias[filter]);
  const output = empty ? [] : zeros(rows, columns).map((line, r) => line.map((_, c) => at(r, c)));
  const reach = span(kernel, dilation);
  const seen = (count) => (count - 1) * stride + reach;
  return {
    ...{ channels, weight, bias, filter, kernel, stride, padding, dilation, height, width, empty, output, reach },
    ...{ rows: empty ? 0 : rows, columns: empty ? 0 : columns },
    row: clamp(model.get("row"), 0, Math.max(rows - 1, 0)),
    column: clamp(model.get("column"), 0, Math.max(columns - 1, 0)),
    unseenRows: empty ? 0 : height - seen(rows),
    unseenColumns: empty ? 0 : width - seen(columns),
  };
}

/** "(7 − 3 + 2·1) / 2 + 1 = 4" along one axis, with what is lost by rounding. */
function sizeInWords(now, size) {
  const { kernel, reach, padding, stride } = now;
  const steps = (size - reach) / stride;
  const shown = now.dilation === 1 ? format(kernel) : `${reach}`;
  const sum = `(${size - 2 * padding} − ${shown} + 2·${padding}) / ${stride} + 1 = ${format(steps + 1)}`;
  return Number.isInteger(steps) ? sum : `${sum}, rounded down to ${Math.floor(steps) + 1}`;
}

function render({ model, el }) {
  const most = () => Math.max(model.get("input")[0].length, model.get("input")[0][0].length);
  const filters = () => model.get("weight").length;
  const kernel = { get: () => model.get("weight")[0][0].length };
  const move = (by) => {
    const now = convolve(model);
    if (now.empty) return;
    const count = now.rows * now.columns;
    const place = (now.row * now.columns + now.column + by + count) % count;
    change(model, { row: Math.floor(place / now.columns), column: place % now.columns });
  };
  const resize = {
    get: kernel.get,
    set: (_, size) => model.set("weight", resized(model.get("weight"), size)),
    save_changes: () => model.save_changes(),
  };
  const inOrder = (x) => `${x + 1}`;
  const controls = [
    slider(model, "size", "Input size", { min: 1, max: most, say: (x) => `${x}` }),
    slider(resize, "kernel", "Filter size", { min: 1, max: 7 }),
    slider(model, "stride", "Stride", { min: 1, max: 5 }),
    slider(model, "padding", "Padding", { max: 4 }),
    slider(model, "dilation", "Dilation", { min: 1, max: 3 }),
    slider(model, "filter", "Filter number", { max: () => filters() - 1, say: inOrder }),
    slider(model, "row", "Window row", { max: () => Math.max(convolve(model).rows - 1, 0), say: inOrder }),
    slider(model, "column", "Window column", { max: () => Math.max(convolve(model).columns - 1, 0), say: inOrder }),
    player(move, { what: "Slide the window" }),
  ];

  const inputs = panel("");
  const weights = panel("");
  const output = panel("");
  const result = picture("output");
  output.body.append(result.svg);
  result.onCell((row, column) => change(model, { row, column }));
  const warning = element("p", { class: "explorer-text explorer-warning" });
  const sum = element("div", { "data-part": "sum" });
  const wide = element("div", { class: "explorer-wide" }, warning, sum);
  const table = facts();
  let pictures = [];
  let fields = [];

  /** Make as many pictures and fields as there are channels; keep those that are right already. */
  function build(now) {
    if (pictures.length !== now.channels.length) {
      for (const old of pictures) old.svg.remove();
      pictures = now.channels.map((_, c) => picture(`input ${c + 1}`));
      for (const made of pictures) {
        made.onCell((row, column) => {
          const { stride, reach, rows, columns } = convolve(model);
          const start = (x, count) => clamp(Math.round((x - (reach - 1) / 2) / stride), 0, Math.max(count - 1, 0));
          change(model, { row: start(row, rows), column: start(column, columns) });
        });
        inputs.body.append(made.svg);
      }
    }
    if (fields.length === now.channels.length && fields[0].length === now.kernel) return;
    weights.body.replaceChildren();
    fields = now.channels.map((_, c) =>
      zeros(now.kernel, now.kernel).map((line, i) => line.map((_, j) => field(c, i, j))),
    );
    for (const rows of fields) {
      const lines = rows.map((line) => element("tr", {}, ...line.map((input) => element("td", {}, input))));
      weights.body.append(element("table", { class: "explorer-weights", role: "presentation" }, ...lines));
    }
  }

  function field(c, i, j) {
    const input = element("input", {
      type: "number",
      step: "any",
      "aria-label": `weight of channel ${c + 1}, row ${i + 1}, column ${j + 1}`,
      onchange: () => {
        const weight = structuredClone(model.get("weight"));
        const value = input.valueAsNumber;
        if (Number.isFinite(value)) weight[convolve(model).filter][c][i][j] = value;
        change(model, { weight });
        input.value = weight[convolve(model).filter][c][i][j]; // also where what was typed is no number
      },
    });
    return input;
  }

  function drawInputs(now) {
    const { padding, dilation, stride, kernel: size, row, column, reach, height, width } = now;
    const isBorder = (r, c) => r < padding || c < padding || r >= height - padding || c >= width - padding;
    const isUnseen = (r, c) => !now.empty && (r >= height - now.unseenRows || c >= width - now.unseenColumns);
    const look = (r, c) => `${isBorder(r, c) ? "border" : ""} ${isUnseen(r, c) ? "unseen" : ""}`;
    const many = now.channels.length > 1;
    const shape = `${height - 2 * padding} × ${width - 2 * padding}`;
    inputs.title.textContent = `Input, ${many ? `${now.channels.length} channels of ` : ""}${shape}${padding ? ", padded" : ""}`;
    now.channels.forEach((channel, c) => {
      let windows = "";
      if (!now.empty) {
        windows = frame(row * stride, column * stride, reach, reach);
        if (dilation > 1)
          for (let i = 0; i < size; i++)
            for (let j = 0; j < size; j++)
              windows += frame(row * stride + i * dilation, column * stride + j * dilation, 1, 1, "tap");
      }
      const alt = `Input channel ${c + 1}: ${channel.map((line) => line.map((x) => format(x)).join(" ")).join("; ")}. ${
        now.empty ? "" : `The window starts at row ${row * stride + 1}, column ${column * stride + 1}.`
      }`;
      pictures[c].show(width * CELL, height * CELL, squares(channel, { look }) + windows, alt);
    });
  }

  function drawWeights(now) {
    const which = now.weight.length > 1 ? ` ${now.filter + 1} of ${now.weight.length}` : "";
    weights.title.textContent = `Filter${which}: change its weights`;
    now.weight[now.filter].forEach((lines, c) =>
      lines.forEach((line, i) =>
        line.forEach((value, j) => {
          const input = fields[c][i][j];
          if (!input.matches(":focus")) input.value = Number(value.toPrecision(4));
        }),
      ),
    );
  }

  function drawOutput(now) {
    const many = now.weight.length > 1 ? `, channel ${now.filter + 1} of ${now.weight.length}` : "";
    output.title.textContent = `Output ${now.rows} × ${now.columns}${many}`;
    const alt = now.empty
      ? "No output."
      : `Output: ${now.output.map((line) => line.map((x) => format(x)).join(" ")).join("; ")}.`;
    const markup = now.empty ? "" : squares(now.output) + frame(now.row, now.column, 1, 1);
    result.show(Math.max(now.columns, 1) * CELL, Math.max(now.rows, 1) * CELL, markup, alt);
  }

  function drawSum(now) {
    sum.replaceChildren();
    if (now.empty) return;
    const { channels, weight, bias, filter, row, column, stride, dilation } = now;
    const parts = products(channels, weight[filter], row, column, stride, dilation);
    const sums = parts.map((pairs) => pairs.reduce((total, [x, w]) => total + x * w, 0));
    const lines = parts.map((pairs, c) => {
      const name = parts.length > 1 ? `Channel ${c + 1}: ` : "";
      return `${name}${pairs.map(([x, w]) => `${factor(x)}·${factor(w)}`).join(" + ")} = ${format(sums[c])}`;
    });
    const value = format(now.output[row][column]);
    if (parts.length > 1 || bias[filter])
      lines.push(`${[...sums, bias[filter]].map(factor).join(" + ")} (bias) = ${value}`);
    sum.append(...lines.map((line) => element("p", { class: "explorer-text" }, line)));
  }

  function drawFacts(now) {
    const { kernel: f, channels, weight, rows, columns } = now;
    const [d, k] = [channels.length, weight.length];
    const lost = [
      now.unseenRows && plural(now.unseenRows, "row"),
      now.unseenColumns && plural(now.unseenColumns, "column"),
    ].filter(Boolean);
    warning.textContent = now.empty
      ? `The filter spans ${plural(now.reach, "pixel")}, the padded input only ${Math.min(now.height, now.width)}: there is no output. Use a smaller filter, or more padding.`
      : lost.length
        ? `The steps do not come out even: no window reaches the last ${lost.join(" and ")}.`
        : "";
    const square = now.height === now.width;
    const how = now.empty
      ? ""
      : square
        ? sizeInWords(now, now.width)
        : `height ${sizeInWords(now, now.height)}; width ${sizeInWords(now, now.width)}`;
    const weightCount = f * f * d * k;
    table.show([
      ["Output", `${k} × ${rows} × ${columns}`, how],
      ["Parameters", format(weightCount + k), `${f}·${f}·${d}·${k} weights + ${plural(k, "bias", "biases")}`],
      ["Multiply-adds", format(weightCount * rows * columns), `${f}·${f}·${d} for each of ${format(k * rows * columns)} outputs`],
    ]);
  }

  function draw() {
    const now = convolve(model);
    build(now);
    drawInputs(now);
    drawWeights(now);
    drawOutput(now);
    drawSum(now);
    drawFacts(now);
  }

  const stage = [inputs.node, weights.node, output.node, wide, table.node];
  return explorer({ el, model, title: "Convolution", controls, stage, draw });
}

export default { render };
