// Colours of the map in both themes. Zones use the Okabe-Ito set, and each kind its own line, so
// that neither is needed to read the other.

export const MAPS = {
  dark: {
    sea: "#0a1016", land: "#141c24", border: "#3c4c5c", coast: "#2b3a48", grid: "#1b2530",
    ring: "#56b4e9", hatch: "rgba(150,170,190,0.20)", text: "#c8d4de", quiet: "#7d8d9b",
    halo: "rgba(8,13,18,0.88)", site: "#f0e442", vector: "#e6edf3", selected: "#ffffff",
  },
  light: {
    sea: "#ccd9e2", land: "#f2f0ea", border: "#958d84", coast: "#a9b4bb", grid: "#c4ccd0",
    ring: "#0072b2", hatch: "rgba(60,75,90,0.20)", text: "#1c2731", quiet: "#66717a",
    halo: "rgba(255,255,255,0.88)", site: "#6b5900", vector: "#1c2731", selected: "#000000",
  },
};

/** @type {Record<string, {word: string, dark: string, light: string, dash: number[], fill: number}>} */
export const ZONES = {
  no_fly: { word: "no-fly", dark: "#e8743b", light: "#b84a00", dash: [], fill: 0.07 },
  restricted: { word: "restricted", dark: "#d98bb9", light: "#a3487f", dash: [5, 3], fill: 0.06 },
  corridor: { word: "corridor", dark: "#2bb58c", light: "#00795a", dash: [10, 4], fill: 0.03 },
  warning: { word: "warning area", dark: "#e6d94a", light: "#7d6d00", dash: [2, 3], fill: 0.03 },
};

/** A small square of diagonal lines. @param {string} colour @param {number} size */
export function hatch(colour, size = 12) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  c.strokeStyle = colour;
  c.lineWidth = 1.2;
  c.beginPath();
  for (const start of [-size, 0, size]) {
    c.moveTo(start - 2, size + 2);
    c.lineTo(start + size + 2, -2);
  }
  c.stroke();
  return canvas;
}

/** Lines of latitude and longitude. @param {number} step degrees */
export function graticule(step) {
  const lines = [];
  for (let lon = -180; lon <= 180; lon += step) lines.push([[lon, -85], [lon, 85]]);
  for (let lat = -80; lat <= 80; lat += step) lines.push([[-180, lat], [180, lat]]);
  return { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines } };
}
