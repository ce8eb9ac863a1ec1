import type { Family } from './family.ts';

/** nginx: everything that a configuration can name. Cost: 0.2 MB, and its modules. */
export const nginx: Family = {
  id: 'nginx',
  triggers: ['/usr/{local/,}{nginx/,}sbin/nginx'],
  rules: [
    {
      id: 'configuration',
      level: 'used',
      keep: ['/etc/nginx/**', '/usr/local/nginx/conf/**'],
      reason: 'fastcgi_params and the like are included when a site uses them',
      source: 'nginx docs, "Beginner’s Guide"; ngx_core_module, include',
    },
    {
      id: 'content-and-modules',
      level: 'used',
      keep: [
        '/usr/share/nginx/**',
        '/usr/{lib,share}/nginx/modules/*.so',
        '/var/www/**',
        '/usr/local/nginx/html/**',
      ],
      reason: 'served files, error pages, modules that load_module names',
      source: 'ngx_core_module, load_module; ngx_http_core_module, root',
    },
    {
      id: 'working-directories',
      level: 'observed',
      keep: ['/var/{lib,cache}/nginx{,/*}', '/var/log/nginx{,/*}', '/usr/local/nginx/{logs,*_temp}'],
      reason: 'bodies of requests and answers are spooled there; nginx makes no missing parent directories',
      source: 'ngx_http_core_module, client_body_temp_path; ngx_http_proxy_module, proxy_temp_path',
    },
  ],
};
