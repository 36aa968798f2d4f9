"use strict";
const at = (id) => document.getElementById(id);
let settings = { channels: [], features: [] };
let typed = null;  // item ids typed here, oldest first; null: the user's own
const labels = new Map();
let isWeightChosen = false;  // then a weight of 0 goes out, too, and stands in for an arm's own
let asked = 0;

function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

async function ask(path, body) {
  const response = await fetch(path, body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ? answer.error.message : `status ${response.status}`);
  return { answer, headers: response.headers };
}
const lookup = async (path, value) => (await ask(`v1/page/${path}?query=${encodeURIComponent(value)}`)).answer;

function row(place, id, score, channels, remove) {
  const name = labels.get(id);
  const chip = (channel) => h("span", { class: `chip chip${settings.channels.findIndex((known) => known.name === channel) % 6}` }, channel);
  const by = channels && h("span", { class: "by" }, ...channels.map(chip));
  const end = score === null ? remove : h("span", { class: "score" }, score.toPrecision(5));
  const title = h("span", { class: "name" }, name || id, name ? h("span", { class: "id" }, id) : null);
  return h("li", { "data-item": id }, h("span", { class: "place" }, String(place)), title, end, by);
}

function showError(error) {
  at("error").hidden = !error;
  at("error").textContent = error ? error.message : "";
}

async function shownHistory() {
  if (typed === null) {
    const found = await lookup("history", at("user").value.trim());
    for (const item of found.items) labels.set(item.item, item.label);
    const known = found.is_known ? `${found.count} events, the newest first` : "This user is not known.";
    at("history-note").textContent = at("user").value.trim() === "" ? "Nobody is named: give a user or add items." : known;
    return found.items.map((item) => item.item);
  }
  for (const id of typed.filter((item) => !labels.has(item))) {
    for (const found of (await lookup("items", id)).items) labels.set(found.item, found.label);
  }
  at("history-note").textContent = "Typed here, the newest first; it stands in for the user's own.";
  return [...typed].reverse();
}

function request() {
  const chosen = [...at("channels").querySelectorAll("input:checked")].map((box) => box.value);
  const usual = settings.channels.filter((c) => c.weight > 0).map((c) => c.name);
  const body = { k: Number(at("k").value) || 20, labels: true };
  if (at("user").value.trim()) body.user = at("user").value.trim();
  if (typed !== null) body.history = typed;
  body.filter_seen = !at("seen").checked;
  if (chosen.join() !== usual.join()) body.channels = chosen;
  const weight = lambda();
  if ((weight > 0 || isWeightChosen) && at("feature").value) body.diversity = { weight, feature: at("feature").value };
  if (!at("arm-label").hidden && at("arm").value !== "") {
    const chosenArm = settings.arms[Number(at("arm").value)];
    body.arms = { [chosenArm.experiment]: chosenArm.arm };
  }
  return body;
}

// The slider's hundred steps reach from a thousandth to a thousand.
const lambda = () => (Number(at("weight").value) === 0 ? 0 : Number((10 ** (Number(at("weight").value) / 100 * 6 - 3)).toPrecision(2)));

async function refresh() {
  const turn = ++asked;
  at("weight-value").textContent = String(lambda());
  at("clear").hidden = typed === null;
  try {
    const body = request();
    if (body.channels && body.channels.length === 0) throw new Error("Choose a channel.");
    const began = performance.now();
    const [shown, { answer, headers }] = await Promise.all([shownHistory(), ask("v1/recommend", body)]);
    const milliseconds = performance.now() - began;
    if (turn !== asked) return;  // a newer request is under way
    for (const item of answer.items) if (item.label) labels.set(item.item, item.label);
    at("history").replaceChildren(...shown.map((id, i) => {
      const remove = h("button", { type: "button", "aria-label": `Remove ${labels.get(id) || id}` }, "×");
      remove.addEventListener("click", () => { typed.splice(typed.length - 1 - i, 1); refresh(); });
      return row(i + 1, id, null, null, typed === null ? null : remove);
    }));
    at("items").replaceChildren(...answer.items.map((item, i) => row(i + 1, item.item, item.score, item.channels, null)));
    const cache = headers.get("X-RecHub-Cache"), notes = [`${answer.items.length} items in ${milliseconds.toFixed(1)} ms`];
    if (cache) notes.push(`cache: ${cache}`);
    for (const [experiment, arm] of Object.entries(answer.arms || {})) notes.push(`${experiment}: ${arm}`);
    if (answer.fallback) notes.push(`${answer.fallback.channel} steps in: ${answer.fallback.reason}`);
    else if (answer.no_history) notes.push(`not by a history: ${answer.no_history}`);
    if (answer.unknown.history) notes.push(`${answer.unknown.history} unknown items in the history`);
    at("answer-note").textContent = notes.join(" · ");
    document.body.dataset.state = "answered";
    showError(null);
  } catch (error) {
    if (turn === asked) showError(error);
  }
}

