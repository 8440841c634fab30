// After the first load the page comes from here: FILES, and CACHE by their content, stand before this.
addEventListener("install", (event) => {
  const all = caches.open(CACHE).then((cache) => cache.addAll(FILES));
  event.waitUntil(all.then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("etude-") && name !== CACHE;
  const gone = caches
    .keys()
    .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))));
  event.waitUntil(gone.then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  const kept = caches.match(request, { ignoreSearch: true });
  event.respondWith(kept.then((found) => (found ? isolated(found, request.url) : fetch(request))));
});

// A page that is isolated from others may compute with several threads. Any server gives out these
// files, few of them with these headers: so from the second visit on they have them from here.
function isolated(found, url) {
  const headers = new Headers(found.headers);
  // Servers that do not know the ending call it unknown, and then no browser runs it.
  if (/\.mjs$/.test(new URL(url).pathname)) headers.set("Content-Type", "text/javascript");
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  const { status, statusText } = found;
  return new Response(found.body, { status, statusText, headers });
}
