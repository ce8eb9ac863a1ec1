/** Of a list this many items are written at once: enough to be quick, and few enough that the memory for their text is used again. */
const itemsAtOnce = 150;
/** Objects are taken apart as deep as lists that are long stand in a report. */
const levelsApart = 3;
const indentOfLevel = '  ';

/**
 * JSON as `JSON.stringify` writes it with an indent of two spaces, in pieces that are to be joined, so that whoever writes a large
 * value can pause in between. `level`: how deep the value stands in the text that it becomes part of.
 */
export function* jsonPieces(value: unknown, level = 0, atOnce = itemsAtOnce): Generator<string, undefined> {
  const list = listOf(value);
  if (list !== undefined && list.length > atOnce) {
    for (let at = 0; at < list.length; at += atOnce) {
      const text = stringifyAt(list.slice(at, at + atOnce), level);
      yield at === 0 ? '[' : ',';
      // Without the bracket at its beginning, and the line with the one at its end.
      yield text.slice(1, text.lastIndexOf('\n'));
    }
    yield `\n${indentOfLevel.repeat(level)}]`;
    return;
  }
  const fields = list === undefined && level < levelsApart && isObject(value) ? definedFields(value) : [];
  if (fields.length === 0) {
    yield stringifyAt(value, level);
    return;
  }
  let before = '{';
  for (const [key, field] of fields) {
    yield `${before}\n${indentOfLevel.repeat(level + 1)}${JSON.stringify(key)}: `;
    yield* jsonPieces(field, level + 1, atOnce);
    before = ',';
  }
  yield `\n${indentOfLevel.repeat(level)}}`;
}

/** JSON without white space of a list of what `itemOf` makes of these, in pieces that are to be joined. */
export function* compactListPieces<Item>(
  list: readonly Item[],
  itemOf: (item: Item) => unknown,
  atOnce = itemsAtOnce,
): Generator<string, undefined> {
  for (let at = 0; at < list.length; at += atOnce) {
    yield at === 0 ? '[' : ',';
    yield JSON.stringify(list.slice(at, at + atOnce).map(itemOf)).slice(1, -1);
  }
  yield list.length === 0 ? '[]' : ']';
}

/** What of a list is asked for when it is written. */
type Listing = Pick<readonly unknown[], 'length' | 'slice'>;

const listing = Symbol('listing');

/** A list whose items are made only when they are written. */
export interface MadeList {
  readonly [listing]: Listing;
  toJSON(): unknown;
}

/** In JSON this is what `itemOf` makes of the items; those of a long list are never there all at once. */
export function madeList<Item>(items: readonly Item[], itemOf: (item: Item) => unknown): MadeList {
  const { length } = items;
  return {
    [listing]: { length, slice: (from, to) => items.slice(from, to).map(itemOf) },
    toJSON: () => items.map(itemOf),
  };
}

function listOf(value: unknown): Listing | undefined {
  if (Array.isArray(value)) return value;
  return isObject(value) && listing in value ? (value as unknown as MadeList)[listing] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** As in JSON, what is undefined is not there. */
function definedFields(value: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] {
  return Object.entries(value).filter(([, field]) => field !== undefined);
}

/** Indented as it stands at this level. */
function stringifyAt(value: unknown, level: number): string {
  let nested = value;
  for (let outer = 0; outer < level; outer += 1) nested = [nested];
  const text = JSON.stringify(nested, undefined, indentOfLevel);
  const { before, after } = surroundings(level);
  return text.slice(before, text.length - after);
}

/** Lengths of what stands before and after a value that is the only item of lists, one in the other. */
function surroundings(level: number): { readonly before: number; readonly after: number } {
  let before = 0;
  let after = 0;
  for (let outer = 0; outer < level; outer += 1) {
    // A bracket and a line end; what follows is indented by one level more.
    before += 2 + indentOfLevel.length * (outer + 1);
    after += 2 + indentOfLevel.length * outer;
  }
  return { before, after };
}
