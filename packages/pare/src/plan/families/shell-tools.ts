import type { Family } from './family.ts';

/**
 * What a command line is made of. A shell that is kept (by the trace, the image's commands, or code that starts one) runs
 * more than the commands that static analysis reads in literals, and is of little use without them. Cost: 2.9 MB of Debian's
 * coreutils, sed and grep, 0.6 MB of gzip, mawk and findutils; links in Alpine.
 */
export const shellTools: Family = {
  id: 'shell-tools',
  triggers: ['/{usr/,}bin/{sh,dash,bash,ash}', '/bin/busybox'],
  rules: [
    {
      id: 'common-utilities',
      level: 'used',
      keep: [
        '/{usr/,}bin/{[[],basename,cat,chmod,cp,cut,date,dirname,echo,env,false,head,hostname,id,ln,ls,mkdir,mktemp,mv,nproc}',
        '/{usr/,}bin/{paste,printf,pwd,readlink,realpath,rm,rmdir,seq,sleep,sort,stat,tail,tee,test,touch,tr,true,uname,uniq,wc,whoami}',
        '/{usr/,}bin/{egrep,fgrep,grep,sed}',
      ],
      reason: 'commands that are put together at run time',
      source: 'POSIX.1-2017, XCU 4, "Utilities"',
    },
    {
      // find and awk link to libm, 0.9 MB: kept where something else brings it, or where code names them.
      id: 'larger-utilities',
      level: 'used',
      limitBytes: 512 * 1024,
      keep: ['/{usr/,}bin/{awk,mawk,find,gunzip,gzip,xargs,zcat}'],
      reason: 'commands that are put together at run time',
      source: 'POSIX.1-2017, XCU 4, "Utilities"',
    },
    {
      // 1.1 MB with libm. The script itself is kept by the rule of the authorities.
      id: 'authorities',
      level: 'used',
      keep: (view) =>
        view.expand('/usr/{s,}bin/update-ca-certificates').length > 0 ? view.expand('/{usr/,}bin/find') : [],
      reason: 'update-ca-certificates finds authorities with it',
      source: 'update-ca-certificates(8)',
    },
  ],
};

/** tar starts a compressor by the name of its option or of the archive. Cost: 0.5 MB of those that are installed. */
export const tar: Family = {
  id: 'tar',
  triggers: ['/{usr/,}bin/{tar,bsdtar}'],
  rules: [
    {
      id: 'compressors',
      level: 'used',
      keep: ['/{usr/,}bin/{gzip,bzip2,xz,zstd,lzip,lzma,lzop,compress}', '/{usr/,}bin/sh'],
      reason: 'a compressor is started through a shell when an archive needs it',
      source: 'tar(1), "Compression options"',
    },
  ],
};
