import { initAll } from "./vendor/govuk-frontend/govuk-frontend.min.js";
import "./search-shortcut.js";
import "./session-end.js";

initAll();

// A page that answers a POST takes the place of a page that was opened by its address, so that Back
// and Reload never ask the person to send a form again.
window.history.replaceState(null, "", window.location.href);

// Buttons that copy the text of another element appear where the browser can copy.
for (const each of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
  each.hidden = false;
  each.querySelector("button").addEventListener("click", async () => {
    const source = document.getElementById(each.dataset.copy);
    await navigator.clipboard.writeText(source.textContent.replaceAll(/\s/g, ""));
    each.querySelector("[role=status]").textContent = "Copied";
  });
}
