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

  const grid = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  grid.EvidenceLink = function (props) {
    if (!props.value) return null;
    return React.createElement("a", { href: "/evidence/" + props.value, tabIndex: -1 }, props.text);
  };

  const themes = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  themes.themeEssor = function (quartz) {
    return quartz.withParams({
      fontFamily: "inherit",
      fontSize: 14,
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
