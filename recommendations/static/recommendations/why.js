/* "Not interested" beside a recommended item, and its undoing. Without a script the buttons stay hidden. */
(() => {
  "use strict";
  const url = document.currentScript.dataset.url;

  const send = (item, what) => {
    const slate = { token: item.closest("[data-slate]").dataset.slate, [what]: item.dataset.item };
    const body = new Blob([JSON.stringify({ slates: [slate] })], { type: "application/json" });
    return fetch(url, { method: "POST", body, keepalive: true });
  };

  const show = (item, dismissed) => {
    item.classList.toggle("rec__item--dismissed", dismissed);
    for (const button of item.querySelectorAll("[data-rec]")) {
      button.hidden = (button.dataset.rec === "dismissed") === dismissed;
    }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-slate] [data-item] [data-rec]");
    if (!button) return;
    const item = button.closest("[data-item]");
    button.disabled = true;
    try {
      const answer = await send(item, button.dataset.rec);
      if (!answer.ok) return;
      show(item, button.dataset.rec === "dismissed");
      item.querySelector("[data-rec]:not([hidden])").focus();
    } finally {
      button.disabled = false;
    }
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-slate] [data-rec-personal]");
    if (!button) return;
    const body = new Blob([JSON.stringify({ on: button.dataset.recPersonal === "on" })], { type: "application/json" });
    const answer = await fetch(new URL("../personalise/", new URL(url, location)), { method: "POST", body });
    if (answer.ok) location.reload();
  });

  // One note is open at a time; Escape closes it.
  document.addEventListener("toggle", (event) => {
    if (!event.target.open || !event.target.matches("[data-slate] .rec__why")) return;
    for (const other of document.querySelectorAll("[data-slate] .rec__why[open]")) {
      if (other !== event.target) other.open = false;
    }
    const wish = event.target.querySelector("[data-rec-personal]");
    if (wish) wish.hidden = false;
    show(event.target.closest("[data-item]"), event.target.closest(".rec__item--dismissed") !== null);
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const note of document.querySelectorAll("[data-slate] .rec__why[open]")) {
      note.open = false;
      note.querySelector("summary").focus();
    }
  });
})();