let waiting = null;
function soon(work) {
  clearTimeout(waiting);
  waiting = setTimeout(work, 120);
}

async function suggest(input, list, path, key) {
  const found = await lookup(path, input.value.trim());
  for (const entry of found.items || []) if (entry.label) labels.set(entry.item, entry.label);
  at(list).replaceChildren(...found[key].map((entry) => h("option", { value: entry.item || entry }, entry.label || "")));
}

// Takes what the search holds as the newest item. It is emptied at once: a choice may come as two events.
async function takeItem() {
  const value = at("search").value.trim();
  if (value === "") return;
  at("search").value = "";
  const { items } = await lookup("items", value);
  const found = items.find((item) => item.item === value) || items.find((item) => item.label.toLowerCase() === value.toLowerCase()) || (items.length === 1 ? items[0] : null);
  if (!found) {
    if (at("search").value === "") at("search").value = value;
    throw new Error(items.length ? `Several items match ${value}: choose one of them.` : `No item has the id ${value}: choose one of those that the search suggests.`);
  }
  if (found.label) labels.set(found.item, found.label);
  typed = [...(typed || []), found.item];
  await refresh();
}
// Typing is no choice yet: 123 begins with 1. A chosen suggestion comes as an event of no keyboard, or as a replacement.
const isChoice = (event) => !(event instanceof InputEvent) || event.inputType === "insertReplacementText";

async function start() {
  settings = (await ask("v1/page/settings")).answer;
  const facts = [`${settings.items} items`, `${settings.users} users`, `version ${settings.version}`];
  at("facts").textContent = facts.join(" · ");
  at("channels").replaceChildren(...settings.channels.map((channel) => {
    const box = h("input", { type: "checkbox", value: channel.name });
    box.checked = channel.weight > 0;
    return h("label", {}, box, channel.name);
  }));
  at("feature").replaceChildren(...settings.features.map((name) => h("option", { value: name }, name)));
  at("feature-label").hidden = at("weight-label").hidden = settings.features.length === 0;
  at("arm").replaceChildren(h("option", { value: "" }, "by the user"), ...settings.arms.map((arm, i) => h("option", { value: i }, `${arm.experiment}: ${arm.arm}`)));
  at("arm-label").hidden = settings.arms.length === 0;
  at("seen").checked = settings.keeps_seen;
  const wanted = new URLSearchParams(location.search);
  at("user").value = wanted.has("user") || wanted.has("history") ? wanted.get("user") : settings.first_user;
  if (wanted.has("history")) typed = wanted.get("history").split(",").filter((id) => id);
  if (wanted.has("feature")) at("feature").value = wanted.get("feature");
  if (wanted.has("lambda")) [at("weight").value, isWeightChosen] = [wanted.get("lambda"), true];
  at("user").addEventListener("input", () => soon(() => { suggest(at("user"), "users", "users", "users").catch(showError); refresh(); }));
  at("search").addEventListener("input", (event) => {
    if (isChoice(event)) takeItem().catch(showError);
    else soon(() => suggest(at("search"), "found", "items", "items").catch(showError));
  });
  at("search").addEventListener("change", () => takeItem().catch(showError));
  at("form").addEventListener("submit", (event) => event.preventDefault());
  at("clear").addEventListener("click", () => { typed = null; refresh(); });
  at("weight").addEventListener("input", () => { isWeightChosen = true; });
  for (const id of ["channels", "k", "seen", "feature", "weight", "arm"]) at(id).addEventListener("input", () => soon(refresh));
  await Promise.all([suggest(at("user"), "users", "users", "users"), suggest(at("search"), "found", "items", "items")]);
  await refresh();
}
start().catch(showError);
