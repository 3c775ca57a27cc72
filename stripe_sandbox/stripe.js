/* Stripe.js for the payment sandbox: the Payment Element, the Express Checkout Element and confirmPayment,
   as far as a page with manual capture needs them. No money moves, and only Stripe's test cards are taken. */

(() => {
  "use strict";

  const here = document.currentScript.src;
  const api = new URL("../v1/", here).href;
  const sheet = new URL("elements.css", here).href;
  const WALLET_CARD = "pm_card_visa";

  const make = (name, attributes = {}, ...children) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };

  /* A shadow tree keeps the card form apart from the page, as Stripe's frames do. */
  const shadowOn = (host) => {
    const root = host.shadowRoot || host.attachShadow({ mode: "open" });
    root.replaceChildren(make("link", { rel: "stylesheet", href: sheet }));
    return root;
  };

  const failure = (type, code, message) => ({ error: { type, code, message } });

  const digits = (text) => text.replace(/\D/g, "");

  const passesLuhn = (number) =>
    [...number].reverse().reduce((sum, digit, index) => {
      const value = Number(digit) * (index % 2 ? 2 : 1);
      return sum + (value > 9 ? value - 9 : value);
    }, 0) % 10 === 0;

  class Emitter {
    constructor() { this.handlers = {}; }
    on(name, handler) { (this.handlers[name] ||= []).push(handler); return this; }
    emit(name, event = {}) { (this.handlers[name] || []).forEach((handler) => handler(event)); }
  }

  class PaymentElement extends Emitter {
    constructor(elements) { super(); this.elements = elements; }

    mount(target) {
      this.host = typeof target === "string" ? document.querySelector(target) : target;
      const root = shadowOn(this.host);
      this.number = this.field("Card number", "4242 4242 4242 4242", "cc-number", "19");
      this.expiry = this.field("Expiry date", "MM / YY", "cc-exp", "7");
      this.code = this.field("Security code", "CVC", "cc-csc", "4");
      this.number.input.addEventListener("input", () => {
        const groups = digits(this.number.input.value).slice(0, 16).match(/.{1,4}/g) || [];
        this.number.input.value = groups.join(" ");
      });
      this.expiry.input.addEventListener("input", (event) => {
        const text = digits(this.expiry.input.value).slice(0, 4);
        const typing = event.inputType !== "deleteContentBackward";
        const cut = text.length > 2 || (text.length === 2 && typing);
        this.expiry.input.value = cut ? `${text.slice(0, 2)} / ${text.slice(2)}` : text;
      });
      const mark = make("p", { class: "mark" }, make("strong", {}, "Sandbox"),
        " This form takes Stripe’s test cards only. No money moves.");
      const row = make("div", { class: "row" }, this.expiry.label, this.code.label);
      root.append(make("div", { class: "card", role: "group", "aria-label": "Card" }, mark, this.number.label, row));
      queueMicrotask(() => this.emit("ready", { elementType: "payment" }));
      return this;
    }

    field(text, placeholder, autocomplete, longest) {
      const input = make("input", { placeholder, autocomplete, maxlength: longest, inputmode: "numeric", type: "text" });
      const problem = make("span", { class: "problem", id: `${autocomplete}-problem` });
      input.setAttribute("aria-describedby", problem.id);
      const label = make("label", {}, make("span", {}, text), input, problem);
      return { input, problem, label };
    }

    say(field, message) {
      field.problem.textContent = message;
      field.input.setAttribute("aria-invalid", String(Boolean(message)));
    }

    /* What is wrong with what was typed in, or nothing. */
    validate() {
      const number = digits(this.number.input.value);
      const [, month, year] = this.expiry.input.value.match(/^(\d\d) \/ (\d\d)$/) || [];
      const now = new Date();
      const past = month && new Date(2000 + Number(year), Number(month)) <= now;
      const found = [
        [this.number, "incomplete_number", number.length < 14 && "Your card number is incomplete."],
        [this.number, "invalid_number", number.length >= 14 && !passesLuhn(number) && "Your card number is invalid."],
        [this.expiry, "incomplete_expiry", !(month >= 1 && month <= 12) && "Your card’s expiration date is incomplete."],
        [this.expiry, "invalid_expiry_year_past", past && "Your card’s expiration year is in the past."],
        [this.code, "incomplete_cvc", digits(this.code.input.value).length < 3 && "Your card’s security code is incomplete."],
      ].filter(([, , message]) => message);
      [this.number, this.expiry, this.code].forEach((field) => this.say(field, ""));
      found.forEach(([field, , message]) => this.say(field, message));
      if (!found.length) return null;
      const [field, code, message] = found[0];
      field.input.focus();
      return failure("validation_error", code, message);
    }

    details() {
      const [month, year] = this.expiry.input.value.split(" / ");
      return {
        type: "card",
        "card[number]": digits(this.number.input.value),
        "card[exp_month]": String(Number(month)),
        "card[exp_year]": `20${year}`,
        "card[cvc]": digits(this.code.input.value),
      };
    }

    update() {}
    unmount() { this.host?.shadowRoot?.replaceChildren(); }
    destroy() { this.unmount(); }
    focus() { this.number.input.focus(); }
  }

  class ExpressCheckoutElement extends Emitter {
    constructor(elements) { super(); this.elements = elements; }

    mount(target) {
      this.host = typeof target === "string" ? document.querySelector(target) : target;
      const button = make("button", { type: "button", class: "wallet" }, "Pay with Sandbox Wallet");
      button.addEventListener("click", () => {
        const resolve = () => this.confirm();
        if (!this.handlers.click) { resolve(); return; }
        this.emit("click", { elementType: "expressCheckout", expressPaymentType: "google_pay", resolve, reject: () => {} });
      });
      shadowOn(this.host).append(button);
      queueMicrotask(() => this.emit("ready", {
        elementType: "expressCheckout",
        availablePaymentMethods: { googlePay: true },
      }));
      return this;
    }

    confirm() {
      this.elements.wallet = true;
      this.emit("confirm", {
        elementType: "expressCheckout",
        expressPaymentType: "google_pay",
        paymentFailed: () => {},
      });
    }

    update() {}
    unmount() { this.host?.shadowRoot?.replaceChildren(); }
    destroy() { this.unmount(); }
  }

  class Elements {
    constructor({ clientSecret }) { this.clientSecret = clientSecret; this.made = {}; this.wallet = false; }

    create(type) {
      const kinds = { payment: PaymentElement, expressCheckout: ExpressCheckoutElement };
      if (!kinds[type]) throw new Error(`The payment sandbox has no ${type} element.`);
      this.made[type] = new kinds[type](this);
      return this.made[type];
    }

    getElement(type) { return this.made[type] || null; }
    update() {}
    async fetchUpdates() { return {}; }
    async submit() { return (this.wallet ? null : this.made.payment.validate()) || {}; }
  }

  /* The bank's question, which Stripe would show in a frame of the bank's. */
  const challenge = () => new Promise((answer) => {
    const host = make("div");
    const root = shadowOn(host);
    const yes = make("button", { type: "button", class: "wallet" }, "Complete authentication");
    const no = make("button", { type: "button", class: "plain" }, "Fail authentication");
    const dialog = make("dialog", { "aria-labelledby": "title" },
      make("h2", { id: "title" }, "3-D Secure"),
      make("p", {}, "Sandbox: here your bank would ask whether it is you who pays."), yes, no);
    const close = (outcome) => { host.remove(); answer(outcome); };
    yes.addEventListener("click", () => close("complete"));
    no.addEventListener("click", () => close("fail"));
    dialog.addEventListener("cancel", () => close("fail"));
    root.append(dialog);
    document.body.append(host);
    dialog.showModal();
  });

  class Stripe {
    constructor(key) { this.key = key; }

    elements(options) { return new Elements(options); }

    async confirmPayment({ elements, clientSecret }) {
      const wrong = await elements.submit();
      const wallet = elements.wallet;
      elements.wallet = false;
      if (wrong.error) return wrong;
      const secret = clientSecret || elements.clientSecret;
      const id = secret.split("_secret_")[0];
      let method = WALLET_CARD;
      if (!wallet) {
        const made = await this.ask("payment_methods", elements.made.payment.details());
        if (made.error) return made;
        method = made.id;
      }
      const confirmed = await this.ask(`payment_intents/${id}/confirm`, { client_secret: secret, payment_method: method });
      if (confirmed.error || confirmed.status !== "requires_action") return this.result(confirmed);
      const outcome = await challenge();
      return this.result(await this.ask(`payment_intents/${id}/authenticate`, { client_secret: secret, outcome }));
    }

    async retrievePaymentIntent(secret) {
      const id = secret.split("_secret_")[0];
      return this.result(await this.ask(`payment_intents/${id}?${new URLSearchParams({ client_secret: secret })}`));
    }

    result(answer) {
      if (answer.error) return answer;
      const failed = answer.status === "requires_payment_method" && answer.last_payment_error;
      return failed ? { error: failed } : { paymentIntent: answer };
    }

    async ask(path, form) {
      const options = { headers: { Authorization: `Bearer ${this.key}` }, cache: "no-store", referrerPolicy: "no-referrer" };
      if (form) Object.assign(options, { method: "POST", body: new URLSearchParams(form) });
      try {
        return await (await fetch(api + path, options)).json();
      } catch {
        return failure("api_connection_error", "", "We could not reach the payment sandbox. Try again.");
      }
    }
  }

  window.Stripe = Object.assign((key) => new Stripe(key), { version: "sandbox" });
})();
