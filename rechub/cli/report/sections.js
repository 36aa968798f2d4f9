function writeHeader() {
  const best = models[0], level = models.slice(1).filter((m) => m.is_level).map((m) => m.name);
  document.getElementById("headline").textContent = `${best.name} leads with ${report.metric} ${number(best.metrics[report.metric])}`;
  const others = level.length === 0 ? "No other is level with it: every difference to it is outside of chance (95 %, user by user)."
    : `Not told apart from it by these users: ${level.join(", ")} (the 95 % interval of the difference, user by user, holds 0).`;
  document.getElementById("verdict").textContent = models.length > 1 ? others : "";
  const p = report.protocol;
  const facts = [["users", p.users], ["items", p.items], ["events", report.data.events], ["cases judged", p.cases], ["models", trained.length]];
  document.getElementById("facts").append(...facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value.toLocaleString("en")))));
  document.getElementById("footer").append(
    h("p", {}, `Protocol: ${p.split_protocol}, ${p.split} cases, full ranking of ${p.items.toLocaleString("en")} items, seen items ${p.seen}, ` +
      `${p.cold_targets} cold targets count as misses. ` +
      "Intervals: bootstrap over users, 95 %, not widened for the number of comparisons. Speeds were measured while this report was made, on one machine with " +
      `${report.machine.threads} thread${report.machine.threads === 1 ? "" : "s"} (${report.machine.isa}).`),
    h("p", {}, "Data: ", h("code", {}, report.data.path), `. RecHub ${report.version}. The same figures are in `, h("code", {}, "report.json"), "."));
}

function intervalPlot(low, high, from, to, value, name) {
  const x = scale(from, to, 4, 156);
  return s("svg", { viewBox: "0 0 160 18", style: "width:10rem", role: "img", "aria-label": name },
    s("line", { x1: x(low), x2: x(high), y1: 9, y2: 9, stroke: "var(--accent)", "stroke-width": 2 }), s("circle", { cx: x(value), cy: 9, r: 4, fill: "var(--accent)" }));
}

function resultRows(metric) {
  const from = Math.min(...models.map((m) => (m.intervals[metric] || [m.metrics[metric]])[0])), to = Math.max(...models.map((m) => (m.intervals[metric] || [0,
    m.metrics[metric]])[1]));
  return [...models].sort((a, b) => b.metrics[metric] - a.metrics[metric]).map((m) => {
    const [low, high] = m.intervals[metric] || [m.metrics[metric], m.metrics[metric]], difference = m.difference[metric];
    const isBest = m.name === report.best, isLevel = difference && difference[1] <= 0 && difference[2] >= 0;
    return h("tr", { class: isBest ? "best" : null }, h("th", { scope: "row" }, title(m)),
      h("td", { "data-value": m.metrics[metric] }, number(m.metrics[metric])), h("td", {}, h("span", { class: "interval" }, `${number(low)} to ${number(high)}`)),
      h("td", {}, intervalPlot(low, high, from, to, m.metrics[metric], `${number(low)} to ${number(high)}`)),
      h("td", {}, isBest ? h("span", { class: "badge best" }, `best ${report.metric}`) : difference ? [signed(-difference[0]), " ", h("span", { class: "interval" },
        `${signed(-difference[2])} to ${signed(-difference[1])}`)] : "–"),
      h("td", { class: "text" }, !isBest && isLevel ? h("span", { class: "badge" }, "level") : ""));
  });
}

function writeResults() {
  const names = Object.keys(models[0].metrics).filter((name) => name in models[0].intervals && models.every((m) => name in m.metrics));
  const select = h("select", { id: "metric" }, names.map((name) => h("option", name === report.metric ? { selected: "" } : {}, name)));
  const body = h("tbody", {}), caption = h("span", {});
  const draw = () => {
    body.replaceChildren(...resultRows(select.value));
    caption.textContent = `${select.value} with 95 % intervals, and the difference to ${report.best}, user by user`;
  };
  select.addEventListener("change", draw);
  draw();
  section("results", "Results", "All were judged on the same cases. A model is level with the best where the interval of their difference, user by user, holds 0.",
    h("div", { class: "controls" }, h("label", {}, "Metric", select)),
    scroll("Results", h("table", { id: "results-table" }, h("caption", {}, caption), head("", "value", "95 % interval", "", `difference to ${report.best}`, ""), body)));
}

