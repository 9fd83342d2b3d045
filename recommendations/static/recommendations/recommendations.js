/**
 * A client of the HTTP API for pages that make their own HTML: asks for lists, shows them, tells what happened.
 *
 *     import { client } from "/static/recommendations/recommendations.js";
 *     const shop = client({ api: "/api/v1/" });
 *     shop.render(await shop.fetch("product_page", { item: "42" }), document.querySelector("#similar"));
 *
 * @typedef {object} Options
 * @property {string} [api] Where `recommendations.api.urls` are included, with the version; "/api/v1/" by default.
 * @property {string} [visitor] The visitor token of an app without cookies.
 * @property {string} [csrf] Django's CSRF token, where its cookie is not for scripts (`{{ csrf_token }}`).
 * @property {Labels} [labels] What is said besides what the API says; English by default.
 *
 * @typedef {object} Labels `{title}` stands for the title of the item.
 * @property {string} [priceNow]
 * @property {string} [oldPrice]
 * @property {string} [why]
 * @property {string} [notInterested]
 * @property {string} [undo]
 *
 * @typedef {object} About What a list is about.
 * @property {string} [item] Key of the item shown.
 * @property {string[]} [items] Keys of several items: a cart, an order.
 * @property {string} [category] Path, outermost first.
 * @property {string} [query] What the visitor searches for.
 * @property {string[]} [exclude] Keys of items that must not be shown.
 * @property {number} [size] Places.
 * @property {boolean} [paging] Ask for `next`.
 * @property {string} [cursor] The `next` of the page before, and nothing else.
 *
 * @typedef {{ title: string, url: string, image: string, price: string | null, old_price: string | null,
 *   currency: string, badge: string, price_text: string, old_price_text: string }} Card
 *
 * @typedef {{ position: number, item: string, source: string, seed: string, reason: string, card: Card }} Place
 *
 * @typedef {{ placement: string, title: string, token: string, tested: boolean, fallback_used: boolean, next: string,
 *   items: Place[] }} Slate
 *
 * @typedef {object} ShopEvent
 * @property {"view" | "search" | "cart" | "uncart" | "wish" | "share" | "click" | "impression" | "dismiss"} kind
 * @property {string} [item]
 * @property {string} [query]
 * @property {number} [quantity]
 * @property {string} [token]
 * @property {number[]} [positions]
 *
 * @typedef {{ index: number, status: "recorded" | "ignored" | "invalid", errors?: Record<string, string[]> }} Result
 */

const LABELS = {
  priceNow: "Price now:",
  oldPrice: "Old price:",
  why: "Why {title}?",
  notInterested: "Not interested",
  undo: "Undo",
};

/** Half of an item in view for so long counts as seen; what was seen is told in batches. */
const SEEN_MS = 1000;
const BATCH_MS = 2000;

/** An answer that is no success: `status`, and what the API says is wrong. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {unknown} body
   */
  constructor(status, body) {
    const detail = /** @type {{ detail?: string } | null} */ (body)?.detail;
    super(detail || `The API answered ${status}: ${JSON.stringify(body)}`);
    this.name = "ApiError";
    this.status = status;
    this.body = body;
  }
}

