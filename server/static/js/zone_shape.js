// The shape of a zone while it is drawn: polygons of rings of [lon, lat], rings not closed, the first ring of a
// polygon its outline and the others its holes. Pure functions; no map, no page.

const HEADINGS = { polygon: "polygon", "面": "polygon", hole: "hole", "孔": "hole" };

/** The coordinate list as a shape, and what could not be read: {polygons, faults: [{line, text}]}. */
export function parse(text) {
  const polygons = [];
  const faults = [];
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.replace(/^#+/, "").trim();
    if (line === "") return;
    const heading = HEADINGS[line.toLowerCase().replace(/[\s\d:：.]+$/, "")];
    if (heading) {
      if (heading === "polygon" || polygons.length === 0) polygons.push([[]]);
      else polygons[polygons.length - 1].push([]);
      return;
    }
    const place = line.split(/[\s,，;；]+/).map(Number);
    if (place.length < 2 || !place.slice(0, 2).every(Number.isFinite)) {
      faults.push({ line: index + 1, text: raw });
      return;
    }
    if (polygons.length === 0) polygons.push([[]]);
    const rings = polygons[polygons.length - 1];
    rings[rings.length - 1].push([place[0], place[1]]);
  });
  for (const rings of polygons) rings.forEach(open);
  return { polygons: polygons.filter((rings) => rings[0].length > 0), faults };
}

/** Drops the closing vertex that repeats the first. */
function open(ring) {
  const last = ring[ring.length - 1];
  if (ring.length > 1 && last[0] === ring[0][0] && last[1] === ring[0][1]) ring.pop();
}

/** The shape as a coordinate list, the form the server reads. */
export function format(polygons) {
  const lines = [];
  for (const rings of polygons) {
    rings.forEach((ring, index) => {
      lines.push(index === 0 ? "polygon" : "hole");
      for (const [lon, lat] of ring) lines.push(`${round(lon)}, ${round(lat)}`);
    });
  }
  return lines.join("\n") + (lines.length ? "\n" : "");
}

const round = (value) => String(Math.round(value * 1e7) / 1e7);

/** GeoJSON features for the map: fills, edges. Rings of fewer than three vertices are edges alone. */
export function features(polygons) {
  const fills = [];
  const edges = [];
  for (const rings of polygons) {
    const whole = rings.filter((ring) => ring.length > 2).map((ring) => [...ring, ring[0]]);
    if (rings[0].length > 2) fills.push(feature("Polygon", whole));
    for (const ring of rings) {
      if (ring.length > 1) edges.push(feature("LineString", ring.length > 2 ? [...ring, ring[0]] : ring));
    }
  }
  return { fills, edges };
}

export function feature(type, coordinates, properties = {}) {
  return { type: "Feature", properties, geometry: { type, coordinates } };
}

/** Vertices with their address [polygon, ring, vertex]. */
export function vertices(polygons) {
  const found = [];
  polygons.forEach((rings, p) =>
    rings.forEach((ring, r) => ring.forEach((place, v) => found.push({ place, address: [p, r, v] }))),
  );
  return found;
}

/** The middle of each edge with the address at which a new vertex would stand. */
export function middles(polygons) {
  const found = [];
  polygons.forEach((rings, p) =>
    rings.forEach((ring, r) => {
      if (ring.length < 2) return;
      ring.forEach(([lon, lat], v) => {
        if (v === ring.length - 1 && ring.length === 2) return;
        const [nextLon, nextLat] = ring[(v + 1) % ring.length];
        found.push({ place: [(lon + nextLon) / 2, (lat + nextLat) / 2], address: [p, r, v + 1] });
      });
    }),
  );
  return found;
}

/** Where edges cross or run over each other: [lon, lat] each, at most `limit`. */
export function kinks(polygons, limit = 50) {
  const edges = [];
  polygons.forEach((rings, p) =>
    rings.forEach((ring, r) => {
      if (ring.length < 3) return;
      ring.forEach((a, v) => edges.push(edge(a, ring[(v + 1) % ring.length], [p, r, v], ring.length)));
    }),
  );
  edges.sort((one, other) => one.west - other.west);
  const found = [];
  const active = [];
  for (const current of edges) {
    for (let i = active.length - 1; i >= 0; i -= 1) {
      const before = active[i];
      if (before.east < current.west) {
        active[i] = active[active.length - 1];
        active.pop();
      } else if (before.south <= current.north && before.north >= current.south) {
        const place = neighbours(before, current) ? null : crossing(before, current);
        if (place) found.push(place);
        if (found.length >= limit) return found;
      }
    }
    active.push(current);
  }
  return found;
}

function edge(a, b, address, length) {
  return {
    a,
    b,
    address,
    length,
    west: Math.min(a[0], b[0]),
    east: Math.max(a[0], b[0]),
    south: Math.min(a[1], b[1]),
    north: Math.max(a[1], b[1]),
  };
}

/** Edges of one ring that share a vertex by construction. */
function neighbours(one, other) {
  if (one.address[0] !== other.address[0] || one.address[1] !== other.address[1]) return false;
  const step = Math.abs(one.address[2] - other.address[2]);
  return step === 1 || step === one.length - 1;
}

/** The place where two edges cross inside both; touching ends do not count (the server says what they mean). */
function crossing({ a, b }, { a: c, b: d }) {
  const width = (b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0]);
  if (width === 0) return null;
  const t = ((c[0] - a[0]) * (d[1] - c[1]) - (c[1] - a[1]) * (d[0] - c[0])) / width;
  const u = ((c[0] - a[0]) * (b[1] - a[1]) - (c[1] - a[1]) * (b[0] - a[0])) / width;
  const edge_ = 1e-9;
  if (t <= edge_ || t >= 1 - edge_ || u <= edge_ || u >= 1 - edge_) return null;
  return [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
}

/** Square kilometres, near enough for a figure beside the map; the server's is the one that is kept. */
export function areaKm2(polygons) {
  let total = 0;
  for (const rings of polygons) {
    rings.forEach((ring, index) => {
      total += (index === 0 ? 1 : -1) * Math.abs(ringArea(ring));
    });
  }
  return total;
}

function ringArea(ring) {
  let sum = 0;
  ring.forEach(([lon, lat], index) => {
    const [nextLon, nextLat] = ring[(index + 1) % ring.length];
    sum += ((nextLon - lon) * Math.PI) / 180 * (2 + Math.sin((lat * Math.PI) / 180) + Math.sin((nextLat * Math.PI) / 180));
  });
  return (sum * 6371.0072 * 6371.0072) / 2;
}

export function bounds(polygons) {
  const places = polygons.flat(2);
  if (places.length === 0) return null;
  const lons = places.map((place) => place[0]);
  const lats = places.map((place) => place[1]);
  const least = (values) => values.reduce((x, y) => Math.min(x, y));
  const most = (values) => values.reduce((x, y) => Math.max(x, y));
  return [
    [least(lons), least(lats)],
    [most(lons), most(lats)],
  ];
}
