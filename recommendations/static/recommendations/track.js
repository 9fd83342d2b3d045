/* Tells which recommended items were seen (half in view for a second) and clicked. */
(() => {
  "use strict";
  const url = document.currentScript.dataset.url;
  const slates = new Map(); // section → its slate
  const timers = new Map(); // item → its second in view
  let batch = 0;

  const slateOf = (item) => {
    const section = item.closest("[data-slate]");
    if (!slates.has(section)) {
      slates.set(section, { token: section.dataset.slate, told: new Set(), seen: new Set(), clicked: new Set() });
    }
    return slates.get(section);
  };

  const post = (slates) => {
    const body = new Blob([JSON.stringify({ slates })], { type: "application/json" });
    if (navigator.sendBeacon && navigator.sendBeacon(url, body)) return;
    fetch(url, { method: "POST", body, keepalive: true }).catch(() => {});
  };

  const flush = (slate, key) => {
    clearTimeout(batch);
    batch = 0;
    const news = [];
    for (const each of slates.values()) {
      const clicked = each === slate ? key : null;
      const seen = [...each.seen].filter((n) => n + 1);
      if (each.seen.size || clicked) news.push({ token: each.token, seen, clicked });
      each.seen.clear();
    }
    if (news.length) post(news);
  };

  const see = (item) => {
    const slate = slateOf(item);
    const position = +item.dataset.position;
    if (slate.told.has(position)) return;
    slate.told.add(position);
    slate.seen.add(position);
    batch = batch || setTimeout(flush, 2000);
  };

  const observer = new IntersectionObserver((entries) => {
    for (const { target, intersectionRatio } of entries) {
      clearTimeout(timers.get(target));
      timers.delete(target);
      if (intersectionRatio >= 0.5) timers.set(target, setTimeout(see, 1000, target));
    }
  }, { threshold: 0.5 });

  const observe = () => {
    for (const item of document.querySelectorAll("[data-slate] [data-position]")) {
      observer.unobserve(item); // observing anew asks again what is in view
      observer.observe(item);
    }
  };

  const pause = () => {
    timers.forEach((timer) => clearTimeout(timer));
    timers.clear();
    flush();
  };

  const click = (event) => {
    if (event.type === "auxclick" && event.button !== 1) return;
    const item = event.target.closest("[data-slate] [data-item]");
    if (!item || !event.target.closest("a[href]")) return;
    const { clicked } = slateOf(item);
    if (clicked.has(item.dataset.item)) return;
    clicked.add(item.dataset.item);
    see(item);
    flush(slateOf(item), item.dataset.item);
  };

  const start = () => {
    observe();
    for (const type of ["click", "auxclick"]) document.addEventListener(type, click, true);
    document.addEventListener("visibilitychange", () => (document.hidden ? pause() : observe()));
    addEventListener("pagehide", pause);
    addEventListener("rec:shown", observe);
    addEventListener("pageshow", (event) => event.persisted && observe());
  };

  if (document.prerendering) document.addEventListener("prerenderingchange", start, { once: true });
  else start();
})();
