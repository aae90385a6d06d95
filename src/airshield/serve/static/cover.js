// What any subset of a plan's radars sees, from planes of bits: 32 cells at once, no matter how many
// radars. The layouts are written down in airshield/serve/plan_view.py and docs/api-plan.md.

/** Values of a map of numbers of radars: none to four or more are 0 to 4. */
export const UNKNOWN = 5;
export const NO_AIR = 6;
/** Nobody, and it would be seen if everybody were ticked. */
export const LOST = 7;
/** Off the grid, where nothing is known and nothing is drawn. */
export const NOWHERE = 63;
/** Set beside a value where the cell is territory. */
export const INSIDE = 64;
/** Reasons on top of the plan's own: an unticked radar sees it. */
export const SWITCHED_OFF = 32;
/** Altitude bands on top of the levels: never seen, and nobody knows. */
export const NEVER_BAND = 32;
export const UNKNOWN_BAND = 33;

/** Heights on the wire count from here, m above mean sea level. */
const LOW_M = -1000;
const UNKNOWN_U16 = 65534;
const NEVER_U16 = 65535;

/** @param {ArrayBuffer} buffer @param {string} magic @param {{rows: number, cols: number}} grid */
function head(buffer, magic, grid) {
  const view = new DataView(buffer);
  const found = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (found !== magic || view.getUint16(4, true) !== 1) {
    throw new Error(`expected a ${magic} document of version 1, got ${found}`);
  }
  const [rows, cols] = [view.getUint32(8, true), view.getUint32(12, true)];
  if (rows !== grid.rows || cols !== grid.cols) {
    throw new Error(`a map of ${rows} by ${cols} cells on a grid of ${grid.rows} by ${grid.cols}: reload the page`);
  }
  let at = 24;
  return {
    low: view.getUint16(6, true),
    high: view.getUint32(16, true),
    /**
     * @template T
     * @param {new (buffer: ArrayBuffer, at: number, count: number) => T} Kind @param {number} count @param {number} width @returns {T}
     */
    take: (Kind, count, width) => {
      const column = new Kind(buffer, at, count);
      at += Math.ceil((count * width) / 8) * 8;
      return column;
    },
  };
}

/**
 * @typedef {object} Territory
 * @property {Uint32Array} inside   plane
 * @property {Uint32Array|null} lived   cells with people; null when nobody told
 * @property {Float64Array} people      in each of those
 * @property {Uint16Array|null} ground  steps of a metre, as in lowest altitudes
 */
/** @param {ArrayBuffer} buffer @param {import("./laea.js").Grid} grid @returns {Territory} */
export function decodeTerritory(buffer, grid) {
  const { low, high, take } = head(buffer, "ASCT", grid);
  const inside = take(Uint32Array, Math.ceil(grid.cells / 32), 4);
  const lived = take(Uint32Array, high, 4);
  const people = take(Float64Array, high, 8);
  const ground = low & 2 ? take(Uint16Array, grid.cells, 2) : null;
  return { inside, lived: low & 1 ? lived : null, people, ground };
}

/**
 * @typedef {object} Layer
 * @property {(Uint32Array|null)[]} sees     plane per radar; null: nothing
 * @property {(Uint32Array|null)[]} unknown  plane per radar; null: nothing
 * @property {Uint32Array|null} noAir
 * @property {Uint8Array} why
 */
/** @param {ArrayBuffer} buffer @param {import("./laea.js").Grid} grid @returns {Layer} */
export function decodeLayer(buffer, grid) {
  const { low, high, take } = head(buffer, "ASCL", grid);
  const words = Math.ceil(grid.cells / 32);
  const flags = [...take(Uint8Array, low, 1)];
  const sees = flags.map((flag) => (flag & 1 ? take(Uint32Array, words, 4) : null));
  const unknown = flags.map((flag) => (flag & 2 ? take(Uint32Array, words, 4) : null));
  const noAir = high & 1 ? take(Uint32Array, words, 4) : null;
  return { sees, unknown, noAir, why: take(Uint8Array, grid.cells, 1) };
}

/** @param {ArrayBuffer} buffer @param {import("./laea.js").Grid} grid */
export const decodeLowest = (buffer, grid) => head(buffer, "ASCH", grid).take(Uint16Array, grid.cells, 2);

