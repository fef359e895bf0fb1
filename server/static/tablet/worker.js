// Keeps the app for use without a network. Put before this by the server: VERSION, FILES = [[address, sha256], ...].
// Whole versions only: a version is installed when every file arrived as the list says, and taken when the app asks.

const CACHE = `tablet-${VERSION}`;
const KEPT = new Set(FILES.map(([address]) => address));

async function sha256(bytes) {
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...found].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const PAGE = "/tablet/"; // its headers say what the app may do: it is always asked for itself
const PACK = "/tablet/pack.json"; // the text of all other files by their address, in one answer
const FEW = 12; // fewer files than these are asked for one by one
const TYPES = { js: "text/javascript", css: "text/css", svg: "image/svg+xml", json: "application/json", webmanifest: "application/manifest+json" };

/** Take over what the version before has already; what is missing. */
async function takeOver(cache) {
  const names = (await caches.keys()).filter((name) => name.startsWith("tablet-") && name !== CACHE);
  const missing = [];
  for (const [address, wanted] of FILES) {
    let found = null;
    for (const name of address === PAGE ? [] : names) {
      const kept = await (await caches.open(name)).match(address);
      if (kept && (await sha256(await kept.clone().arrayBuffer())) === wanted) found = kept;
    }
    if (found) await cache.put(address, found);
    else missing.push([address, wanted]);
  }
  return missing;
}

/** Put the files that came in one answer; those that did not. */
async function unpack(cache, rows) {
  const answer = await fetch(PACK, { cache: "no-store", credentials: "omit", redirect: "error" });
  const texts = answer.ok ? await answer.json() : {};
  const left = [];
  for (const [address, wanted] of rows) {
    const bytes = new TextEncoder().encode(texts[address] ?? "");
    if (address in texts && (await sha256(bytes)) === wanted) {
      const headers = { "Content-Type": `${TYPES[address.split(".").pop()]}; charset=utf-8`, "X-Content-Type-Options": "nosniff" };
      await cache.put(address, new Response(bytes, { headers }));
    } else left.push([address, wanted]);
  }
  return left;
}

async function keep(cache, [address, wanted]) {
  const answer = await fetch(address, { cache: "no-cache", credentials: "omit", redirect: "error" });
  const bytes = await answer.arrayBuffer();
  if (!answer.ok || (await sha256(bytes)) !== wanted) throw new Error(`${address} is not of version ${VERSION}`);
  const headers = new Headers(answer.headers);
  headers.delete("Content-Encoding"); // it is kept unpacked
  headers.delete("Content-Length");
  await cache.put(address, new Response(bytes, { status: 200, headers }));
}

async function install() {
  const cache = await caches.open(CACHE);
  const missing = await takeOver(cache);
  const rows = missing.length > FEW ? await unpack(cache, missing) : missing;
  const worker = async () => {
    for (let row = rows.pop(); row; row = rows.pop()) await keep(cache, row);
  };
  try {
    await Promise.all([worker(), worker(), worker(), worker()]);
  } catch (fault) {
    await caches.delete(CACHE);
    throw fault;
  }
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith("tablet-") && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

async function answer(request, address) {
  const cache = await caches.open(CACHE);
  return (await cache.match(address)) || fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
  if (event.data === "version" && event.source) event.source.postMessage({ version: VERSION });
});
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const ours = event.request.method === "GET" && url.origin === self.location.origin && KEPT.has(url.pathname);
  if (ours) event.respondWith(answer(event.request, url.pathname)); // data, records and the session go to the server
});
