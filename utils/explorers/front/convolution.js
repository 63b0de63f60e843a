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

/** Sizes and places; height and width are those of the input without its padding. */
function convGeometry(model) {
  const names = ["input", "weight", "size", "stride", "padding", "dilation"];
  const [input, weight, size, stride, padding, dilation] = names.map((name) => model.get(name));
  const kernel = weight[0][0].length;
  const [height, width] = [input[0].length, input[0][0].length].map((most) => Math.min(most, size));
  const [tall, wide] = [height, width].map((one) => outputSize(one, kernel, stride, padding, dilation));
  const empty = tall === 0 || wide === 0;
  const [rows, columns] = empty ? [0, 0] : [tall, wide];
  const reach = span(kernel, dilation);
  const unseen = (one, count) => (empty ? 0 : one + 2 * padding - (count - 1) * stride - reach);
  return {
    ...{ kernel, stride, padding, dilation, height, width, empty, rows, columns, reach },
    filter: clamp(model.get("filter"), 0, weight.length - 1),
    row: clamp(model.get("row"), 0, Math.max(rows - 1, 0)),
    column: clamp(model.get("column"), 0, Math.max(columns - 1, 0)),
    unseenRows: unseen(height, rows),
    unseenColumns: unseen(width, columns),
  };
}

/** All that the picture shows, computed from the traits. */
function convolve(model) {
  const now = convGeometry(model);
  const [input, weight, bias, size] = ["input", "weight", "bias", "size"].map((name) => model.get(name));
  const { filter, rows, columns, stride, padding, dilation } = now;
  const channels = input.map((channel) => padded(channel, size, padding));
  const at = (r, c) =>
    products(channels, weight[filter], r, c, stride, dilation).flat().reduce((sum, [x, w]) => sum + x * w, bias[filter]);
  const output = zeros(rows, columns).map((line, r) => line.map((_, c) => at(r, c)));
  return { ...now, channels, weight, bias, output };
}

function render({ model, el }) {
  const most = () => Math.max(model.get("input")[0].length, model.get("input")[0][0].length);
  const filters = () => model.get("weight").length;
  const resize = part(
    model,
    () => model.get("weight")[0][0].length,
    (_, size) => model.set("weight", resized(model.get("weight"), size)),
  );
  const controls = [
    slider(model, "size", "Input size", { min: 1, max: most, say: (x) => `${x}` }),
    slider(resize, "kernel_size", "Filter size", { min: 1, max: 7 }),
    slider(model, "stride", "Stride", { min: 1, max: 5 }),
    slider(model, "padding", "Padding", { max: 4 }),
    slider(model, "dilation", "Dilation", { min: 1, max: 3 }),
    slider(model, "filter", "Filter number", { max: () => filters() - 1, say: inOrder }),
    ...windowControls(model, () => convGeometry(model), "Slide the window"),
  ];

  const inputs = panel("");
  const weights = panel("");
  const output = panel("");
  const result = picture("output");
  output.body.append(result.svg);
  result.onCell((row, column) => change(model, { row, column }));
  const { node: refused, refuse } = refusal();
  const warning = element("p", { class: "explorer-text explorer-warning" });
  const sum = element("div", { "data-part": "sum" });
  const wide = element("div", { class: "explorer-wide explorer-last" }, refused, warning, sum);
  const table = facts();
  let pictures = [];
  let fields = [];

  /** Make as many pictures and fields as there are channels; keep those that are right already. */
  function build(now) {
    if (pictures.length !== now.channels.length) {
      for (const old of pictures) old.svg.remove();
      pictures = now.channels.map((_, c) => picture(`input ${c + 1}`));
      for (const made of pictures) {
        made.onCell((row, column) => centreWindow(model, convGeometry(model), row, column));
        inputs.body.append(made.svg);
      }
    }
    if (fields.length === now.channels.length && fields[0].length === now.kernel) return;
    weights.body.replaceChildren();
    fields = now.channels.map((_, c) =>
      zeros(now.kernel, now.kernel).map((line, i) => line.map((_, j) => field(c, i, j))),
    );
    for (const rows of fields) {
      const lines = rows.map((line) => element("tr", {}, ...line.map(({ input }) => element("td", {}, input))));
      weights.body.append(element("table", { class: "explorer-weights", role: "presentation" }, ...lines));
    }
  }

  function field(c, i, j) {
    const set = (value) => {
      const weight = structuredClone(model.get("weight"));
      weight[convGeometry(model).filter][c][i][j] = value;
      change(model, { weight });
    };
    return numberField(`weight of channel ${c + 1}, row ${i + 1}, column ${j + 1}`, set, { refuse });
  }

  function drawInputs(now) {
    const { padding, dilation, stride, kernel: size, row, column, reach, height, width } = now;
    const [tall, wide] = [height + 2 * padding, width + 2 * padding];
    const isBorder = (r, c) => r < padding || c < padding || r >= height + padding || c >= width + padding;
    const isUnseen = (r, c) => r >= tall - now.unseenRows || c >= wide - now.unseenColumns;
    const look = (r, c) => `${isBorder(r, c) ? "border" : ""} ${isUnseen(r, c) ? "unseen" : ""}`;
    const many = now.channels.length > 1;
    const shape = `${height} × ${width}`;
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
      const alt = `Input channel ${c + 1}: ${rowsInWords(channel)}. ${
        now.empty ? "" : `The window starts at row ${row * stride + 1}, column ${column * stride + 1}.`
      }`;
      pictures[c].show(wide * CELL, tall * CELL, squares(channel, { look }) + windows, alt);
    });
  }

  function drawWeights(now) {
    const which = now.weight.length > 1 ? ` ${now.filter + 1} of ${now.weight.length}` : "";
    weights.title.textContent = `Filter${which}: change its weights`;
    now.weight[now.filter].forEach((lines, c) =>
      lines.forEach((line, i) =>
        line.forEach((value, j) => fields[c][i][j].show(value)),
      ),
    );
  }

  function drawOutput(now) {
    const many = now.weight.length > 1 ? `, channel ${now.filter + 1} of ${now.weight.length}` : "";
    output.title.textContent = `Output ${now.rows} × ${now.columns}${many}`;
    const alt = now.empty ? "No output." : `Output: ${rowsInWords(now.output)}.`;
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
      ? `The filter spans ${plural(now.reach, "pixel")}, the padded input only ${Math.min(now.height, now.width) + 2 * now.padding}: there is no output. Use a smaller filter, or more padding.`
      : lost.length
        ? `The steps do not come out even: no window reaches the last ${lost.join(" and ")}.`
        : "";
    const how = now.empty ? "" : sizesInWords([now.height, now.width], now.reach, now.stride, now.padding);
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

  weights.node.classList.add("explorer-later"); // on a phone, input and output stand side by side
  table.node.classList.add("explorer-last");
  const stage = [inputs.node, weights.node, output.node, wide, table.node];
  return explorer({ el, model, title: "Convolution", controls, stage, draw, refuse });
}

export default { render };
