import type { Family } from './family.ts';

/** PAM loads its modules by the names in /etc/pam.d. Cost: 0.7 MB; `pam_userdb` links to 1.8 MB and stays where it is named. */
export const pam: Family = {
  id: 'pam',
  triggers: ['/{usr/,}lib/**/libpam.so.*'],
  inReserve: true,
  drops: ['/{usr/,}lib/{*/,}security/pam_userdb.so'],
  rules: [
    {
      id: 'modules',
      level: 'used',
      keep: [
        '/etc/pam.d/*',
        '/etc/pam.conf',
        '/etc/security/**',
        '/{usr/,}lib/{*/,}security/pam_*.so',
        '/{usr/,}sbin/unix_chkpwd',
        '/etc/{shadow,login.defs,environment}',
      ],
      reason: 'which modules decide is known only when a user logs in',
      source: 'pam.conf(5), pam(8)',
    },
  ],
};

/** Terminal descriptions, for programs that draw on a terminal. Cost: 0.1 MB of ncurses-base. */
export const terminal: Family = {
  id: 'terminal',
  triggers: ['/{usr/,}lib/**/lib{tinfo,ncurses,ncursesw}.so.*'],
  rules: [
    {
      id: 'terminfo',
      level: 'used',
      keep: [
        '/{usr/share,usr/lib,lib,etc}/terminfo/{a,d,l,r,s,t,v,x}/{ansi,dumb,linux,rxvt,screen,screen-256color,tmux,tmux-256color,vt100,vt220,xterm,xterm-256color,xterm-color}',
      ],
      reason: 'the terminal is known only when somebody attaches one',
      source: 'terminfo(5), ncurses(3x)',
    },
  ],
};

/** fontconfig: a program that draws text needs a font. Cost: that of the fonts that are installed. */
export const fontconfig: Family = {
  id: 'fontconfig',
  triggers: ['/{usr/,}lib/**/libfontconfig.so.*', '/{usr/,}lib/**/libfontmanager.so'],
  rules: [
    {
      id: 'fonts',
      level: 'used',
      keep: [
        '/etc/fonts/**',
        '/usr/share/fontconfig/**',
        '/usr/{local/,}share/fonts/**',
        '/var/cache/fontconfig/**',
      ],
      reason: 'fonts are matched by name when text is first drawn',
      source: 'fonts-conf(5)',
    },
  ],
};

/** libmagic's compiled rules. Cost: 8 MB, nothing works without them. */
export const magic: Family = {
  id: 'magic',
  triggers: ['/{usr/,}lib/**/libmagic.so.*'],
  inReserve: true,
  rules: [
    {
      id: 'database',
      level: 'used',
      keep: ['/usr/share/misc/magic.mgc', '/usr/{lib,share}/file/magic.mgc', '/etc/magic*'],
      reason: 'opened at the first question for a type',
      source: 'libmagic(3)',
    },
  ],
};

/** GLib and GIO: schemas, modules and the shared MIME database. Cost: 3 MB with shared-mime-info. */
export const glib: Family = {
  id: 'glib',
  triggers: ['/{usr/,}lib/**/libgio-2.0.so.*'],
  rules: [
    {
      id: 'data',
      level: 'used',
      keep: [
        '/usr/share/mime/{mime.cache,globs,globs2,magic,types,aliases,subclasses,icons,generic-icons}',
        '/usr/share/glib-2.0/schemas/gschemas.compiled',
        '/usr/lib/*/gio/modules/{giomodule.cache,libgiognutls.so,libgioopenssl.so}',
        '/usr/lib/*/gdk-pixbuf-2.0/**',
      ],
      reason: 'content types, settings and TLS back ends are looked up at first use',
      source: 'GIO reference, "Running GIO applications"; shared-mime-info specification',
    },
  ],
};
