/** Enough for six digits. */
const bisections = 30;

/**
 * The highest chance of an event that `successes` of `trials` do not contradict: the upper end of the one-sided exact interval of
 * Clopper and Pearson (Biometrika 26, 1934). Without a success it is near 3 / trials. 1 without trials.
 */
export function highestChance(successes: number, trials: number, confidence = 0.95): number {
  if (successes >= trials) return 1;
  let low = successes / trials;
  let high = 1;
  for (let step = 0; step < bisections; step += 1) {
    const middle = (low + high) / 2;
    if (atMost(successes, trials, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** The chance of at most so many successes. The terms are made in logarithms: powers of small chances underflow. */
function atMost(successes: number, trials: number, chance: number): number {
  let logChoose = 0;
  let total = 0;
  for (let k = 0; k <= successes; k += 1) {
    if (k > 0) logChoose += Math.log(trials - k + 1) - Math.log(k);
    total += Math.exp(logChoose + k * Math.log(chance) + (trials - k) * Math.log1p(-chance));
  }
  return total;
}
