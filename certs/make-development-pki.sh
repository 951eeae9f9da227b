#!/usr/bin/env bash
# Makes a certificate authority, a server certificate and client certificates for development and tests.
# Never for production: the authority's key lies unencrypted beside the certificates.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: make-development-pki.sh [options] [organisation/unit ...]

Makes, in the output folder, what is missing or no longer valid:
  ca.crt ca.key ca.crl                   the authority and its revocation list
  server.crt server.key                  localhost, 127.0.0.1, ::1, spiffe://lots.example/lots/exchange
  clients/<organisation>/<unit>.crt .key spiffe://lots.example/<organisation>/<unit>
A client named "-" means: read further names from standard input, one a line.

  --out FOLDER                the output folder (default: certs/development beside this script)
  --days N                    days of validity of server and clients (default 90)
  --started N                 let validity begin N days ago: with N > days the certificates have expired
  --renew                     remake what is still valid too
                              (--started and --renew: the named clients, or the server when none is named)
  --revoke ORGANISATION/UNIT  put that client's certificate on the revocation list (may be repeated)

Another folder makes another authority, foreign to the first.
TEXT
}

fail() {
    echo "make-development-pki.sh: $1" >&2
    exit 2
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$here/development
days=90
started=0
renew=no
clients=()
revoked=()

count() {
    [[ $2 =~ ^[0-9]{1,5}$ ]] || fail "$1 takes a number of days, not \"$2\""
    echo "$((10#$2))"
}

while (($# > 0)); do
    case $1 in
    --out | --days | --started | --revoke)
        (($# > 1)) || fail "$1 needs a value"
        case $1 in
        --out) out=$2 ;;
        --days) days=$(count "$1" "$2") ;;
        --started) started=$(count "$1" "$2") ;;
        --revoke) revoked+=("$2") ;;
        esac
        shift
        ;;
    --renew) renew=yes ;;
    --help | -h)
        usage
        exit 0
        ;;
    -?*) fail "unknown option $1 (see --help)" ;;
    -)
        while IFS= read -r line || [[ -n $line ]]; do
            if [[ -n $line ]]; then clients+=("$line"); fi
        done
        ;;
    *) clients+=("$1") ;;
    esac
    shift
done

for client in ${clients[@]+"${clients[@]}"} ${revoked[@]+"${revoked[@]}"}; do
    [[ $client =~ ^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$ && ! /$client/ =~ /\.\.?/ ]] ||
        fail "\"$client\" is not organisation/unit in letters, digits, dot, underscore and hyphen"
done

umask 077
mkdir -p "$out/ca/issued" "$out/clients"
export PKI_FOLDER=$out PKI_NAMES=URI:unset
config=$here/openssl.cnf
log=$out/ca/openssl.log

# openssl reports progress on standard error; show it only when something failed.
quiet() {
    openssl "$@" >"$log" 2>&1 || {
        cat "$log" >&2
        fail "openssl $1 failed"
    }
}

moment() { # days from now, as openssl ca takes it
    TZ=UTC printf '%(%Y%m%d%H%M%SZ)T' "$(($(printf '%(%s)T' -1) + $1 * 86400))"
}

valid() { # certificate
    [[ -s $1 ]] && openssl x509 -in "$1" -noout -checkend 3600 >/dev/null 2>&1
}

new_key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'

if ! valid "$out/ca.crt" || [[ ! -s $out/ca.key ]]; then
    # shellcheck disable=SC2086
    quiet req -config "$config" -x509 $new_key -days 3650 -extensions authority \
        -subj "/O=Lots development/CN=Development authority $RANDOM$RANDOM" -keyout "$out/ca.key" -out "$out/ca.crt"
    chmod 644 "$out/ca.crt"
    # What another authority signed is worthless now.
    rm -rf "$out/clients" "$out/server.crt" "$out/server.key" "$out/ca.crl"
    mkdir -p "$out/clients"
    : >"$out/ca/index.txt"
    echo 01 >"$out/ca/crlnumber"
fi

issue() { # profile, file name without suffix, organisation, unit, subject alternative names
    if [[ $keep == yes && -s $2.key ]] && valid "$2.crt"; then return; fi
    mkdir -p "$(dirname "$2")"
    # shellcheck disable=SC2086
    quiet req -config "$config" -new $new_key -subj "/O=$3/CN=$3\\/$4" -keyout "$2.key" -out "$out/ca/request.pem"
    PKI_NAMES=$5 quiet ca -config "$config" -batch -notext -extensions "$1" -in "$out/ca/request.pem" -out "$2.crt" \
        -startdate "$(moment "-$started")" -enddate "$(moment "$((days - started))")"
    chmod 644 "$2.crt"
}

keep=yes
if [[ $renew == yes ]] || ((started > 0)); then keep=no; fi

if ((${#clients[@]} > 0)); then keep_server=yes; else keep_server=$keep; fi

keep=$keep_server issue server "$out/server" lots exchange \
    'URI:spiffe://lots.example/lots/exchange,DNS:localhost,IP:127.0.0.1,IP:::1'

for client in ${clients[@]+"${clients[@]}"}; do
    issue client "$out/clients/$client" "${client%/*}" "${client#*/}" "URI:spiffe://lots.example/$client"
done

for client in ${revoked[@]+"${revoked[@]}"}; do
    certificate=$out/clients/$client.crt
    [[ -s $certificate ]] || fail "$client has no certificate to revoke"
    serial=$(openssl x509 -in "$certificate" -noout -serial)
    if ! grep -q "^R.*[[:space:]]${serial#serial=}[[:space:]]" "$out/ca/index.txt"; then
        quiet ca -config "$config" -revoke "$certificate"
    fi
done

if ((${#revoked[@]} > 0)) || [[ ! -s $out/ca.crl ]]; then
    quiet ca -config "$config" -gencrl -out "$out/ca.crl"
    chmod 644 "$out/ca.crl"
fi
