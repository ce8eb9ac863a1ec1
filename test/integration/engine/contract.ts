import { buildTestImage, type RealEngine, type TestImage } from '../../../packages/testkit/src/index.ts';
import { limitsContract } from './limits-contract.ts';
import { runContract } from './run-contract.ts';
import { runningContract } from './running-contract.ts';

/** An engine that must keep the contract, opened before its tests. */
export interface Subject {
  readonly real: RealEngine;
  readonly image: TestImage;
}

/** What every engine must do in the same way: the port's contract, run on the real thing. */
export function engineContract(
  subject: () => Subject,
  /** What engines word in their own way. */
  own: { readonly unknownNetwork: 'usage' | 'engine-failed' },
): void {
  runContract(subject, own);
  runningContract(subject);
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