function curvePlot(key, xName, xText) {
  const rows = trained.map((m) => ({ m, points: m.curve.filter((p) => p.value !== undefined) })).filter((row) => row.points.length > 0);
  if (rows.length === 0) return h("p", { class: "note" }, "No model was judged while it trained.");
  const box = { left: 52, right: 440, top: 34, bottom: 270 }, all = rows.flatMap((row) => row.points);
  const isLog = key === "seconds", xs = all.map((p) => p[key]);
  const low = isLog ? Math.min(...xs) * 0.9 : Math.min(...xs), high = Math.max(...xs, low + 1e-9);
  const x = scale(low, high, box.left, box.right, isLog), top = Math.max(...all.map((p) => p.value)) * 1.04 || 1, y = scale(0, top, box.bottom, box.top);
  const labels = spread(rows.map(({ m, points }) => ({ m, text: m.name, y: y(points.at(-1).value) + 4 })));
  return h("figure", {}, chart(560, 320, `Validation ${report.metric} over ${xName}`, "Every value is in the table below.",
    axes(box, x, y, isLog ? logTicks(low, high) : ticks(low, high).filter(Number.isInteger), ticks(0, top), xName, "validation " + report.metric, xText,
      (t) => t.toPrecision(2)),
    rows.map(({ m, points }) => [
      s("polyline", { points: points.map((p) => `${x(p[key]).toFixed(1)},${y(p.value).toFixed(1)}`).join(" "), fill: "none", stroke: look(m).color, "stroke-width": 2,
        "stroke-dasharray": look(m).dash }),
      points.filter((p) => p.epoch === m.best_epoch).map((p) => s("circle", { cx: x(p[key]), cy: y(p.value), r: 4, fill: look(m).color })),
    ]),
    labels.map(({ m, y: at }) => s("text", { x: box.right + 8, y: at, style: `fill:${look(m).color}` }, m.name))));
}

// Quality against what it costs or brings; both ends of the logarithmic axis have room for names.
function costPlot(key, name, text, betterSide) {
  const rows = models.filter((m) => m[key] > 0);
  const box = { left: 52, right: 500, top: 34, bottom: 270 }, costs = rows.map((m) => m[key]), values = rows.map((m) => m.metrics[report.metric]);
  const low = Math.min(...costs) / 1.6, high = Math.max(...costs) * 1.6;
  const x = scale(low, high, box.left, box.right, true), top = Math.max(...values) * 1.1 || 1, y = scale(0, top, box.bottom, box.top);
  const side = (m) => (x(m[key]) > 380 ? { x: x(m[key]) - 10, anchor: "end" } : { x: x(m[key]) + 10, anchor: "start" });
  const labels = spread(rows.map((m) => ({ m, text: m.name, ...side(m), y: y(m.metrics[report.metric]) + 4 })), 12.5);
  return h("figure", {}, chart(560, 320, `${report.metric} against ${name}`, `Further up is better, further ${betterSide} too. Every value is in the table below.`,
    axes(box, x, y, logTicks(low, high), ticks(0, top), name, report.metric, text, (t) => t.toPrecision(2)),
    labels.map((label) => [
      s("circle", { cx: x(label.m[key]), cy: y(label.m.metrics[report.metric]), r: 5.5, fill: look(label.m).color }),
      s("text", { x: label.x, y: label.y, "text-anchor": label.anchor, style: `fill:${look(label.m).color}` }, label.text),
    ])));
}

function writeTraining() {
  if (trained.length === 0) return;
  section("training", "Training", "What each model reached, how fast, and what it costs. A dot marks the epoch whose weights were kept; " +
    "time includes the exact evaluation after each epoch.",
    h("div", { class: "pair" }, h("div", {}, h("h3", {}, "Learning curves"), curvePlot("epoch", "epoch", String)), h("div", {}, h("h3", {}, "Quality over time"),
      curvePlot("seconds", "time since the start", duration)),
      h("div", {}, h("h3", {}, "Quality against training time"), costPlot("training_seconds", "training time", duration, "left")),
      h("div", {}, h("h3", {}, "Quality against speed in use"), costPlot("lists_per_second", "lists a second", count, "right"))),
    dataTable("Training", ["", "loss", "epochs", "best epoch", "training", "an epoch", report.metric], models.map((m) =>
      [m.name, m.loss || "–", m.epochs ?? "–", m.best_epoch ?? "–", duration(m.training_seconds), duration(m.epoch_seconds), number(m.metrics[report.metric])])),
    dataTable("Validation " + report.metric + " by epoch", ["", ...Array.from({ length: Math.max(...trained.map((m) => m.curve.length)) }, (_, i) => String(i + 1))],
      trained.map((m) =>
      [m.name, ...Array.from({ length: Math.max(...trained.map((o) => o.curve.length)) }, (_, i) => number((m.curve[i] || {}).value))])));
}

