// Addresses behind the #: "#/check/0190…/readings". Pure functions first; what touches the window is below.

/** The path of an address: "#/check/1/?x=2" -> "/check/1". */
export function pathOf(hash) {
  const path = String(hash || "").replace(/^#/, "").split("?")[0];
  const trimmed = path.length > 1 ? path.replace(/\/+$/, "") : path;
  return trimmed.startsWith("/") ? trimmed : "/";
}

/** What stands behind the "?" of an address, as an object. */
export function queryOf(hash) {
  return Object.fromEntries(new URLSearchParams(String(hash || "").split("?")[1] || ""));
}

/**
 * Whether a path fits a pattern: match("/check/:key/readings", "/check/1/readings") -> {key: "1"}; null where not.
 */
export function match(pattern, path) {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const params = {};
  for (let at = 0; at < wanted.length; at += 1) {
    if (wanted[at].startsWith(":")) {
      if (given[at] === "") return null;
      try {
        params[wanted[at].slice(1)] = decodeURIComponent(given[at]);
      } catch {
        return null;
      }
    } else if (wanted[at] !== given[at]) {
      return null;
    }
  }
  return params;
}

const fixedParts = (path) => path.split("/").filter((part) => part && !part.startsWith(":")).length;

/** The screen of a path with its parameters; a pattern with more fixed parts goes first. Null: there is none. */
export function find(screens, path) {
  const inOrder = [...screens].sort((one, other) => fixedParts(other.path) - fixedParts(one.path));
  for (const screen of inOrder) {
    const params = match(screen.path, path);
    if (params) return { screen, params };
  }
  return null;
}

/** Go to an address: go("/check/123/readings"). `replace`: without a step in the history. */
export function go(path, { replace = false } = {}) {
  const address = `#${path}`;
  if (replace) {
    history.replaceState(null, "", address);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else if (location.hash === address) {
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = address;
  }
}

/** One step back; to the first screen where there is none. */
export function back() {
  if (history.length > 1) history.back();
  else go("/", { replace: true });
}
