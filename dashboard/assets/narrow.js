/* On a narrow screen the names at the ends of lines stand under the figure, so that the lines have its whole width;
   the numbers of events that would run into each other share one place, and a point's name that would hide another
   name or a point is left out. The panels of small multiples are stacked where they would be too narrow beside each
   other: `meta.other` holds all that changes then. */
(function () {
  "use strict";
  const narrow = window.matchMedia("(max-width: 720px)");
  const ROOM = 16, APART = 4, LETTER = 7, WIDE = 7.8, MARK = 7, CHANGED = ["end", "event", "point"];
  let due = false;

  function fit(graph) {
    const layout = graph.layout, meta = (layout && layout.meta) || {}, notes = (layout && layout.annotations) || [];
    if (!graph._fullLayout || !graph._fullLayout.xaxis) return;
    const done = Boolean(meta.narrow), stacked = Boolean(meta.stacked);
    tall(graph, stacked ? meta.stacked_height : 0);
    if (meta.other && !done && stacked !== graph.clientWidth < meta.beside_from) {
      arrange(graph, meta, !stacked);
      return;
    }
    if (narrow.matches === done || !(done || notes.some((note) => CHANGED.includes(note.name)))) return;
    if (done) {
      change(graph, Object.assign({ meta: Object.assign({}, meta, { narrow: false }) }, graph.essorWide));
      delete graph.essorWide;
      return;
    }
    const kept = notes.filter((note) => note.name !== "end");
    const margin = kept.length < notes.length ? Object.assign({}, layout.margin, { r: ROOM }) : layout.margin;
    graph.essorWide = { annotations: notes, margin: layout.margin };
    const spread = function () {
      const still = graph.layout.meta && graph.layout.meta.narrow;
      if (still) window.Plotly.relayout(graph, { annotations: seen(apart(kept, graph._fullLayout), graph) });
    };
    /* Within the promise itself Plotly would drop the second change. */
    window.Plotly.relayout(graph, { margin: margin, annotations: kept, meta: Object.assign({}, meta, { narrow: true }) })
      .then(() => requestAnimationFrame(spread));
  }

  /* What is shown and what `other` holds change places. */
  function arrange(graph, meta, stacked) {
    const shown = {};
    Object.keys(meta.other).forEach(function (key) {
      const part = key.split(".");
      shown[key] = part.length > 1 ? graph.layout[part[0]][part[1]] : graph.layout[key];
    });
    tall(graph, stacked ? meta.stacked_height : 0);
    change(graph, Object.assign({ autosize: true }, meta.other, { meta: Object.assign({}, meta, { stacked: stacked, other: shown }) }));
  }

  function change(graph, what) {
    window.Plotly.relayout(graph, what).then(soon);
  }

  /* The place of stacked panels grows, and with it they do: such a figure has no height of its own. */
  function tall(graph, height) {
    const wanted = height ? height + "px" : "";
    [graph, graph.closest(".dash-graph")].forEach(function (place) {
      if (place && place.style.minHeight !== wanted) place.style.minHeight = wanted;
    });
  }

  /* The notes with the numbers of neighbouring events of a panel in one. */
  function apart(notes, layout) {
    let last = null, end = -Infinity;
    return notes.reduce(function (kept, note) {
      if (note.name !== "event") return kept.concat([note]);
      const axis = layout[note.xref.replace("x", "xaxis")], same = last && last.xref === note.xref && last.y === note.y;
      const begin = axis.l2p(axis.d2l(note.x)) - LETTER / 2;
      if (same && begin < end + APART) {
        last.text += ", " + note.text;
        end += (note.text.length + 2) * LETTER;
        return kept;
      }
      last = Object.assign({}, note, { xanchor: "left", xshift: -LETTER / 2 });
      end = begin + note.text.length * LETTER;
      return kept.concat([last]);
    }, []);
  }

  /* The notes without the names of points that lie on a point, on another name or beyond the plot. */
  function seen(notes, graph) {
    const across = graph._fullLayout.xaxis, up = graph._fullLayout.yaxis, taken = points(graph);
    return notes.filter(function (note) {
      if (note.name !== "point" && note.name !== "kept") return true;
      const x = across.l2p(across.d2l(note.x)) + note.xshift, y = up.l2p(note.y) - note.yshift;
      const half = (note.text.length * WIDE) / 2, box = [x - half, x + half, y - 7, y + 7];
      const free = box[1] <= across._length + APART && box[0] >= -APART && !taken.some((other) => meet(box, other));
      if (free || note.name === "kept") taken.push(box);
      return free || note.name === "kept";
    });
  }

  const meet = (a, b) => a[0] < b[1] && b[0] < a[1] && a[2] < b[3] && b[2] < a[3];

  /* The places of the points that are drawn. */
  function points(graph) {
    const across = graph._fullLayout.xaxis, up = graph._fullLayout.yaxis;
    const dotted = (graph.calcdata || []).filter((one) => /markers/.test(one[0] && one[0].trace.mode));
    return dotted.flatMap((one) => one.map(function (point) {
      const x = across.c2p(point.x), y = up.c2p(point.y);
      return [x - MARK, x + MARK, y - MARK, y + MARK];
    }));
  }

  function fitAll() {
    due = false;
    if (window.Plotly) document.querySelectorAll(".js-plotly-plot").forEach(fit);
  }

  function soon() {
    if (!due) requestAnimationFrame(fitAll);
    due = true;
  }

  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
  narrow.addEventListener("change", soon);
  window.addEventListener("resize", soon);
  soon();
})();
