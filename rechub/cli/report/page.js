"use strict";
const report = JSON.parse(document.getElementById("report").textContent);
const models = report.models, trained = models.filter((m) => m.kind === "model");
const SVG = "http://www.w3.org/2000/svg";

function element(namespace, tag, attributes, children) {
  const node = namespace ? document.createElementNS(namespace, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) if (value !== null && value !== undefined) node.setAttribute(name, value);
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined));
  return node;
}
const h = (tag, attributes, ...children) => element(null, tag, attributes, children);
const s = (tag, attributes, ...children) => element(SVG, tag, attributes, children);

const number = (value, digits = 4) => (value === undefined || value === null ? "–" : value.toFixed(digits));
const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(4);
const percent = (value) => (100 * value).toFixed(value > 0 && value < 0.1 ? 1 : 0) + " %";
function count(value) {
  if (value === undefined) return "–";
  if (value >= 1e6) return (value / 1e6).toFixed(2) + "M";
  return value >= 1e4 ? (value / 1e3).toFixed(1) + "k" : Math.round(value).toLocaleString("en");
}
function duration(value) {
  if (value === undefined) return "–";
  const short = (x) => Number(x.toPrecision(2)).toString();
  if (value < 100) return short(value) + " s";
  return value < 6000 ? short(value / 60) + " min" : short(value / 3600) + " h";
}
const cutoff = report.metric.split("@")[1];
const title = (m) => [m.name, m.kind === "recommender" ? h("span", { class: "kind" }, " recommender") : null];

// A color and a dash a model, the same in every chart.
const looks = new Map(trained.map((m, i) => [m.name, { color: `var(--c${i % 8})`, dash: i < 8 ? null : "6 4" }]));
const look = (m) => looks.get(m.name) || { color: "var(--other)", dash: null };

function scale(low, high, from, to, isLog = false) {
  const f = isLog ? Math.log10 : (x) => x;
  const span = f(high) - f(low) || 1;
  return (value) => from + ((f(value) - f(low)) / span) * (to - from);
}
function ticks(low, high, wanted = 5) {
  const raw = (high - low) / wanted || 1, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((n) => n * power >= raw);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) found.push(Number((i * step).toPrecision(12)));
  return found;
}
function logTicks(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power) {
    for (const n of [1, 3]) if (n * 10 ** power >= low * 0.999 && n * 10 ** power <= high * 1.001) found.push(n * 10 ** power);
  }
  return found;
}

// Labels that would overlap others move down, from the top one to the lowest. A label has y and a text, and where not all stand in one column its x and anchor.
function spread(labels, gap = 14) {
  const box = (label) => {
    const width = 7 * label.text.length, from = label.x === undefined ? 0 : label.anchor === "end" ? label.x - width : label.x;
    return [from, from + width];
  };
  const placed = [];
  for (const label of labels.sort((a, b) => a.y - b.y)) {
    const [from, to] = box(label);
    const collides = () => placed.find((other) => Math.abs(other.y - label.y) < gap - 0.01 && box(other)[0] < to && from < box(other)[1]);
    for (let other = collides(); other; other = collides()) label.y = other.y + gap;
    placed.push(label);
  }
  return placed;
}

function section(id, heading, text, ...content) {
  document.getElementById("contents").append(h("li", {}, h("a", { href: "#" + id }, heading)));
  const node = h("section", { id, "aria-labelledby": id + "-heading" }, h("h2", { id: id + "-heading" }, heading), text ? h("p", {}, text) : null, content);
  document.getElementById("main").append(node);
  return node;
}
const scroll = (name, table) => h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": name }, table);
const captionOf = (text) => h("caption", {}, h("span", {}, text));
const head = (...cells) => h("thead", {}, h("tr", {}, cells.map((cell, i) => h("th", { scope: "col", class: i === 0 ? "text" : null }, cell))));
const dataTable = (caption, columns, rows) =>
  h("details", {}, h("summary", {}, caption + ": the figures as a table"), scroll(caption, h("table", {}, captionOf(caption), head(...columns),
    h("tbody", {}, rows.map((row) => h("tr", {}, h("th", { scope: "row" }, row[0]), row.slice(1).map((cell) => h("td", {}, cell))))))));
const chart = (width, height, name, description, ...content) =>
  s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": name + ". " + description }, content);

// Axes of a plot with its ticks and names; x and y are scales.
function axes(box, x, y, xTicks, yTicks, xName, yName, xText, yText) {
  return [
    yTicks.map((t) => [s("line", { class: "grid", x1: box.left, x2: box.right, y1: y(t), y2: y(t) }), s("text", { class: "tick", x: box.left - 8, y: y(t) + 4,
      "text-anchor": "end" }, yText(t))]),
    xTicks.map((t) => [s("line", { class: "grid", x1: x(t), x2: x(t), y1: box.bottom, y2: box.bottom + 4 }), s("text", { class: "tick", x: x(t), y: box.bottom + 18,
      "text-anchor": "middle" }, xText(t))]),
    s("line", { class: "zero", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
    s("text", { class: "tick", x: (box.left + box.right) / 2, y: box.bottom + 36, "text-anchor": "middle" }, xName),
    s("text", { class: "tick", x: box.left, y: box.top - 12 }, yName),
  ];
}
