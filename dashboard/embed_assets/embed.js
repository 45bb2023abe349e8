/* Draws the figure of an embed from the data that lies in its page, and again when the width changes. */
(function () {
  "use strict";
  const drawn = JSON.parse(document.getElementById("drawn").textContent);
  const place = document.getElementById("figure");
  const layout = Object.assign({}, drawn.figure.layout, { autosize: true });
  delete layout.width;
  place.textContent = "";
  Plotly.newPlot(place, drawn.figure.data, layout, Object.assign({}, drawn.config, { responsive: true }));
})();
