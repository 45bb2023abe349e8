/* On a narrow screen the names at the ends of lines stand under the figure, so that the lines have its whole width;
   the numbers of events that would run into each other share one place. */
(function () {
  "use strict";
  const narrow = window.matchMedia("(max-width: 720px)");
  const ROOM = 16, APART = 4, LETTER = 7;
  let due = false;

  function fit(graph) {
    const layout = graph.layout, notes = (layout && layout.annotations) || [];
    if (!graph._fullLayout || !graph._fullLayout.xaxis) return;
    const done = Boolean(layout.meta && layout.meta.narrow);
    if (narrow.matches === done || !(done || notes.some((note) => note.name === "end" || note.name === "event"))) return;
    if (done) {
      window.Plotly.relayout(graph, Object.assign({ meta: null }, graph.essorWide));
      delete graph.essorWide;
      return;
    }
    const kept = notes.filter((note) => note.name !== "end");
    const margin = kept.length < notes.length ? Object.assign({}, layout.margin, { r: ROOM }) : layout.margin;
    graph.essorWide = { annotations: notes, margin: layout.margin };
    const spread = function () {
      const still = graph.layout.meta && graph.layout.meta.narrow;
      if (still) window.Plotly.relayout(graph, { annotations: apart(kept, graph._fullLayout.xaxis) });
    };
    /* Within the promise itself Plotly would drop the second change. */
    window.Plotly.relayout(graph, { margin: margin, annotations: kept, meta: { narrow: true } })
      .then(() => requestAnimationFrame(spread));
  }

  /* The notes with the numbers of neighbouring events in one. */
  function apart(notes, axis) {
    let last = null, end = -Infinity;
    return notes.reduce(function (kept, note) {
      if (note.name !== "event") return kept.concat([note]);
      const begin = axis.l2p(axis.d2l(note.x)) - LETTER / 2;
      if (last && begin < end + APART) {
        last.text += ", " + note.text;
        end += (note.text.length + 2) * LETTER;
        return kept;
      }
      last = Object.assign({}, note, { xanchor: "left", xshift: -LETTER / 2 });
      end = begin + note.text.length * LETTER;
      return kept.concat([last]);
    }, []);
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
  soon();
})();
