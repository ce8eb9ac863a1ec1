/** All that an iteration gives (Array.fromAsync, which Node 20 lacks). */
export async function gather<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}