/** Bits set in a word (Warren, Hacker's Delight, 5-2). @param {number} x */
function ones(x) {
  x -= (x >>> 1) & 0x55555555;
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  x = (x + (x >>> 4)) & 0x0f0f0f0f;
  return Math.imul(x, 0x01010101) >>> 24;
}

/** @param {Uint32Array|null} plane @param {number} cell */
export const has = (plane, cell) => plane !== null && ((plane[cell >>> 5] >>> (cell & 31)) & 1) === 1;

/**
 * @typedef {object} Weights  how much is seen by none, one, two, three, four or more; unknown; without air
 * @property {number[]} area    m²
 * @property {number[]|null} people
 * @property {number[]} sites
 *
 * @typedef {object} Seen  what some radars see of a layer
 * @property {Uint32Array[]} by    planes: seen by at least one, two, three, four
 * @property {Uint32Array} doubt   plane: nobody surely sees it and one may
 */

export class Cover {
  /** @param {import("./laea.js").Grid} grid @param {Territory} territory @param {number[]} siteCells */
  constructor(grid, territory, siteCells) {
    this.grid = grid;
    this.territory = territory;
    this.siteCells = siteCells;
    this.words = territory.inside.length;
    this.nothing = new Uint32Array(this.words);
  }

  /** @param {Layer} layer @param {boolean[]} on which radars are ticked @returns {Seen} */
  look(layer, on) {
    const [s1, s2, s3, s4, doubt] = [0, 0, 0, 0, 0].map(() => new Uint32Array(this.words));
    layer.sees.forEach((plane, radar) => {
      if (!plane || !on[radar]) return;
      for (let i = 0; i < plane.length; i++) {
        const bits = plane[i];
        if (bits === 0) continue;
        s4[i] |= s3[i] & bits;
        s3[i] |= s2[i] & bits;
        s2[i] |= s1[i] & bits;
        s1[i] |= bits;
      }
    });
    layer.unknown.forEach((plane, radar) => {
      if (!plane || !on[radar]) return;
      for (let i = 0; i < plane.length; i++) doubt[i] |= plane[i];
    });
    for (let i = 0; i < this.words; i++) doubt[i] &= ~s1[i];
    return { by: [s1, s2, s3, s4], doubt };
  }

  /** @param {Layer} layer @param {Seen} seen @param {Uint8Array} counts of the same, from {@link counts} @returns {Weights} */
  weigh(layer, { by: [s1, s2, s3, s4], doubt }, counts) {
    const noAir = layer.noAir ?? this.nothing;
    const { inside, lived, people } = this.territory;
    const cells = [0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < this.words; i++) {
      const land = inside[i];
      if (land === 0) continue;
      const air = land & ~noAir[i];
      cells[4] += ones(air & s4[i]);
      cells[3] += ones(air & s3[i] & ~s4[i]);
      cells[2] += ones(air & s2[i] & ~s3[i]);
      cells[1] += ones(air & s1[i] & ~s2[i]);
      cells[UNKNOWN] += ones(air & doubt[i]);
      cells[0] += ones(air & ~s1[i] & ~doubt[i]);
      cells[NO_AIR] += ones(land & noAir[i]);
    }
    const sites = [0, 0, 0, 0, 0, 0, 0, 0];
    for (const cell of this.siteCells) sites[counts[cell] & ~INSIDE]++;
    const lives = new Float64Array(8);
    if (lived) for (let i = 0; i < lived.length; i++) lives[counts[lived[i]] & ~INSIDE] += people[i];
    // Who is lost is seen by nobody.
    const fold = (/** @type {ArrayLike<number>} */ by) => [by[0] + by[LOST], ...Array.from(by).slice(1, LOST)];
    return { area: cells.map((many) => many * this.grid.cellM2), people: lived && fold(lives), sites: fold(sites) };
  }

  /**
   * What hangs on each of several sets of radars alone, m² of territory: for sets with a ticked radar,
   * what nobody else who is ticked sees; for the others, what ticking them would add.
   * @param {Layer} layer @param {boolean[]} on @param {number[][]} sets every radar is in one of them
   */
  worth(layer, on, sets) {
    const noAir = layer.noAir ?? this.nothing;
    const { inside } = this.territory;
    const planes = sets.map((radars) => {
      const ticked = radars.filter((radar) => on[radar]);
      return this.union(layer, ticked.length ? ticked : radars);
    });
    const isOn = sets.map((radars) => radars.some((radar) => on[radar]));
    // Seen by one of the sets that are there, or by two: then none of them is alone.
    const [once, twice] = [new Uint32Array(this.words), new Uint32Array(this.words)];
    planes.forEach((plane, place) => {
      if (!isOn[place]) return;
      for (let i = 0; i < this.words; i++) {
        twice[i] |= once[i] & plane[i];
        once[i] |= plane[i];
      }
    });
    return planes.map((plane, place) => {
      const others = isOn[place] ? twice : once;
      let cells = 0;
      for (let i = 0; i < this.words; i++) {
        if (plane[i] !== 0) cells += ones(plane[i] & ~others[i] & inside[i] & ~noAir[i]);
      }
      return cells * this.grid.cellM2;
    });
  }

