// Keeps the app for use without a network. Put before this by the server: VERSION, FILES = [[address, sha256], ...].
// Whole versions only: a version is installed when every file arrived as the list says, and taken when the app asks.

const CACHE = `tablet-${VERSION}`;
const KEPT = new Set(FILES.map(([address]) => address));

async function sha256(bytes) {
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...found].map((byte) => byte.toString(16).padStart(2, "0")).join("");
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
  const rows = [...FILES];
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
