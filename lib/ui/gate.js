/** Gives the passcode, or ends the pass it has brought; then the page is loaded anew. */
export default function ({ data, parentElement }) {
  const form = parentElement.querySelector("form");
  const out = parentElement.querySelector(".leave");
  const notice = form.querySelector("p");
  const go = form.querySelector("button");
  form.hidden = data.leave;
  out.hidden = !data.leave;

  const send = async (method, body) => {
    try {
      return await fetch(data.address, { method, body, credentials: "same-origin" });
    } catch {
      return null;
    }
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    go.disabled = true;
    const answer = await send("POST", JSON.stringify({ passcode: form.passcode.value }));
    if (answer?.status === 204) {
      location.reload();
      return;
    }
    go.disabled = false;
    notice.textContent =
      answer?.status === 403
        ? (await answer.json()).sentence
        : "The server cannot be asked right now. What you typed is still here: please try again.";
    notice.hidden = false;
    form.passcode.focus();
  };
  out.onclick = async () => {
    out.disabled = true;
    if ((await send("DELETE"))?.status === 204) location.reload();
    out.disabled = false;
  };
}
