// Calls of an emitted WebAssembly program, wherever JavaScript runs: tests/devices/wasm.py says what they are.

const TIMES = 200; // means, of which the least is told: without what else the machine does
const WARM = 50; // calls after which a machine has compiled what it will
const ENOUGH = 4; // milliseconds that a mean is taken over, so that the clocks of browsers can tell them

const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const mapped = (object, change) => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
const numbers = { number: Number, bigint: BigInt };
const parsed = ({ type, data }) => (type in numbers ? numbers[type](data) : new globalThis[type](bytesOf(data).buffer));

function printed(array) {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function mean(call, count) {
  const begun = performance.now();
  for (let n = 0; n < count; n++) call();
  return (performance.now() - begun) / count;
}

function microseconds(call) {
  mean(call, WARM);
  const count = Math.ceil(ENOUGH / Math.max(mean(call, WARM), 0.001));
  return 1000 * Math.min(...Array.from({ length: TIMES }, () => mean(call, count)));
}

function answer(model, { name, inputs, timed }) {
  const given = mapped(inputs, parsed);
  try {
    const outputs = mapped(model[name](given), printed);
    return { outputs, microseconds: timed ? microseconds(() => model[name](given)) : 0 };
  } catch (problem) {
    return { problem: String(problem) };
  }
}

/** What calls of a program, which is here in base64, give; and the names of what it imports. */
export async function answered(load, program, calls) {
  const compiled = await WebAssembly.compile(bytesOf(program));
  const model = await load(compiled);
  const imports = WebAssembly.Module.imports(compiled).map(({ name }) => name);
  return { imports, answers: calls.map((call) => answer(model, call)) };
}
