// Small helps for forms. Every form works without them.

import { refresh, toast } from "./live.js";

const AGAIN_MS = 5000;

async function quick(form) {
  const answer = await fetch(form.action, {
    method: "POST",
    headers: { "X-Live": "1" },
    body: new URLSearchParams(new FormData(form)),
  });
  if (answer.status === 401) { location.reload(); return; }
  const { ok, message } = await answer.json();
  toast(message, ok);
  await refresh();
}

function onSubmit(event) {
  const form = event.target;
  if (form.method !== "post") return;
  const button = event.submitter ?? form.querySelector("button");
  if (form.matches("[data-quick]")) {
    event.preventDefault();
    quick(form).catch(() => toast("It could not be sent. Try again.", false));
  }
  // Later, because a disabled button would not be sent with its form.
  setTimeout(() => { if (button) button.disabled = true; }, 0);
  setTimeout(() => { if (button) button.disabled = false; }, AGAIN_MS);
}

function phoneForm() {
  const client = document.querySelector("[data-client]");
  const contact = document.querySelector("[data-contact]");
  if (!client || !contact) return;
  const groups = [...contact.querySelectorAll("optgroup")];
  const narrow = () => {
    for (const group of groups) group.hidden = group.disabled = group.label !== client.value;
    if (contact.selectedOptions[0]?.parentElement.disabled) contact.value = "";
    somebody();
  };
  const somebody = () => {
    document.querySelector("[data-somebody]").hidden = contact.value !== "";
  };
  client.addEventListener("change", narrow);
  contact.addEventListener("change", somebody);
  narrow();
}

function filters() {
  const form = document.querySelector(".filters");
  if (!form) return;
  form.addEventListener("change", (event) => {
    if (event.target.matches("input[type=radio], input[type=checkbox], select")) form.requestSubmit();
  });
  // Keep the address short: only what narrows.
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
  });
}

// A chosen file is read into the text field below it, which is what is sent.
function tableFile() {
  const label = document.querySelector("[data-file]");
  if (!label) return;
  label.hidden = false;
  label.querySelector("input").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file) event.target.form.elements.table.value = await file.text();
  });
}

export function start() {
  document.addEventListener("submit", onSubmit);
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("button:disabled")) button.disabled = false;
  });
  phoneForm();
  filters();
  tableFile();
}
