/* Fills the places of lazy rows. An empty row leaves no place; one that does not come can be asked for again. */
(() => {
  "use strict";
  // Servers take addresses of about 4,000 characters, and ours so many rows.
  const LONGEST = 3500;
  const MOST = 20;

  const signed = (place) => new URL(place.dataset.recFragment, location.href).searchParams.get("of");

  // The rows of a page in as few requests as may be: in one, none repeats what another shows.
  const ask = async (places) => {
    const url = new URL(places[0].dataset.recFragment, location.href);
    for (const place of places.slice(1)) url.searchParams.append("of", signed(place));
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(answer.statusText);
    if (places.length > 1) return (await answer.json()).rows;
    return [answer.status === 200 ? await answer.text() : ""];
  };

  const together = (places) => {
    const groups = [];
    let length = 0;
    for (const place of places) {
      const more = encodeURIComponent(signed(place)).length + 4;
      if (!groups.length || length + more > LONGEST || groups.at(-1).length === MOST) {
        groups.push([]);
        length = location.origin.length;
      }
      groups.at(-1).push(place);
      length += more;
    }
    return groups;
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
    // With the others that did not come, which must not repeat it either.
    failed.querySelector("button").onclick = () => start("[data-rec-fragment][aria-busy=false]");
  };

  const fill = async (places) => {
    for (const place of places) place.ariaBusy = "true";
    let rows = [];
    try {
      rows = await ask(places);
    } catch {
      // offline, or the shop is in trouble: none came
    }
    places.forEach((place, n) => {
      if (rows[n]) show(place, rows[n]);
      else if (rows[n] === "") place.remove();
      else fail(place);
    });
  };

  const start = (which) => together(document.querySelectorAll(which)).forEach(fill);
  const begin = () => start("[data-rec-fragment]");
  if (document.prerendering) document.addEventListener("prerenderingchange", begin, { once: true });
  else begin();
})();
