# Keys, seals and clients.
# shellcheck shell=bash disable=SC2154 # repository and library: set by almanac, which sources this

sign() {
  local keys
  keys=$(mktemp -d)
  openssl genpkey -algorithm ed25519 -out "$keys/key.pem"
  openssl pkey -in "$keys/key.pem" -pubout -out "$keys/public.pem"
  openssl pkeyutl -sign -rawin -inkey "$keys/key.pem" -in "$repository/$1" -out "$keys/signature"
  openssl pkeyutl -verify -rawin -pubin -inkey "$keys/public.pem" -in "$repository/$1" -sigfile "$keys/signature"
  rm -rf "$keys"
}

seal() { openssl enc -aes-256-cbc -pbkdf2 -pass pass:secret -in "$repository/$1" | openssl enc -d -aes-256-cbc -pbkdf2 -pass pass:secret; }
digest() { (cd "$repository" && sha256sum "$1" | sha256sum --check -) && b2sum "$repository/$1" | cut -c1-8 | grep -c .; }
fetch() { curl --silent --show-error --fail "$1"; }

# A TLS server of openssl, a client of curl that trusts its certificate only.
tls() {
  local keys server
  keys=$(mktemp -d)
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout "$keys/key.pem" -out "$keys/cert.pem" 2>/dev/null
  openssl s_server -accept 127.0.0.1:8443 -cert "$keys/cert.pem" -key "$keys/key.pem" -www -quiet >/dev/null 2>&1 &
  server=$!
  until (exec 3<>/dev/tcp/127.0.0.1/8443) 2>/dev/null; do kill -0 "$server"; done
  curl --silent --show-error --cacert "$keys/cert.pem" --ipv4 https://localhost:8443/ | sed -n 's|^ *Protocol *: *||p'
  kill "$server"
  rm -rf "$keys"
}
