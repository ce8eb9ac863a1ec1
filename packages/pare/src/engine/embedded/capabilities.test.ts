import { describe, expect, it } from 'vitest';
import { planCapabilities } from './capabilities.ts';

describe('planCapabilities', () => {
  it("starts from Docker's default set", () => {
    expect(planCapabilities([], [])).toHaveLength(14);
    expect(planCapabilities(['SYS_ADMIN'], ['cap_mknod'])).toEqual(
      expect.arrayContaining(['SYS_ADMIN', 'CHOWN']),
    );
    expect(planCapabilities(['SYS_ADMIN'], ['cap_mknod'])).not.toContain('MKNOD');
  });

  it('takes ALL as all, and what is added by name beside a dropped ALL as the only ones', () => {
    expect(planCapabilities(['ALL'], [])).toHaveLength(41);
    expect(planCapabilities(['KILL'], ['ALL'])).toEqual(['KILL']);
    expect(planCapabilities(['ALL'], ['SYS_ADMIN'])).not.toContain('SYS_ADMIN');
  });

  it('refuses what is no capability', () => {
    expect(() => planCapabilities(['FLY'], [])).toThrowError(expect.objectContaining({ code: 'usage' }));
  });
});
