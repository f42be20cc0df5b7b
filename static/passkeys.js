// Makes and uses passkeys (WebAuthn). Each form with `data-passkey` carries the options of its
// ceremony as JSON; the browser's response is posted in the form's hidden field. Without this script,
// or in a browser without passkeys, the forms stay hidden and the page's other ways remain.

const forms = document.querySelectorAll("form[data-passkey]");
let autofill = new AbortController();

function bytes(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function text(buffer) {
  if (!buffer) return undefined;
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function withBytes(list = []) {
  return list.map((each) => ({ ...each, id: bytes(each.id) }));
}

function publicKey(options) {
  return {
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    ...(options.excludeCredentials && { excludeCredentials: withBytes(options.excludeCredentials) }),
    ...(options.allowCredentials && { allowCredentials: withBytes(options.allowCredentials) }),
  };
}

function json(credential) {
  const { response } = credential;
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
      transports: response.getTransports?.(),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: text(response.userHandle),
    },
  });
}

async function run(form, mediation) {
  const options = { publicKey: publicKey(JSON.parse(form.dataset.options)) };
  autofill.abort();
  autofill = new AbortController();
  options.signal = autofill.signal;
  if (mediation) options.mediation = mediation;
  const credential =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create(options)
      : await navigator.credentials.get(options);
  form.querySelector("input[type=hidden]:not([name=csrf_token])").value = json(credential);
  form.submit();
}

function problem(error) {
  if (error.name === "InvalidStateError") return "This device already has a passkey for your account.";
  if (error.name === "NotAllowedError") return "No passkey was used. Try again, or choose another way.";
  return "Your browser could not use a passkey. Try again, or choose another way.";
}

async function press(event) {
  const form = event.currentTarget;
  // A form may also offer a way without passkey, by another button.
  const button = form.querySelector("[data-passkey-button]");
  if (button && event.submitter !== button) return;
  event.preventDefault();
  const message = form.querySelector("[data-passkey-problem]");
  message.hidden = true;
  try {
    await run(form);
  } catch (error) {
    message.textContent = problem(error);
    message.hidden = false;
  }
}

async function offerAutofill(form) {
  if (!(await window.PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  try {
    await run(form, "conditional");
  } catch {
    // The person chose another way, or pressed the button.
  }
}

if (window.PublicKeyCredential) {
  for (const each of document.querySelectorAll("[data-passkey-missing]")) each.hidden = true;
  for (const form of forms) {
    form.hidden = false;
    for (const each of form.querySelectorAll("[data-passkey-only]")) each.hidden = false;
    form.addEventListener("submit", press);
    if ("autofill" in form.dataset) offerAutofill(form);
  }
}
