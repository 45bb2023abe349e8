/* In an exported site: leads an address with a query to the folder that holds that figure, or says that there is none. */
(function () {
  "use strict";
  const known = JSON.parse(document.getElementById("known").textContent);
  const asked = new URLSearchParams(location.search);
  const choices = known.fields.filter((field) => asked.get(field)).map((field) => field + "=" + asked.get(field)).join("/");
  const folder = choices || "first";
  if (known.folders.includes(folder)) {
    location.replace("./" + folder + "/index.html");
    return;
  }
  const lang = asked.get("lang") || navigator.language.slice(0, 2);
  document.documentElement.lang = known.missing[lang] ? lang : "en";
  const said = document.getElementById("missing");
  said.querySelector("h1").textContent = known.missing[lang] || known.missing.en;
  said.hidden = false;
})();
