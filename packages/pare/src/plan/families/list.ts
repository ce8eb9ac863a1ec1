import { certificateAuthorities, gnutls, openssl } from './certificates.ts';
import { mysql, postgres } from './databases.ts';
import { dotnet } from './dotnet.ts';
import { erlang } from './erlang.ts';
import type { Family } from './family.ts';
import { git } from './git.ts';
import { glibc, iconv } from './glibc.ts';
import { identity } from './identity.ts';
import { imageMagick } from './imagemagick.ts';
import { java } from './java.ts';
import { fontconfig, glib, magic, pam, terminal } from './libraries.ts';
import { musl } from './musl.ts';
import { nginx } from './nginx.ts';
import { node } from './node.ts';
import { perl, perlCollation, perlEmbedded } from './perl.ts';
import { php } from './php.ts';
import { python, pythonDbm, pythonTerminal } from './python.ts';
import { pythonBabel } from './python-data.ts';
import { rabbitmq } from './rabbitmq.ts';
import { ruby, rubyTerminal } from './ruby.ts';
import { sasl } from './sasl.ts';
import { apache, lighttpd, mosquitto, redis } from './servers.ts';
import { shellTools, tar } from './shell-tools.ts';
import { timeZones } from './time-zones.ts';

/** Every family that the planner knows. To add one, write its file and name it here. */
export const families: readonly Family[] = [
  identity,
  certificateAuthorities,
  openssl,
  gnutls,
  timeZones,
  glibc,
  iconv,
  musl,
  shellTools,
  tar,
  pam,
  terminal,
  fontconfig,
  magic,
  glib,
  python,
  pythonDbm,
  pythonTerminal,
  pythonBabel,
  node,
  ruby,
  rubyTerminal,
  java,
  perl,
  perlEmbedded,
  perlCollation,
  dotnet,
  erlang,
  rabbitmq,
  php,
  nginx,
  apache,
  lighttpd,
  redis,
  mosquitto,
  postgres,
  mysql,
  sasl,
  git,
  imageMagick,
];
