/* What becomes of a click when answers are slow to come: none is lost, and no late answer undoes it. */
(function () {
  "use strict";
  /* A link clicked twice is one step in the history, as it is with the browser's own links. */
  const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
  history.pushState = (state, title, address) =>
    (new URL(address, location.href).href === location.href ? replace : push)(state, title, address);

  const usual = (event) => !(event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey);

  /* What an answer holds is drawn anew. A press on a link or a button whose successor is under the release is a click. */
  const control = (event) => event.target.closest && event.target.closest("a[href], button, summary");
  let pressed = null;
  document.addEventListener("mousedown", (event) => (pressed = control(event)), true);
  document.addEventListener("mouseup", function (event) {
    const before = pressed, here = control(event);
    pressed = null;
    if (!before || !here || before.isConnected || !usual(event)) return;
    if (here.textContent === before.textContent) here.click();
  }, true);

  /* The header is drawn anew after each choice, and its links carry the choices on: what is clicked there while a choice
     is being answered waits for that, though not for long. Nobody waits for a page that they leave before it has come. */
  const answering = () => document.querySelector("._dash-loading-callback");
  const coming = () => document.querySelector("#_pages_content[data-dash-is-loading]");
  const around = () => Array.from(document.querySelectorAll("#header a[href], #header summary"));
  const LONG = 10000; /* longer than a reader waits, milliseconds */
  let held = null;
  function hold(clicked) {
    const since = Date.now();
    held = function () {
      if (answering() && Date.now() - since < LONG) return;
      drop();
      const renewed = around().find((one) => one.textContent === clicked.textContent);
      if (renewed) renewed.click();
    };
    held.timer = setInterval(held, 50);
  }
  function drop() {
    if (held) clearInterval(held.timer);
    held = null;
  }
  document.addEventListener("click", function (event) {
    const clicked = event.isTrusted && usual(event) && control(event);
    if (!clicked) return;
    drop();
    if (!around().includes(clicked) || !answering() || (clicked.closest("nav") && coming())) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    hold(clicked);
  }, true);

  /* An answer to a choice belongs to the page on which it was made: one that comes when another page, or the same at
     another address, is shown is dropped. */
  function answered(_, result) {
    const asked = result.payload, now = window.dash_component_api.getLayout;
    if (!asked || !(asked.outputs instanceof Array) || !asked.outputs.some((one) => one.id === "address")) return;
    const before = asked.state.find((one) => one.id === "address").value;
    const there = asked.outputs.every((one) => now(one.id)) && now("address").props.data === before;
    if (!there) result.data = {};
  }
  window.essor = { answered: answered };
})();
