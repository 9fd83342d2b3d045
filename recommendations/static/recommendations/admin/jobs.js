// While jobs run, fetch the page again every two seconds and show how far they are.
(function () {
  "use strict";
  const EVERY = 2000;

  async function refresh() {
    const box = document.getElementById("rec-jobs");
    if (!box || !box.hasAttribute("data-running")) return;
    if (!document.hidden) {
      try {
        const answer = await fetch(location.href, { credentials: "same-origin" });
        if (!answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("rec-jobs");
        if (!fresh) return;
        box.replaceWith(fresh);
        const list = page.getElementById("result_list");
        const shown = document.getElementById("result_list");
        // A ticked box must not be lost: the table is replaced only when the last job has ended and none is ticked.
        if (!fresh.hasAttribute("data-running") && list && shown && !shown.querySelector("input:checked")) {
          shown.replaceWith(list);
        }
      } catch (error) {
        return;
      }
    }
    setTimeout(refresh, EVERY);
  }

  document.addEventListener("DOMContentLoaded", () => setTimeout(refresh, EVERY));
})();
