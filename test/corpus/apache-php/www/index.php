<?php
header('Content-Type: text/plain; charset=utf-8');
require __DIR__ . '/parts/greet.php';
echo greet($_GET['name'] ?? 'you'), "\n";
