/** The same function, which asks once for each argument. */
export function remembered<Argument, Result>(
  ask: (argument: Argument) => Result,
): (argument: Argument) => Result {
  const answers = new Map<Argument, Result>();
  return (argument) => {
    const known = answers.get(argument);
    if (known !== undefined) return known;
    const answer = ask(argument);
    answers.set(argument, answer);
    return answer;
  };
}
