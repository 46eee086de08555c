# What every case may use. A case is a piece of bash that fails with its first failing command; it runs in an empty folder,
# with SPACE as its namespace.
set -euo pipefail

kubectl() { command kubectl --cache-dir "$KUBECTL_CACHE" -n "$SPACE" "$@"; }

# Standard input is, but for white space around it, the text; or it has a line that matches the pattern.
is() { local text; text="$(cat)"; [[ "$text" == "$1" ]] || { echo "expected '$1', got '$text'" >&2; return 1; }; }
has() { local text; text="$(cat)"; grep -qE -- "$1" <<<"$text" || { echo "expected a line like '$1' in: $text" >&2; return 1; }; }

# Repeats a command until it succeeds: for what comes beside the thing that it tells of, as events do.
eventually() { local end=$((SECONDS + 45)); until "$@"; do ((SECONDS < end)) || return 1; sleep 0.2; done; }

# The field of an object.
field() { kubectl get "$1" -o "jsonpath={$2}"; }

# Objects of other scope than the namespace go when the case ends.
gone_at_end() { trap "command kubectl delete $* --wait=false --ignore-not-found >/dev/null 2>&1 || true" EXIT; }

map() { kubectl create configmap "$1" --from-literal "key=${2:-before}" >/dev/null; }
pod() { kubectl run "$1" --image registry.invalid/main:1 --labels "app=$1" --command -- main >/dev/null; }
deployment() { kubectl create deployment "$1" --image registry.invalid/main:1 --replicas 1 >/dev/null; }
rolled_out() { kubectl rollout status deployment "$1" --timeout 60s >/dev/null; }
manifest() { printf '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s"},"data":{"key":"%s"}}' "$1" "$2"; }
# A workload of a kind of the group apps.
workload() {
    local app="{\"app\":\"$2\"}" containers='[{"name":"main","image":"registry.invalid/main:1","command":["main"]}]'
    printf '{"apiVersion":"apps/v1","kind":"%s","metadata":{"name":"%s"},"spec":{"selector":{"matchLabels":%s},"template":{"metadata":{"labels":%s},"spec":{"containers":%s}}}}' \
        "$1" "$2" "$app" "$app" "$containers"
}

# Everything that kubectl rollout does with a kind whose history is of ControllerRevisions; the last argument is what it says of success.
rolls_out_and_back() {
    local image='.spec.template.spec.containers[0].image'
    kubectl rollout status "$1" "$2" --timeout 60s | has "$3"
    kubectl annotate "$1" "$2" kubernetes.io/change-cause=second
    kubectl set image "$1" "$2" main=registry.invalid/main:2
    kubectl rollout status "$1" "$2" --timeout 60s | has "$3"
    kubectl rollout history "$1" "$2" | has '^2 +second$'
    kubectl rollout history "$1" "$2" --revision 1 | has 'registry.invalid/main:1$'
    kubectl rollout undo "$1" "$2" | is "$1.apps/$2 rolled back"
    kubectl rollout status "$1" "$2" --timeout 60s | has "$3"
    field "$1/$2" "$image" | is registry.invalid/main:1
    kubectl get pods -l "app=$2" -o 'jsonpath={.items[*].spec.containers[0].image}' | has '^registry.invalid/main:1( registry.invalid/main:1)*$'
    kubectl rollout history "$1" "$2" | has '^3 '
    kubectl rollout undo "$1" "$2" --to-revision 3 | is "$1.apps/$2 skipped rollback (current template already matches revision 3)"
    kubectl rollout restart "$1" "$2" | is "$1.apps/$2 restarted"
    kubectl rollout status "$1" "$2" --timeout 60s | has "$3"
}