/** @param {Options} [options] */
export function client({ api = "/api/v1/", visitor = "", csrf = "", labels } = {}) {
  /** @type {Map<string, { etag: string, slate: Slate }>} */
  const kept = new Map();

  /** @returns {Record<string, string>} */
  const headers = () => (visitor ? { "X-Visitor": visitor } : {});

  /**
   * @param {string} path
   * @param {unknown} body
   * @returns {Promise<any>}
   */
  const post = async (path, body) => {
    const token = csrf || decodeURIComponent(document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "");
    const answer = await globalThis.fetch(api + path, {
      method: "POST",
      credentials: "same-origin",
      keepalive: true, // goes out when the page is left, too
      headers: {
        ...headers(),
        "Content-Type": "application/json",
        ...(token ? { "X-CSRFToken": token } : {}),
      },
      body: JSON.stringify(body),
    });
    return read(answer);
  };

  /**
   * The list of a placement. What did not change since it was asked for last is not sent again.
   *
   * @param {string} placement
   * @param {About} [about]
   * @returns {Promise<Slate>} Rejects with an ApiError.
   */
  const fetch = async (placement, about = {}) => {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(about)) {
      if (value !== undefined && value !== "") query.set(name, String(value));
    }
    const url = `${api}recommendations/${encodeURIComponent(placement)}/?${query}`;
    const known = kept.get(url);
    const answer = await globalThis.fetch(url, {
      credentials: "same-origin",
      headers: { ...headers(), ...(known ? { "If-None-Match": known.etag } : {}) },
    });
    if (known && answer.status === 304) return known.slate;
    const slate = /** @type {Slate} */ (await read(answer));
    kept.set(url, { etag: answer.headers.get("ETag") || "", slate });
    return slate;
  };

  /**
   * Tells what the visitor did.
   *
   * @param {...ShopEvent} events At most 100.
   * @returns {Promise<Result[]>} What became of each. Rejects with an ApiError.
   */
  const track = async (...events) => (await post("events/", { events })).results;

  /**
   * "Not interested" in an item of a slate, or its undoing.
   *
   * @param {Slate} slate
   * @param {string} item
   * @param {"not_interested" | "undo"} feedback
   * @returns {Promise<"recorded" | "ignored">}
   */
  const feedback = async (slate, item, feedback) =>
    (await post("feedback/", { token: slate.token, item, feedback })).status;

  /**
   * Shows a slate in place of what is in an element, in the HTML of the packaged template, and tells what of it is seen
   * and clicked. An empty slate leaves the element empty, but for the mark of a place that is tested.
   *
   * @param {Slate} slate
   * @param {Element} place
   * @returns {HTMLElement | null} The row.
   */
  const render = (slate, place) => {
    place.replaceChildren();
    const isEmpty = !slate.items.length;
    if (isEmpty && !slate.tested) return null;
    const row = isEmpty
      ? element("div", "rec-seen")
      : rowOf(slate, { ...LABELS, ...labels }, (item, what) => feedback(slate, item, what));
    if (slate.tested) (isEmpty ? row : row.insertBefore(element("div", ""), row.firstChild)).dataset.place = "";
    place.append(row);
    watch(row, slate.token, (events) => track(...events).catch(() => {})); // a lost report breaks no page
    return isEmpty ? null : row;
  };

  return { fetch, track, feedback, render };
}

/** @param {Response} answer */
async function read(answer) {
  const body = await answer.json().catch(() => null); // an error page of a server in between
  if (!answer.ok) throw new ApiError(answer.status, body);
  return body;
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {...(Node | string)} children Text stays text, whatever it says.
 */
function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** @param {string} url */
const isSafe = (url) => Boolean(url) && ["http:", "https:"].includes(new URL(url, location.href).protocol);

/**
 * @callback Say Tells what the visitor says of an item.
 * @param {string} item
 * @param {"not_interested" | "undo"} what
 * @returns {Promise<unknown>}
 */

let rows = 0;

/**
 * @param {Slate} slate
 * @param {typeof LABELS} labels
 * @param {Say} say
 */
function rowOf(slate, labels, say) {
  const heading = element("h2", "rec__heading", slate.title);
  heading.id = `rec-js-${++rows}`;
  const list = element("ul", "rec__items", ...slate.items.map((item) => placeOf(item, labels, say)));
  list.setAttribute("role", "list");
  list.setAttribute("aria-labelledby", heading.id);
  list.tabIndex = 0; // the arrow keys scroll it
  const row = element("section", `rec rec--${slate.placement}`, heading, list);
  row.setAttribute("aria-labelledby", heading.id);
  row.dataset.placement = slate.placement;
  return row;
}

/**
 * @param {Place} item
 * @param {typeof LABELS} labels
 * @param {Say} say
 */
function placeOf({ item, position, reason, card }, labels, say) {
  const link = /** @type {HTMLAnchorElement} */ (element("a", "rec__card"));
  if (isSafe(card.url)) link.href = card.url;
  if (isSafe(card.image)) {
    const image = Object.assign(document.createElement("img"), {
      ...{ className: "rec__image", alt: "", width: 320, height: 320, loading: "lazy", decoding: "async" },
    });
    image.src = card.image;
    link.append(image);
  }
  if (card.badge) link.append(element("span", "rec__badge", card.badge));
  link.append(element("span", "rec__name", card.title));
  if (card.price !== null) link.append(pricesOf(card, labels));
  const place = element("li", "rec__item", link);
  if (reason) place.append(whyOf(place, item, card.title, reason, labels, say));
  place.dataset.item = item;
  place.dataset.position = String(position);
  return place;
}

/**
 * The note "why this?", with "not interested" and its undoing.
 *
 * @param {HTMLElement} place
 * @param {string} item
 * @param {string} title
 * @param {string} reason
 * @param {typeof LABELS} labels
 * @param {Say} say
 */
function whyOf(place, item, title, reason, labels, say) {
  const mark = element("span", "", "i");
  mark.setAttribute("aria-hidden", "true");
  const summary = element("summary", "rec__ask", mark);
  summary.append(element("span", "rec__hidden", labels.why.replace("{title}", () => title)));
  const dismiss = element("button", "rec__button", labels.notInterested);
  const undo = element("button", "rec__button", labels.undo);
  undo.hidden = true;
  for (const button of [dismiss, undo]) button.setAttribute("type", "button");

  /** @param {boolean} gone */
  const tell = async (gone) => {
    try {
      await say(item, gone ? "not_interested" : "undo");
    } catch {
      return; // not told: the item stays as it was
    }
    place.classList.toggle("rec__item--dismissed", gone);
    dismiss.hidden = gone;
    undo.hidden = !gone;
    (gone ? undo : dismiss).focus();
  };
  dismiss.addEventListener("click", () => tell(true));
  undo.addEventListener("click", () => tell(false));

  const note = element("div", "rec__note", element("p", "rec__reason", reason), dismiss, undo);
  const why = element("details", "rec__why", summary, note);
  why.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    why.removeAttribute("open");
    summary.focus();
  });
  return why;
}

