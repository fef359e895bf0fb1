// What every page does: keys, kept forms, pressed state, focus on the first wrong field, the strip for a lost connection.

const lost = document.getElementById("lost");

/** Show or hide the strip that says the connection is lost. */
export function setLost(isLost) {
  lost.textContent = isLost ? document.body.dataset.lost : "";
  lost.hidden = !isLost;
}
window.addEventListener("offline", () => setLost(true));
window.addEventListener("online", () => setLost(false));

// "/" goes to the search field, unless one is typing.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const search = document.getElementById("search");
  if (event.key === "/" && !typing && search && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
    search.select();
  }
});

// Lists: arrows move from row to row, Enter or a click opens the record.
for (const table of document.querySelectorAll("table[data-keys=rows]")) {
  const rows = [...table.querySelectorAll("tbody tr[data-href]")];
  const go = (row) => {
    if (!row) return;
    for (const other of rows) other.tabIndex = other === row ? 0 : -1;
    row.focus();
  };
  table.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr[data-href]");
    if (!row || event.target !== row) return;
    const at = rows.indexOf(row);
    const next = { ArrowDown: rows[at + 1], ArrowUp: rows[at - 1], Home: rows[0], End: rows[rows.length - 1] };
    if (event.key in next) {
      event.preventDefault();
      go(next[event.key]);
    } else if (event.key === "Enter") {
      location.href = row.dataset.href;
    }
  });
  table.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-href]");
    if (!row || event.target.closest("a, button, input, summary, details, label") || getSelection().toString()) return;
    if (event.ctrlKey || event.metaKey) window.open(row.dataset.href);
    else location.href = row.dataset.href;
  });
}

// Forms with data-keep survive a reload, an error and an expired session; passwords and files are never kept.
const keyOf = (form) => `kept:${form.dataset.keep || form.getAttribute("action") || location.pathname}`;
if (document.querySelector("[data-flash=good]")) {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith("kept:")) sessionStorage.removeItem(key);
}
for (const form of document.querySelectorAll("form[data-keep]")) {
  const fields = () =>
    [...form.elements].filter((f) => f.name && !["password", "file", "hidden", "submit"].includes(f.type) && f.tagName !== "BUTTON");
  const kept = JSON.parse(sessionStorage.getItem(keyOf(form)) || "null");
  const answered = form.querySelector("[aria-invalid=true]"); // the server has just given back what was typed
  if (kept && !answered) {
    for (const field of fields()) {
      const value = kept[`${field.name}=${field.type === "checkbox" || field.type === "radio" ? field.value : ""}`];
      if (value === undefined) continue;
      if (typeof value === "boolean") field.checked = value;
      else field.value = value;
    }
  }
  form.addEventListener("input", () => {
    const values = {};
    for (const field of fields()) {
      const tick = field.type === "checkbox" || field.type === "radio";
      values[`${field.name}=${tick ? field.value : ""}`] = tick ? field.checked : field.value;
    }
    sessionStorage.setItem(keyOf(form), JSON.stringify(values));
  });
}

// A sent form shows at once that it was pressed, and is not sent twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  (event.submitter || form).setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const busy of document.querySelectorAll("[aria-busy=true]")) busy.removeAttribute("aria-busy");
});

// htmx requests carry the token.
document.body.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]").content;
});
document.body.addEventListener("htmx:sendError", () => setLost(true));
document.body.addEventListener("htmx:afterOnLoad", () => setLost(false));

document.querySelector("[aria-invalid=true]")?.focus();
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
