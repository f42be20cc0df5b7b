// Warns five minutes before the session ends, and keeps what was typed. Without this script the
// style sheet shows the warning, and its form opens in another tab.

const WARNING = 300;
const RETRY = 30;
const dialog = document.querySelector("dialog.sa-session-end");
let changed = null;
let timer = 0;

// The network or the service fails for a while: the page stays, and asks again.
class Unreachable extends Error {}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { headers: { Accept: "application/json" }, ...options });
  } catch {
    throw new Unreachable();
  }
  if (answer.status >= 500 || answer.status === 429) throw new Unreachable();
  if (!answer.ok || answer.redirected) throw new Error(answer.status);
  return answer.json();
}

function wait(seconds) {
  window.clearTimeout(timer);
  timer = window.setTimeout(look, Math.max(0, seconds) * 1000);
}

// Another tab may have put the end off, or the computer may have slept.
async function look() {
  try {
    const { seconds } = await ask("/account/session-end");
    if (seconds > WARNING) {
      if (dialog.open) dialog.close();
      wait(seconds - WARNING);
    } else {
      if (!dialog.open) dialog.showModal();
      if (seconds <= 30) await keep();
      wait(seconds > 30 ? seconds - 20 : seconds + 1);
    }
  } catch (error) {
    recover(error);
  }
}

// The session has ended, in another tab or while the computer slept: what was typed is kept where
// the service allows it.
async function recover(error) {
  let failure = error;
  if (!(failure instanceof Unreachable)) failure = await keep().catch((later) => later);
  if (failure instanceof Unreachable) wait(RETRY);
  else leave();
}

function isSecret(field) {
  return field.type === "password" || field.type === "file" || field.autocomplete === "one-time-code";
}

async function keep() {
  if (!changed) return;
  const data = new FormData(changed);
  for (const field of changed.elements) if (field.name && isSecret(field)) data.delete(field.name);
  const address = new URL(changed.action);
  data.append("kept_page", window.location.pathname + window.location.search);
  data.append("kept_action", address.pathname);
  const body = new URLSearchParams(data);
  page = (await ask("/account/drafts", { method: "POST", body })).address;
}

let page = window.location.pathname + window.location.search;

function leave() {
  window.location.assign(`/session-ended?next=${encodeURIComponent(page)}`);
}

if (dialog) {
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && form.method === "post") changed = form;
  });
  dialog.querySelector("form")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const form = event.target;
      const body = new URLSearchParams(new FormData(form));
      const { seconds } = await ask(form.action, { method: "POST", body });
      dialog.close();
      wait(seconds - WARNING);
    } catch (error) {
      recover(error);
    }
  });
  dialog.querySelector("button[type=button]")?.addEventListener("click", () => dialog.close());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
  wait(Number(dialog.dataset.seconds) - WARNING);
}
