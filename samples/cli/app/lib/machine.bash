# The machine: rights, owners, languages and names.
# shellcheck shell=bash disable=SC2154 # repository and library: set by almanac, which sources this

audit() { stat --format '%n %U:%G %a %h' "$@" && getcap "$@"; }
admin() { sudo --non-interactive "$library/admin" "$@"; }
vault() { "$1" /var/lib/vault/secret; }
identity() { id --user --name && id --group --name && whoami-really --user; }
day() { LC_ALL=$1 date --utc --date=@0 +%A; }
zone() { TZ=$1 date --date=@1711888200 '+%H:%M %Z'; }
names() { getent services https && getent passwd keeper && getent hosts localhost >/dev/null && echo resolved; }
