import { initAll } from "./vendor/govuk-frontend/govuk-frontend.min.js";
import "./session-end.js";

initAll();

// A page that answers a POST takes the place of a page that was opened by its address, so that Back
// and Reload never ask the person to send a form again.
window.history.replaceState(null, "", window.location.href);
