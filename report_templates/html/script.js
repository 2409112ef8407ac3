"use strict";
{
  const root = document.documentElement;
  const form = document.getElementById("filters");
  const fields = ["text", "study", "verdict", "kind", "tier"];
  const output = form.querySelector("output");
  const clear = form.querySelector("button");
  const claims = [...document.querySelectorAll("tbody.claim")].map((body) => ({
    body,
    text: (body.id + " " + body.textContent).toLowerCase(),
  }));
  root.classList.add("js");
  form.hidden = false;

  // Filters. The address keeps them, so a filtered view can be linked to.
  const chosen = () => Object.fromEntries(fields.map((name) => [name, form.elements[name].value.trim()]));
  const shown = () => claims.filter(({ body }) => !body.hidden).map(({ body }) => body);

  function apply() {
    const want = chosen();
    const active = fields.some((name) => want[name]);
    const words = want.text.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { body, text } of claims) {
      const fits = fields.slice(1).every((name) => !want[name] || body.dataset[name] === want[name]);
      body.hidden = !(fits && words.every((word) => text.includes(word)));
    }
    for (const table of document.querySelectorAll("table.claims")) {
      table.closest(".chapter").classList.toggle("empty", !table.querySelector("tbody.claim:not([hidden])"));
    }
    root.classList.toggle("filtering", active);
    clear.hidden = !active;
    output.textContent = active ? `${shown().length} of ${claims.length} claims` : "";
    return active;
  }

  function remember(active) {
    const query = new URLSearchParams(Object.entries(chosen()).filter(([, value]) => value));
    history.replaceState(null, "", active ? `#?${query}` : location.pathname + location.search);
  }

  form.addEventListener("input", () => remember(apply()));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => remember(apply())));

  // Addresses: "#?verdict=supported" filters, "#claim-id" opens that claim.
  function follow() {
    const hash = decodeURIComponent(location.hash.slice(1).split("?")[0]);
    if (location.hash.startsWith("#?")) {
      const query = new URLSearchParams(location.hash.slice(2));
      for (const name of fields) form.elements[name].value = query.get(name) || "";
      apply();
      scrollTo(0, 0);
      return;
    }
    if (!hash) return;
    const target = document.getElementById(hash);
    if (!target) return;
    if (root.classList.contains("filtering") && !(target.matches("tbody.claim") && !target.hidden)) {
      form.reset();
      for (const name of fields) form.elements[name].value = "";
      apply();
    }
    if (target.matches("tbody.claim")) target.querySelector("details").open = true;
    target.scrollIntoView();
  }
  addEventListener("hashchange", follow);

  // Light and dark: the system decides until the reader does.
  const theme = document.getElementById("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = { get: () => null, set: () => {} };
  try {
    localStorage.getItem("soapbubble-theme");
    kept.get = () => localStorage.getItem("soapbubble-theme");
    kept.set = (value) => localStorage.setItem("soapbubble-theme", value);
  } catch { /* a page without storage forgets the choice */ }
  const current = () => root.dataset.theme || (dark.matches ? "dark" : "light");
  function label() {
    theme.textContent = current() === "dark" ? "Light" : "Dark";
    theme.setAttribute("aria-label", `Switch to ${theme.textContent.toLowerCase()} colours`);
  }
  if (kept.get()) root.dataset.theme = kept.get();
  theme.hidden = false;
  theme.addEventListener("click", () => {
    root.dataset.theme = current() === "dark" ? "light" : "dark";
    kept.set(root.dataset.theme);
    label();
  });
  dark.addEventListener("change", label);
  label();

  // Figures: a click shows them as large as the window, a click or Esc puts them back.
  function zoom(card) {
    const open = document.querySelector("a.card.zoomed");
    if (open) open.classList.remove("zoomed");
    if (card && card !== open) card.classList.add("zoomed");
    return open;
  }
  document.addEventListener("click", (event) => {
    const card = event.target.closest("a[data-zoom]");
    if (card) {
      event.preventDefault();
      zoom(card);
    }
  });

  // Keys: / searches, j and k walk the claims, Enter opens one, Esc closes, clears or leaves.
  function walk(step) {
    const list = shown();
    const here = list.findIndex((body) => body.contains(document.activeElement));
    const top = list.findIndex((body) => body.getBoundingClientRect().bottom > 120);
    const next = list[Math.min(Math.max(here < 0 ? top : here + step, 0), list.length - 1)];
    if (!next) return;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input, select, textarea");
    const body = event.target.closest && event.target.closest("tbody.claim");
    if (event.key === "Escape") {
      if (zoom(null)) return;
      const open = body && body.querySelector("details[open]");
      if (open) open.open = false;
      else if (root.classList.contains("filtering")) form.reset();
      if (typing) event.target.blur();
    } else if (typing) {
      return;
    } else if (event.key === "/") {
      event.preventDefault();
      form.elements.text.focus();
    } else if (event.key === "j" || event.key === "k") {
      walk(event.key === "j" ? 1 : -1);
    } else if (event.key === "Enter" && event.target === body) {
      const details = body.querySelector("details");
      details.open = !details.open;
    }
  });

  // The contents show where the reader is.
  const links = new Map([...document.querySelectorAll("#contents ol a")].map((a) => [a.hash.slice(1), a]));
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const entry of entries.filter((item) => item.isIntersecting)) {
        for (const [id, a] of links) {
          if (id === entry.target.id) a.setAttribute("aria-current", "true");
          else a.removeAttribute("aria-current");
        }
      }
    },
    { rootMargin: "-20% 0px -75% 0px" },
  );
  for (const id of links.keys()) watcher.observe(document.getElementById(id));

  addEventListener("beforeprint", () => form.reset());
  follow();
}
