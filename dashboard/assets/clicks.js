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
  document.addEventListener("mousedown", function (event) {
    const one = control(event);
    pressed = one && { one: one, place: place(one) };
  }, true);
  document.addEventListener("mouseup", function (event) {
    const before = pressed, here = control(event);
    pressed = null;
    if (before && here && !before.one.isConnected && usual(event) && place(here) === before.place) here.click();
  }, true);

  /* What a control and its successor have in common, in whatever language: its id, the page of a menu, else its words. */
  function place(one) {
    if (one.id) return one.id;
    if (one.closest("nav")) return "nav " + one.pathname;
    return one.matches("summary") ? one.parentElement.className : (one.pathname || "") + one.textContent;
  }

  /* The header is drawn anew after each choice, and its links carry the choices on: what is clicked there while a choice
     is being answered waits for that, though not for ever. */
  const answering = () => document.querySelector("._dash-loading-callback");
  const header = () => document.getElementById("header");
  const around = () => Array.from(document.querySelectorAll("#header a[href], #header summary"));
  const LONG = 30000; /* longer than a reader waits, milliseconds */
  let held = null;
  function hold(clicked) {
    const since = Date.now(), wanted = place(clicked);
    held = setInterval(function () {
      if (answering() && Date.now() - since < LONG) return;
      drop();
      const renewed = around().find((one) => place(one) === wanted);
      if (renewed) renewed.click();
    }, 50);
    header().setAttribute("aria-busy", "true");
  }
  function drop() {
    clearInterval(held);
    held = null;
    if (header()) header().removeAttribute("aria-busy");
  }
  window.addEventListener("popstate", drop);
  document.addEventListener("click", function (event) {
    const clicked = event.isTrusted && usual(event) && control(event);
    if (!clicked) return;
    drop();
    if (!around().includes(clicked) || !answering()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    hold(clicked);
  }, true);

  /* An answer to a choice belongs to the page on which it was made: one that comes when another page, or the same at
     another address, is shown is dropped. Of a page that is gone Dash cannot be asked what it holds. */
  function answered(_, result) {
    const asked = result.payload;
    if (!asked || !(asked.outputs instanceof Array) || !asked.outputs.some((one) => one.id === "address")) return;
    const before = asked.state.find((one) => one.id === "address").value;
    const there = asked.outputs.some((one) => document.getElementById(one.id));
    if (!there || window.dash_component_api.getLayout("address").props.data !== before) result.data = {};
  }
  window.essor = { answered: answered };
})();