function sharesPlot() {
  const rowHeight = 26, width = 560, left = 130, right = 545, top = 22;
  const rows = [["training events", { head: 0.5, torso: 0.3, tail: 0.2 }], ...models.map((m) => [m.name, m.list_shares])];
  return h("figure", {}, h("ul", { class: "legend" }, ["head", "torso", "tail"].map((name) => h("li", {}, h("i", { style: `background:var(--${name})` }), name))),
    chart(width, top + rows.length * rowHeight, "What the lists are made of", "Shares of head, torso and tail items in the lists of each model; in the table below as numbers.",
      rows.map(([name, shares], i) => {
        let at = left;
        return [s("text", { x: left - 8, y: top + i * rowHeight + 13, "text-anchor": "end", class: i === 0 ? "tick" : null }, name),
          ["head", "torso", "tail"].map((group) => {
            const size = shares[group] * (right - left);
            at += size;
            return s("rect", { x: at - size, y: top + i * rowHeight, width: size, height: 18, fill: `var(--${group})`, opacity: i === 0 ? 0.55 : 1 });
          })];
      })));
}

function writePopularity() {
  section("popularity", "Popularity bias and coverage",
    `What the first ${cutoff} items of all lists are: head items make 50 % of the training events, torso items the next 30 %, tail items the rest. ` +
      `Coverage is the share of the catalogue in any list, novelty the mean information of an item (rarer is higher).`,
    h("div", { class: "pair" }, sharesPlot(), scroll("Popularity bias and coverage", h("table", {}, captionOf(`Of the first ${cutoff} items`), head("", "coverage",
      "novelty", "distance in a list", "tail"),
      h("tbody", {}, models.map((m) => h("tr", {}, h("th", { scope: "row" }, m.name), h("td", {}, percent(m.metrics["Coverage@" + cutoff])), h("td", {},
        number(m.metrics["Novelty@" + cutoff], 2)),
        h("td", {}, number(m.metrics["IntraListDistance@" + cutoff], 2)), h("td", {}, percent(m.list_shares.tail)))))))));
}

function heat(value, top) { return top > 0 ? `background:rgba(var(--heat),${(0.55 * Math.max(0, value) / top).toFixed(3)})` : ""; }

function writeSlices() {
  const order = (name) => ["popularity:head", "popularity:torso", "popularity:tail", "history:0", "history:1-2", "history:3-5", "history:6-10", "history:11-20", "history:21+",
    "target:warm", "target:cold"].indexOf(name);
  const names = [...new Set(models.flatMap((m) => Object.keys(m.slices || {})))].sort((a, b) => order(a) - order(b));
  if (names.length === 0) return;
  const value = (m, name) => (m.slices[name] || {})[report.metric];
  section("slices", "Slices", `${report.metric} on parts of the cases: by the popularity of the target, by the number of events in the history, ` +
      `and for cold and warm targets. Bold is the best of a column.`,
    scroll("Slices", h("table", { class: "dense" }, captionOf(`${report.metric} by slice; below each name the number of cases`),
      head("", ...names.map((name) => [name.split(":").map((part) => [part, h("br")]), h("span", { class: "kind" }, (models[0].slices[name].cases).toLocaleString("en"))])),
      h("tbody", {}, models.map((m) => h("tr", {}, h("th", { scope: "row" }, m.name), names.map((name) => {
        const top = Math.max(...models.map((o) => value(o, name) ?? 0));
        return h("td", { style: heat(value(m, name) ?? 0, top), class: top > 0 && value(m, name) === top ? "top" : null }, number(value(m, name), 3));
      })))))));
}

function writeOverlap() {
  const { names, values, k } = report.overlap;
  if (names.length < 2) return;
  section("overlap", "Overlap of the lists",
    `The share of the first ${k} items that two models have in common, mean over the cases. Models that agree little are worth fusing.`,
    scroll("Overlap of the lists", h("table", { class: "heat dense" }, captionOf("Share in common"), head("", ...names),
      h("tbody", {}, names.map((name, i) => h("tr", {}, h("th", { scope: "row" }, name), names.map((_, j) => h("td", { style: i === j ? "" : heat(values[i][j], 1) },
        i === j ? "" : percent(values[i][j])))))))));
}

