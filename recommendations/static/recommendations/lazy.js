/* Fills the places of lazy rows. A row that is empty, or does not come, leaves no place. */
(() => {
  "use strict";
  const fill = async (place) => {
    let html = "";
    try {
      const answer = await fetch(place.dataset.recFragment, { credentials: "same-origin" });
      if (answer.status === 200) html = await answer.text();
    } catch {
      // Offline: the page goes on without the row.
    }
    if (!html) return place.remove();
    const row = document.createElement("template");
    row.innerHTML = html;
    place.replaceWith(row.content);
    dispatchEvent(new Event("rec:shown"));
  };
  const start = () => document.querySelectorAll("[data-rec-fragment]").forEach(fill);
  if (document.prerendering) document.addEventListener("prerenderingchange", start, { once: true });
  else start();
})();
