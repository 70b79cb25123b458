#!/bin/sh
# A partner platform's client with curl and openssl, to try things out. See docs/partners.md.
# Passes the check list of the test mode:  SECRET=whsec_test_... sh partner_client.sh URL PROJECT_CODE
# While openssl runs, its arguments show the key to other users of the same machine.
set -eu

key_of() { # the secret: its key in hexadecimal
  key=${1#whsec_}
  printf %s "${key#test_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n'
}

call() { # [PATH [BODY [KEY]]]: GET without a body, else POST; signed after Standard Webhooks, anew at each attempt
  id=msg_$(openssl rand -hex 16)
  stamp=$(date +%s)
  signature=$(printf %s "$id.$stamp.${2-}" |
    openssl dgst -sha256 -mac HMAC -macopt "hexkey:${3:-$KEY}" -binary | openssl base64 -A)
  curl -sS --max-time 10 -w ' %{http_code}\n' ${2:+--data-binary "$2"} \
    -H "Content-Type: application/json" -H "Prefer: return=representation" \
    -H "webhook-id: $id" -H "webhook-timestamp: $stamp" -H "webhook-signature: v1,$signature" "$URL${1-}"
}

time_of() { # seconds since 1970, with GNU's date or BSD's
  date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r "$1" +%Y-%m-%dT%H:%M:%SZ
}

event() { # TYPE DONATION FEN TIME [MORE FIELDS OF DATA]
  printf '{"type": "%s", "id": "%s-%s", "occurred_at": "%s", ' "$1" "$1" "$2" "$4"
  printf '"data": {"donation_id": "%s", "amount_minor": %s, "currency": "CNY"%s}}' "$2" "$3" "${5-}"
}

paid() { # DONATION FEN TIME
  event donation.paid "$1" "$2" "$3" ", \"project_code\": \"$CODE\", \"paid_at\": \"$3\", \"donor\": {\"key\": \"$RUN\"}"
}

URL=$1 CODE=$2 KEY=$(key_of "$SECRET") RUN=$(openssl rand -hex 4)
NOW=$(time_of "$(date +%s)") THEN=$(time_of "$(($(date +%s) - 660))")
FIRST=$(paid "$RUN-1" 5000 "$NOW")

call "" '{"type": "ping"}'
call "" "$FIRST"
call "" "$FIRST"
call "" "$(paid "$RUN-2" 800 "$THEN")"
call "" "$(event donation.refunded "$RUN-1" 2000 "$NOW")"
call "" "$FIRST" "$(printf 'a wrong key, to see it refused' | od -An -v -tx1 | tr -d ' \n')"
call "/bill?confirm=1" "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at
$RUN-L0,charge,$RUN-1,5000,0,CNY,$NOW
$RUN-L1,charge,$RUN-2,800,0,CNY,$NOW
$RUN-L2,refund,$RUN-1,-2000,0,CNY,$NOW"
call "/health"
