// The style and the script of the HTML report. The script makes every node by itself and sets text, never
// markup: nothing of a report can become an element.
#include "cli/triage/html_writer.h"

namespace fuzzmill::cli {
namespace {

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light;--bg:#f6f6f4;--card:#fff;--ink:#1d2126;--dim:#646b73;--line:#dfe0dd;--soft:#f0f0ed;
--link:#1f5fa8;--s3:#a3123a;--s2:#c2410c;--s1:#946200;--s0:#4d6a7a}
:root[data-theme=dark]{color-scheme:dark;--bg:#15181b;--card:#1d2125;--ink:#e4e6e8;--dim:#9aa2aa;--line:#31373d;
--soft:#262b30;--link:#86b7f0;--s3:#ff7a95;--s2:#ff9a62;--s1:#e2b53e;--s0:#93b4c6}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;--bg:#15181b;--card:#1d2125;
--ink:#e4e6e8;--dim:#9aa2aa;--line:#31373d;--soft:#262b30;--link:#86b7f0;--s3:#ff7a95;--s2:#ff9a62;--s1:#e2b53e;
--s0:#93b4c6}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem 1.25rem 4rem;background:var(--bg);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
h1{font-size:1.6rem;margin:0;letter-spacing:-.015em}h2,h3{margin:0}
header{display:flex;justify-content:space-between;align-items:start;gap:1rem}header p{margin:.1rem 0 1.2rem}
.dim{color:var(--dim)}a{color:var(--link)}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:4px}
button,select,input[type=search]{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);
border-radius:8px;padding:.38rem .7rem;min-height:2.4rem}
button{cursor:pointer}button:hover,.chip:hover{border-color:var(--dim)}
#tools{display:flex;flex-wrap:wrap;gap:.6rem .8rem;align-items:end;position:sticky;top:0;z-index:2;
background:var(--bg);padding:.6rem 0;border-bottom:1px solid var(--line)}
#tools[hidden]{display:none}
#tools label>span,legend{display:block;font-size:.8rem;color:var(--dim);padding:0}
#tools .search{flex:1 1 16rem}.search input{width:100%}#kind{max-width:17rem}
#tools .check{display:flex;gap:.4rem;align-items:center;min-height:2.4rem}
#tools .check span{font-size:1rem;color:inherit}
fieldset{border:0;margin:0;padding:0;min-width:0;display:flex;flex-wrap:wrap;gap:.35rem}legend{float:left;width:100%}
.chip{display:inline-flex;align-items:center;gap:.4rem;border:1px solid var(--line);border-radius:99px;
padding:.2rem .75rem;min-height:2.4rem;background:var(--card);cursor:pointer;font-size:.9rem}
.chip input{accent-color:currentColor;margin:0}.chip:not(:has(:checked)){opacity:.55}
.s3{--tone:var(--s3)}.s2{--tone:var(--s2)}.s1{--tone:var(--s1)}.s0{--tone:var(--s0)}
.chip b,.severity{color:var(--tone)}
.card{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--tone);border-radius:10px;
margin:.5rem 0;scroll-margin-top:10rem;content-visibility:auto;contain-intrinsic-size:auto 4.6rem}
.card>summary{display:grid;grid-template-columns:6.2rem 1fr auto;gap:.1rem 1rem;align-items:baseline;
padding:.7rem 1rem;cursor:pointer;list-style:none;border-radius:10px}
summary::-webkit-details-marker{display:none}.card>summary:hover{background:var(--soft)}
.severity{font-size:.76rem;font-weight:700;letter-spacing:.04em}
.card h2{font-size:1rem;font-weight:600;overflow-wrap:anywhere}
.count{font-variant-numeric:tabular-nums;white-space:nowrap;color:var(--dim)}
.where{grid-column:2/4;font-size:.86rem;color:var(--dim);overflow-wrap:anywhere}
.body{padding:.2rem 1.25rem 1.2rem;border-top:1px solid var(--line)}
.body h3{font-size:.82rem;color:var(--dim);font-weight:600;margin:1.1rem 0 .25rem}
.body ul{margin:0;padding-left:1.15rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.1rem;margin:0}
dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
code,pre,.frames,.paths{font:.86rem/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{background:var(--soft);border-radius:8px;padding:.7rem .9rem;margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
.frames{list-style:none;margin:0;padding:0;background:var(--soft);border-radius:8px;padding:.5rem .9rem;overflow-x:auto}
.frames ol{list-style:none;margin:0;padding:0}
.frame{display:grid;grid-template-columns:2.2rem 1fr;overflow-wrap:anywhere}.frame>i{font-style:normal;color:var(--dim)}
.frame small{font-size:.95em;color:var(--dim);margin-left:.8em}
.counts b{font-weight:650}.gone,.gone b{color:var(--dim);font-weight:400}
.fold>summary{cursor:pointer;color:var(--dim);padding-left:2.2rem}.fold[open]>summary{font-style:italic}
.rule{color:var(--dim);border:1px solid var(--line);border-radius:4px;padding:0 .35em;margin-left:.8em;font-size:.9em}
.paths{list-style:none;padding:0!important;overflow-wrap:anywhere}
.row{display:flex;gap:.6rem;flex-wrap:wrap;align-items:center;margin-top:.5rem}
.row button{min-height:2rem;padding:.15rem .7rem;font-size:.88rem}
.more{text-align:center}table{border-collapse:collapse}td,th{text-align:left;padding:.2rem .8rem .2rem 0}
.empty{padding:3rem 1rem;text-align:center;color:var(--dim)}
@media (max-width:40rem){body{padding:1rem .75rem 3rem}#tools{position:static}.card{scroll-margin-top:.5rem}
.card>summary{grid-template-columns:1fr auto;padding:.7rem .8rem}.card h2,.where{grid-column:1/3}
.count{grid-column:2;grid-row:1}.body{padding:.2rem .8rem 1rem}dl{grid-template-columns:1fr}dt{margin-top:.3rem}}
@media (prefers-reduced-motion:no-preference){.card>summary{transition:background .12s}}
@media print{:root,:root[data-theme=dark]{color-scheme:light;--bg:#fff;--card:#fff;--ink:#000;--dim:#444;
--line:#bbb;--soft:#f4f4f4;--s3:#a3123a;--s2:#c2410c;--s1:#946200;--s0:#4d6a7a}
body{max-width:none;padding:0;font-size:10pt}#tools,#theme,.more,.row,.skip{display:none!important}
.card{content-visibility:visible;break-inside:avoid-page}.card[open]{break-inside:auto}.frame{break-inside:avoid}}
)css";

constexpr std::string_view kScript = R"js(
(() => {
"use strict";
const byId = id => document.getElementById(id);
const SEVERITIES = ["LOW", "MEDIUM", "HIGH", "CRITICAL"];
const PAGE = 100, PRINTED = 200;
// A row: id, severity, security, kinds, title, crashes, files, place, words to search.
const rows = JSON.parse(byId("rows").textContent);
const hay = rows.map(r => [r[4], r[3].join(" "), r[0], r[7], r[8], SEVERITIES[r[1]]].join(" ").toLowerCase());
const number = new Map(rows.map((r, i) => [r[0], i]));
let details = null, strings = null;
const detail = i => {
  if (!details) {
    details = byId("details").textContent.split("\n");
    strings = JSON.parse(byId("strings").textContent);
  }
  return JSON.parse(details[i]);
};

const make = (tag, look, ...children) => {
  const node = document.createElement(tag);
  if (look) node.className = look;
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
};
const plural = (n, one, many) => n.toLocaleString("en") + " " + (n === 1 ? one : many);

function frameNode(frame, index) {
  const [name, place, state, rule] = frame;
  return make("li", "frame " + (state === 0 ? "gone" : state === 1 ? "counts" : ""), make("i", "", String(index)),
    make("span", "", make("b", "", strings[name]), place >= 0 && strings[place] ? make("small", "", strings[place]) : null,
      rule >= 0 ? make("span", "rule", strings[rule]) : null));
}

// Frames that were dropped in a row are one line until somebody wants to see them.
function stackNode(stack) {
  const list = make("ol", "frames");
  for (let i = 0; i < stack.frames.length;) {
    let end = i;
    while (end < stack.frames.length && stack.frames[end][2] === 0) ++end;
    if (end === i) { list.append(frameNode(stack.frames[i], i)); ++i; continue; }
    const rules = [...new Set(stack.frames.slice(i, end).map(f => f[3] >= 0 ? strings[f[3]] : "not needed"))];
    const fold = make("details", "fold", make("summary", "",
      plural(end - i, "frame", "frames") + " dropped by " + rules.join(", ")));
    const inner = make("ol", "");
    for (; i < end; ++i) inner.append(frameNode(stack.frames[i], i));
    fold.append(inner);
    list.append(make("li", "", fold));
  }
  if (stack.all > stack.frames.length)
    list.append(make("li", "gone", "… " + plural(stack.all - stack.frames.length, "more frame", "more frames")));
  return [make("h3", "", stack.title), list];
}

function pathsNode(title, paths, count) {
  if (count === 0) return [];
  const list = make("ul", "paths", ...paths.map(path => make("li", "", path)));
  if (count > paths.length) list.append(make("li", "dim", "… and " + plural(count - paths.length, "more", "more")));
  if (count <= 5) return [make("h3", "", title), list];
  const fold = make("details", "", make("summary", "dim", plural(count, "file", "files")), list);
  return [make("h3", "", title), fold];
}

const listNode = (title, texts) =>
  texts.length ? [make("h3", "", title), make("ul", "", ...texts.map(text => make("li", "", text)))] : [];

function copyButton(text, label) {
  const button = make("button", "", label);
  button.type = "button";
  button.addEventListener("click", async () => {
    try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; }
    catch { button.textContent = "Copying is not allowed here"; }
    setTimeout(() => { button.textContent = label; }, 1500);
  });
  return button;
}

function bodyNode(i) {
  const row = rows[i], d = detail(i);
  const facts = make("dl", "");
  for (const [name, text] of d.facts) facts.append(make("dt", "", name), make("dd", "", text));
  facts.append(make("dt", "", "Security"), make("dd", "", row[2] ? "yes: presumed to be exploitable" : "not presumed"));
  if (row[3].length > 1) facts.append(make("dt", "", "Kinds seen"), make("dd", "", row[3].join(", ")));
  facts.append(make("dt", "", "Group"), make("dd", "", make("code", "", row[0])));
  const signatures = make("dl", "");
  for (const [grain, digits] of d.signatures) signatures.append(make("dt", "", grain), make("dd", "", make("code", "", digits)));
  const link = make("a", "", "Link to this group");
  link.href = "#g-" + encodeURIComponent(row[0]);
  return make("div", "body",
    ...listNode("Why " + SEVERITIES[row[1]].toLowerCase(), d.reasons), make("h3", "", "Facts"), facts,
    ...d.stacks.flatMap(stackNode),
    ...listNode("Why its crashes belong together", d.together),
    make("h3", "", "How to reproduce"), make("pre", "", d.reproduce),
    make("div", "row", d.input ? copyButton(d.reproduce, "Copy commands") : null, copyButton(row[0], "Copy id"), link),
    ...pathsNode("Reports", d.members, d.memberCount), ...pathsNode("Inputs", d.inputs, d.inputCount),
    make("h3", "", "Signatures"), signatures);
}

function cardNode(i) {
  const r = rows[i];
  const card = make("details", "card s" + r[1], make("summary", "", make("span", "severity", SEVERITIES[r[1]]),
    make("h2", "", r[4]), make("span", "count", plural(r[5], "crash", "crashes")),
    make("span", "where", [r[7], r[6] > 1 ? plural(r[6], "file", "files") : "", r[2] ? "security" : ""].filter(Boolean).join(" · "))));
  card.id = "g-" + r[0];
  card.addEventListener("toggle", () => {
    if (card.open && card.childElementCount === 1) card.append(bodyNode(i));
  });
  return card;
}

const chosen = { severities: new Set([0, 1, 2, 3]) };
let found = [], drawn = 0;
function drawMore() {
  const part = document.createDocumentFragment();
  for (const end = Math.min(drawn + PAGE, found.length); drawn < end; ++drawn) part.append(cardNode(found[drawn]));
  byId("list").append(part);
  byId("more").hidden = drawn >= found.length;
}

const ORDERS = {
  severity: null,
  crashes: (a, b) => rows[b][5] - rows[a][5] || a - b,
  title: (a, b) => (rows[a][4] < rows[b][4] ? -1 : rows[a][4] > rows[b][4] ? 1 : a - b),
};
function draw() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const kind = byId("kind").value, security = byId("security").checked;
  found = [];
  rows.forEach((r, i) => {
    if (chosen.severities.has(r[1]) && (!kind || r[3].includes(kind)) && (!security || r[2]) &&
        words.every(word => hay[i].includes(word))) found.push(i);
  });
  const order = ORDERS[byId("order").value];
  if (order) found.sort(order);
  drawn = 0;
  byId("list").replaceChildren();
  drawMore();
  if (!found.length) byId("list").append(make("p", "empty", rows.length ? "No group matches." : "No crashes."));
  byId("status").textContent = found.length === rows.length
    ? plural(rows.length, "group", "groups") : found.length.toLocaleString("en") + " of " + plural(rows.length, "group", "groups");
}

function openLinked() {
  let id = "";
  try { id = decodeURIComponent(location.hash.slice(1)); } catch { return; }
  if (!id.startsWith("g-") || !number.has(id.slice(2))) return;
  if (!byId(id)) {
    chosen.severities = new Set([0, 1, 2, 3]);
    document.querySelectorAll("#severities input").forEach(box => { box.checked = true; });
    byId("kind").value = ""; byId("security").checked = false;
    byId("search").value = id.slice(2);
    draw();
  }
  const card = byId(id);
  card.open = true;
  card.scrollIntoView({ block: "start" });
  card.querySelector("summary").focus({ preventScroll: true });
}

function fillTools() {
  const bySeverity = [0, 0, 0, 0], byKind = new Map();
  for (const r of rows) { ++bySeverity[r[1]]; for (const k of r[3]) byKind.set(k, (byKind.get(k) || 0) + 1); }
  for (const s of [3, 2, 1, 0]) {
    const box = make("input", "");
    box.type = "checkbox"; box.checked = true; box.value = String(s);
    box.addEventListener("change", () => { box.checked ? chosen.severities.add(s) : chosen.severities.delete(s); draw(); });
    byId("severities").append(make("label", "chip s" + s, box, make("b", "", SEVERITIES[s]), bySeverity[s].toLocaleString("en")));
  }
  const option = (value, text) => { const node = make("option", "", text); node.value = value; return node; };
  byId("kind").append(option("", "all kinds"), ...[...byKind].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([kind, count]) => option(kind, kind + " (" + count + ")")));
}

function themes() {
  const root = document.documentElement, button = byId("theme"), names = ["", "dark", "light"];
  button.hidden = false;
  let at = 0;
  button.addEventListener("click", () => {
    at = (at + 1) % names.length;
    root.dataset.theme = names[at];
    button.textContent = "Theme: " + (names[at] || "system");
  });
}

fillTools();
themes();
byId("tools").hidden = false;
byId("tools").addEventListener("submit", event => event.preventDefault());
let waiting = 0;
byId("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(draw, 80); });
for (const id of ["kind", "order", "security"]) byId(id).addEventListener("change", draw);
byId("more").addEventListener("click", drawMore);
new IntersectionObserver(seen => { if (seen[0].isIntersecting && drawn < found.length) drawMore(); },
  { rootMargin: "600px" }).observe(byId("more"));
document.addEventListener("keydown", event => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "/" && !typing) { event.preventDefault(); byId("search").focus(); }
  if (event.key === "Escape" && event.target === byId("search")) { byId("search").value = ""; draw(); }
});
let printed = [];
addEventListener("beforeprint", () => {
  printed = [...document.querySelectorAll(".card:not([open])")].slice(0, PRINTED);
  for (const card of printed) {
    if (card.childElementCount === 1) card.append(bodyNode(number.get(card.id.slice(2))));
    card.open = true;
  }
});
addEventListener("afterprint", () => { for (const card of printed) card.open = false; });
addEventListener("hashchange", openLinked);
draw();
openLinked();
})();
)js";

}  // namespace

std::string_view html_style() { return kStyle; }
std::string_view html_script() { return kScript; }

}  // namespace fuzzmill::cli
