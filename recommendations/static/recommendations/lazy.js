/* Fills the places of lazy rows. An empty row leaves no place; one that does not come can be asked for again. */
(() => {
  "use strict";
  const ask = async (url) => {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.status === 200 ? answer.text() : "";
  };

  const show = (place, html) => {
    const row = document.createElement("template");
    row.innerHTML = html;
    // The row keeps the height of its place, so that nothing moves.
    row.content.querySelector(".rec")?.classList.add("rec--came");
    const hadFocus = place.contains(document.activeElement);
    const list = row.content.querySelector(".rec__items");
    place.replaceWith(row.content);
    if (hadFocus) list?.focus();
    dispatchEvent(new Event("rec:shown"));
  };

  const fail = (place) => {
    place.ariaBusy = "false";
    const failed = place.querySelector(".rec__failed");
    if (!failed) return place.remove(); // a template of the shop's own
    place.querySelector(".rec__hidden").textContent = "";
    failed.hidden = false;
    failed.querySelector("p").textContent = failed.querySelector("template").innerHTML;
    failed.querySelector("button").onclick = () => fill(place);
  };

  const fill = async (place) => {
    place.ariaBusy = "true";
    try {
      const html = await ask(place.dataset.recFragment);
      if (html) show(place, html);
      else place.remove();
    } catch {
      fail(place); // offline, or the shop is in trouble
    }
  };

  const start = () => document.querySelectorAll("[data-rec-fragment]").forEach(fill);
  if (document.prerendering) document.addEventListener("prerenderingchange", start, { once: true });
  else start();
})();
