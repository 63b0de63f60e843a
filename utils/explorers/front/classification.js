// Five names for a photograph, which may be dropped here. The network runs in the kernel.

const MOST_BYTES = 8e6; // a message to the kernel holds 10 MB
const LONGEST = 2048; // pixels to which a larger file is made smaller
const PATIENCE = 8000; // milliseconds after which to wonder why the kernel does not answer
const SILENT = "The kernel does not answer. Is another cell running? If the kernel was restarted, run this cell again.";

/** Colours of a map from low to high: matplotlib's inferno, in five steps. */
const HEAT = [[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]];

const percent = (p) => `${p >= 0.0995 ? Math.round(100 * p) : (100 * p).toFixed(1)} %`;

/** The picture of a map, a pixel for each place; where it is low, it is transparent. */
function heat(map) {
  const canvas = element("canvas", { width: map[0].length, height: map.length });
  const image = new ImageData(map[0].length, map.length);
  map.flat().forEach((value, place) => {
    const at = value * (HEAT.length - 1);
    const [low, high] = [HEAT[Math.floor(at)], HEAT[Math.ceil(at)]];
    const colour = low.map((x, i) => x + (high[i] - x) * (at % 1));
    image.data.set([...colour, 0.7 * value * 255], 4 * place);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** Draw a photograph; with a map over it in grey levels, as the map has the colours then. */
function paint(canvas, photo, map) {
  const { width, height } = canvas;
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(photo, 0, 0, width, height);
  if (!map) return;
  pen.globalCompositeOperation = "saturation";
  pen.fillStyle = "gray";
  pen.fillRect(0, 0, width, height);
  pen.globalCompositeOperation = "source-over";
  pen.drawImage(heat(map), 0, 0, width, height);
}

/** The bytes of a file, made smaller if they are too many for a message. */
async function bytesOf(file) {
  if (file.size <= MOST_BYTES) return file.arrayBuffer();
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
    const canvas = element("canvas", { width: bitmap.width * scale, height: bitmap.height * scale });
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
    return made.arrayBuffer();
  } catch {
    const size = format(Math.round(file.size / 1e6));
    throw new Error(
      `${file.name} has ${size} MB, and your browser cannot make it smaller: it is no picture, or in a format that it does not know, such as HEIC. Save it as a JPEG of less than 8 MB.`,
    );
  }
}

function render({ model, el }) {
  const isAlive = !(model instanceof PageModel);
  const group = `explorer-names-${Math.random().toString(36).slice(2)}`;
  const hint = element("p", { class: "explorer-text", role: "status" });
  const error = element("p", { class: "explorer-text explorer-refusal", role: "alert" });
  const large = element("canvas", { width: 448, height: 448, role: "img", "data-picture": "photograph" });
  const names = element("div", { class: "explorer-names", role: "radiogroup", "aria-label": "The five most probable names" });
  const caption = element("figcaption", {});
  const figure = element("figure", { class: "explorer-panel explorer-photograph" }, caption, large);
  const photo = new Image();
  let busy = 0; // the timer of what is waited for
  let shown; // the result in the picture

  /** Say that the kernel is at work, until it answers. */
  function wait(what) {
    clearTimeout(busy);
    root.setAttribute("aria-busy", "true");
    hint.textContent = `Looking at ${what} …`;
    busy = setTimeout(() => (hint.textContent = SILENT), PATIENCE);
  }

  function answered() {
    clearTimeout(busy);
    busy = 0;
    root.removeAttribute("aria-busy");
    draw();
  }

  async function send(files, nothing) {
    if (files.length !== 1) {
      change(model, { error: files.length ? `One photograph at a time, please: these are ${files.length} files.` : nothing });
      return;
    }
    const [file] = files;
    change(model, { error: "" });
    wait(file.name);
    const failed = (words) => {
      change(model, { error: words });
      answered();
    };
    let bytes;
    try {
      bytes = await bytesOf(file);
    } catch (reason) {
      // A folder, too, comes as a file.
      return failed(reason instanceof DOMException ? `${file.name} cannot be read: is it a folder?` : reason.message);
    }
    try {
      model.send({ name: file.name }, undefined, [bytes]);
    } catch {
      failed(SILENT); // the kernel was shut down
    }
  }

  const input = element("input", {
    type: "file",
    accept: "image/*",
    "aria-describedby": `${group}-private`,
    onchange: () => {
      if (input.files.length) send([...input.files]);
      input.value = ""; // so that the same file can be chosen again
    },
  });
  const zone = element(
    "label",
    { class: "explorer-drop explorer-row" },
    input,
    element("strong", {}, "Drop your own photograph here"),
    element("span", {}, "or press to choose one, or paste it"),
  );
  const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
  const promise = isLocal
    ? "Your photograph never leaves this computer."
    : "Your photograph goes to the computer where this notebook runs, and nowhere else.";
  const privacy = element("p", { class: "explorer-text explorer-quiet explorer-row", id: `${group}-private` }, promise);
  const absent = element("p", { class: "explorer-text explorer-quiet explorer-row" }, "Here no kernel runs. In JupyterLab you can drop your own photograph on this.");

  const select = choice(model, "photograph", "Photograph", [["", "your own"], ...model.get("photographs")]);
  const chosen = select.refresh;
  select.refresh = () => {
    chosen();
    const own = select.node.querySelector("option");
    own.hidden = own.disabled = model.get("photograph") !== "";
  };
  select.node.addEventListener("change", () => wait("the photograph"));

  const rows = Array.from({ length: model.get("result").names.length }, (_, place) => {
    const radio = element("input", {
      type: "radio",
      name: group,
      onchange: () => change(model, { selected: place }),
    });
    const thumb = element("canvas", { width: 112, height: 112, "aria-hidden": "true" });
    const [name, value, where] = ["strong", "span", "span"].map((tag) => element(tag));
    value.className = "explorer-value";
    where.className = "explorer-quiet";
    const bar = element("span", { class: "explorer-bar", "aria-hidden": "true" });
    const node = element("label", { class: "explorer-name" }, radio, thumb, name, value, bar, where);
    return { node, radio, thumb, name, value, where, bar };
  });
  names.append(...rows.map(({ node }) => node));

  function drawPictures() {
    if (!photo.complete || !photo.naturalWidth) return;
    const { names: found } = model.get("result");
    const withMap = model.get("show_map");
    paint(large, photo, withMap && found[model.get("selected")].map);
    rows.forEach(({ thumb }, place) => paint(thumb, photo, found[place].map));
  }
  photo.onload = drawPictures;

  function draw() {
    const result = model.get("result");
    const selected = model.get("selected");
    const { name, probability, where } = result.names[selected];
    error.textContent = model.get("error");
    if (!busy) hint.textContent = `Most probable: ${result.names[0].name}, ${percent(result.names[0].probability)}.`;
    caption.textContent = `${result.title || "Your photograph"}: the middle square, which is what the network gets`;
    const map = model.get("show_map")
      ? ` Over it the ${result.method} of ${name}, ${percent(probability)}: the evidence is strongest ${where}.`
      : "";
    large.setAttribute("aria-label", `${result.alt}${map}`);
    rows.forEach((row, place) => {
      const found = result.names[place];
      row.radio.checked = place === selected;
      row.name.textContent = found.name;
      row.value.textContent = percent(found.probability);
      row.bar.style.setProperty("--part", found.probability);
      row.where.textContent = `evidence strongest ${found.where}`;
    });
    if (shown !== result.picture) photo.src = shown = result.picture;
    else drawPictures();
  }

  const controls = [
    ...(isAlive ? [{ node: zone }, { node: privacy }, select] : [{ node: absent }]),
    toggle(model, "show_map", "Show the map"),
  ];
  const words = element("div", { class: "explorer-wide" }, hint, error);
  const stop = explorer({ el, model, title: "Classification", controls, stage: [words, figure, names], draw });
  const root = el.querySelector(".explorer");
  if (!isAlive) return stop;

  // What is dropped: the whole explorer takes it, or the browser would open the file.
  let depth = 0; // how many elements within were entered
  const over = (by) => root.classList.toggle("explorer-over", (depth = Math.max(0, depth + by)) > 0);
  const listeners = {
    dragenter: () => over(1),
    dragleave: () => over(-1),
    dragover: (event) => (event.dataTransfer.dropEffect = "copy"),
    drop: (event) => {
      over(-depth);
      send([...event.dataTransfer.files], "What you dropped is no file. Save the picture first, then drop its file here.");
    },
  };
  for (const [name, listener] of Object.entries(listeners))
    root.addEventListener(name, (event) => {
      event.preventDefault();
      event.stopPropagation();
      listener(event);
    });

  // What is pasted, with the focus in here, or with the pointer over it and no text being written.
  const paste = (event) => {
    const focus = document.activeElement;
    const writes = focus?.isContentEditable || focus?.matches("textarea, input:not([type=file], [type=radio], [type=checkbox])");
    if (!root.contains(focus) && (writes || !root.matches(":hover"))) return;
    event.preventDefault();
    event.stopPropagation();
    send([...event.clipboardData.files], "There is no picture in the clipboard.");
  };
  document.addEventListener("paste", paste, true);
  model.on("msg:custom", answered);
  return () => {
    document.removeEventListener("paste", paste, true);
    model.off("msg:custom", answered);
    clearTimeout(busy);
    stop();
  };
}

export default { render };
