// The tiles that begin a check, one tap: roadside, on site, a machine.

import { h } from "../elements.js";
import { t, word } from "../words.js";

const ICONS = { roadside: "truck", on_site: "enterprise", machine_spot: "machine" };

function begin(kind, order) {
  return {
    path: `/begin/${kind}`,
    title: () => word("inspection_kind", kind),
    show(root, _, app) {
      root.append(h("p", {}, t("The check is being opened …")));
      app.flow.start(kind, { replace: true });
    },
    tile: {
      order, icon: ICONS[kind], primary: kind === "roadside", label: () => LABELS[kind](), tap: (app) => app.flow.start(kind),
    },
  };
}

const LABELS = {
  roadside: () => t("New roadside check"), on_site: () => t("New check on site"), machine_spot: () => t("New machine check"),
};

export const roadside = begin("roadside", 1);
export const onSite = begin("on_site", 2);
export const machineSpot = begin("machine_spot", 3);
