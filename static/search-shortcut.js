// The key "/" goes to the search field of a page. The account page switches it off in this browser
// (WCAG 2.1.4); without JavaScript there is no such key.
const SWITCH = "secure-access-search-key";
const OFF = "off";

function isOff() {
  try {
    return window.localStorage.getItem(SWITCH) === OFF;
  } catch {
    return false;
  }
}

const search = document.querySelector("main input[type=search]");
if (search) {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    const combined = event.ctrlKey || event.metaKey || event.altKey;
    if (event.key === "/" && !typing && !combined && !isOff()) {
      event.preventDefault();
      search.focus();
    }
  });
}

const choice = document.getElementById("search-key");
if (choice) {
  choice.checked = !isOff();
  choice.addEventListener("change", () => {
    if (choice.checked) {
      window.localStorage.removeItem(SWITCH);
    } else {
      window.localStorage.setItem(SWITCH, OFF);
    }
  });
}
