// node call.mjs MODULE.js MODULE.wasm < CALLS > ANSWERS
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { answered } from "./calls.mjs";

const [script, program] = process.argv.slice(2);
const { load } = await import(pathToFileURL(script));
const calls = JSON.parse(await readFile("/dev/stdin", "utf8"));
process.stdout.write(JSON.stringify(await answered(load, await readFile(program, "base64"), calls)));
