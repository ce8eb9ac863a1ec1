import type { Family } from './family.ts';

/**
 * What a command line is made of. Set off by application code that starts a shell, where the commands are not literal: a
 * shell without them is of little use. Cost: 2.9 MB of Debian's coreutils, sed, grep, mawk and findutils; links in Alpine.
 */
export const shellTools: Family = {
  id: 'shell-tools',
  triggers: 'named',
  rules: [
    {
      id: 'common-utilities',
      level: 'used',
      keep: [
        '/{usr/,}bin/{[[],basename,cat,chmod,cp,cut,date,dirname,echo,env,false,head,hostname,id,ln,ls,mkdir,mktemp,mv,nproc}',
        '/{usr/,}bin/{paste,printf,pwd,readlink,realpath,rm,rmdir,seq,sleep,sort,stat,tail,tee,test,touch,tr,true,uname,uniq,wc,whoami}',
        '/{usr/,}bin/{awk,mawk,egrep,fgrep,find,grep,sed,xargs}',
      ],
      reason: 'commands that are put together at run time',
      source: 'POSIX.1-2017, XCU 4, "Utilities"',
    },
  ],
};
