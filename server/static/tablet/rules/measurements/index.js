/** The methods that officers use at the place; each has its module of the same name, here and on the server. */

import * as coding_check from "./coding_check.js";
import * as device_check from "./device_check.js";
import * as free_acceleration from "./free_acceleration.js";
import * as fuel_sample from "./fuel_sample.js";
import * as lug_down from "./lug_down.js";
import * as machine_smoke from "./machine_smoke.js";
import * as obd_check from "./obd_check.js";
import * as ringelmann from "./ringelmann.js";
import * as urea_check from "./urea_check.js";

export const METHODS = {
  free_acceleration,
  lug_down,
  machine_smoke,
  ringelmann,
  obd_check,
  device_check,
  urea_check,
  coding_check,
  fuel_sample,
};
