import type { Family } from './family.ts';

/** git calls others by name for what its first commands do not need. Cost: 1.6 MB of ssh and less, 6 MB of libcurl with GnuTLS. */
export const git: Family = {
  id: 'git',
  triggers: ['/usr/{local/,}bin/git'],
  // 2.2 MB each, for each holds most of git: mail drafts, pushes over WebDAV, a manager of huge clones, a login shell.
  drops: [
    '/usr/{local/,}{lib,libexec}/git-core/{git-imap-send,git-http-push,git-shell,scalar}',
    '/usr/{local/,}bin/{scalar,git-shell}',
  ],
  rules: [
    {
      id: 'transports',
      level: 'used',
      keep: [
        '/usr/{local/,}{lib,libexec}/git-core/git-remote-*',
        '/usr/bin/ssh',
        '/etc/ssh/ssh_config{,.d/*}',
      ],
      reason: 'a helper is started by the scheme of an address',
      source: 'gitremote-helpers(7); git(1), GIT_SSH',
    },
    {
      id: 'pager-and-templates',
      level: 'used',
      keep: ['/usr/bin/{less,pager}', '/usr/{local/,}share/git-core/templates/**'],
      reason: 'output for a terminal is paged; a new repository is a copy of the templates',
      source: 'git(1), GIT_PAGER; git-init(1), "Template directory"',
    },
  ],
};
