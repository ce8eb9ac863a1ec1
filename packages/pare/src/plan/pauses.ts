/**
 * How many entries of a tree, or paths of a plan, are worked on before whoever runs the work may leave it alone for a while: well below a
 * millisecond of work.
 */
export const itemsUntilPause = 64;
