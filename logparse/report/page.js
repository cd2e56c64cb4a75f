"use strict";
(async () => {
  const byId = (id) => document.getElementById(id);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  /** The text of a script element; in a page of many runs it is compressed. */
  async function contents(id) {
    const text = byId(id).textContent;
    if (!("packed" in byId(id).dataset)) return text;
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).text();
  }

  const data = JSON.parse(await contents("data"));
  const runs = new Map(data.runs.map((run) => [run.id, run]));
  const homes = new Map(data.runs.flatMap((run) => run.ids.map((id) => [id, run.id])));
  const labels = new Map([...data.runs.map((run) => [run.label, [run.id]]), ...Object.entries(data.sides)]);
  const word = (index) => data.words[index];
  const numbers = data.numbers.map(([job, name, value, how, formula = -1, inputs = [], rest = {}]) => ({
    run: data.runs[job], name: word(name), value, how: word(how), formula: formula < 0 ? null : word(formula),
    notes: (rest.notes || []).map(word), more: rest.more || 0, places: rest.places || [], inputs,
  }));
  const sources = new Map(data.sources.map((source, index) => [source, index]));

  /** An element with these attributes and children; strings become text nodes. */
  function element(name, attributes = {}, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }

  // ---- theme ---- //

  const system = matchMedia("(prefers-color-scheme: dark)");
  const themes = [null, "light", "dark"];
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);

  function setTheme(theme) {
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    byId("theme").textContent = `Theme: ${theme || "system"}`;
    drawAll();
  }
  byId("theme").addEventListener("click", () => {
    const now = themes.indexOf(root.dataset.theme || null);
    setTheme(themes[(now + 1) % themes.length]);
  });
  system.addEventListener("change", () => root.dataset.theme || drawAll());

  // ---- the table of runs ---- //

  const table = byId("runs-table");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, text: row.textContent.toLowerCase() }));

  function sort(head, index) {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const number = head.querySelector("button").dataset.kind === "number";
    const key = ({ row }) => {
      const cell = row.cells[index];
      if (!index) return cell.textContent;
      const value = cell.dataset.v;
      return value === undefined ? null : number ? Number(value) : value;
    };
    const keyed = rows.map((entry) => ({ entry, key: key(entry) }));
    keyed.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
      const way = number ? a.key - b.key : a.key.localeCompare(b.key, "en", { numeric: true });
      return down ? -way : way;
    });
    body.replaceChildren(...keyed.map(({ entry }) => entry.row));
  }
  [...table.tHead.rows[0].cells].forEach((head, index) => {
    head.querySelector("button").addEventListener("click", () => sort(head, index));
  });

  const query = byId("q");
  const choices = all(".filter select");
  function filter() {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = choices.filter((c) => c.value).map((c) => [Number(c.dataset.column), c.value]);
    let shown = 0;
    for (const { row, text } of rows) {
      const fits = words.every((word) => text.includes(word))
        && wanted.every(([column, value]) => row.cells[column].textContent === value);
      if (row.hidden === fits) row.hidden = !fits;
      shown += fits;
    }
    byId("count").textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} runs`;
  }
  query.addEventListener("input", filter);
  for (const choice of choices) choice.addEventListener("change", filter);

  // ---- selecting a run ---- //

  let chosen = null;
  let chosenLines = [];

  function choose(id, lines = []) {
    chosen = runs.has(id) ? id : null;
    chosenLines = lines;
    for (const row of all("tr.chosen")) row.classList.remove("chosen");
    const row = chosen && body.querySelector(`tr[data-run="${CSS.escape(chosen)}"]`);
    if (row) row.classList.add("chosen");
    for (const button of all("button.run")) {
      const of = button.dataset.run || button.closest("tr").dataset.run;
      button.setAttribute("aria-pressed", String(of === chosen));
    }
    byId("bar").hidden = chosen === null;
    byId("bar-text").textContent = chosen === null ? "" : runs.get(chosen).label;
    byId("bar-lines").hidden = !lines.length;
    describe();
    for (const drawing of drawings) highlight(drawing);
  }

  function describe() {
    const panel = byId("run");
    panel.hidden = chosen === null;
    if (chosen === null) return panel.replaceChildren();
    const run = runs.get(chosen);
    const groups = run.known.map(([heading, values]) => {
      const list = element("dl");
      for (const [name, index] of values) {
        const button = element("button", { type: "button", class: "n", "data-n": index }, numbers[index].value);
        list.append(element("dt", {}, name), element("dd", {}, button));
      }
      return element("div", {}, element("h4", {}, heading), list);
    });
    const none = element("p", { class: "faint" },
      `The page has all values of the first ${data.detailed} runs; for this run it has only those in the table.`);
    const inside = groups.length ? element("div", { class: "groups" }, ...groups) : none;
    panel.replaceChildren(element("h3", {}, run.label), inside);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button && button.classList.contains("run")) {
      const id = button.dataset.run || button.closest("tr").dataset.run;
      choose(id === chosen ? null : id);
    } else if (button && button.dataset.n !== undefined) {
      showNumbers(button.dataset.n.split(" ").map(Number));
    } else if (button && button.dataset.p) {
      showPlaces(button.dataset.p.split(" "));
    } else if (button && button.dataset.copy) {
      copy(button);
    } else if (!button && event.target.closest("#runs-table tbody tr") && !String(getSelection())) {
      const id = event.target.closest("tr").dataset.run;
      choose(id === chosen ? null : id);
    }
  });
  byId("bar-clear").addEventListener("click", () => choose(null));
  byId("bar-lines").addEventListener("click", () => showPlaces(chosenLines));
  byId("bar-run").addEventListener("click", () => byId("run").scrollIntoView({ block: "center" }));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && chosen !== null && !byId("viewer").open) choose(null);
  });

  // ---- lines ---- //

  const viewer = byId("viewer");
  byId("viewer-close").addEventListener("click", () => viewer.close());
  viewer.addEventListener("click", (event) => event.target === viewer && viewer.close());

  function open(title, parts) {
    byId("viewer-h").textContent = title;
    byId("viewer-body").replaceChildren(...parts);
    if (!viewer.open) viewer.showModal();
    viewer.scrollTop = 0;
    for (const view of all(".cutout .scroll", viewer)) {
      const { offsetLeft, offsetWidth } = view.querySelector(".outline");
      view.scrollLeft = Math.min(offsetLeft - 12, offsetLeft + offsetWidth / 2 - view.clientWidth / 2);
    }
    byId("viewer-h").focus();
  }

  function showNumbers(indices) {
    const chosenNumbers = indices.map((index) => numbers[index]);
    const names = [...new Set(chosenNumbers.map((one) => one.name))].join(", ");
    const several = new Set(chosenNumbers.map((one) => one.run)).size > 1;
    open(several ? names : `${names} of ${chosenNumbers[0].run.label}`, chosenNumbers.map((one) => number(one, several)));
  }

  /** The evidence for one number: how it was obtained, its inputs, its lines. */
  function number(one, several) {
    const part = element("div", { class: "part" });
    const of = several ? ` of ${one.run.label}` : "";
    if (one.value === null) {
      part.append(element("p", { class: "value" }, `${one.name}${of} is unknown`), element("p", { class: "how" }, one.how));
      part.append(...cutOuts(one.inputs, false));
      return part;
    }
    part.append(element("p", { class: "value" }, `${one.name}${of}: ${one.value}`));
    part.append(element("p", { class: "how" }, one.formula ? `${one.how}: ${one.formula}` : one.how));
    for (const note of one.notes) part.append(element("p", { class: "how" }, note));
    if (one.formula) {
      const list = element("tbody");
      for (const [text, line, , , name, note, rule] of one.inputs) {
        const place = line ? element("button", { type: "button", class: "place", "data-p": line }, placeName(line)) : "";
        const texts = [word(name), text, word(note), word(rule)];
        list.append(element("tr", {}, ...texts.map((t) => element("td", {}, t)), element("td", {}, place)));
      }
      const heads = ["input", "printed", "note", "rule", "line"].map((t) => element("th", { scope: "col" }, t));
      const table = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), list);
      part.append(element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Inputs" }, table));
    } else if (one.inputs.length && word(one.inputs[0][6])) {
      part.append(element("p", { class: "how" }, `rule ${word(one.inputs[0][6])}`));
    }
    if (one.more) part.append(element("p", { class: "how" }, `… and ${one.more} more (logparse evidence shows all)`));
    part.append(...cutOuts(one.inputs));
    const spans = {};
    for (const [, line, start, length] of one.inputs) {
      if (line) (spans[line] ||= []).push(...(start !== null && length ? [[start, length]] : []));
    }
    part.append(...lineBlocks([...one.inputs.map((input) => input[1]).filter(Boolean), ...one.places], spans));
    return part;
  }

  /** What pictures show of these inputs: each line once, the texts outlined. */
  function cutOuts(inputs, isLegible = true) {
    const boxes = new Map();
    for (const [text, line, , , , , , box] of inputs) {
      if (!box) continue;
      const [strip, ...place] = box;
      if (!boxes.has(strip)) boxes.set(strip, { line, texts: [], places: [] });
      boxes.get(strip).texts.push(isLegible ? text : "what is not legible");
      boxes.get(strip).places.push(place);
    }
    return [...boxes].map(([strip, { line, texts, places }]) => cutOut(data.strips[strip], line, texts, places));
  }

  function cutOut([left, top, width, height, source], line, texts, places) {
    const where = places.map(([x, y, w, h]) => `x ${x}, y ${y}, ${w} × ${h} pixels`).join("; ");
    const caption = element("figcaption", {}, `${placeName(line)}, in the picture at ${where}`);
    if (!source) return element("figure", { class: "cutout" }, caption);
    const alt = `Line ${split(line)[1]} in the picture, with an outline around ${texts.join(" and ")}`;
    const zoom = Math.min(3, Math.max(1, 28 / height));
    const strip = element("div", { class: "strip" }, element("img", { src: source, alt, width: width * zoom, height: height * zoom }));
    for (const [x, y, w, h] of places) {
      const outline = element("span", { class: "outline", "aria-hidden": "true" });
      Object.assign(outline.style, {
        left: `${(x - left) * zoom}px`, top: `${(y - top) * zoom}px`, width: `${w * zoom}px`, height: `${h * zoom}px`,
      });
      strip.append(outline);
    }
    return element("figure", { class: "cutout" },
      element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The line in the picture" }, strip), caption);
  }

  function showPlaces(refs) {
    const part = element("div", { class: "part" }, ...lineBlocks(refs, {}));
    open(refs.length === 1 ? placeName(refs[0]) : "Log lines", [part]);
  }

  const split = (ref) => ref.split(":").map(Number);
  function placeName(ref) {
    const [source, line] = split(ref);
    return `${data.sources[source]}:${line}`;
  }

  /** For each source its lines with adjacent lines, and marks on the matched text. */
  function lineBlocks(refs, spans) {
    const wanted = new Map();
    for (const ref of refs) {
      const [source, line] = split(ref);
      if (!wanted.has(source)) wanted.set(source, new Set());
      wanted.get(source).add(line);
    }
    const out = [];
    for (const [source, lines] of wanted) {
      const texts = data.lines[source] || {};
      const list = element("ol", { class: "lines", tabindex: "0", "aria-label": `Lines of ${data.sources[source]}` });
      const near = [...lines].flatMap((n) => [n - 1, n, n + 1]).filter((n) => n in texts);
      let before = null;
      for (const line of [...new Set(near)].sort((a, b) => a - b)) {
        if (before !== null && line > before + 1) list.append(element("li", { class: "gap" }, "…"));
        before = line;
        const ref = `${source}:${line}`;
        const hit = lines.has(line);
        const marks = hit ? (spans[ref] && spans[ref].length ? spans[ref] : data.marks[ref] || []) : [];
        list.append(element("li", { value: line, class: hit ? "hit" : null }, ...pieces(texts[line], marks)));
      }
      out.push(element("p", { class: "source" }, data.sources[source]));
      const lost = [...lines].filter((n) => !(n in texts));
      if (list.children.length) out.push(list);
      if (lost.length) {
        out.push(element("p", { class: "how" },
          `Line ${lost.join(", ")}: not included, because the page would be too large; logparse show prints it.`));
      }
    }
    return out;
  }

  /** A line as text nodes and marks. A long line consists of pieces: [offset, text]. */
  function pieces(line, marks) {
    const parts = typeof line === "string" ? [[0, line]] : line;
    const out = [];
    let end = 0;
    for (const [offset, text] of parts) {
      if (offset > end) out.push(" … ");
      const signs = Array.from(text);
      end = offset + signs.length;
      let at = offset;
      for (const [start, length] of [...marks].sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
        if (start < at || start + length > end) continue;
        out.push(signs.slice(at - offset, start - offset).join(""));
        out.push(element("mark", {}, signs.slice(start - offset, start + length - offset).join("")));
        at = start + length;
      }
      out.push(signs.slice(at - offset).join(""));
    }
    return out;
  }

  // ---- copying ---- //

  async function copy(button) {
    const [list, form] = button.dataset.copy.split(" ");
    const text = data.lists[list][form];
    const caption = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = element("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = caption; }, 1500);
  }

  // ---- charts ---- //

  const specifications = JSON.parse(await contents("charts-data"));
  if ("packed" in byId("library").dataset) {
    const script = document.createElement("script");
    script.textContent = await contents("library");
    document.head.append(script);
  }
  const drawings = all(".chart").map((holder) => ({ holder, given: specifications[holder.dataset.chart], dark: null, view: null }));

  function specification(drawing, dark) {
    const spec = structuredClone(drawing.given.spec);
    for (const [path, value] of dark ? drawing.given.dark : []) {
      const last = path[path.length - 1];
      path.slice(0, -1).reduce((part, key) => part[key], spec)[last] = structuredClone(value);
    }
    spec.background = "transparent"; // so that the shadow of a region that scrolls shows through
    return spec;
  }

  /** The runs that a mark represents; null if there is none. */
  function runsOf(datum) {
    if (!datum) return null;
    const named = datum.runs || datum.run || datum.label || datum.side || datum.text;
    const found = [named].flat().flatMap((name) => (homes.has(name) ? [homes.get(name)] : labels.get(name) || []));
    return found.length ? found : null;
  }

  /** The log lines of a mark: its texts of the form source:line. */
  function linesOf(datum) {
    const texts = Object.values(datum).flat().filter((value) => typeof value === "string");
    const found = texts.flatMap((text) => text.split(", ")).flatMap((text) => {
      const match = /^(.*):(\d+)(?: and \d+ more)?$/.exec(text);
      return match && sources.has(match[1]) ? [`${sources.get(match[1])}:${match[2]}`] : [];
    });
    return [...new Set(found)];
  }

  function highlight(drawing) {
    const marks = all("path, text, circle, rect, line", drawing.holder)
      .map((mark) => [mark, mark.__data__ && runsOf(mark.__data__.datum)])
      .filter(([, of]) => of);
    // A run without its own mark (it may share one with its repeats) leaves the chart unchanged.
    const isDrawn = chosen !== null && marks.some(([, of]) => of.includes(chosen));
    for (const [mark, of] of marks) {
      mark.dataset.of = of.join(" ");
      mark.classList.toggle("dim", isDrawn && !of.includes(chosen));
    }
  }

  const tip = element("div", { class: "tip", hidden: true, "aria-hidden": "true" });
  document.body.append(tip);
  function showTip(handler, event, item, value) {
    tip.hidden = value === null || value === undefined || value === "";
    if (tip.hidden) return;
    if (typeof value === "object") {
      const list = element("dl");
      for (const [name, text] of Object.entries(value)) {
        if (text !== "" && text !== "null") list.append(element("dt", {}, name), element("dd", {}, String(text)));
      }
      tip.replaceChildren(list);
    } else tip.replaceChildren(String(value));
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 8))}px`;
    tip.style.top = `${event.clientY + 16 + height > innerHeight ? Math.max(4, event.clientY - height - 12) : event.clientY + 16}px`;
  }

  async function draw(drawing) {
    const dark = isDark();
    if (drawing.dark === dark) return;
    drawing.dark = dark;
    const embedded = await vegaEmbed(drawing.holder, specification(drawing, dark), {
      mode: "vega-lite", renderer: "svg", actions: false, ast: true, defaultStyle: false, tooltip: showTip,
    });
    if (drawing.view) drawing.view.finalize();
    drawing.view = embedded.view;
    drawing.holder.classList.toggle("dark", dark);
    // The holder is an image with a name; the table below it has the data.
    drawing.holder.querySelector("svg").setAttribute("aria-hidden", "true");
    embedded.view.addEventListener("click", (event, item) => {
      const of = item && runsOf(item.datum);
      if (of) choose(of[0], linesOf(item.datum));
    });
    highlight(drawing);
  }

  /** One chart after the other, so that the page stays responsive. */
  async function drawAll() {
    root.dataset.drawn = "no";
    for (const drawing of drawings) {
      await new Promise((done) => setTimeout(done));
      await draw(drawing);
    }
    root.dataset.drawn = "yes";
  }

  addEventListener("beforeprint", () => {
    for (const part of all("details.block, details.group, details.print, .card details:not(.more)")) part.open = true;
  });
  setTheme(root.dataset.theme || null);
})();
