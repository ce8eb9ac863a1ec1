import type { RunConfig } from '@pare/oci';

/** What an image runs, as far as its config tells, and how one of its kind is exercised. */
export interface ApplicationKind {
  /** For a person: `PostgreSQL`. */
  readonly name: string;
  /** Lines of YAML below the key `probes`, without indentation; empty: those of what serves HTTP. */
  readonly probes: readonly string[];
  /** The value of the key `readiness`; undefined: that it listens is enough. */
  readonly readiness?: string;
  /** What a first run does not show of its kind. */
  readonly advice: string;
}

interface KindRule extends ApplicationKind {
  /** Names of programs, without their directories. */
  readonly programs: RegExp;
}

const manyPages = 'give the pages and calls that a visit would not find: forms, an API, errors';

/** The first that matches is taken: servers come before the languages that they may be written in. */
const rules: readonly KindRule[] = [
  {
    name: 'PostgreSQL',
    programs: /^(postgres|postmaster|pg_ctl)$/,
    probes: [
      "- exec: { command: [psql, -U, postgres, -c, 'select version()'], expect: { exitCode: 0 } }",
      '# - exec: { command: [psql, -U, postgres, -c, \'create extension if not exists "uuid-ossp"\'] }',
    ],
    readiness: "{ exec: 'pg_isready', timeout: 60s }",
    advice: 'extensions, dumps and other character sets are files of their own: use each that you need',
  },
  {
    name: 'MariaDB or MySQL',
    programs: /^(mysqld|mariadbd|mysqld_safe|mariadbd-safe)$/,
    probes: ["- exec: { command: [mariadb, -e, 'select version()'], expect: { exitCode: 0 } }"],
    readiness: "{ exec: 'mariadb-admin ping || mysqladmin ping', timeout: 90s }",
    advice: 'plug-ins, time zones and character sets are files of their own: use each that you need',
  },
  {
    name: 'Redis',
    programs: /^(redis|valkey)-server$/,
    probes: [
      '- tcp: { port: 6379, send: "PING\\r\\n", expect: PONG }',
      '- tcp: { port: 6379, send: "SET pare 1\\r\\nGET pare\\r\\n", expect: "\\\\$1\\r\\n1" }',
    ],
    advice: 'add what you use of it: persistence, scripts, modules, TLS',
  },
  {
    name: 'memcached',
    programs: /^memcached$/,
    probes: ['- tcp: { port: 11211, send: "version\\r\\n", expect: VERSION }'],
    advice: 'add a set and a get if you want them proven',
  },
  {
    name: 'php-fpm',
    programs: /^php-fpm[\d.]*$/,
    probes: ['- fastcgi: { port: 9000, script: /var/www/html/index.php }'],
    advice:
      'name the scripts that your web server would ask for; extensions load with the pages that use them',
  },
  {
    name: 'a web server',
    programs: /^(nginx|apache2|httpd|apache2ctl|apachectl|lighttpd|caddy|haproxy|traefik|envoy)$/,
    probes: [],
    advice: manyPages,
  },
  {
    name: 'RabbitMQ',
    programs: /^rabbitmq-server$/,
    probes: ['- exec: { command: [rabbitmq-diagnostics, -q, ping], expect: { exitCode: 0 } }'],
    readiness: "{ exec: 'rabbitmq-diagnostics -q check_port_connectivity', timeout: 120s }",
    advice: 'add the protocols and plug-ins that your clients use',
  },
  { name: 'Node.js', programs: /^(node|npm|npx|yarn|pnpm|next|nuxt)$/, probes: [], advice: manyPages },
  {
    name: 'Python',
    programs: /^(python[\d.]*|gunicorn|uvicorn|flask|django-admin|celery|hypercorn|uwsgi)$/,
    probes: [],
    advice: `${manyPages}; FastAPI and its like serve /openapi.json`,
  },
  { name: 'Ruby', programs: /^(ruby|rails|puma|rackup|unicorn|bundle)$/, probes: [], advice: manyPages },
  { name: 'Java', programs: /^(java|catalina\.sh)$/, probes: [], advice: manyPages },
  { name: 'Perl', programs: /^(perl|hypnotoad|plackup|starman)$/, probes: [], advice: manyPages },
];

/** Recognises an application by the programs that its command line and its health check name; undefined: by none. */
export function applicationKind(config: RunConfig): ApplicationKind | undefined {
  const words = [...(config.Entrypoint ?? []), ...(config.Cmd ?? []), ...(config.Healthcheck?.Test ?? [])];
  const programs = words
    .flatMap((word) => word.split(/\s+/))
    .map((word) => word.slice(word.lastIndexOf('/') + 1));
  return rules.find((rule) => programs.some((program) => rule.programs.test(program)));
}
