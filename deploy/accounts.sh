#!/usr/bin/env bash
# Gives Elasticsearch the accounts that marsad and Kibana use, marsad's with rights over its own indices and none other, and keeps
# the password of elastic where it would otherwise stand in a container alone. May be run again at any time.
# ELASTICSEARCH is its address; ELASTIC_PASSWORD, MARSAD_PASSWORD and KIBANA_PASSWORD are the passwords.
set -euo pipefail

for name in ELASTICSEARCH ELASTIC_PASSWORD MARSAD_PASSWORD KIBANA_PASSWORD; do
    [ -n "${!name:-}" ] || { echo "$name is not set, or empty" >&2; exit 2; }
done

quoted() { # a JSON string
    local text=${1//\\/\\\\}
    printf '"%s"' "${text//\"/\\\"}"
}

put() { # path and body; nothing secret stands in the arguments, which others can see in the list of processes
    local code
    code=$(curl -sS -o /tmp/answer -w '%{http_code}' -X PUT -H 'Content-Type: application/json' --data-binary @- \
        --config <(printf 'user = %s\n' "$(quoted "elastic:$ELASTIC_PASSWORD")") "$ELASTICSEARCH/$1" <<<"$2")
    case $code in
    2??) echo "done: $1" ;;
    401) echo "$ELASTICSEARCH does not know ELASTIC_PASSWORD: it keeps the one of its first start, or that which was set in Kibana since" >&2; exit 1 ;;
    *) echo "$1: $ELASTICSEARCH answers $code: $(head -c 500 /tmp/answer)" >&2; exit 1 ;;
    esac
}

put _security/role/marsad '{
    "cluster": ["monitor", "manage_index_templates"],
    "indices": [{"names": ["marsad-*"], "privileges": ["all"]}]
}'
put _security/user/marsad "{\"password\": $(quoted "$MARSAD_PASSWORD"), \"roles\": [\"marsad\"]}"
put _security/user/kibana_system/_password "{\"password\": $(quoted "$KIBANA_PASSWORD")}"
put _security/user/elastic/_password "{\"password\": $(quoted "$ELASTIC_PASSWORD")}"
