// The coast line under the map: the coarse one first, the fine one when somebody zooms in.

/** From this zoom on the fine coast line is fetched. */
const FINE_ZOOM = 6.2;

/** The coarse coast at once, the fine one near the view when zoomed in. */
export function coast(map, overlay) {
  const worker = new Worker(new URL("./basemap-worker.js", import.meta.url), { type: "module" });
  /** @type {number[]|null} */
  let near = null;
  let isAsked = false;
  worker.onmessage = ({ data }) => {
    isAsked = false;
    map.setLand(data.land, data.borders);
    if (!data.near) overlay.setLand(data.land);
    refine();
  };
  const refine = () => {
    const camera = map.camera();
    if (isAsked || camera.zoom < FINE_ZOOM) return;
    const [west, south, east, north] = camera.bounds();
    if (near && west >= near[0] && south >= near[1] && east <= near[2] && north <= near[3]) return;
    const [wide, high] = [Math.max(6, east - west), Math.max(4, north - south)];
    near = [west - wide, south - high, east + wide, north + high];
    isAsked = true;
    worker.postMessage({ detail: "10m", near });
  };
  worker.postMessage({ detail: "50m", near: null });
  isAsked = true;
  map.onMove(refine);
}
