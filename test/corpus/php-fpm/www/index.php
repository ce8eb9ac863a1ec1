<?php
header('Content-Type: text/plain; charset=utf-8');
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/') exit("front of " . php_sapi_name() . "\n");
$file = __DIR__ . '/pages' . $path . '.php';
if (!is_file($file)) { http_response_code(404); exit("nothing at $path\n"); }
require $file;
