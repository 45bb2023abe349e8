/* What the browser does itself: the address, the theme before anything is drawn, and links to evidence. */
(function () {
  "use strict";
  const root = document.documentElement;

  function cookie(name) {
    const found = document.cookie.split("; ").find((part) => part.startsWith(name + "="));
    return found ? found.split("=")[1] : null;
  }

  function remember(name, value) {
    document.cookie = name + "=" + value + "; path=/; max-age=31536000; samesite=lax";
  }

  function paint(theme) {
    root.setAttribute("data-mantine-color-scheme", theme);
    root.setAttribute("data-ag-theme-mode", theme);
  }

  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  remember("essor_scheme", dark ? "dark" : "light");
  const asked = new URLSearchParams(location.search);
  paint(asked.get("theme") || cookie("essor_theme") || (dark ? "dark" : "light"));
  root.lang = asked.get("lang") || cookie("essor_lang") || navigator.language.slice(0, 2);

  /* An address that names a place leads there once it is shown, and once only: a choice made later, or a slow answer,
     does not pull the reader back. */
  let reached = "";
  function reach() {
    if (document.getElementById("first-sight")) return;
    const here = location.pathname + location.hash;
    const place = location.hash && document.getElementById(location.hash.slice(1));
    if (place && here !== reached) place.scrollIntoView();
    if (place || !location.hash) reached = here;
  }
  window.addEventListener("hashchange", () => (reached = location.pathname + location.hash));

  /* The still image of the figure goes when the live one is drawn; at the latest when a reader has waited long. */
  function relieve() {
    const still = document.getElementById("first-sight");
    if (!still) return;
    const gone = () => (watch.disconnect(), still.remove(), reach());
    const watch = new MutationObserver(function () {
      const graph = document.querySelector("#main .dash-graph");
      if (document.querySelector("#main h1") && (!graph || graph.querySelector(".main-svg"))) gone();
    });
    watch.observe(document.body, { childList: true, subtree: true });
    setTimeout(gone, 10000);
  }
  relieve();

  /* The table's own script, as long to read as the figure is to draw, waits for the figure while its still is shown. */
  const append = document.head.appendChild.bind(document.head);
  document.head.appendChild = function (node) {
    const still = document.getElementById("first-sight");
    if (!still || !/\/dash_ag_grid\/async-/.test(node.src || "")) return append(node);
    const watch = new MutationObserver(function () {
      if (still.isConnected) return;
      watch.disconnect();
      requestAnimationFrame(() => append(node));
    });
    watch.observe(document.body, { childList: true });
    return node;
  };

  function show(id) {
    window.dash_clientside.set_props("evidence-reading", { data: { id: id, at: Date.now() } });
  }

  /* A plain click on a link to a reading opens the drawer; with a modifier key the browser does as it always does. */
  document.addEventListener("click", function (event) {
    const link = event.target.closest && event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const reading = link.getAttribute("href").match(/^\/evidence\/([0-9a-f]{16})$/);
    if (reading) {
      event.preventDefault();
      show(reading[1]);
    }
    const chosen = new URLSearchParams(link.search);
    if (link.id.startsWith("lang-")) remember("essor_lang", chosen.get("lang"));
    if (link.id === "theme-switch") remember("essor_theme", chosen.get("theme"));
  }, true);

  /* Copies the text that a button names, and says so for a moment. */
  function copy(button) {
    const text = document.getElementById(button.dataset.copy).textContent;
    const said = button.textContent;
    const done = () => {
      button.textContent = button.dataset.done;
      setTimeout(() => (button.textContent = said), 1600);
    };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => choose(button.dataset.copy));
    else choose(button.dataset.copy);
  }

  /* Where the clipboard is closed (plain http on another machine) the text is marked, ready to be copied by hand. */
  function choose(id) {
    getSelection().selectAllChildren(document.getElementById(id));
  }

  /* Saves a figure as an image that says by itself what it shows: title, source and data date are drawn in. */
  function save(button) {
    const name = button.dataset.name, words = (part) => document.getElementById(name + "-" + part);
    const graph = document.querySelector("#" + name + "-figure .js-plotly-plot");
    if (!graph || !window.Plotly) return;
    const width = Math.max(graph.clientWidth, 720), ink = graph._fullLayout.font.color;
    const parts = (id) => (words(id) ? Array.from(words(id).children, (one) => one.textContent.trim()) : []);
    const events = Array.from(document.querySelectorAll("#" + name + "-events li"), (one) =>
      one.value + ". " + Array.from(one.querySelectorAll("span"), (span) => span.textContent).join(" – "));
    const title = wrap(words("finding").textContent, width / 13.6), subtitle = wrap(plain(words("subtitle")), width / 7.6);
    const foot = [].concat(...events.map((one) => wrap(one, width / 6.6)), wrap(parts("foot").concat("essor").join("  ·  "), width / 6.6));
    const head = title.length * 28 + subtitle.length * 19 + 24, below = foot.length * 17 + 12;
    const layout = JSON.parse(JSON.stringify(Object.assign({}, graph.layout, graph.essorWide)));
    const size = Object.assign({}, graph._fullLayout.margin, layout.margin);
    const note = (text, y, anchor, shift, letters, colour) => ({
      text: text.join("<br>"), x: 0, y: y, xref: "paper", yref: "paper", xanchor: "left", yanchor: anchor, align: "left",
      xshift: -size.l + 8, yshift: shift, showarrow: false, font: { size: letters, color: colour },
    });
    const height = graph.clientHeight + head + below;
    layout.annotations = (layout.annotations || []).concat([
      note(["<b>" + title.join("<br>") + "</b>"], 1, "top", size.t + head - 8, 22, ink),
      note(subtitle, 1, "top", size.t + head - 12 - title.length * 28, 14, ink),
      note(foot, 0, "top", -size.b - 2, 13, ink),
    ]);
    layout.margin = Object.assign({}, layout.margin, { t: size.t + head, b: size.b + below, autoexpand: false });
    layout.width = width;
    layout.height = height;
    layout.autosize = false;
    const form = button.dataset.save;
    window.Plotly.toImage({ data: graph.data, layout: layout, config: { locale: root.lang } }, { format: form, width: width, height: height, scale: form === "png" ? 2 : 1 })
      .then(function (address) {
        const link = document.createElement("a");
        link.href = address;
        link.download = "essor-" + name + "." + form;
        link.click();
      });
  }

  function plain(element) {
    const copied = element.cloneNode(true);
    copied.querySelectorAll(".hint").forEach((hint) => hint.remove());
    return copied.textContent.trim();
  }

  function wrap(text, most) {
    const lines = [];
    text.split(" ").forEach(function (word) {
      const last = lines.length - 1;
      if (last >= 0 && lines[last].length + word.length < most) lines[last] += " " + word;
      else lines.push(word);
    });
    return lines;
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest && event.target.closest("button[data-copy], button[data-save]");
    if (button) (button.dataset.copy ? copy : save)(button);
  });

  /* Paper is narrower than most screens: figures are drawn to fit it, and as they were when it is printed. */
  const PAPER = 680;
  function redraw(width) {
    document.querySelectorAll(".js-plotly-plot").forEach((graph) => window.Plotly.relayout(graph, width(graph)));
  }
  window.addEventListener("beforeprint", () => redraw((graph) => ({ width: Math.min(graph.clientWidth, PAPER) })));
  window.addEventListener("afterprint", () => redraw(() => ({ width: null, autosize: true })));

  /* One panel of a figure's actions is open at a time; Escape closes it. */
  document.addEventListener("toggle", function (event) {
    if (!event.target.matches || !event.target.matches("details.action[open]")) return;
    event.target.parentElement.querySelectorAll("details.action[open]").forEach(function (other) {
      if (other !== event.target) other.open = false;
    });
  }, true);
  document.addEventListener("keydown", function (event) {
    const open = event.key === "Escape" && event.target.closest && event.target.closest("details[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  /* Enter on a cell of the grid follows the link in it. */
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || !document.activeElement) return;
    const cell = document.activeElement.closest(".ag-cell");
    const link = cell && cell.querySelector("a[href^='/evidence/']");
    if (link && document.activeElement !== link) link.click();
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.essor = {
    /* The address says what is shown, so that it can be passed on. */
    settle: function (query) {
      const chosen = new URLSearchParams(query);
      paint(chosen.get("theme"));
      root.lang = chosen.get("lang");
      if (query !== location.search) history.replaceState(history.state, "", location.pathname + query + location.hash);
      reach();
      return query;
    },
    pick: function (click) {
      const point = click && click.points.find((one) => one.customdata);
      if (point) show(point.customdata[0]);
    },
    reload: function (ready) {
      if (ready) location.reload();
    },
  };

  /* What is typed into a picker finds names with or without their accents, storefronts by their code as well; the code
     goes first, then the names that begin so. */
  const bare = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/’/g, "'").toLowerCase();
  const pickers = (window.dashMantineFunctions = window.dashMantineFunctions || {});
  pickers.found = function ({ options, search }) {
    const typed = bare(search.trim());
    const place = (one) => (one.value === typed ? 0 : bare(one.label).startsWith(typed) ? 1 : 2);
    const found = options.filter((one) => place(one) < 2 || bare(one.label).includes(typed));
    return found.sort((a, b) => place(a) - place(b));
  };

  const grid = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  grid.EvidenceLink = function (props) {
    if (!props.value) return null;
    return React.createElement("a", { href: "/evidence/" + props.value, tabIndex: -1 }, props.text);
  };

  const themes = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  themes.themeEssor = function (quartz) {
    const narrow = window.matchMedia("(max-width: 1000px)").matches;
    return quartz.withParams({
      cellHorizontalPadding: narrow ? 6 : 16,
      fontFamily: "inherit",
      fontSize: narrow ? 13 : 14,
      headerFontSize: 13,
      backgroundColor: "var(--surface)",
      foregroundColor: "var(--ink)",
      headerBackgroundColor: "var(--surface)",
      headerTextColor: "var(--quiet)",
      borderColor: "var(--rule)",
      rowHoverColor: "var(--band)",
      oddRowBackgroundColor: "var(--surface)",
      wrapperBorder: false,
      wrapperBorderRadius: 0,
      columnBorder: false,
      headerColumnResizeHandleColor: "var(--rule)",
      rowHeight: 36,
      headerHeight: 36,
      accentColor: "var(--ink)",
      browserColorScheme: "inherit",
    });
  };
})();
