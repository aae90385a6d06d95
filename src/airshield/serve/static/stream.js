// The one connection to the watch: pictures, alerts, heartbeat; and the watch's clock.

import { decodePicture } from "./frame.js";

const AGAIN_MS = 2000;

/**
 * Fetch from the server, and again until it answers: it may be starting, or just gone.
 * @param {string} path @param {() => void} [onFailure] @returns {Promise<Response>}
 */
export async function fetchSurely(path, onFailure) {
  for (;;) {
    try {
      const response = await fetch(path);
      if (response.ok) return response;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // fetch says so when nobody answers
    }
    onFailure?.();
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** Tells the watch's time between messages, at the replay's own pace. */
export class WatchClock {
  constructor() {
    this.baseMs = NaN;
    this.baseReal = 0;
    this.rate = 1;
    /** @type {[number, number][]} */
    this.notes = [];
  }

  /** The watch said what time it is. @param {number} tMs @param {number} real performance.now() */
  note(tMs, real) {
    this.notes.push([tMs, real]);
    if (this.notes.length > 12) this.notes.shift();
    const [firstMs, firstReal] = this.notes[0];
    if (real - firstReal > 1500) {
      const rate = (tMs - firstMs) / (real - firstReal);
      this.rate = Math.abs(rate - 1) < 0.1 ? 1 : Math.max(0, rate);
    }
    const error = tMs - this.now(real);
    const isFar = !(Math.abs(error) < 2000 * Math.max(1, this.rate));
    if (isFar) this.notes = [[tMs, real]];
    this.baseMs = isFar ? tMs : this.now(real) + 0.2 * error;
    this.baseReal = real;
  }

  /** UTC of the watch, ms. @param {number} real */
  now(real) {
    return this.baseMs + (real - this.baseReal) * this.rate;
  }
}

/**
 * @typedef {object} Handlers
 * @property {(isNew: boolean) => void} onHello       isNew: another run of the server
 * @property {(picture: import("./frame.js").Picture) => void} onPicture
 * @property {(alert: any) => void} onAlert
 * @property {(status: any) => void} onStatus
 * @property {(isOpen: boolean) => void} onLink
 */

export class Stream {
  /** @param {string} url @param {Handlers} handlers */
  constructor(url, handlers) {
    this.url = url;
    this.handlers = handlers;
    this.session = "";
    this.alert = 0;
    this.rev = 0;
    this.heardReal = performance.now();
    this.isOpen = false;
    this.waitMs = 500;
    this.connect();
  }

  connect() {
    const query = new URLSearchParams({ session: this.session, alert: String(this.alert) });
    const socket = new WebSocket(`${this.url}?${query}`);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.take(data, socket);
    socket.onopen = () => {
      this.isOpen = true;
      this.handlers.onLink(true);
    };
    socket.onclose = () => {
      this.isOpen = false;
      this.handlers.onLink(false);
      setTimeout(() => this.connect(), this.waitMs);
      this.waitMs = Math.min(5000, this.waitMs * 1.6);
    };
  }

  /** @param {string|ArrayBuffer} data @param {WebSocket} socket */
  take(data, socket) {
    this.heardReal = performance.now();
    this.waitMs = 500;
    if (typeof data !== "string") {
      const picture = decodePicture(data);
      if (!picture.isKey && picture.since !== this.rev) {
        socket.close(); // a difference from something we never had: begin again with a key frame
        return;
      }
      this.rev = picture.rev;
      this.handlers.onPicture(picture);
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "hello") {
      const isNew = this.session !== message.session;
      this.session = message.session;
      this.rev = 0;
      if (isNew) this.alert = 0;
      this.handlers.onHello(isNew);
    } else if (message.type === "alert") {
      this.alert = message.number;
      this.handlers.onAlert(message);
    } else if (message.type === "status") {
      this.handlers.onStatus(message);
    }
  }

  /** Seconds since anything came. */
  ageS() {
    return (performance.now() - this.heardReal) / 1000;
  }
}