  /** A plane of what at least one of some radars sees. @param {Layer} layer @param {number[]} radars */
  union(layer, radars) {
    if (radars.length === 1) return layer.sees[radars[0]] ?? this.nothing;
    const out = new Uint32Array(this.words);
    for (const radar of radars) {
      const plane = layer.sees[radar];
      if (plane) for (let i = 0; i < this.words; i++) out[i] |= plane[i];
    }
    return out;
  }

  /**
   * Numbers of radars, UNKNOWN, NO_AIR, LOST; with INSIDE.
   * @param {Layer} layer @param {Seen} seen @param {Seen} whole what all radars see @param {Uint8Array} out
   */
  counts(layer, seen, whole, out) {
    const noAir = layer.noAir ?? this.nothing;
    const [[s1, s2, s3, s4], all, doubt] = [seen.by, whole.by[0], seen.doubt];
    const { inside } = this.territory;
    for (let cell = 0, i = 0; i < this.words; i++) {
      const [a, b, c, d, land] = [s1[i], s2[i], s3[i], s4[i], inside[i]];
      // Most words are all alike.
      const special = doubt[i] | noAir[i] | (all[i] & ~a);
      const end = Math.min(32, this.grid.cells - cell);
      if (special === 0 && (a === 0 || a === -1 >>> 0) && (land === 0 || land === -1 >>> 0)
        && (b === 0 || b === -1 >>> 0) && (c === 0 || c === -1 >>> 0) && (d === 0 || d === -1 >>> 0)) {
        out.fill((a & 1) + (b & 1) + (c & 1) + (d & 1) + (land & 1) * INSIDE, cell, cell + end);
        cell += end;
        continue;
      }
      for (let bit = 0; bit < end; bit++, cell++) {
        let value = ((a >>> bit) & 1) + ((b >>> bit) & 1) + ((c >>> bit) & 1) + ((d >>> bit) & 1);
        if ((special >>> bit) & 1) {
          if ((noAir[i] >>> bit) & 1) value = NO_AIR;
          else if ((doubt[i] >>> bit) & 1) value = UNKNOWN;
          else value = LOST;
        }
        out[cell] = value | (((land >>> bit) & 1) << 6);
      }
    }
    return out;
  }

  /**
   * Why nobody sees: the plan's reasons, SWITCHED_OFF; with INSIDE.
   * @param {Layer} layer @param {Seen} seen @param {number} groundCode @param {number} unknownCode @param {Uint8Array} out
   */
  whys({ why, noAir }, { by: [s1], doubt }, groundCode, unknownCode, out) {
    const { inside } = this.territory;
    for (let cell = 0; cell < why.length; cell++) {
      const [i, bit] = [cell >>> 5, cell & 31];
      let value = why[cell] === 0 ? SWITCHED_OFF : why[cell];
      if (noAir && (noAir[i] >>> bit) & 1) value = groundCode;
      else if ((s1[i] >>> bit) & 1) value = 0;
      else if ((doubt[i] >>> bit) & 1) value = unknownCode;
      out[cell] = value | (((inside[i] >>> bit) & 1) << 6);
    }
    return out;
  }

  /**
   * The lowest altitude that anybody sees down to, steps as on the wire. There unknown is less than
   * never: where one radar never sees and another may, nobody knows.
   * @param {Uint16Array[]} maps of the ticked radars @param {Uint16Array} out
   */
  lowest(maps, out) {
    out.fill(NEVER_U16);
    for (const map of maps) {
      for (let cell = 0; cell < out.length; cell++) if (map[cell] < out[cell]) out[cell] = map[cell];
    }
    return out;
  }

