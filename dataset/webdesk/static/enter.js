/** Exchanges the private link for a cookie: what is behind the # goes to the server once, and out of the address. */

const shown = document.getElementById("entering");
const [person, token] = location.hash.slice(1).split(":");

async function enter() {
  history.replaceState(null, "", location.pathname);
  let response;
  try {
    const headers = { "Content-Type": "application/json" };
    response = await fetch("/enter", { method: "POST", headers, body: JSON.stringify({ person: decodeURIComponent(person), token }) });
  } catch {
    shown.textContent = "The desk does not answer. Is it running? Then open your link again.";
    return;
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) location.replace(answer.page);
  else shown.textContent = `You cannot come in: ${answer.error ?? response.status}. Ask for your link again.`;
}

if (person && token) enter();
else shown.textContent = "Open the private link that you were given. This page opens for nobody else.";
