# What an API server says reaches the terminal as text only, and adds no line to the Role.
. "$E2E/lib.sh"
demo
standin api hostile
against() { run "$@" -s "http://$standin"; }
against loadtest deploy/api --url "http://$http/json"
against loadtest job/api --url "http://$http/json"
against loadtest svc/api --url "http://$http/json"
against loadtest api-1 --url "http://$http/json"
against loadtest --url "http://$http/json"
against top
against top -o json
against top -o yaml
