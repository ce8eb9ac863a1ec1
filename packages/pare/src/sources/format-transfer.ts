/** Words how much was transferred: `12.3 MB`. */
export function formatTransfer(bytes: number): string {
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
