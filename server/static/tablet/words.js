// Texts in the language of the app. t("Readings") is extracted by the server and must have its Chinese in the catalogue.

const LANGUAGES = ["zh", "en"];
const KEPT = "tablet-language";
let chosen = "zh";
let texts = {}; // English -> the language's
let codes = {}; // kind -> code -> [zh, en], of the reference file

/** The language of the app: zh or en. */
export function language() {
  return chosen;
}

/** A text in the language of the app; {name} is replaced by values.name. */
export function t(text, values = {}) {
  const told = (chosen === "en" ? null : texts[text]) || text;
  return told.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** One of a pair {zh, en}; an empty one is replaced by the other. */
export function pair(sentence) {
  if (!sentence) return "";
  return chosen === "en" ? sentence.en || sentence.zh || "" : sentence.zh || sentence.en || "";
}

/** The word for a code of the reference file; the code itself where there is none. */
export function word(kind, code) {
  if (code === null || code === undefined || code === "") return "–";
  const known = codes[kind] && codes[kind][code];
  return known ? pair({ zh: known[0], en: known[1] }) : String(code);
}

/** Take the words of codes over: {kind: {code: [zh, en]}}. */
export function setCodeWords(words) {
  codes = words || {};
}

async function load(wanted) {
  if (wanted === "en") return {};
  const answer = await fetch(`/tablet/words/${wanted}.json`, { headers: { Accept: "application/json" } });
  return answer.ok ? answer.json() : {};
}

/** Switch the language; the event "language" tells whoever shows texts. */
export async function setLanguage(wanted) {
  if (!LANGUAGES.includes(wanted)) return;
  if (wanted !== "en" && Object.keys(texts).length === 0) texts = await load(wanted).catch(() => ({}));
  chosen = wanted;
  localStorage.setItem(KEPT, wanted);
  document.documentElement.lang = wanted === "en" ? "en" : "zh-CN";
  window.dispatchEvent(new CustomEvent("language", { detail: wanted }));
}

/** Begin in the language chosen before. */
export function startWords() {
  return setLanguage(localStorage.getItem(KEPT) || "zh");
}
