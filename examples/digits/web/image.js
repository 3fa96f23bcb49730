// SPDX-License-Identifier: Apache-2.0
// A drawing as the network knows digits: as those of its data set were made from scanned forms.

const SIDE = 32; // pixels of a scan, a side
const CELL = 4; // pixels of a scan to one of the image
const WIDEST = 24; // digits are as high as the scan, and mostly narrower
const INK = 310; // pixels that a digit has, on average
const THINNEST = 0.7;
const THICKEST = 5;
const STEPS = 8;

/**
 * The 8 by 8 image of strokes, which are lists of points [x, y]: how much of each cell has ink, from 0 to 1.
 *
 * The drawing fills the height of the scan, and the pen is as thick as it takes for the usual amount of ink.
 */
export function imageOf(strokes) {
  const image = new Float32Array((SIDE / CELL) ** 2);
  if (!strokes.length) return image;
  let [thin, thick] = [THINNEST, THICKEST];
  for (let step = 0; step < STEPS; step++) {
    const radius = (thin + thick) / 2;
    if (scanned(strokes, radius).reduce((sum, pixel) => sum + pixel) < INK) thin = radius;
    else thick = radius;
  }
  scanned(strokes, thick).forEach((pixel, at) => {
    const [x, y] = [at % SIDE, Math.floor(at / SIDE)].map((place) => Math.floor(place / CELL));
    image[(y * SIDE) / CELL + x] += pixel / CELL ** 2;
  });
  return image;
}

/** The scan, row after row: 1 for the pixels that a pen of this radius reaches. */
function scanned(strokes, radius) {
  const pixels = new Uint8Array(SIDE ** 2);
  for (const segment of fitted(strokes, radius).flatMap(segmentsOf)) {
    const [columns, rows] = [0, 1].map((axis) => reach(segment, axis, radius));
    for (let y = rows[0]; y < rows[1]; y++) {
      for (let x = columns[0]; x < columns[1]; x++) {
        if (isNear(segment, x + 0.5, y + 0.5, radius)) pixels[y * SIDE + x] = 1;
      }
    }
  }
  return pixels;
}

/** The first pixel that a segment may reach along an axis, and that behind the last. */
function reach(segment, axis, radius) {
  const ends = segment.map((point) => point[axis]);
  return [Math.max(0, Math.floor(Math.min(...ends) - radius)), Math.min(SIDE, Math.ceil(Math.max(...ends) + radius))];
}

/** Strokes in the middle of the scan, as large as they can be with a pen of this radius. */
function fitted(strokes, radius) {
  const [left, right] = bounds(strokes, 0);
  const [top, bottom] = bounds(strokes, 1);
  const width = right - left;
  const down = (SIDE - 2 * radius) / Math.max(bottom - top, width / 2, Number.EPSILON);
  const across = Math.min(down, (WIDEST - 2 * radius) / Math.max(width, Number.EPSILON));
  const middle = SIDE / 2;
  return strokes.map((stroke) =>
    stroke.map(([x, y]) => [
      middle + across * (x - (left + right) / 2),
      middle + down * (y - (top + bottom) / 2),
    ]),
  );
}

function bounds(strokes, axis) {
  const values = strokes.flat().map((point) => point[axis]);
  return [Math.min(...values), Math.max(...values)];
}

const segmentsOf = (stroke) => stroke.map((point, at) => [point, stroke[at + 1] ?? point]);

function isNear([[ax, ay], [bx, by]], x, y, radius) {
  const [dx, dy] = [bx - ax, by - ay];
  const along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1);
  const at = Math.min(Math.max(along, 0), 1);
  return Math.hypot(x - ax - at * dx, y - ay - at * dy) <= radius;
}
