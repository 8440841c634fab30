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
  event.respondWith(kept.then((found) => found ?? fetch(request)));
});
