import type { Family } from './family.ts';

/** RabbitMQ. Its plug-ins are archives beside the broker, 23 MB, of which its package is kept whole anyway. */
export const rabbitmq: Family = {
  id: 'rabbitmq',
  triggers: [
    '/{usr/lib,opt}/rabbitmq/**/rabbit-*/ebin/rabbit.app',
    '/{usr/lib,opt}/rabbitmq/**/sbin/rabbitmq-server',
  ],
  rules: [
    {
      id: 'plug-ins',
      level: 'used',
      keep: ['/usr/lib/rabbitmq/lib/*/plugins/**', '/opt/rabbitmq/plugins/**'],
      reason: 'rabbitmq-plugins enable starts any of them in a running broker',
      source: 'RabbitMQ documentation, "Plugins"',
    },
    {
      id: 'tools',
      level: 'used',
      keep: [
        '/usr/lib/rabbitmq/lib/*/{sbin,escript}/**',
        '/opt/rabbitmq/{sbin,escript}/**',
        '/usr/sbin/rabbitmq*',
      ],
      reason: 'health checks and operators use them',
      source: 'RabbitMQ documentation, "Command Line Tools"',
    },
    {
      id: 'working-directories',
      level: 'observed',
      keep: ['/var/{lib,log}/rabbitmq{,/*}', '/etc/rabbitmq/**'],
      reason: 'the database, the log and the list of enabled plug-ins are written there',
      source: 'RabbitMQ documentation, "File and Directory Locations"',
    },
  ],
};
