import { buildTestImage, type RealEngine, type TestImage } from '../../../packages/testkit/src/index.ts';
import { limitsContract } from './limits-contract.ts';
import { runContract } from './run-contract.ts';
import { runningContract } from './running-contract.ts';

/** An engine that must keep the contract, opened before its tests. */
export interface Subject {
  readonly real: RealEngine;
  readonly image: TestImage;
}

/** What engines do in their own way. docs/sources-and-sinks.md says what Podman does not do. */
export interface EngineWays {
  /** The code of the error for a network that is not there. */
  readonly unknownNetwork: 'usage' | 'engine-failed';
  /** Whether what is on a `--tmpfs` cannot be executed. */
  readonly noexecTmpfs: boolean;
  /** The first port that needs no right (ip(7), `ip_unprivileged_port_start`). */
  readonly firstPort: 0 | 1024;
  readonly links: boolean;
  /** Whether who joins another's network has its host name too. */
  readonly joinedHostname: boolean;
  /** Whether health checks are run without anything else on the machine. */
  readonly health: boolean;
  /** Whether names on a network resolve without plugins. */
  readonly names: boolean;
}

/** Docker's ways, which are those of the embedded engine too. */
export const dockerWays: EngineWays = {
  unknownNetwork: 'engine-failed',
  noexecTmpfs: true,
  firstPort: 0,
  links: true,
  joinedHostname: true,
  health: true,
  names: true,
};

/** What every engine must do in the same way: the port's contract, run on the real thing. */
export function engineContract(subject: () => Subject, ways: EngineWays): void {
  runContract(subject, ways);
  runningContract(subject, ways);
  limitsContract(subject);
}

/** The image that the contract's containers are of. */
export function contractImage(): Promise<TestImage> {
  return buildTestImage(`FROM BASE
RUN useradd --uid 1500 keeper && usermod -aG audio keeper && mkdir -m 0750 /kept && chown keeper /kept \\
 && echo text >/kept/file && rm /etc/issue.net && ln -s /etc/shadow /kept/link
ENV FROM_IMAGE=1 CHANGED=image
WORKDIR /srv
VOLUME /kept
EXPOSE 7001/tcp
ENTRYPOINT ["/bin/sh", "-c", "echo entry; exec \\"$@\\"", "sh"]
CMD ["echo", "from the image"]
HEALTHCHECK --interval=100ms --timeout=5s --retries=2 CMD test ! -e /tmp/sick
`);
}
