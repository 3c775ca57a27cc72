/* The receipt: keeps the price up to date, and lets a card be authorised through the processor's own form.
   What is typed into that form never comes here. Without this script the page still shows, extends and ends. */

(() => {
  "use strict";

  const EVERY = 15_000;
  const stay = document.getElementById("stay");
  const payment = document.getElementById("payment");
  const unreachable = "The server could not be reached. Check the connection and try again.";
  let busy = false;

  const post = async (address) => {
    try {
      const answer = await fetch(address, { method: "POST", cache: "no-store" });
      const isJson = (answer.headers.get("Content-Type") || "").startsWith("application/json");
      const facts = isJson ? await answer.json() : { message: "The server refused this. Try again in a minute." };
      return answer.ok ? facts : { problem: facts.message };
    } catch {
      return { problem: unreachable };
    }
  };

  const update = async () => {
    if (busy || document.hidden) return;
    try {
      const answer = await fetch(stay.dataset.now, { cache: "no-store" });
      if (!answer.ok) return;
      const now = await answer.json();
      if (now.state !== stay.dataset.state && !busy) { location.replace(location.pathname); return; }
      document.getElementById("price").textContent = now.price;
      document.getElementById("duration").textContent = now.duration;
    } catch { /* away for a moment: the next round asks again */ }
  };

  if (stay && "running" in stay.dataset) {
    setInterval(update, EVERY);
    document.addEventListener("visibilitychange", update);
  }

  const cardForm = async () => {
    const form = document.getElementById("pay");
    const button = form.querySelector("button");
    const told = document.getElementById("pay-problem");
    const loading = document.getElementById("loading");

    const say = (message) => {
      told.textContent = message;
      told.hidden = !message;
    };

    const give = (message) => {
      loading.textContent = message;
      loading.classList.add("problem");
      loading.setAttribute("role", "alert");
    };

    loading.textContent = "The card form is being loaded.";
    if (!window.Stripe) { give("The card form could not be loaded. Check the connection and load the page again."); return; }
    const attempt = await post(payment.dataset.payment);
    if (attempt.problem) { give(attempt.problem); return; }

    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const stripe = window.Stripe(attempt.publishable_key);
    const elements = stripe.elements({
      clientSecret: attempt.client_secret,
      appearance: { theme: dark ? "night" : "stripe" },
    });

    /* Whoever tries many cards has to wait, so the server is asked before each of them. */
    const confirm = async (sheet) => {
      if (busy) return;
      busy = true;
      button.disabled = true;
      say("");
      const allowed = await post(payment.dataset.payment);
      const outcome = allowed.problem
        ? { error: { message: allowed.problem } }
        : await stripe.confirmPayment({ elements, redirect: "if_required" });
      if (outcome.error) {
        sheet?.paymentFailed({ reason: "fail" });
        const isSaidInTheForm = outcome.error.type === "validation_error"; // beside the field it is about
        say(isSaidInTheForm ? "" : outcome.error.message || "The card could not be authorised. Try again, or use another one.");
        button.disabled = false;
        busy = false;
        return;
      }
      await post(payment.dataset.refresh); // if it fails, the processor tells the server by itself
      location.replace(`${payment.dataset.page}?done=authorised`);
    };

    const wallet = elements.create("expressCheckout");
    wallet.on("confirm", confirm);
    const wallets = [document.getElementById("wallet"), document.getElementById("or")];
    const showWallets = (available) => wallets.forEach((part) => { part.hidden = !available; });
    wallet.on("ready", ({ availablePaymentMethods }) => showWallets(availablePaymentMethods));
    wallet.on("loaderror", () => showWallets(false));
    wallets[0].hidden = false;
    wallet.mount("#wallet");

    const card = elements.create("payment", { wallets: { applePay: "never", googlePay: "never" } }); // they have a button
    card.on("ready", () => { loading.hidden = true; });
    card.on("loaderror", () => give("The card form could not be loaded. Load the page again."));
    form.hidden = false;
    card.mount("#card");

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      confirm(null);
    });
  };

  if (payment) cardForm();
})();