function writeFusion() {
  const rows = report.fusions.slice(0, 12);
  if (rows.length === 0) return;
  const low = Math.min(0, ...rows.map((r) => r.gain[1])), high = Math.max(0, ...rows.map((r) => r.gain[2])), rowHeight = 28, left = 210, x = scale(low, high, left, 520);
  section("fusion", "Gain of fusing two", `Reciprocal rank fusion of two lists of ${report.depth}: ${report.metric} of the fused list minus that of the better ` +
      `of the two, with its 95 % interval, user by user. The ${rows.length} best pairs.`,
    h("figure", { class: "narrow" }, chart(560, rows.length * rowHeight + 40, "Gain of fusing pairs", "Gains with intervals; in the table below as numbers.",
      ticks(low, high, 4).map((t) => [s("line", { class: t === 0 ? "zero" : "grid", x1: x(t), x2: x(t), y1: 4, y2: rows.length * rowHeight + 6 }), s("text", { class: "tick",
        x: x(t), y: rows.length * rowHeight + 24, "text-anchor": "middle" }, t.toPrecision(2))]),
      rows.map((r, i) => {
        const y = 18 + i * rowHeight, color = r.gain[1] > 0 ? "var(--good)" : r.gain[2] < 0 ? "var(--bad)" : "var(--soft)";
        return [s("text", { x: left - 12, y: y + 4, "text-anchor": "end" }, r.names.join(" + ")), s("line", { x1: x(r.gain[1]), x2: x(r.gain[2]), y1: y, y2: y, stroke: color,
          "stroke-width": 2 }), s("circle", { cx: x(r.gain[0]), cy: y, r: 4.5, fill: color })];
      }))),
    dataTable("All pairs", ["", report.metric, "better of the two", "gain", "95 % interval"], report.fusions.map((r) =>
      [r.names.join(" + "), number(r.metrics[report.metric]), r.over, signed(r.gain[0]), `${signed(r.gain[1])} to ${signed(r.gain[2])}`])));
}

function writeTradeOffs() {
  const slices = ["history:1-2", "history:3-5", "history:6-10", "history:11-20", "history:21+"].filter((name) => models.some((m) => m.slices && name in m.slices));
  const span = (n, text) => h("th", { scope: "colgroup", colspan: n }, text), column = (text) => h("th", { scope: "col" }, text);
  const value = (m, name) => number((m.slices[name] || {})[report.metric], 3);
  section("choice", "Complexity, expressiveness, efficiency, when to use",
    "Measured here, in place of words. What a model is best at names the highest value of a column of this " +
    "report; slices with fewer than 30 cases are left out.",
    scroll("Complexity, expressiveness, efficiency", h("table", { id: "choice-table", class: "dense" },
      captionOf("Trained numbers and time an epoch; quality over all cases and by the length of the history; " +
        "events trained, user vectors encoded and lists ranked a second."),
      h("thead", {}, h("tr", {}, h("td", {}), span(2, "complexity"), span(1 + slices.length, `expressiveness: ${report.metric}`), span(3, "efficiency, a second"), span(1,
        "when to use")),
        h("tr", {}, h("td", {}), ["parameters", "an epoch", "all", ...slices.map((name) => name.replace("history:", "")), "events", "users", "lists"].map(column), h("th",
          { class: "text" }, "best at"))),
      h("tbody", {}, models.map((m) => h("tr", {}, h("th", { scope: "row" }, title(m)), h("td", {}, count(m.parameters)), h("td", {}, duration(m.epoch_seconds)),
        h("td", {}, number(m.metrics[report.metric], 3)), slices.map((name) => h("td", {}, value(m, name))), h("td", {}, count(m.events_per_second)),
        h("td", {}, count(m.users_per_second)), h("td", {}, count(m.lists_per_second)), h("td", { class: "wrap" }, m.strengths.join("; "))))))),
    dataTable("What they are", ["", "from"], models.map((m) => [m.name, m.about])));
}

function writeLeftOut() {
  if (report.left_out.length === 0) return;
  section("left-out", "Left out", "These could not be trained or judged on this data.", h("ul", {}, report.left_out.map((row) => h("li", {}, h("strong", {}, row.name), ": ",
    row.reason))));
}

writeHeader();
writeResults();
writeTradeOffs();
writeTraining();
writePopularity();
writeSlices();
writeOverlap();
writeFusion();
writeLeftOut();