/**
 * @param {Card} card
 * @param {typeof LABELS} labels
 */
function pricesOf(card, labels) {
  const prices = element("span", "rec__prices");
  const price = element("strong", "rec__price", card.price_text || String(card.price));
  if (card.old_price === null) {
    prices.append(price);
    return prices;
  }
  const old = element("del", "rec__old-price", element("span", "rec__hidden", labels.oldPrice), " ");
  old.append(card.old_price_text || card.old_price);
  prices.append(element("span", "rec__hidden", labels.priceNow), " ", price, " ", old);
  return prices;
}

/**
 * Tells which places of a row were seen (half in view for a second) and clicked, each once.
 *
 * @param {HTMLElement} row
 * @param {string} token
 * @param {(events: ShopEvent[]) => unknown} tell
 */
function watch(row, token, tell) {
  /** @type {Map<Element, number>} */
  const timers = new Map();
  const told = new Set();
  const clicked = new Set();
  /** @type {number[]} */
  let seen = [];
  let batch = 0;

  /** @param {ShopEvent[]} events */
  const flush = (events = []) => {
    clearTimeout(batch);
    batch = 0;
    const positions = seen.filter((position) => position >= 0);
    if (seen.length) events = [{ kind: "impression", token, positions }, ...events];
    seen = [];
    if (events.length) tell(events);
  };

  /** @param {HTMLElement} place */
  const see = (place) => {
    observer.unobserve(place);
    const position = Number(place.dataset.position ?? -1); // −1: the place of a row that is tested
    if (told.has(position)) return;
    told.add(position);
    seen.push(position);
    batch = batch || window.setTimeout(flush, BATCH_MS);
  };

  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, intersectionRatio } of entries) {
        clearTimeout(timers.get(target));
        timers.delete(target);
        if (intersectionRatio >= 0.5) timers.set(target, window.setTimeout(see, SEEN_MS, target));
      }
    },
    { threshold: 0.5 },
  );

  const listening = new AbortController();

  const observe = () => {
    if (!row.isConnected) return stop(); // another row took its place
    const inside = /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll("[data-item], [data-place]"));
    for (const place of "place" in row.dataset ? [row] : inside) {
      observer.unobserve(place); // observing anew asks again what is in view
      observer.observe(place);
    }
  };

  const pause = () => {
    timers.forEach((timer) => clearTimeout(timer));
    timers.clear();
    flush();
  };

  const stop = () => {
    pause();
    observer.disconnect();
    listening.abort();
  };

  /** @param {MouseEvent} event */
  const click = (event) => {
    const target = /** @type {Element} */ (event.target);
    const place = /** @type {HTMLElement | null} */ (target.closest("[data-item]"));
    if ((event.type === "auxclick" && event.button !== 1) || !place || !target.closest("a[href]")) return;
    const item = String(place.dataset.item);
    if (clicked.has(item)) return;
    clicked.add(item);
    see(place);
    flush([{ kind: "click", token, item }]);
  };

  observe();
  row.addEventListener("click", click, true);
  row.addEventListener("auxclick", click, true);
  const { signal } = listening;
  document.addEventListener("visibilitychange", () => (document.hidden ? pause() : observe()), { signal });
  addEventListener("pagehide", () => (row.isConnected ? pause() : stop()), { signal });
}
