/** The same function, which asks once for each argument. `answers`: those that are known, to which all others are added. */
export function remembered<Argument, Result>(
  ask: (argument: Argument) => Result,
  answers: Map<Argument, Result> = new Map(),
): (argument: Argument) => Result {
  return (argument) => {
    const known = answers.get(argument);
    if (known !== undefined) return known;
    const answer = ask(argument);
    answers.set(argument, answer);
    return answer;
  };
}
