// Reads the coast line away from the page's own thread. The coarse world comes at once; the fine
// one is read when a page zooms in, and only the countries near its view are turned into shapes.

import feature from "./vendor/topojson-client/src/feature.js";
import mesh from "./vendor/topojson-client/src/mesh.js";
import { fetchSurely } from "./stream.js";

/** @type {Map<string, Promise<any>>} */
const worlds = new Map();

/** @param {string} detail @returns {Promise<any>} */
function world(detail) {
  let reading = worlds.get(detail);
  if (!reading) {
    const url = new URL(`./vendor/world-atlas/countries-${detail}.json`, import.meta.url);
    reading = fetchSurely(url.href).then((response) => response.json());
    worlds.set(detail, reading);
  }
  return reading;
}

/** @param {any} shape @returns {number[]} west, south, east, north */
function boxOf(shape) {
  const box = [180, 90, -180, -90];
  const polygons = shape.type === "Polygon" ? [shape.coordinates] : shape.coordinates;
  for (const [outer] of polygons) {
    for (const [lon, lat] of outer) {
      if (lon < box[0]) box[0] = lon;
      if (lat < box[1]) box[1] = lat;
      if (lon > box[2]) box[2] = lon;
      if (lat > box[3]) box[3] = lat;
    }
  }
  return box;
}

self.onmessage = async ({ data: { detail, near } }) => {
  const topology = await world(detail);
  const object = topology.objects.countries;
  const [west, south, east, north] = near ?? [-180, -90, 180, 90];
  const land = [];
  const chosen = [];
  for (const geometry of object.geometries) {
    const country = feature(topology, geometry);
    const box = boxOf(country.geometry);
    if (box[0] > east || box[2] < west || box[1] > north || box[3] < south) continue;
    chosen.push(geometry);
    land.push({ ...country, bbox: box, properties: { name: geometry.properties.name } });
  }
  const borders = mesh(topology, { type: "GeometryCollection", geometries: chosen }, (a, b) => a !== b);
  self.postMessage({
    detail,
    near,
    land: { type: "FeatureCollection", features: land },
    borders: { type: "Feature", properties: {}, geometry: borders },
  });
};