  /**
   * Bands of lowest altitudes above the sea or above the ground: i where the i-th level is the first
   * at which a target is seen, levels.length above them; NEVER_BAND, UNKNOWN_BAND; with INSIDE.
   * @param {Uint16Array} lowest @param {number[]} levels @param {boolean} isAboveGround @param {Uint8Array} out
   */
  bands(lowest, levels, isAboveGround, out) {
    const { inside, ground } = this.territory;
    const over = isAboveGround ? ground : null;
    // By height in metres above the least there is: LOW_M, or the ground itself.
    const least = over ? 0 : LOW_M;
    const bandOf = Uint8Array.from({ length: UNKNOWN_U16 }, (_, i) => {
      const band = levels.findIndex((level) => i + least <= level);
      return band < 0 ? levels.length : band;
    });
    for (let cell = 0; cell < lowest.length; cell++) {
      const steps = lowest[cell];
      const base = over ? over[cell] : 0;
      const band = steps === NEVER_U16 ? NEVER_BAND : steps === UNKNOWN_U16 || base === UNKNOWN_U16 ? UNKNOWN_BAND
        : bandOf[Math.max(0, steps - base)];
      out[cell] = band | (((inside[cell >>> 5] >>> (cell & 31)) & 1) << 6);
    }
    return out;
  }

  /**
   * The territory's regions that nobody sees, connected through sides, largest first.
   * @param {Layer} layer @param {Uint8Array} counts from {@link counts}
   * @returns {{areaM2: number, people: number|null, cell: number, why: number}[]}
   */
  gaps({ why }, counts) {
    const { rows, cols, cellM2 } = this.grid;
    const { lived, people } = this.territory;
    const [starts, ends, parent] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([]), /** @type {number[]} */ ([])];
    const rootOf = (/** @type {number} */ run) => {
      while (parent[run] !== run) run = parent[run] = parent[parent[run]];
      return run;
    };
    let above = 0; // first run of the row before
    for (let row = 0; row < rows; row++) {
      const own = starts.length;
      const end = (row + 1) * cols;
      for (let cell = row * cols; cell < end; cell++) {
        if (!isGap(counts[cell])) continue;
        const start = cell;
        while (cell < end && isGap(counts[cell])) cell++;
        const run = starts.length;
        starts.push(start);
        ends.push(cell);
        parent.push(run);
        // Those of the row before end before this row begins; step over the ones too far west.
        while (above < own && ends[above] + cols <= start) above++;
        for (let other = above; other < own && starts[other] + cols < cell; other++) {
          const [a, b] = [rootOf(other), rootOf(run)];
          parent[Math.max(a, b)] = Math.min(a, b);
        }
      }
      above = own;
    }
    /** @type {Map<number, {cells: number, people: number, cell: number, past: number, reasons: Uint32Array}>} */
    const found = new Map();
    starts.forEach((start, run) => {
      const root = rootOf(run);
      let gap = found.get(root);
      if (!gap) found.set(root, gap = { cells: 0, people: 0, cell: -1, past: 0, reasons: new Uint32Array(SWITCHED_OFF + 1) });
      gap.cells += ends[run] - start;
      for (let cell = start; cell < ends[run]; cell++) {
        gap.reasons[counts[cell] === (INSIDE | LOST) ? SWITCHED_OFF : why[cell]]++;
      }
    });
    let person = 0;
    starts.forEach((start, run) => {
      const gap = /** @type {any} */ (found.get(rootOf(run)));
      // The middle one of its cells, row by row: never outside.
      const half = gap.cells >> 1;
      const long = ends[run] - start;
      if (gap.past <= half && half < gap.past + long) gap.cell = start + half - gap.past;
      gap.past += long;
      while (lived && person < lived.length && lived[person] < ends[run]) {
        if (lived[person] >= start) gap.people += people[person];
        person++;
      }
    });
    return [...found.values()].sort((a, b) => b.cells - a.cells).map((gap) => ({
      areaM2: gap.cells * cellM2,
      people: lived ? gap.people : null,
      cell: gap.cell,
      why: gap.reasons.indexOf(Math.max(...gap.reasons)),
    }));
  }
}

/** @param {number} code */
const isGap = (code) => code === INSIDE || code === (INSIDE | LOST);

/** Height above sea of a step on the wire; null never or unknown. @param {number} steps */
export const heightOf = (steps) => (steps >= UNKNOWN_U16 ? null : steps + LOW_M);
/** @param {number} steps */
export const isNever = (steps) => steps === NEVER_U16;
