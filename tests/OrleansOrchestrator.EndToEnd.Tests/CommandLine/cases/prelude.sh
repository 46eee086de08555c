# What every case may use. A case is a piece of bash that fails with its first failing command; it runs in an empty folder,
# with SPACE as its namespace.
set -euo pipefail

kubectl() { command kubectl --cache-dir "$KUBECTL_CACHE" -n "$SPACE" "$@"; }

# kubectl for what may not come to an end by itself.
brief() { timeout 5 kubectl --cache-dir "$KUBECTL_CACHE" -n "$SPACE" "$@"; }

# Standard input is, but for white space around it, the text; or it has a line that matches the pattern.
is() { local text; text="$(cat)"; [[ "$text" == "$1" ]] || { echo "expected '$1', got '$text'" >&2; return 1; }; }
has() { local text; text="$(cat)"; grep -qE -- "$1" <<<"$text" || { echo "expected a line like '$1' in: $text" >&2; return 1; }; }

# The field of an object.
field() { kubectl get "$1" -o "jsonpath={$2}"; }

# Objects of other scope than the namespace go when the case ends.
gone_at_end() { trap "command kubectl delete $* --wait=false --ignore-not-found >/dev/null 2>&1 || true" EXIT; }

map() { kubectl create configmap "$1" --from-literal "key=${2:-before}" >/dev/null; }
pod() { kubectl run "$1" --image registry.invalid/main:1 --labels "app=$1" --command -- main >/dev/null; }
deployment() { kubectl create deployment "$1" --image registry.invalid/main:1 --replicas 1 >/dev/null; }
rolled_out() { kubectl rollout status deployment "$1" --timeout 30s >/dev/null; }
manifest() { printf '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s"},"data":{"key":"%s"}}' "$1" "$2"; }
