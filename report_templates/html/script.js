"use strict";
{
  const root = document.documentElement;
  const form = document.getElementById("filters");
  root.classList.add("js");
  if (form) explore();
  else leadThere();

  // The claims: filters, order, keys. The address keeps the filters, so a filtered view can be linked to.
  function explore() {
    const fields = ["text", "study", "verdict", "group", "kind", "tier"];
    const output = form.querySelector("output");
    const clear = form.querySelector("button");
    const table = document.querySelector("table.claims");
    const claims = [...table.tBodies].map((body, place) => ({
      body,
      place,
      text: (body.id + " " + body.textContent).toLowerCase(),
    }));
    const prose = [...document.querySelectorAll(".chapter:not(#claims)")].map((chapter) => ({
      chapter,
      text: chapter.textContent.toLowerCase(),
    }));
    const verdicts = [...form.elements.verdict.options].map((option) => option.value);
    form.hidden = false;

    const chosen = () => Object.fromEntries(fields.map((name) => [name, form.elements[name].value.trim()]));
    const shown = () => [...table.tBodies].filter((body) => !body.hidden);

    function apply() {
      const want = chosen();
      const active = fields.some((name) => want[name]);
      const words = want.text.toLowerCase().split(/\s+/).filter(Boolean);
      for (const { body, text } of claims) {
        const fits = fields.slice(1).every((name) => !want[name] || body.dataset[name] === want[name]);
        body.hidden = !(fits && words.every((word) => text.includes(word)));
      }
      clear.hidden = !active;
      output.replaceChildren(active ? `${shown().length} of ${claims.length} claims` : "");
      const also = words.length ? prose.filter(({ text }) => words.every((word) => text.includes(word))) : [];
      also.forEach(({ chapter }, at) => {
        const link = document.createElement("a");
        link.href = `#${chapter.id}`;
        link.textContent = chapter.querySelector("h2").textContent.replace(/^\d+/, "");
        output.append(at ? " · " : ", also in the text: ", link);
      });
      return active;
    }

    function sort() {
      const by = form.elements.order.value;
      const key = {
        "": ({ place }) => place,
        verdict: ({ body }) => verdicts.indexOf(body.dataset.verdict),
        id: ({ body }) => body.id,
        tier: ({ body }) => body.dataset.tier,
      }[by];
      const ordered = [...claims].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.place - b.place));
      table.append(...ordered.map(({ body }) => body));
      table.caption.textContent = `In the order of ${by ? form.elements.order.selectedOptions[0].text.slice(7) : "the studies"}.`;
    }

    function remember(active) {
      const query = new URLSearchParams(Object.entries(chosen()).filter(([, value]) => value));
      history.replaceState(null, "", active ? `#?${query}` : location.pathname + location.search);
    }

    form.addEventListener("input", (event) => {
      if (event.target.name === "order") sort();
      else if (event.target.name !== "keys") remember(apply());
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => (sort(), remember(apply()))));

    // Addresses: "#?verdict=supported" filters, "#claim-id" opens that claim.
    function follow() {
      const hash = decodeURIComponent(location.hash.slice(1).split("?")[0]);
      if (location.hash.startsWith("#?")) {
        const query = new URLSearchParams(location.hash.slice(2));
        for (const name of fields) form.elements[name].value = query.get(name) || "";
        apply();
        form.scrollIntoView();
        return;
      }
      const target = hash && document.getElementById(hash);
      if (!target) return;
      if (target.matches("tbody.claim")) {
        if (target.hidden) {
          for (const name of fields) form.elements[name].value = "";
          apply();
        }
        target.querySelector("details").open = true;
      }
      target.scrollIntoView();
    }
    addEventListener("hashchange", follow);
    addEventListener("beforeprint", () => form.reset());
    follow();

    // Keys: / searches, j and k walk the claims, Enter opens one, Esc closes or clears. They can be switched off.
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
      const typing = event.target.matches("input:not([type=checkbox]), select, textarea");
      const body = event.target.closest && event.target.closest("tbody.claim");
      if (event.key === "Escape") {
        const open = body && body.querySelector("details[open]");
        if (open) open.open = false;
        else if (typing || !clear.hidden) form.reset();
        if (typing) event.target.blur();
      } else if (typing || !form.elements.keys.checked) {
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

    // The marks of a study are one stop of the Tab key; arrows move within.
    for (const row of document.querySelectorAll(".dots")) {
      row.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        const next = step && row.children[[...row.children].indexOf(document.activeElement) + step];
        if (!next) return;
        event.preventDefault();
        document.activeElement.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      });
    }
  }

  function leadThere() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target) target.scrollIntoView();
  }

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

  // Figures: a click shows them as large as the window, to be scrolled and pinched; a click or Esc puts them back.
  function zoom(card) {
    const open = document.querySelector("a.card.zoomed");
    if (open) open.classList.remove("zoomed");
    if (card && card !== open) card.classList.add("zoomed");
    return open;
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") zoom(null);
  });
  document.addEventListener("click", (event) => {
    const card = event.target.closest("a[data-zoom]");
    if (card) {
      event.preventDefault();
      zoom(card);
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
}
