<?php
// One branch a part of PHP that the scenario never asks for.
header('Content-Type: text/plain; charset=utf-8');
$calls = [
  'item' => fn() => 'item ' . $_GET['id'],
  'sqlite' => function () {
    $db = new PDO('sqlite:/srv/www/data/a.db');
    $db->exec('CREATE TABLE IF NOT EXISTS t (n)');
    $db->exec('INSERT INTO t VALUES (40), (2)');
    return $db->query('SELECT sum(n) FROM t')->fetchColumn() > 41 ? 'summed' : 'wrong';
  },
  'sqlite3' => fn() => (new SQLite3(':memory:'))->querySingle("SELECT json_extract('{\"a\":7}', '$.a')"),
  'mbstring' => fn() => mb_strtoupper('käse') . ' ' . bin2hex(mb_convert_encoding('日本', 'SJIS', 'UTF-8')),
  'iconv' => fn() => bin2hex(iconv('UTF-8', 'ISO-8859-15', '€')) . ' ' . bin2hex(iconv('UTF-8', 'CP1252', '€')) . ' ' . bin2hex(iconv('UTF-8', 'KOI8-R', 'да')),
  'iconv-asia' => fn() => bin2hex(iconv('UTF-8', 'EUC-JP', '日本')) . ' ' . bin2hex(iconv('UTF-8', 'GB18030', '日本')),
  'translit' => fn() => iconv('UTF-8', 'ASCII//TRANSLIT', 'Käse'),
  'intl' => fn() => (new NumberFormatter('de_DE', NumberFormatter::CURRENCY))->formatCurrency(1234.5, 'EUR') . ' ' . (new IntlDateFormatter('fr_FR', IntlDateFormatter::LONG, IntlDateFormatter::NONE, 'UTC'))->format(0),
  'collator' => function () { $c = new Collator('sv_SE'); $w = ['z', 'ö', 'a']; $c->sort($w); return implode($w); },
  'transliterate' => fn() => transliterator_transliterate('Any-Latin; Latin-ASCII', 'Москва'),
  'idn' => fn() => idn_to_ascii('käse.example', IDNA_DEFAULT, INTL_IDNA_VARIANT_UTS46),
  'normalize' => fn() => strlen(Normalizer::normalize("a\u{308}", Normalizer::FORM_C)),
  'gd' => function () {
    $image = imagecreatetruecolor(8, 8);
    ob_start(); imagejpeg($image); $jpeg = ob_get_clean();
    ob_start(); imagewebp($image); $webp = ob_get_clean();
    ob_start(); imagepng($image); $png = ob_get_clean();
    return substr($jpeg, 0, 2) === "\xff\xd8" && substr($webp, 8, 4) === 'WEBP' ? getimagesizefromstring($png)['mime'] : 'wrong';
  },
  'curl' => function () {
    $c = curl_init('http://127.0.0.1/?name=curl'); curl_setopt($c, CURLOPT_RETURNTRANSFER, true);
    return trim(curl_exec($c));
  },
  'curl-tls' => function () {
    $c = curl_init('https://127.0.0.1/?name=tls');
    curl_setopt_array($c, [CURLOPT_RETURNTRANSFER => true, CURLOPT_SSL_VERIFYPEER => false, CURLOPT_SSL_VERIFYHOST => 0]);
    return trim((string) curl_exec($c)) . curl_error($c);
  },
  'curl-verify' => function () {
    $c = curl_init('https://127.0.0.1/'); curl_setopt($c, CURLOPT_RETURNTRANSFER, true); curl_exec($c);
    return curl_errno($c) === 60 ? 'refused' : curl_error($c);
  },
  'stream-tls' => fn() => trim(file_get_contents('https://127.0.0.1/?name=stream', false, stream_context_create(['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]]))),
  'cafile' => fn() => file_exists(openssl_get_cert_locations()['default_cert_dir']) ? 'there' : 'missing',
  'dom' => function () { $d = new DOMDocument; $d->loadHTML('<p>a<b>c'); return trim(strip_tags($d->saveHTML())) . ' ' . (new DOMXPath($d))->evaluate('count(//b)'); },
  'simplexml' => fn() => (string) simplexml_load_string("<?xml version='1.0' encoding='ISO-8859-1'?><a><b>K\xe4se</b></a>")->b,
  'xsl' => fn() => class_exists('XSLTProcessor') ? 'xsl' : 'no',
  'xmlwriter' => function () { $w = new XMLWriter; $w->openMemory(); $w->writeElement('a', 'b'); return $w->outputMemory(); },
  'zip' => function () {
    $f = tempnam('/tmp', 'zip'); $z = new ZipArchive; $z->open($f, ZipArchive::OVERWRITE); $z->addFromString('a', 'packed'); $z->close();
    $z->open($f); $text = $z->getFromName('a'); unlink($f); return $text;
  },
  'bcmath' => fn() => bcpow('2', '100'),
  'time-zone' => fn() => (new DateTime('2024-07-01 12:00', new DateTimeZone('Asia/Kathmandu')))->format('c T'),
  'old-zone' => fn() => (new DateTime('2024-07-01 12:00', new DateTimeZone('US/Pacific')))->format('c'),
  'openssl' => fn() => bin2hex(openssl_encrypt('pare', 'aes-128-cbc', str_repeat('k', 16), OPENSSL_RAW_DATA, str_repeat('i', 16))),
  'legacy' => fn() => openssl_digest('pare', 'sha3-256') === hash('sha3-256', 'pare') ? 'same' : 'different',
  'key' => fn() => openssl_pkey_export(openssl_pkey_new(['private_key_type' => OPENSSL_KEYTYPE_EC, 'curve_name' => 'prime256v1']), $out) ? substr($out, 0, 27) : openssl_error_string(),
  'password' => fn() => password_verify('secret', password_hash('secret', PASSWORD_ARGON2ID)) ? 'verified' : 'no',
  'sodium' => fn() => strlen(sodium_crypto_secretbox('a', str_repeat('n', 24), str_repeat('k', 32))),
  'session' => function () { session_start(); $_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1; return 'visit ' . $_SESSION['n']; },
  'fileinfo' => fn() => (new finfo(FILEINFO_MIME_TYPE))->buffer("%PDF-1.4\n"),
  'service' => fn() => getservbyname('https', 'tcp') . ' ' . getprotobyname('udp'),
  'shell' => fn() => trim(shell_exec('echo shell | tr a-z A-Z')),
  'exec' => function () { exec('ls /srv/www | head -2', $lines, $code); return implode(' ', $lines) . " $code"; },
  'user' => fn() => posix_getpwuid(posix_geteuid())['name'],
  'ctype' => fn() => ctype_alpha('abc') ? gettype(1.5) : 'no',
  'json' => fn() => json_encode(['a' => 'ä'], JSON_UNESCAPED_UNICODE),
  'gz' => fn() => gzuncompress(gzcompress('zipped')),
  'phar' => fn() => class_exists('Phar') ? Phar::apiVersion() : 'no',
  'opcache' => fn() => function_exists('opcache_get_status') ? 'opcache' : 'no',
  'mail' => fn() => function_exists('mail') ? 'mail' : 'no',
  'upload' => fn() => move_uploaded_file($_FILES['file']['tmp_name'], '/srv/www/data/upload') ? file_get_contents('/srv/www/data/upload') : 'no',
  'error' => fn() => intdiv(1, 0),
  'empty' => fn() => count(scandir('/srv/www/empty')),
  'locale' => fn() => setlocale(LC_ALL, 'C.UTF-8') . ' ' . strtoupper('a'),
  'gettext' => fn() => function_exists('gettext') ? gettext('word') : 'no',
];
echo ($calls[$_GET['what'] ?? ''] ?? fn() => 'unknown')();
