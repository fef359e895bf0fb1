// Setting the PIN after signing in: typed twice.

import { h } from "../elements.js";
import { pinPad } from "../pin_pad.js";
import { setPin } from "../session.js";
import { isWeak } from "../vault/pin.js";
import { t } from "../words.js";

function show(root, params, app) {
  const found = app.pending;
  if (!found) {
    app.go("/sign-in", { replace: true });
    return undefined;
  }
  let first = null;
  const pad = pinPad(t("Choose a PIN of six digits"), async (pin) => {
    if (first === null && isWeak(pin)) {
      pad.say(t("That PIN would be guessed at once. Choose another."));
    } else if (first === null) {
      first = pin;
      pad.say("");
      pad.label(t("Type the PIN once more"));
    } else if (first !== pin) {
      first = null;
      pad.label(t("Choose a PIN of six digits"));
      pad.say(t("The two PINs differ. Begin again."));
    } else {
      const record = await setPin(app.device, found.record, found.keyBytes, pin);
      app.pending = null;
      await app.opened(record, found.keyBytes, { csrf: found.csrf, online: true });
    }
  });
  root.append(
    h("p", { class: "lead" }, t("The PIN opens the app on this device without a network. Whoever forgets it signs in with the password; nothing is lost.")),
    pad.element,
  );
  return pad.end;
}

export default { path: "/pin", title: () => t("Set a PIN"), show, open: true };
