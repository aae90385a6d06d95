// Web Mercator and great circles. Mercator coordinates run from 0 to 1, x east and y south.

export const EARTH_M = 6_371_008.8;
const CIRCUMFERENCE_M = 2 * Math.PI * 6_378_137;
const RAD = Math.PI / 180;

/** @param {number} lon */
export const mercX = (lon) => (lon + 180) / 360;
/** @param {number} lat */
export const mercY = (lat) => {
  const held = Math.max(-85.051, Math.min(85.051, lat));
  return 0.5 - Math.log(Math.tan(Math.PI / 4 + (held * RAD) / 2)) / (2 * Math.PI);
};
/** @param {number} x */
export const lonOf = (x) => x * 360 - 180;
/** @param {number} y */
export const latOf = (y) => (2 * Math.atan(Math.exp(Math.PI * (1 - 2 * y))) - Math.PI / 2) / RAD;
/** Mercator units in a metre at a latitude. @param {number} lat */
export const mercPerMetre = (lat) => 1 / (CIRCUMFERENCE_M * Math.cos(lat * RAD));

/** Great-circle distance, m. @param {number} lat1 @param {number} lon1 @param {number} lat2 @param {number} lon2 */
export function distance(lat1, lon1, lat2, lon2) {
  const sLat = Math.sin(((lat2 - lat1) * RAD) / 2);
  const sLon = Math.sin(((lon2 - lon1) * RAD) / 2);
  const a = sLat * sLat + Math.cos(lat1 * RAD) * Math.cos(lat2 * RAD) * sLon * sLon;
  return 2 * EARTH_M * Math.asin(Math.sqrt(a));
}

/** Initial true bearing, degrees. @param {number} lat1 @param {number} lon1 @param {number} lat2 @param {number} lon2 */
export function bearing(lat1, lon1, lat2, lon2) {
  const dLon = (lon2 - lon1) * RAD;
  const y = Math.sin(dLon) * Math.cos(lat2 * RAD);
  const x = Math.cos(lat1 * RAD) * Math.sin(lat2 * RAD)
    - Math.sin(lat1 * RAD) * Math.cos(lat2 * RAD) * Math.cos(dLon);
  return (Math.atan2(y, x) / RAD + 360) % 360;
}

/**
 * What part of the world the stage shows, north up. One formula serves the map engine, the track
 * layer and the overlay, so they never disagree by a pixel.
 */
export class Camera {
  /** @param {number} lon @param {number} lat @param {number} zoom @param {number} width @param {number} height */
  constructor(lon, lat, zoom, width, height) {
    this.lon = lon;
    this.lat = lat;
    this.zoom = zoom;
    this.width = width;
    this.height = height;
    this.cx = mercX(lon);
    this.cy = mercY(lat);
    /** Pixels for one Mercator unit. */
    this.world = 512 * 2 ** zoom;
  }

  /** @param {number} x @param {number} y @returns {[number, number]} */
  fromMerc(x, y) {
    return [(x - this.cx) * this.world + this.width / 2, (y - this.cy) * this.world + this.height / 2];
  }

  /** @param {number} lon @param {number} lat @returns {[number, number]} */
  project(lon, lat) {
    return this.fromMerc(mercX(lon), mercY(lat));
  }

  /** @param {number} px @param {number} py @returns {[number, number]} longitude, latitude */
  unproject(px, py) {
    return [
      lonOf((px - this.width / 2) / this.world + this.cx),
      latOf((py - this.height / 2) / this.world + this.cy),
    ];
  }

  /** West, south, east, north. @returns {[number, number, number, number]} */
  bounds() {
    const [west, north] = this.unproject(0, 0);
    const [east, south] = this.unproject(this.width, this.height);
    return [west, south, east, north];
  }

  /** Pixels for a metre at the centre. */
  pxPerMetre() {
    return mercPerMetre(this.lat) * this.world;
  }
}

/** Centre and zoom that show a box. @param {number[]} box @param {number} width @param {number} height */
export function fit([west, south, east, north], width, height) {
  const [x0, x1, y0, y1] = [mercX(west), mercX(east), mercY(north), mercY(south)];
  const scale = Math.min(width / (x1 - x0), height / (y1 - y0));
  return {
    lon: lonOf((x0 + x1) / 2),
    lat: latOf((y0 + y1) / 2),
    zoom: Math.max(1, Math.min(14, Math.log2(scale / 512))),
  };
}
