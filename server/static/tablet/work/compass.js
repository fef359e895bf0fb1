// Distances, directions and ages as an inspector reads them. Pure.

const POINTS = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];
const COARSE_M = 10; // no position of a terminal is better

/** {value, unit}: metres in tens below a kilometre, kilometres with one decimal place below ten, whole ones above. */
export function distance(metres) {
  if (metres < 995) return { value: String(Math.max(COARSE_M, Math.round(metres / COARSE_M) * COARSE_M)), unit: "m" };
  const km = metres / 1000;
  return { value: km < 9.95 ? km.toFixed(1) : String(Math.round(km)), unit: "km" };
}

/** The point of the compass of a bearing (degrees from north, clockwise): "NE". */
export function point(bearing) {
  return POINTS[Math.round((((bearing % 360) + 360) % 360) / 45) % 8];
}

/** Minutes of an age in seconds, from 0. */
export function minutes(seconds) {
  return Math.max(0, Math.round(seconds / 60));
}

/** Great-circle metres and the bearing from one point to another, {distance_m, bearing_deg}. */
export function towards(from, to) {
  const rad = (degrees) => (degrees * Math.PI) / 180;
  const [phi1, phi2, lam] = [rad(from.lat), rad(to.lat), rad(to.lon - from.lon)];
  const chord = Math.sin((phi2 - phi1) / 2) ** 2 + Math.cos(phi1) * Math.cos(phi2) * Math.sin(lam / 2) ** 2;
  const east = Math.sin(lam) * Math.cos(phi2);
  const north = Math.cos(phi1) * Math.sin(phi2) - Math.sin(phi1) * Math.cos(phi2) * Math.cos(lam);
  const bearing = (Math.atan2(east, north) * 180) / Math.PI;
  return { distance_m: 2 * 6371008.8 * Math.asin(Math.min(1, Math.sqrt(chord))), bearing_deg: (bearing + 360) % 360 };
}
