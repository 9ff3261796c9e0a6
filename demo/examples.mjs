// What the demo has for the examples: one file in demo/examples/ for each example that needs something.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'examples');

/**
 * What one example needs, the default export of its file.
 * @typedef {object} Supplies
 * @property {string} example its name, as the import menu shows it
 * @property {string} [program] the server that it needs, one of demo/servers.mjs
 * @property {Answer[]} answers of the stand-in, the first that fits
 * @property {Place[]} [elsewhere] what its http request nodes ask
 * @property {Record<string, () => Buffer>} [files] what it finds in the user folder, by name
 *
 * @typedef {object} Answer
 * @property {RegExp} when what the prompt holds: the text of all messages, one after the other
 * @property {RegExp} [model] which model is asked
 * @property {Reply | ((prompt: string, messages: object[]) => Reply)} answer
 *
 * @typedef {string | { name: string, arguments: string }[] | object} Reply
 *   a text, calls of tools, or a response of aimock, such as `{ error: { message }, status: 503 }`
 *
 * @typedef {object} Place
 * @property {string} address what the example asks; its last part names it in the demo, so no two may have the same
 * @property {string} type its content-type
 * @property {() => Buffer | string} content
 */

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.mjs'));
const modules = await Promise.all(files.map((name) => import(`./examples/${name}`)));

/** @type {Supplies[]} */
export const SUPPLIES = modules.map(({ default: supplies }) => supplies);

/** @type {(Place & { path: string })[]} what the demo's own server offers, and where */
export const PLACES = SUPPLIES.flatMap(({ elsewhere = [] }) => elsewhere).map((place) => ({
  ...place,
  path: `/demo/${new URL(place.address).pathname.split('/').at(-1)}`,
}));

/** @type {Record<string, () => Buffer>} */
export const FILES = Object.assign({}, ...SUPPLIES.map(({ files = {} }) => files));

/** Answers a request that is for one of the places; says whether it was. */
export function answerElsewhere(request, response) {
  const place = PLACES.find(({ path }) => path === request.url);
  if (!place) return false;
  // What is sent along is of no use here.
  request.resume();
  response.writeHead(200, { 'content-type': place.type });
  response.end(place.content());
  return true;
}
