// What a function of an emitted WebAssembly program gives: node call.mjs MODULE.js MODULE.wasm < calls
//
// `calls` are {function, inputs, seconds}: arrays are {type, data}, their bytes in base64.  Each answer has the arrays of
// its outputs, and, where it is called again for so many seconds, the median of microseconds that a call took.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [script, program] = process.argv.slice(2);
const { load } = await import(pathToFileURL(script));
const binary = await readFile(program);
const model = await load(binary);

const parsed = ({ type, data }) => {
  const bytes = new Uint8Array(Buffer.from(data, "base64"));
  return new globalThis[type](bytes.buffer);
};
const printed = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");
const mapped = (object, change) => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));

function microseconds(call, inputs, seconds) {
  const taken = [];
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    const begun = performance.now();
    call(inputs);
    taken.push(1000 * (performance.now() - begun));
  }
  return taken.sort((a, b) => a - b)[taken.length >> 1];
}

const answers = JSON.parse(await readFile("/dev/stdin", "utf8")).map((call) => {
  const run = model[call.function];
  const inputs = mapped(call.inputs, parsed);
  try {
    const outputs = mapped(run(inputs), printed);
    return { outputs, microseconds: call.seconds ? microseconds(run, inputs, call.seconds) : 0 };
  } catch (problem) {
    return { problem: String(problem) };
  }
});
const compiled = await WebAssembly.compile(binary);
const imports = WebAssembly.Module.imports(compiled).map(({ name }) => name);
process.stdout.write(JSON.stringify({ imports, answers }));
